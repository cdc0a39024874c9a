"""Take a picture of every page, at the sizes the pages are designed for, to look at them.

PYTHONPATH=. python bench/screenshots.py [--data DIR] [--out DIR] [--theme THEME] [--lang vi|en]

Without `--data` a demo house is filled in a temporary folder: a paper in each state that people see, and
copies of one of them. Pictures go to bench/out/.
"""

import argparse
import shutil
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import uvicorn
from playwright.sync_api import Browser, Page, sync_playwright

from office.bootstrap import open_office
from office.demo.people import DemoPeople, open_people
from office.desk import certifying, digitizing, intake
from office.explain import LANGUAGES
from office.nouns import Actor
from office.procedure import CopyState
from office.settings import Settings
from office.value import Office
from office.views.viewing import Line, list_papers
from office.web.app import create_app
from office.work.dispatcher import run_until_idle
from scanner_adapters.simulator import desks
from scanner_adapters.simulator.papers import sheets

PHOTOGRAPH = "Giấy chụp bằng điện thoại"
OVEREXPOSED = 1.7
SCREEN_DPI = 72  # what a telephone writes when it knows nothing
SIZES = {"desk": (1366, 620), "phone": (360, 640)}


def main() -> None:
    """Serve the demo directory and walk through its pages."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "out")
    parser.add_argument("--theme", default="auto")
    parser.add_argument("--lang", choices=LANGUAGES, default="vi")
    chosen = parser.parse_args()
    chosen.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        data = chosen.data.absolute() if chosen.data else Path(folder) / "house"
        office = open_office(Settings(data=data, lang=chosen.lang), demo=True)
        people = open_people(office)
        if chosen.data is None:
            fill(office, people, Path(folder))
        photograph(office, people, chosen.out, chosen.theme)


def photograph(office: Office, people: DemoPeople, out: Path, theme: str) -> None:
    """Walk through the pages in windows of each size."""
    with served(office) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for size, (width, height) in SIZES.items():
            walk(Camera(browser, url, (width, height), out / size, theme), office, people)
        browser.close()


def fill(office: Office, people: DemoPeople, folder: Path) -> None:
    """Five papers: one archived with three copies, one to review, two to sign, one just scanned."""
    clerk = people.clerk
    whole = take_in(office, clerk, folder, ("Quyết định", sheets.decision(1), sheets.table(1)))
    review = take_in(office, clerk, folder, ("Giấy xác nhận tình trạng hôn nhân", sheets.certificate(2)))
    take_in(office, clerk, folder, ("Công văn trả lời", sheets.letter(3)))
    take_in(office, clerk, folder, (PHOTOGRAPH, overexposed(sheets.certificate(6, dpi=150))))
    run_until_idle(office)
    for paper in (whole, review):
        digitizing.sign_scan(office, clerk, paper)
    run_until_idle(office)
    digitizing.review_paper(office, clerk, whole, digitizing.Review(2, {}))
    run_until_idle(office)
    checks = frozenset(check.code for check in office.rules.checks(office.today))
    issued, approved, _ = (
        certifying.request_copy(office, clerk, whole, certifying.CopyRequest(2)) for _ in range(3)
    )
    for copy in (issued, approved):
        certifying.approve_copy(office, clerk, copy, checks)
    certifying.confirm_copy(office, people.officer, issued)
    run_until_idle(office)
    take_in(office, clerk, folder, ("Giấy xác nhận", sheets.certificate(4)))


def overexposed(sheet: sheets.Sheet) -> sheets.Sheet:
    """The sheet photographed on a white desk, in so much light that its edges cannot be found."""
    taken = desks.photograph(sheet.image, desks.Desk.WHITE, 5).image
    return replace(sheet, image=np.clip(taken * OVEREXPOSED, 0, 255).astype(np.uint8), dpi=SCREEN_DPI)


def take_in(office: Office, clerk: Actor, folder: Path, paper: tuple[Any, ...]) -> str:
    """Upload the pages of a paper into a dossier of its own."""
    title, *pages = paper
    dossier = intake.open_dossier(office, clerk, intake.Intake("2.000815", "Nguyễn Thị Hoa"))
    files = [
        sheets.save(sheet.image, folder / f"{number:04d}.jpg", sheet.dpi)
        for number, sheet in enumerate(pages, start=1)
    ]
    return intake.receive_files(office, clerk, dossier, title, files)


class Camera:
    """A browser window of one size that keeps what it sees."""

    def __init__(self, browser: Browser, url: str, size: tuple[int, int], stem: Path, theme: str) -> None:
        self._browser, self._url, self._size, self._stem, self._theme = browser, url, size, stem, theme
        self.page = self._window()

    def _window(self) -> Page:
        width, height = self._size
        context = self._browser.new_context(viewport={"width": width, "height": height}, locale="vi-VN")
        context.add_cookies([{"name": "motcua-theme", "value": self._theme, "url": self._url}])
        page = context.new_page()
        page.on("console", lambda said: print(f"  console: {said.text}", file=sys.stderr))
        page.on("pageerror", lambda error: print(f"  error: {error}", file=sys.stderr))
        return page

    def enter(self, name: str, password: str) -> None:
        """Log in as somebody, in a window of their own."""
        self.page = self._window()
        self.page.goto(f"{self._url}/login")
        self.page.fill("#name", name)
        self.page.fill("#password", password)
        self.page.keyboard.press("Enter")
        self.page.wait_for_url(f"{self._url}/")

    def take(self, name: str, address: str, *, whole: bool = False) -> None:
        """Open a page of ours and keep its picture; `whole` below the fold too."""
        self.page.goto(self._url + address)
        self.keep(name, whole=whole)

    def keep(self, name: str, *, whole: bool = False) -> None:
        """Keep the picture of the page that is open."""
        self.page.wait_for_load_state("networkidle")
        path = self._stem.with_name(f"{self._stem.name}-{name}.png")
        self.page.screenshot(path=path, full_page=whole)
        wide = self.page.evaluate("document.documentElement.scrollWidth > innerWidth")
        print(f"{path.name}{'  WIDER THAN THE WINDOW' if wide else ''}")


def walk(camera: Camera, office: Office, people: DemoPeople) -> None:
    """Every page, as the person it is made for."""
    camera.take("login", "/login")
    camera.take("check", "/check")
    camera.enter("canbo", people.passwords["canbo"])
    lines = list_papers(office, people.clerk)
    camera.take("list", "/")
    camera.take("new", "/dossiers/new")
    with camera.page.expect_navigation():
        camera.page.keyboard.press("F9")
    camera.keep("new-missing")
    flat = [line for line in lines if line.paper.title != PHOTOGRAPH]
    for state, line in sorted({line.paper.state: line for line in flat}.items()):
        camera.take(f"paper-{state.lower()}", f"/papers/{line.paper.id}")
        camera.take(f"paper-{state.lower()}-whole", f"/papers/{line.paper.id}", whole=True)
    for line in lines:
        if line.paper.title == PHOTOGRAPH:
            camera.take("paper-corners", f"/papers/{line.paper.id}")
    camera.take("search", "/search?q=quyet+dinh")
    camera.take("dossier", f"/dossiers/{lines[0].paper.dossier}")
    camera.take("missing", "/papers/khong-co")
    camera.page.goto(camera.page.url.split("/papers")[0] + "/")
    camera.page.keyboard.press("F1")
    camera.keep("keys")
    for code in codes(lines):
        camera.take("check-code", f"/check/{code}")
    camera.enter("lanhdao", people.passwords["lanhdao"])
    camera.take("officer-list", "/?view=mine")
    for line in list_papers(office, people.officer):
        if line.mine:
            camera.take("officer-paper", f"/papers/{line.paper.id}#viec")


def codes(lines: tuple[Line, ...]) -> list[str]:
    """The check code of the first issued copy, if there is one."""
    issued = (CopyState.ISSUED, CopyState.DELIVERED)
    return [copy.check_code for line in lines for copy in line.copies if copy.state in issued][:1]


@contextmanager
def served(office: Office) -> Iterator[str]:
    """The pages of this office on a free port of this machine."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = uvicorn.Config(create_app(office), host="127.0.0.1", port=port, log_level="warning")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


if __name__ == "__main__":
    main()
