"""Keys: each does its act once, input methods and card readers never press anything."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from office.desk import certifying
from office.procedure import CopyState
from office.tables import copies, sessions
from scanner_adapters.simulator.papers import sheets
from storage.database import reading, writing
from tests.acceptance.conftest import log_in
from tests.office.browsing import passwords_of
from tests.office.conftest import House

pytestmark = pytest.mark.slow


@pytest.fixture
def clerk(house, window):
    page = window()
    log_in(page, "canbo", passwords_of(house.office)["canbo"])
    return page


def test_the_list_of_keys_opens_with_f1_and_closes_where_it_began(clerk):
    clerk.keyboard.press("Control+k")
    expect(clerk.locator("#tim")).to_be_focused()
    clerk.keyboard.press("F1")
    expect(clerk.locator("dialog kbd", has_text="Alt+PageDown")).to_be_visible()
    clerk.keyboard.press("F2")  # nothing behind the open list answers
    clerk.keyboard.press("Escape")
    expect(clerk.locator("dialog")).to_have_count(0)
    expect(clerk.locator("#tim")).to_be_focused()
    assert clerk.url.endswith("/")


NEVER_BOUND = ("a", "9", "0", "[", "]", "Control+Shift", "Alt+z", "Control+Space", "Shift", "Control", "Alt")


def test_keys_of_telex_vni_and_their_switches_do_nothing(clerk):
    clerk.locator("h1").evaluate("e => document.activeElement.blur()")
    for chord in NEVER_BOUND:
        clerk.keyboard.press(chord)
    assert clerk.url.endswith("/")
    expect(clerk.locator("dialog")).to_have_count(0)


def test_an_input_method_that_types_by_backspacing_gets_its_letters(clerk):
    """As UniKey does it: a letter, so many backspaces, the marked letters, with no time between."""
    clerk.keyboard.press("F2")
    clerk.wait_for_url("**/dossiers/new")
    for typed, taken_back, instead in (("Nguyen", 2, "ễn"), (" Ddoa", 4, "Đoà"), ("n Oo", 2, "Ỗ")):
        clerk.keyboard.type(typed)
        for _ in range(taken_back):
            clerk.keyboard.press("Backspace")
        clerk.keyboard.insert_text(instead)
    assert clerk.locator("#requester").input_value() == "Nguyễn Đoàn Ỗ"


AS_FAST_AS_A_READER = """
    let milliseconds = 0;
    Object.defineProperty(Event.prototype, "timeStamp", {get: () => milliseconds += 2});
"""


def test_a_card_reader_fills_its_field_and_presses_no_button(clerk):
    clerk.keyboard.press("F2")
    clerk.wait_for_url("**/dossiers/new")
    clerk.get_by_role("button", name="Nhận bản quét").focus()
    clerk.evaluate(AS_FAST_AS_A_READER)  # however busy this machine is
    clerk.keyboard.type("079090000001||Tran Thi Binh|01011990|Nu|Phuong Mau|01012022", delay=0)
    clerk.keyboard.press("Enter")
    clerk.wait_for_timeout(300)
    assert clerk.url.endswith("/dossiers/new")
    expect(clerk.locator("[role=status][data-status]")).to_contain_text("máy đọc thẻ")
    expect(clerk.locator(".problems")).to_have_count(0)


def test_enter_in_a_field_goes_to_the_next_and_sends_nothing(clerk):
    clerk.keyboard.press("F2")
    clerk.wait_for_url("**/dossiers/new")
    clerk.keyboard.type("Trần Thị Bình")
    clerk.keyboard.press("Enter")
    expect(clerk.locator("#procedure")).to_be_focused()
    assert clerk.url.endswith("/dossiers/new")


def test_what_is_missing_is_told_on_top_and_has_the_focus(clerk):
    clerk.keyboard.press("F2")
    clerk.wait_for_url("**/dossiers/new")
    clerk.keyboard.press("F9")
    expect(clerk.locator(".problems")).to_be_focused()
    expect(clerk.locator(".problems li")).to_have_count(3)
    assert clerk.title().startswith("Lỗi: ")


@pytest.mark.parametrize("size", [(1366, 620), (683, 384), (360, 640), (320, 640)])
def test_no_page_is_wider_than_its_window(clerk, size):
    clerk.set_viewport_size({"width": size[0], "height": size[1]})
    for address in ("/", "/dossiers/new", "/search?q=abc", "/check", "/password", "/papers/none"):
        clerk.goto(address)
        assert clerk.evaluate("document.documentElement.scrollWidth <= innerWidth"), address


def test_a_session_that_ended_leaves_nothing_on_the_screen(house, clerk):
    with writing(house.office.engine) as connection:
        connection.execute(sessions.delete())
    clerk.wait_for_url("**/login*", timeout=20_000)
    expect(clerk.get_by_text("Nguyễn Thị Mẫu")).to_have_count(0)


def test_a_hidden_tab_asks_nothing_and_a_shown_one_asks_at_once(clerk):
    asked = []
    clerk.on("request", lambda one: asked.append(one.url) if "/live/" in one.url else None)
    clerk.evaluate(
        "Object.defineProperty(document, 'visibilityState', {get: () => window.shown || 'hidden'});"
        "document.dispatchEvent(new Event('visibilitychange'))"
    )
    clerk.wait_for_timeout(11_000)
    assert asked == []
    clerk.evaluate("window.shown = 'visible'; document.dispatchEvent(new Event('visibilitychange'))")
    clerk.wait_for_timeout(1_000)
    assert len(asked) == 1


PUT_ASIDE = {"number": 7, "book": {"code": "SCT/BS", "year": 2026, "volume": 1}, "fault": "CHILD_DIED"}


@pytest.fixture(scope="module")
def archived(house: House, tmp_path_factory) -> str:
    """A paper that has come through, by its id."""
    sheet = sheets.certificate(3, dpi=150)
    scan = sheets.save(sheet.image, tmp_path_factory.mktemp("pages") / "1.jpg", sheet.dpi)
    with ThreadPoolExecutor(1) as thread:  # signing has a loop of its own; this thread's is Playwright's
        return thread.submit(house.archived, scan).result()


def requested(house: House, paper: str, **row) -> str:
    copy = certifying.request_copy(house.office, house.clerk, paper, certifying.CopyRequest(1))
    with writing(house.office.engine) as connection:
        connection.execute(sa.update(copies).where(copies.c.id == copy).values(**PUT_ASIDE, **row))
    return copy


def state_of(house: House, copy: str) -> str:
    with reading(house.office.engine) as connection:
        return connection.execute(sa.select(copies.c.state).where(copies.c.id == copy)).scalar_one()


def refuse_all(house: House, paper: str) -> None:
    with writing(house.office.engine) as connection:
        connection.execute(sa.update(copies).where(copies.c.paper == paper).values(state=CopyState.REFUSED))


def test_f9_does_the_act_of_the_form_in_work_and_of_no_other_copy(house, clerk, archived):
    first, second = requested(house, archived), requested(house, archived)
    clerk.goto(f"/papers/{archived}")
    clerk.keyboard.press("F9")  # two copies wait and none is in work: nothing is sent
    expect(clerk.locator(f"#ban-sao-{first} form").locator(":focus")).to_have_count(1)
    expect(clerk.locator("[data-status]")).to_contain_text("việc ở trang này")

    form = clerk.locator(f'form[action="/copies/{second}/approve"]')
    form.locator("[type=checkbox]").focus()
    for _ in range(6):
        clerk.keyboard.press("Enter")
    clerk.keyboard.press("F9")  # one ground is unanswered
    expect(clerk.get_by_role("alert")).to_contain_text("căn cứ số 6")
    assert form.locator(":checked").count() == 6
    assert clerk.locator(f'form[action="/copies/{first}/approve"] :checked').count() == 0
    form.locator("[name=clause-6]").first.check()
    clerk.locator("[data-question], .problems").first.focus()  # the cursor is elsewhere; the form is in work
    clerk.keyboard.press("F9")
    expect(clerk.locator("[data-status]")).to_contain_text("Đã chuyển")
    assert (state_of(house, first), state_of(house, second)) == ("REQUESTED", "APPROVED")

    clerk.locator(f"#ban-sao-{first} summary", has_text="Từ chối").click()
    clerk.locator(f"#clause-{first}").select_option("3")
    clerk.keyboard.press("F9")  # what is typed there has no F9
    clerk.wait_for_timeout(500)
    assert state_of(house, first) == "REQUESTED"
    refuse_all(house, archived)


def test_f9_again_and_again_hands_nothing_over(house, clerk, archived):
    copy = requested(
        house, archived, state=CopyState.ISSUED, issued_at=house.office.clock(), archived_version=1
    )
    clerk.goto("/?view=mine")
    for _ in range(6):
        clerk.keyboard.press("F9")
        clerk.wait_for_timeout(500)
    expect(clerk.locator("[data-question]")).to_be_focused()
    clerk.keyboard.press("Control+Enter")
    clerk.keyboard.press("Enter")  # the button does not have the cursor
    clerk.wait_for_timeout(300)
    assert state_of(house, copy) == "ISSUED"
    clerk.keyboard.press("Escape")
    expect(clerk.locator("[data-question]")).to_have_count(0)
    clerk.keyboard.press("F9")
    expect(clerk.locator("[data-question]")).to_contain_text("Trần Thị Bình")
    clerk.wait_for_timeout(500)
    clerk.keyboard.press("Tab")
    clerk.keyboard.press("Enter")
    expect(clerk.locator("[data-status]")).to_contain_text("Đã trả kết quả")
    assert state_of(house, copy) == "DELIVERED"
