"""A desk in English: what scripts say on a page is English too, numbers and hours as English writes them."""

import os
import re
from contextlib import contextmanager

import pytest
from playwright.sync_api import expect

from scanner_adapters.simulator.papers import sheets
from tests.acceptance.conftest import log_in
from tests.office.browsing import MARKED, passwords_of
from tests.office.conftest import open_house

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    opened = open_house(tmp_path_factory.mktemp("english") / "house", lang="en")
    yield opened
    opened.office.engine.dispose()


@pytest.fixture
def clerk(house, window):
    page = window()
    log_in(page, "canbo", passwords_of(house.office)["canbo"])
    return page


@contextmanager
def nothing_vietnamese_in(locator):
    yield locator
    assert not MARKED.search(locator.inner_text())


def test_the_list_of_keys_the_connection_and_the_status_line_are_english(clerk):
    expect(clerk.locator("html")).to_have_attribute("lang", "en")
    with nothing_vietnamese_in(clerk.locator("[data-link]")) as link:
        expect(link).to_have_text("Connected")
    clerk.keyboard.press("F1")
    with nothing_vietnamese_in(clerk.locator("dialog")) as keys:
        expect(keys).to_contain_text("The page's main act, then the next one")
        expect(keys.get_by_role("button", name="Close")).to_be_visible()
    clerk.keyboard.press("Escape")
    clerk.keyboard.press("F9")
    with nothing_vietnamese_in(clerk.locator("[data-status]")) as status:
        expect(status).to_have_text(re.compile(r"^\d\d:\d\d Nothing is left to do on this page\.$"))


def test_a_lost_connection_is_told_in_english(clerk):
    clerk.context.set_offline(True)
    clerk.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    with nothing_vietnamese_in(clerk.locator("[data-link]")) as link:
        expect(link).to_contain_text("No connection to the server since ")
    clerk.context.set_offline(False)
    clerk.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(clerk.locator("[data-status]")).to_contain_text("Connected again.")


def test_pages_are_counted_and_ordered_in_english(house, clerk, tmp_path):
    sheet = sheets.certificate(1, dpi=60)
    for number in (1, 2):
        scan = sheets.save(sheet.image, house.office.inbox / f"{number}.jpg", sheet.dpi)
        os.utime(scan, (1_700_000_000 + number, 1_700_000_000 + number))  # it grows no more
    clerk.goto("/dossiers/new")
    clerk.locator("#requester").fill("Binh")
    clerk.locator("#title").fill("Form")
    clerk.keyboard.press("F8")
    boxes = clerk.locator(".tile input")
    expect(boxes).to_have_count(2)
    boxes.first.check()
    status = clerk.locator("[data-status]")
    expect(status).to_contain_text("1 page is chosen.")
    boxes.last.check()
    expect(status).to_contain_text("2 pages are chosen.")
    clerk.keyboard.press("F9")
    clerk.wait_for_url(re.compile(r"/papers/[\w-]+\?"))
    clerk.goto(re.sub(r"\?.*", "/pages", clerk.url))
    clerk.locator("[data-arrange] .tile input").first.press("Control+ArrowRight")
    expect(status).to_contain_text("The new order is not saved yet: press «Save the new order».")
