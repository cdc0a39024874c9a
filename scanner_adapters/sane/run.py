"""One stack through scanimage: pages leave the child as rasters and enter the spool as they come."""

import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path

from scanner_adapters.model import DpiSource, FaultCode, ScanFault, ScanSettings, ScanSource, Side
from scanner_adapters.parts import Origin
from scanner_adapters.queue.spool import SpoolJob
from scanner_adapters.raster import Raster, measure, write_page
from scanner_adapters.sane.options import Wording
from scanner_adapters.sane.supervised import Stream, Supervised
from scanner_adapters.sane.words import has_failed
from scanner_adapters.scanner import ScanEvent, Watch

LOOK_AHEAD = 2  # pages that may lie in the scratch folder; facts: scanners, section 8
ASKS = "Press <RETURN>"  # scanimage(1), --batch-prompt: it scans the next page when told to
GO_ON = "\n"
WORDS_KEPT = 20  # of the child's last lines
ROOM_POLL_SECONDS = 0.2
CLEARING_SECONDS = 5.0  # for a backend to end after a failed page
TOLERANCE = 0.03  # of the resolution


@dataclass(frozen=True)
class Ending:
    """How the child ended: its status, last words, pages that came, whether one page was all we wanted."""

    status: int
    words: tuple[str, ...]
    pages: int
    is_single: bool


class Run:
    """One run of the child for one job."""

    def __init__(
        self, job: SpoolJob, watch: Watch, asked: ScanSettings, wording: Wording, *, lossless: bool
    ) -> None:
        """`wording` holds what the device was told instead of what was asked."""
        self._job = job
        self._watch = watch
        self._asked = asked
        self._wording = wording
        self._lossless = lossless
        self._pages = 0
        self._asked_for = 0  # pages we told the child to scan
        self._begun = 0  # pages it wanted to begin
        self._words: deque[str] = deque(maxlen=WORDS_KEPT)

    @property
    def is_single(self) -> bool:
        """Is one page all there can be? A feeder is scanned until it says that it is empty."""
        return self._asked.source is ScanSource.FLATBED

    def arguments(self, scratch: Path) -> list[str]:
        """What scanimage is told: rasters, page by page, each when we say so, with its progress."""
        count = ["--batch-count=1"] if self.is_single else []
        batch = [f"--batch={scratch}/%06d.pnm", "--batch-print", "--batch-prompt", *count]
        return [*self._wording.arguments, "--format=pnm", *batch, "--progress"]

    def follow(self, child: Supervised) -> Ending:
        """Take each page in as the child tells it, and keep it supplied with leave to scan the next.

        A backend may hang while it cleans up after a failed page: what the child said of the page stands.

        Raises: ScanFault TIMEOUT, CANCELLED, PAGE_LOST, NO_SPACE and what the spool says.
        """
        try:
            self._listen(child)
        except ScanFault as silent:
            if silent.code is not FaultCode.TIMEOUT or not any(map(has_failed, self._words)):
                raise
        return Ending(child.ended(), tuple(self._words), self._pages, self.is_single)

    def _listen(self, child: Supervised) -> None:
        self._allow(child)
        for stream, line in child.lines(self._watch.is_stopped):
            if stream is Stream.OUT:
                self._take(Path(line))
                self._allow(child)
            elif ASKS in line:
                self._begun += 1
                self._allow(child)
            else:
                self._words.append(line)
                if has_failed(line):
                    child.stall_seconds = min(child.stall_seconds, CLEARING_SECONDS)

    def _allow(self, child: Supervised) -> None:
        """Let the child go on, up to LOOK_AHEAD pages beyond those we have, while the spool has room."""
        while self._asked_for <= self._pages + LOOK_AHEAD:
            if self._begun > self._asked_for:
                self._wait_for_room()
            if not self._job.has_room():
                break
            child.say(GO_ON)
            self._asked_for += 1
        child.is_waiting = self._begun > self._asked_for

    def _wait_for_room(self) -> None:
        if not self._job.has_room():
            self._watch.tell(ScanEvent.WAITING, "spool")
        while not self._job.has_room():
            if self._watch.is_stopped():
                raise ScanFault(FaultCode.CANCELLED)
            time.sleep(ROOM_POLL_SECONDS)

    def _take(self, path: Path) -> None:
        number = self._pages + 1
        try:
            raster = measure(path)
        except ScanFault as cut:
            if cut.code is not FaultCode.INCOMPLETE_FILE:
                raise
            lost = len(self._job.pages()) + 1
            raise ScanFault(FaultCode.PAGE_LOST, cut.detail, page=lost) from cut
        origin = self._origin(raster, number)
        self._wait_for_room()
        with self._job.receive() as part:
            write_page(raster, part, origin.dpi or (0, 0), lossless=self._lossless)
            page = self._job.take_in(part, origin)
        path.unlink()
        self._pages = number
        self._watch.tell(ScanEvent.PAGE, str(page.sequence))

    def _origin(self, raster: Raster, number: int) -> Origin:
        area, effective = self._wording.area_mm, self._wording.effective
        dpi = raster.resolution(area) if area else (float(effective.dpi), float(effective.dpi))
        duplex = self._asked.source is ScanSource.ADF_DUPLEX
        differs = {
            "dpi_differs": abs(dpi[0] / self._asked.dpi - 1) > TOLERANCE,
            "color_differs": raster.color is not self._asked.color,
        }
        return Origin(
            name=f"page {number}",
            side=Side.BACK if duplex and number % 2 == 0 else Side.FRONT,
            effective=effective,
            dpi=dpi,
            dpi_source=DpiSource.PIXELS if area else DpiSource.REQUEST,
            flags=tuple(flag for flag, holds in differs.items() if holds),
        )
