"""A paper's way through the desk in a real browser, by keyboard, with the workers of `serve` behind it."""

from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from scanner_adapters.simulator.papers import sheets
from tests.acceptance.conftest import log_in
from tests.office.browsing import passwords_of

PATIENCE = 60_000  # milliseconds for the machine's own steps, on a busy computer

pytestmark = pytest.mark.slow


def test_a_paper_goes_from_the_counter_to_a_checked_copy_by_keyboard(house, window, tmp_path):
    passwords = passwords_of(house.office)
    clerk, officer, citizen = window(), window(), window()
    log_in(clerk, "canbo", passwords["canbo"])
    expect(clerk.get_by_text("Chưa có hồ sơ")).to_be_visible()
    bring_in(clerk, tmp_path / "0001.jpg")
    sign_and_review(clerk)
    ask_for_copy(clerk)

    log_in(officer, "lanhdao", passwords["lanhdao"])
    certify(officer)
    expect(copy_state(clerk, "Đã phát hành")).to_be_visible(timeout=PATIENCE)
    copy = download(clerk, tmp_path / "copy.pdf")
    clerk.keyboard.press("F9")
    mean_it(clerk)
    expect(copy_state(clerk, "Đã trả")).to_be_visible()

    check(citizen, copy)
    expect(citizen.locator(".answer h2")).to_contain_text("BẢN MẪU")
    expect(citizen.locator(".lamps li.done")).to_have_count(3)
    tampered = tmp_path / "tampered.pdf"
    tampered.write_bytes(copy.read_bytes() + b"\n% one more line")
    check(citizen, tampered)
    expect(citizen.locator(".answer.bad")).to_have_count(1)

    find(clerk, "xac nhan tinh trang")
    assert clerk.locator("rect.hit").count() > 0


def bring_in(page: Page, scan: Path) -> None:
    """F2, who asks, what paper, which file, F9."""
    sheet = sheets.certificate(3, dpi=150)
    sheets.save(sheet.image, scan, sheet.dpi)
    page.keyboard.press("F2")
    page.wait_for_url("**/dossiers/new")
    page.keyboard.type("Trần Thị Bình")
    page.locator("#title").focus()
    page.keyboard.type("Giấy xác nhận")
    page.locator("#files").set_input_files(scan)  # the only thing here that keys cannot do: the file dialog
    page.keyboard.press("F9")
    page.wait_for_url("**/papers/*")


def sign_and_review(page: Page) -> None:
    """F9 asks to sign once the machine has read; Enter for each field that waits, the number of pages, F9."""
    expect(page.get_by_role("button", name="Ký bản quét")).to_be_visible(timeout=PATIENCE)
    expect(page.locator("#trang-1 img")).to_have_js_property("complete", value=True)
    page.keyboard.press("F9")
    mean_it(page)
    expect(page.locator("[data-review]")).to_be_visible(timeout=PATIENCE)
    review(page)
    expect(page.get_by_text("Đề nghị chứng thực bản sao")).to_be_visible(timeout=PATIENCE)


def ask_for_copy(page: Page) -> None:
    """The original was seen and has one page; every check is answered."""
    page.get_by_label("Đã xem bản chính").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.type("1")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Căn cứ 6.")).to_be_visible()
    answer_checks(page)
    page.keyboard.press("F9")
    expect(copy_state(page, "Đã duyệt")).to_be_visible()


def certify(page: Page) -> None:
    """F9 opens the first thing to do; F9 certifies, but only once every page has been looked at."""
    page.keyboard.press("F9")
    page.wait_for_url("**/papers/*")
    page.keyboard.press("F9")
    expect(page.get_by_role("alert")).to_contain_text("Còn 1 trang chưa xem")
    see_every_page(page)
    page.keyboard.press("F9")
    mean_it(page)
    expect(copy_state(page, "Đã phát hành")).to_be_visible(timeout=PATIENCE)


def mean_it(page: Page) -> None:
    """What cannot be taken back is asked first; F9 never says yes, Tab and Enter do."""
    expect(page.locator("[data-question]")).to_be_focused()
    page.wait_for_timeout(500)  # nobody reads faster; a press before that is not taken
    page.keyboard.press("F9")
    expect(page.locator("[data-question]")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")


def copy_state(page: Page, words: str) -> Locator:
    return page.locator(".copy .chip", has_text=words)


def download(page: Page, target: Path) -> Path:
    with page.expect_download() as coming:
        page.get_by_role("link", name="Bản sao đã phát hành").press("Enter")
    coming.value.save_as(target)
    return target


def review(page: Page) -> None:
    """Enter for each field that waits, the number of pages, F9."""
    waiting = page.locator(".field.doubtful:not(.ok)")
    page.locator(".field.doubtful input").first.focus()
    for _ in range(waiting.count()):
        page.keyboard.press("Enter")
    expect(page.locator("[data-left]")).to_contain_text("Đã xác nhận đủ")
    expect(page.locator("#original_pages")).to_be_focused()
    page.keyboard.type("1")
    page.keyboard.press("Enter")  # a scan or a habit must not send the form
    expect(page.locator("[data-review]")).to_be_visible()
    page.keyboard.press("F9")


def answer_checks(page: Page) -> None:
    """Enter ticks «compared» and says «does not apply» to each of the six grounds."""
    page.locator("[data-checks] [type=checkbox]").focus()
    for _ in range(7):
        page.keyboard.press("Enter")
    assert page.locator("[data-checks] [value=applies-not]:checked").count() == 6
    assert page.locator("[data-checks] [value=applies]:checked").count() == 0


def see_every_page(page: Page) -> None:
    """Walk down the pages until each has been in sight long enough to be ticked."""
    page.locator(".viewer").focus()
    ticks = page.locator("[data-seen-page]")
    for _ in range(40):
        if all(tick.is_checked() for tick in ticks.all()):
            return
        page.keyboard.press("PageDown")
        page.wait_for_timeout(1200)
        if page.locator(".viewer").evaluate("v => v.scrollTop + v.clientHeight >= v.scrollHeight - 2"):
            page.keyboard.press("Home")
            page.wait_for_timeout(1200)
    raise AssertionError("the pages never counted as seen")


def check(page: Page, file: Path) -> None:
    page.goto("/check")
    page.locator("#file").set_input_files(file)
    page.get_by_role("button", name="Kiểm tra").press("Enter")
    expect(page.locator(".answer")).to_be_focused(timeout=PATIENCE)


def find(page: Page, words: str) -> None:
    page.keyboard.press("Control+k")
    page.keyboard.type(words)
    page.keyboard.press("Enter")
    expect(page.locator("mark").first).to_be_visible(timeout=PATIENCE)
    page.locator(".hits h2 a").first.press("Enter")
    page.wait_for_url("**/papers/*")
