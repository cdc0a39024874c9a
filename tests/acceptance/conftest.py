"""A demo house behind its pages over TLS, and windows of a real browser in front of them."""

import re
import shutil

import pytest
from playwright.sync_api import ConsoleMessage, Page, Response, sync_playwright

from foundation.clock import utc_now
from office.founding.own_authority import make_server_files
from office.work.dispatcher import Dispatcher
from tests.conftest import skip_for_want_of
from tests.office.browsing import served
from tests.office.conftest import open_house

DESK = {"width": 1366, "height": 620}


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    opened = open_house(tmp_path_factory.mktemp("desk") / "house")
    settings = opened.office.settings
    make_server_files(settings.data, settings.agency, (), utc_now())
    tls = {"certificate": "tls/server.pem", "key": "tls/server.key"}
    yield opened.with_office(settings=settings.having("web", **tls))
    opened.office.engine.dispose()


@pytest.fixture(scope="module")
def url(house):
    dispatcher = Dispatcher(house.office)
    dispatcher.start()
    try:
        with served(house.office, dispatcher.announce) as address:
            yield address
    finally:
        dispatcher.stop()


@pytest.fixture(scope="module")
def chromium():
    program = shutil.which("chromium")
    if program is None:
        skip_for_want_of("Chromium", FileNotFoundError("chromium"))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def window(chromium, url):
    """Opens windows, each with its own cookies; afterwards nothing may have been refused or have failed."""
    complaints = []
    contexts = []

    def open_window(**options) -> Page:
        known = {"ignore_https_errors": True}  # in place of a computer on which the authority was made known
        context = chromium.new_context(viewport=DESK, locale="vi-VN", base_url=url, **known, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda said: complaints.append(said.text) if is_complaint(said) else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("response", lambda answer: complaints.append(answer.url) if is_broken(answer, url) else None)
        return page

    yield open_window
    for context in contexts:
        context.close()
    assert complaints == []


def is_complaint(said: ConsoleMessage) -> bool:
    return said.type == "error" and "Failed to load resource" not in said.text  # those: is_broken


def is_broken(answer: Response, url: str) -> bool:
    """A request to another house, or a part of a page that did not come."""
    part = answer.request.resource_type in ("image", "script", "stylesheet", "font")
    return not answer.url.startswith(url) or (part and answer.status >= 400)


def log_in(page: Page, name: str, password: str) -> None:
    page.goto("/login")
    page.keyboard.type(name)
    page.keyboard.press("Tab")
    page.keyboard.type(password)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/$"))
