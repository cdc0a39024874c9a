"""Pages that wait, by forms alone: shown, chosen, received, set aside, and what is refused says why."""

import asyncio
import os
import re
import sys
from html import unescape
from itertools import count
from pathlib import Path

import pytest
import sqlalchemy as sa

from office.procedure import PaperState
from office.rows import arrivals, keeping
from office.tables import dossiers, papers
from office.web.screens.pages.routes import shifted
from scanner_adapters.simulator.papers import sheets
from storage.database import reading
from tests.office.browsing import Visitor, led_to, passwords_of, served
from tests.office.conftest import open_house

sys.path.insert(0, str(Path(__file__).parents[1] / "certify"))
import attacks
import sample_copies

MOMENTS = count(1_700_000_000)
NEW = {"requester": "Bà Bình", "procedure": "2.000815", "title": "Đơn", "source": "waiting"}


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    opened = open_house(tmp_path_factory.mktemp("waiting") / "house")
    yield opened
    opened.office.engine.dispose()


@pytest.fixture(scope="module")
def url(house):
    with served(house.office) as address:
        yield address


@pytest.fixture(scope="module")
def clerk(house, url):
    with Visitor(url) as visitor:
        visitor.log_in("canbo", passwords_of(house.office)["canbo"])
        yield visitor


@pytest.fixture(scope="module")
def scan():
    return sheets.certificate(1, dpi=60)


def drop_into(house, scan, tmp_path, pages=1):
    for number in range(pages):
        moment = next(MOMENTS)
        path = sheets.save(scan.image, tmp_path / f"{moment}.jpg", scan.dpi)
        target = house.office.inbox / f"{moment}-{number}.jpg"
        path.rename(target)
        os.utime(target, (moment, moment))


def waiting(house):
    with reading(house.office.engine) as connection:
        return [page.id for page in arrivals.loose(connection, house.clerk) if page.aside_at is None]


def masters(house, paper):
    with reading(house.office.engine) as connection:
        return [master.id for master in keeping.masters(connection, paper.split("/")[2])]


def collect(house, clerk, scan, tmp_path, pages=1):
    drop_into(house, scan, tmp_path, pages)
    before = set(waiting(house))
    assert clerk.send("/waiting", page="/waiting", how="collect").status_code == 200
    return [page for page in waiting(house) if page not in before]


def dossier_row(house, requester):
    with reading(house.office.engine) as connection:
        chosen = sa.select(dossiers).where(dossiers.c.requester == requester)
        return connection.execute(chosen.order_by(dossiers.c.created_at.desc())).first()


def new_dossier(house):
    with reading(house.office.engine) as connection:
        return connection.execute(sa.select(dossiers).where(dossiers.c.id == house.dossier())).one()


def post(clerk, address, at, **fields):
    """Send the form of the page `at`."""
    data = {**clerk.tokens(at), **fields}
    headers = {"Origin": clerk.url, "Sec-Fetch-Site": "same-origin"}
    return clerk.client.post(address, data=data, headers=headers)


def test_a_new_dossier_takes_the_pages_that_were_ticked_and_leaves_the_others(house, clerk, scan, tmp_path):
    drop_into(house, scan, tmp_path, pages=3)
    shown = post(clerk, "/dossiers", "/dossiers/new", **NEW, how="finish")
    assert shown.status_code == 422
    assert "Chưa chọn trang" in shown.text
    assert 'value="Bà Bình"' in shown.text
    first, second, third = waiting(house)
    key = re.search(r'name="choose" value="([^"]+)"', shown.text)[1]
    ticked = post(clerk, "/dossiers", "/dossiers/new", **NEW, choose=key).text
    assert ticked.count('type="checkbox"') == len(re.findall(r'type="checkbox"[^>]* checked', ticked))
    sent = post(clerk, "/dossiers", "/dossiers/new", **NEW, how="finish", page=[third, first])
    assert masters(house, led_to(sent)) == [third, first]
    assert waiting(house) == [second]


def test_nothing_to_receive_is_told(house, clerk):
    for page in waiting(house):
        led_to(post(clerk, "/waiting", "/waiting", how="aside", page=page))
    told = post(clerk, "/dossiers", "/dossiers/new", **NEW, how="finish")
    assert (told.status_code, "Chưa có trang nào chờ nhận" in told.text) == (422, True)


def test_a_form_sent_twice_receives_once_and_a_stale_one_is_told_who_has_the_page(
    house, clerk, scan, tmp_path
):
    pages = collect(house, clerk, scan, tmp_path)
    dossier = new_dossier(house)
    told = {"how": "receive", "page": pages, "code": dossier.code, "title": "Bản khai"}
    tokens = clerk.tokens("/waiting")
    first, again = (post(clerk, "/waiting", "/waiting", **told, act=tokens["act"]) for _ in range(2))
    assert led_to(first) == led_to(again)
    stale = post(clerk, "/waiting", "/waiting", **told)
    assert stale.status_code == 409
    who = house.clerk.full_name.replace("(", "").replace(")", "")
    assert f"không còn ở đây ({who}, " in unescape(stale.text)
    assert masters(house, led_to(first)) == pages


@pytest.mark.parametrize(
    ("changed", "words"),
    [({"code": "khong-co"}, "Không có hồ sơ"), ({"title": ""}, "tên giấy tờ"), ({"page": []}, "Chưa")],
)
def test_what_is_missing_is_told_and_nothing_moves(house, clerk, scan, tmp_path, changed, words):
    pages = collect(house, clerk, scan, tmp_path)
    code = new_dossier(house).code
    told = {"how": "receive", "page": pages, "code": code, "title": "Đơn", **changed}
    answer = post(clerk, "/waiting", "/waiting", **told)
    assert (answer.status_code, words in answer.text) == (422, True)
    assert set(pages) <= set(waiting(house))


def test_pages_are_arranged_taken_out_put_back_and_moved_by_forms_alone(house, clerk, scan, tmp_path):
    pages = collect(house, clerk, scan, tmp_path, pages=3)
    sent = post(clerk, "/dossiers", "/dossiers/new", **NEW, how="finish", page=pages)
    paper = led_to(sent)
    at = f"{paper}/pages"

    def act(how, **fields):
        now = " ".join(masters(house, paper))
        return post(clerk, at, at, how=how, seen=now, order=now, **fields)

    led_to(act("later", own=pages[0]))
    assert masters(house, paper) == [pages[1], pages[0], pages[2]]
    led_to(act("earlier", own=pages[0]))
    led_to(act("out", own=pages[1:]))
    assert masters(house, paper) == pages[:1]
    led_to(act("back", page=pages[2]))
    assert masters(house, paper) == [pages[0], pages[2]]
    assert post(clerk, at, at, how="out", seen=pages[0], own=pages[0]).status_code == 409
    for wrong, status in (({"code": "x", "title": "A"}, 422), ({"code": "x", "title": ""}, 422)):
        assert act("move", own=pages[0], **wrong).status_code == status
    assert act("out").status_code == 422
    code = new_dossier(house).code
    moved = led_to(act("move", own=[pages[0], pages[2]], code=code, title="Giấy khác"))
    assert masters(house, moved) == [pages[0], pages[2]]
    assert f"{at}" in clerk.get("/").text  # the paper that is expected again stands in the list
    led_to(act("receive", page=pages[1]))
    assert masters(house, paper) == [pages[1]]
    assert clerk.get(f"/pages/{pages[1]}/160.jpg").headers["content-type"] == "image/jpeg"
    assert clerk.get(f"/pages/{pages[1]}/161.jpg").status_code == 404


def test_a_paper_that_never_comes_is_dropped_and_its_dossier_stays_to_be_found(house, clerk):
    files = [("files", ("ghi-chu.txt", b"words", "text/plain"))]
    told = {**NEW, "requester": "Ông Chín Rưỡi", "source": "upload", "how": "finish"}
    sent = clerk.send("/dossiers", page="/dossiers/new", files=files, **told)
    dossier = led_to(sent)
    with reading(house.office.engine) as connection:
        chosen = sa.select(papers).where(papers.c.dossier == dossier.split("/")[2])
        (paper,) = connection.execute(chosen).all()
    assert (paper.state, paper.title) == (PaperState.EXPECTED, "Đơn")
    assert "Nhận trang" in clerk.get(f"/papers/{paper.id}").text
    again = clerk.send(f"{dossier}/papers", page=dossier, files=files, **told)
    assert (again.status_code, "Chưa thực hiện được" in again.text) == (422, True)
    assert led_to(post(clerk, f"/papers/{paper.id}/drop", f"/papers/{paper.id}/pages")) == dossier
    assert dossier in clerk.get("/").text
    row = dossier_row(house, "Ông Chín Rưỡi")
    for typed in ("ong chin", "Rưỡi", row.code, row.code[-8:].lower()):
        assert dossier in clerk.get("/search", params={"q": typed}).text, typed
    for typed in ("ong muoi", "%", "_", "\\"):
        assert dossier not in clerk.get("/search", params={"q": typed}).text, typed


def test_a_file_that_was_no_page_can_be_had_and_no_other(house, clerk):
    moment = next(MOMENTS)
    target = house.office.inbox / "hỏng.jpg"
    target.write_bytes(b"words")
    os.utime(target, (moment, moment))
    told = post(clerk, "/waiting", "/waiting", how="collect").text
    link = re.search(r'href="(/waiting/refused/[^"]+)">hỏng.jpg', told)[1]
    answer = clerk.get(link)
    assert (answer.content, answer.headers["content-type"]) == (b"words", "application/octet-stream")
    assert "attachment" in answer.headers["content-disposition"]
    for name in ("%2e%2e%2fdemo", "khong-co", link.rsplit("/", 1)[1] + ".reason"):
        assert clerk.get(f"/waiting/refused/{name}").status_code in (404, 307), name


def test_only_clerks_see_what_waits(house, url):
    with Visitor(url) as officer:
        officer.log_in("lanhdao", passwords_of(house.office)["lanhdao"])
        assert officer.get("/waiting").status_code == 403
        assert "/waiting" not in officer.get("/").text


@pytest.mark.parametrize(
    ("chosen", "later", "order"),
    [("b", False, "bac"), ("bc", False, "bca"), ("a", False, "abc"), ("ab", True, "cab"), ("c", True, "abc")],
)
def test_chosen_pages_go_one_place_and_stop_at_the_end(chosen, later, order):
    assert shifted(tuple("abc"), frozenset(chosen), later=later) == tuple(order)


def test_a_pdf_changed_after_signing_is_told_and_shown_before_it_is_received(house, clerk):
    there = sample_copies.authority()
    paper = asyncio.run(
        sample_copies.sign(sample_copies.blank_paper(), there.stranger, there, field_name="Alien")
    )
    files = {"files": ("don da ky.pdf", attacks.replace_page_content(paper), "application/pdf")}
    form = {"procedure": "2.000815", "requester": "Trần Thị Bình", "title": "Đơn", "how": "finish"}
    told = clerk.send("/dossiers", page="/dossiers/new", files=files, source="upload", **form)
    page = clerk.get(told.headers["location"]).text if told.status_code == 303 else told.text
    assert "Tệp này đã bị sửa sau khi ký" in page
    waiting = clerk.get("/waiting").text
    shown = re.search(r'<p class="notice bad">.*?</p>', waiting, re.DOTALL)[0]
    assert "Trang 1" in shown
    assert "Không tin được bản này" in shown
    with reading(house.office.engine) as connection:
        (page_id,) = [one.id for one in arrivals.loose(connection, house.clerk) if one.checked]
        code = connection.execute(sa.select(dossiers.c.code).order_by(dossiers.c.code.desc())).scalar()
    form = {"how": "receive", "page": page_id, "title": "Đơn", "code": code}
    received = post(clerk, "/waiting", "/waiting", **form)
    assert "notice bad" in clerk.get(led_to(received)).text
