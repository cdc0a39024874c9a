"""At the counter: what arrived is shown and reachable, and one citizen's pages never join another's."""

import os
from itertools import count
from uuid import uuid4

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from foundation.durable import sha256_of
from office.procedure import FileRole
from office.tables import dossiers, files, papers
from scanner_adapters.model import ScanSettings
from scanner_adapters.queue.spool import Spool
from scanner_adapters.simulator.papers import sheets
from storage.database import reading
from tests.acceptance.conftest import log_in
from tests.office.browsing import passwords_of

PATIENCE = 60_000  # milliseconds for what a confined child does, on a busy computer
MOMENTS = count(1_700_000_000)

BEYOND = """[...document.querySelectorAll("main *")]
    .filter(one => one.getBoundingClientRect().right > innerWidth + 1)
    .map(one => one.outerHTML.slice(0, 80))"""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def scans(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scans")
    made = [sheets.certificate(number, dpi=75) for number in range(4)]
    return [sheets.save(sheet.image, folder / f"{n}.jpg", sheet.dpi) for n, sheet in enumerate(made)]


@pytest.fixture
def clerk(house, window):
    page = window()
    log_in(page, "canbo", passwords_of(house.office)["canbo"])
    return page


def drop_into(house, name, content):
    target = house.office.inbox / name
    target.write_bytes(content)
    moment = next(MOMENTS)
    os.utime(target, (moment, moment))


def begin(page, requester, title):
    page.goto("/")
    page.keyboard.press("F2")
    page.wait_for_url("**/dossiers/new")
    page.locator("#requester").fill(requester)
    page.locator("#title").fill(title)


def masters_of(house, requester):
    """The digests of each of the requester's papers, by title."""
    with reading(house.office.engine) as connection:
        joined = (
            sa.select(papers.c.title, files.c.sha256)
            .join(files, sa.and_(files.c.paper == papers.c.id, files.c.role == FileRole.MASTER))
            .join(dossiers, papers.c.dossier == dossiers.c.id)
        )
        rows = connection.execute(
            joined.where(dossiers.c.requester == requester).order_by(papers.c.ordinal, files.c.ordinal)
        ).all()
    return [(row.title, row.sha256) for row in rows]


def test_a_bad_file_among_good_ones_and_the_next_citizen(house, clerk, window, scans):
    """F8 shows what came, one press ticks the stack, F9 receives it; what lands meanwhile stays apart."""
    for number in (0, 1):
        drop_into(house, f"{number}.jpg", scans[number].read_bytes())
    drop_into(house, "2.jpg", b"no page at all")
    begin(clerk, "Ông An", "Giấy khai sinh")
    clerk.keyboard.press("F8")
    expect(clerk.get_by_role("alert")).to_contain_text("2.jpg", timeout=PATIENCE)
    expect(clerk.locator("#requester")).to_have_value("Ông An")
    expect(clerk.locator(".tile")).to_have_count(2)
    expect(clerk.locator(".tile img").first).to_have_js_property("complete", value=True, timeout=PATIENCE)

    drop_into(house, "9.jpg", scans[2].read_bytes())  # the next citizen's
    other = window()
    log_in(other, "canbo", passwords_of(house.office)["canbo"])
    begin(other, "Bà Bình", "Đơn")
    other.keyboard.press("F8")
    expect(other.locator(".strip")).to_have_count(2, timeout=PATIENCE)
    other.locator("[data-choose]").last.press("Enter")
    other.keyboard.press("F9")
    other.wait_for_url("**/papers/*")

    clerk.locator("[data-choose]").first.press("Enter")
    clerk.locator(".tile input").first.press("Control+ArrowRight")  # the second page was scanned first
    clerk.keyboard.press("F9")
    clerk.wait_for_url("**/papers/*")
    mine, theirs = masters_of(house, "Ông An"), masters_of(house, "Bà Bình")
    assert [digest for _, digest in mine] == [sha256_of(scans[1]), sha256_of(scans[0])]
    assert [digest for _, digest in theirs] == [sha256_of(scans[2])]

    clerk.goto("/waiting")
    expect(clerk.locator(".tile")).to_have_count(0)
    expect(clerk.get_by_role("link", name="2.jpg")).to_be_visible()  # the bad file can be had too


def test_a_failed_upload_keeps_the_dossier_the_title_and_the_good_pages(house, clerk, scans, tmp_path):
    bad = tmp_path / "hong.jpg"
    bad.write_bytes(b"no page")
    begin(clerk, "Lê Thị Cúc", "Bằng tốt nghiệp")
    clerk.locator("#files").set_input_files([scans[0], scans[1], bad])
    clerk.keyboard.press("F9")
    expect(clerk.get_by_role("alert")).to_be_visible(timeout=PATIENCE)
    clerk.goto("/")
    expect(clerk.locator(".list")).to_contain_text("Bằng tốt nghiệp")
    clerk.keyboard.press("Control+k")
    clerk.keyboard.type("le thi cuc")
    clerk.keyboard.press("Enter")
    clerk.get_by_role("link", name="Lê Thị Cúc").click()
    clerk.get_by_role("link", name="Bằng tốt nghiệp").click()
    expect(clerk.locator(".tile")).to_have_count(2)
    clerk.reload()
    expect(clerk.locator(".tile")).to_have_count(2)
    clerk.locator("[data-choose]").press("Enter")
    clerk.keyboard.press("F9")
    clerk.wait_for_url("**/papers/*?done=received")
    assert [title for title, _ in masters_of(house, "Lê Thị Cúc")] == ["Bằng tốt nghiệp"] * 2


def test_what_a_crash_left_in_the_spool_is_there_after_a_reload(house, clerk, scans):
    office = house.office
    clerk.goto("/waiting")
    before = clerk.locator(".tile").count()
    job = Spool(office.spool_folder, office.clock).open_job(
        f"{uuid4()}-001-folder", "folder", "x", ScanSettings()
    )
    job.accept(scans[3])
    clerk.reload()
    expect(clerk.locator(".tile")).to_have_count(before + 1)
    clerk.locator(".tile input").last.press("Space")
    clerk.get_by_role("button", name="Bỏ ra").click()
    expect(clerk.locator("[data-status]")).to_contain_text("Đã bỏ trang ra")
    clerk.locator("#bo-ra input").press("Space")
    clerk.get_by_role("button", name="Trả về chỗ cũ").click()
    expect(clerk.locator("#bo-ra")).to_have_count(0)
    expect(clerk.locator(".tile")).to_have_count(before + 1)


def test_a_page_of_somebody_else_is_taken_out_put_back_and_moved(house, clerk, scans):
    begin(clerk, "Đỗ Văn Dũng", "Hộ khẩu")
    clerk.locator("#files").set_input_files(scans[:3])
    clerk.keyboard.press("F9")
    clerk.wait_for_url("**/papers/*?done=received")
    whole = masters_of(house, "Đỗ Văn Dũng")
    assert len(whole) == 3
    address = clerk.url.split("?")[0] + "/pages"
    clerk.goto(address)
    own = clerk.locator("[data-arrange] .tile")
    own.locator("input").nth(1).press("Delete")
    expect(own).to_have_count(2, timeout=PATIENCE)
    clerk.get_by_role("button", name="Trả về chỗ cũ").click()
    expect(own).to_have_count(3)
    assert masters_of(house, "Đỗ Văn Dũng") == whole

    own.locator("input").nth(2).press("Space")
    clerk.get_by_text("Chuyển trang đã chọn").click()
    clerk.locator("[data-arrange] #title").fill("Giấy tờ khác")
    clerk.get_by_role("button", name="Chuyển", exact=True).click()
    clerk.wait_for_url("**/papers/*?done=moved")
    assert masters_of(house, "Đỗ Văn Dũng") == [*whole[:2], ("Giấy tờ khác", whole[2][1])]


@pytest.mark.parametrize("size", [(1366, 620), (360, 640)])
@pytest.mark.parametrize("address", ["/waiting", "/dossiers/new"])
def test_pages_that_show_strips_never_scroll_sideways(house, clerk, scans, size, address):
    drop_into(house, f"{size[0]}.jpg", scans[0].read_bytes())
    clerk.set_viewport_size({"width": size[0], "height": size[1]})
    clerk.goto(address)
    clerk.keyboard.press("F8")
    expect(clerk.locator(".tile").first).to_be_visible(timeout=PATIENCE)
    assert clerk.evaluate(BEYOND) == []
    assert clerk.evaluate("document.documentElement.scrollWidth <= innerWidth")
