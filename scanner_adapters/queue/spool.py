"""The spool: pages between the machine and the desk, with a journal, so that none is lost or doubled.

Rules of this spool:
1. A page is announced only when its file and its journal line are on the disk.
2. A page's file appears under its final name only whole; parts that nobody writes any more are removed.
3. The journal decides: a file without a line was never announced; its source is still there to be read again.
4. Opening a job again continues it; a journal line cut by a crash is dropped, its page was never announced.
5. A job holds only so many bytes; who scans waits until whoever takes pages over has released some.
6. All jobs together hold only so many: beyond that no new job is opened, and those that are go on.
7. A page's file is given up only after whoever takes it over has kept it; what is over stands apart, so that
   looking for pages still here never costs more than there are.
"""

import errno
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from foundation.durable import sync
from scanner_adapters.container import Contents
from scanner_adapters.model import FaultCode, JobState, ScanFault, ScannedPage, ScanSettings, settings_from
from scanner_adapters.parts import START, Origin, Part, Scratch, remove_left_behind
from scanner_adapters.plain_files import told_name
from scanner_adapters.queue.card import CARD, HANDING, LOCK, alone, read_card, write_card
from scanner_adapters.queue.journal import Journal

__all__ = ["ENDED", "JOURNAL", "STEPS_OF_ACCEPT", "Caps", "Origin", "Spool", "SpoolJob", "Surroundings"]

JOURNAL = "journal.jsonl"
ENDED = "ended"  # of the spool's folder: jobs that are over, for the sake of their accounts
REVISION = "revision_of_"  # begins the flag of a page that takes the place of the page of this number
OPENED_WITH = ("device", "operator", "session", "settings")  # of the job's card: never changes
MEGABYTE = 1_000_000
LEAST_FREE_BYTES = 200_000_000
MOST_BYTES_HELD = 2_000_000_000  # of pages of one job not yet released; facts: scanners, section 8
MOST_BYTES_TOGETHER = 20_000_000_000  # of all jobs: ten full ones
STEPS_OF_ACCEPT = ("copied", "inspected", "placed", "journalled")
NO_ROOM = {
    errno.ENOSPC: FaultCode.NO_SPACE,
    errno.EDQUOT: FaultCode.NO_SPACE,
    errno.EFBIG: FaultCode.TOO_LARGE,
}


def no_hook(_step: str) -> None:
    """Do nothing after a step."""


def free_bytes(folder: Path) -> int:
    """How much may still be written where this folder lies."""
    return shutil.disk_usage(folder).free


@dataclass(frozen=True)
class Surroundings:
    """What a job needs from outside: the time, a folder's free bytes, whom to tell each step; and its cap."""

    clock: Callable[[], datetime]
    after: Callable[[str], None] = no_hook
    free: Callable[[Path], int] = free_bytes
    most_bytes: int = MOST_BYTES_HELD


@dataclass(frozen=True)
class Caps:
    """How many bytes of pages may be held until they are released: by one job, by all together."""

    job: int = MOST_BYTES_HELD
    together: int = MOST_BYTES_TOGETHER


class Spool:
    """Scan jobs as folders under `root`."""

    def __init__(
        self,
        root: Path,
        clock: Callable[[], datetime],
        after: Callable[[str], None] = no_hook,
        free: Callable[[Path], int] = free_bytes,
        *,
        caps: Caps | None = None,
    ) -> None:
        """`after` is told the name of each step of accepting a page (STEPS_OF_ACCEPT) when it is done."""
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._root = root
        self._caps = caps or Caps()
        self._around = Surroundings(clock, after, free, self._caps.job)

    def open_job(
        self, job: str, device: str, operator: str, settings: ScanSettings, *, session: str = ""
    ) -> "SpoolJob":
        """The job of this id: made when it is new, else continued with what it was made with.

        Raises: ScanFault SPOOL_DAMAGED when its own account of itself does not hold, SPOOL_FULL when it is
        new and too much is held already; ValueError for an id that cannot name a folder.
        """
        if not _is_name(job):
            raise ValueError(f"cannot name a folder: {job!r}")
        folder = self._folder_of(job)
        if not (folder / CARD).exists():
            self._require_room()
        folder.mkdir(mode=0o700, exist_ok=True)
        with alone(folder):
            if not (folder / CARD).exists():
                told = {
                    "device": device,
                    "operator": operator,
                    "session": session,
                    "settings": asdict(settings),
                    "state": JobState.SCANNING,
                    "device_job": "",
                    "released": 0,
                }
                write_card(folder, told)
                sync(self._root)
        return SpoolJob(folder, self._around)

    def _require_room(self) -> None:
        held = sum(page.stat().st_size for page in self._pages_held())
        if held >= self._caps.together:
            raise ScanFault(FaultCode.SPOOL_FULL, f"{held // MEGABYTE} MB")

    def find_job(self, job: str) -> "SpoolJob":
        """A job that is there, also one put away. Raises: KeyError; ScanFault SPOOL_DAMAGED."""
        folder = self._folder_of(job)
        if not _is_name(job) or not (folder / CARD).exists():
            raise KeyError(job)
        return SpoolJob(folder, self._around)

    def jobs(self) -> tuple[str, ...]:
        """The ids of all jobs that are not put away, sorted."""
        return tuple(sorted(path.name for path in self._root.iterdir() if (path / CARD).exists()))

    def holding(self) -> tuple[str, ...]:
        """The ids of the jobs with pages that nobody has taken over yet, sorted."""
        return tuple(sorted({page.parent.name for page in self._pages_held()}))

    def put_away(self, job: str) -> None:
        """Move a closed job whose pages were all taken over out of the way; any other stays where it is."""
        folder, ended = self._root / job, self._root / ENDED
        if not (folder / CARD).exists():
            return
        ended.mkdir(mode=0o700, exist_ok=True)
        opened = SpoolJob(folder, self._around)
        with alone(folder, HANDING), alone(folder):
            if opened.state is not JobState.SCANNING and opened.released == len(opened.pages()):
                folder.rename(ended / job)
                sync(ended)
                sync(self._root)

    def _pages_held(self) -> Iterator[Path]:
        """The files of pages; nothing is looked for among jobs that are over."""
        for folder in self._root.iterdir():
            if folder.is_dir() and folder.name != ENDED:
                yield from folder.glob("[0-9]*")

    def _folder_of(self, job: str) -> Path:
        over = self._root / ENDED / job
        return over if (over / CARD).exists() else self._root / job

    def unfinished(self) -> tuple["SpoolJob", ...]:
        """The jobs that were scanning when they were last heard of: what a restart has to bring to an end."""
        scanning = (job for job in self.jobs() if read_card(self._root / job)["state"] == JobState.SCANNING)
        return tuple(self.find_job(job) for job in scanning)


class SpoolJob:
    """One scan job: takes pages in, tells those it has."""

    def __init__(self, folder: Path, around: Surroundings) -> None:
        """Open an existing job's folder, making good what a crash left; use Spool.open_job."""
        self.id = folder.name
        self._folder = folder
        self._around = around
        card = self._card()
        opened_with = {name: card[name] for name in OPENED_WITH} | {"job": self.id}
        self._journal = Journal(folder / JOURNAL, opened_with)
        with alone(folder):
            self._repair()

    @property
    def state(self) -> JobState:
        """How the job stands."""
        return JobState(self._card()["state"])

    @property
    def device(self) -> str:
        """Which machine, folder or upload the job scans from."""
        return str(self._card()["device"])

    @property
    def session(self) -> str:
        """Whose sitting the job belongs to; empty when it belongs to nobody's."""
        return str(self._card()["session"])

    @property
    def device_job(self) -> str:
        """The machine's own name for the running job (an eSCL JobUri), empty when there is none to close."""
        return str(self._card()["device_job"])

    @property
    def released(self) -> int:
        """Up to which page the files were taken over and are gone from the spool."""
        return int(self._card()["released"])

    def note_device_job(self, uri: str) -> None:
        """Write down what the machine calls the job, before its first page; empty: it is closed there."""
        self._change_card(device_job=uri)

    def pages(self) -> tuple[ScannedPage, ...]:
        """The pages announced so far, in order. Raises: ScanFault SPOOL_DAMAGED when the account breaks."""
        return self._journal.pages()

    def current_pages(self) -> tuple[ScannedPage, ...]:
        """The pages without those of which a later one is the next revision."""
        flags = (flag for page in self.pages() for flag in page.flags)
        revised = {int(flag.removeprefix(REVISION)) for flag in flags if flag.startswith(REVISION)}
        return tuple(page for page in self.pages() if page.sequence not in revised)

    def accept(self, source: Path, origin: Origin | None = None) -> ScannedPage:
        """Take a copy of one file in as the next page; the source stays where it is.

        Raises: ScanFault JOB_CLOSED, NO_SPACE, SPOOL_DAMAGED, or what is wrong with the file
        (scanner_adapters.container); NOT_A_PAGE also for a link.
        """
        with self.receive(source.lstat().st_size) as part:
            part.write_from(source)
            return self.take_in(part, origin or Origin(told_name(source)))

    @contextmanager
    def receive(self, size_bytes: int = 0) -> Iterator[Part]:
        """A part to write the next page's bytes into; what was not taken in by the end is dropped.

        `size_bytes` is how large the page will be, where that is known.
        Raises: ScanFault JOB_CLOSED, NO_SPACE, SPOOL_DAMAGED, NOT_A_PAGE, TOO_LARGE.
        """
        with _telling_of_room():
            with alone(self._folder):
                self._require_open()
                before = self._repair()
                self._require_room(size_bytes, len(before))
                part = Part(self._folder)
            try:
                yield part
            finally:
                part.drop()

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """A folder for what an adapter has half made, gone at the end; a crash leaves none for long."""
        with alone(self._folder):
            made = Scratch(self._folder)
        try:
            yield made.path
        finally:
            made.drop()

    def take_in(self, part: Part, origin: Origin) -> ScannedPage:
        """Make a received part the next page: judged, placed, journalled, announced, without another copy.

        Raises: ScanFault JOB_CLOSED, SPOOL_DAMAGED, or what is wrong with the bytes.
        """
        after = self._around.after
        after("copied")
        contents = part.inspected()
        after("inspected")
        with alone(self._folder):
            self._require_open()
            page = self._next_page(part, contents, origin)
            part.path.rename(page.path)
            sync(self._folder)
            after("placed")
            page = self._journal.append(page)
        after("journalled")
        return page

    def has_room(self) -> bool:
        """May another page come in? While not, who scans waits (rule 5)."""
        return self._held() < self._around.most_bytes and self._free() >= LEAST_FREE_BYTES

    def release(self, sequence: int) -> None:
        """Give up the files of the pages up to this one: they are kept elsewhere now; the account stays."""
        with alone(self._folder):
            card = self._card()
            released = max(int(card["released"]), min(sequence, len(self.pages())))
            write_card(self._folder, card | {"released": released})
            self._repair()

    def hand_over(self, keep: Callable[[tuple[ScannedPage, ...]], None]) -> None:
        """Let `keep` take over the pages that are still here, then give up their files (rule 7).

        One at a time does this to a job; a job may be handed over while it scans. After what `keep` raises
        all pages are still here.
        """
        with alone(self._folder, HANDING):
            pages = self.pages()[self.released :]
            if pages:
                keep(pages)
                self.release(pages[-1].sequence)

    def close(self, state: JobState) -> None:
        """End the job; closing it again with the same state changes nothing."""
        self._change_card(state=state)

    def _next_page(self, part: Part, contents: Contents, origin: Origin) -> ScannedPage:
        card, before = self._card(), self._repair()
        sequence = len(before) + 1
        dpi, dpi_source = origin.resolution(contents)
        repeated = any(earlier.sha256 == part.sha256 for earlier in before)
        return ScannedPage(
            job=self.id,
            sequence=sequence,
            path=self._folder / f"{sequence:04d}{contents.suffix}",
            source_name=origin.name,
            source_time_ns=origin.time_ns,
            media_type=contents.media_type,
            sha256=part.sha256,
            previous_sha256=before[-1].sha256 if before else "",
            size_bytes=part.size_bytes,
            width=contents.width,
            height=contents.height,
            dpi=dpi,
            dpi_source=dpi_source,
            frames=contents.frames,
            scanned_at=self._around.clock(),
            device=str(card["device"]),
            operator=str(card["operator"]),
            session=str(card["session"]),
            asked=settings_from(card["settings"]),
            effective=origin.effective,
            side=origin.side,
            device_page_ref=origin.device_page_ref,
            retries=origin.retries,
            flags=(*origin.flags, *(("duplicate_bytes",) if repeated else ())),
            color=contents.color,
        )

    def _repair(self) -> tuple[ScannedPage, ...]:
        """Bring folder and journal together again after a crash (rules 2-4), and return the pages."""
        self._journal.drop_cut_line()
        pages = self.pages()
        needed = {page.path.name for page in pages[self.released :]}
        found = {path.name for path in self._folder.iterdir()}
        if needed - found:
            raise ScanFault(FaultCode.SPOOL_DAMAGED, f"gone: {sorted(needed - found)}")
        for name in found - needed - {JOURNAL, CARD, LOCK, HANDING}:
            if name.startswith(START):
                remove_left_behind(self._folder / name)
            else:
                (self._folder / name).unlink()
        return pages

    def _card(self) -> dict[str, Any]:
        return read_card(self._folder)

    def _change_card(self, **changed: Any) -> None:
        with alone(self._folder):
            write_card(self._folder, self._card() | changed)

    def _require_open(self) -> None:
        if self.state is not JobState.SCANNING:
            raise ScanFault(FaultCode.JOB_CLOSED, self.id)

    def _require_room(self, size_bytes: int, pages: int) -> None:
        free, held = self._free(), self._held()
        if free - size_bytes < LEAST_FREE_BYTES or held + size_bytes > self._around.most_bytes:
            told = f"{free} bytes free, {held} bytes held"
            raise ScanFault(FaultCode.NO_SPACE, told, pages=pages)

    def _free(self) -> int:
        return self._around.free(self._folder)

    def _held(self) -> int:
        return sum(page.size_bytes for page in self.pages()[self.released :])


def _is_name(job: str) -> bool:
    return job not in ("", ".", "..", ENDED) and Path(job).name == job


@contextmanager
def _telling_of_room() -> Iterator[None]:
    """A disk that fills up while a page is written is the same fault as one found full before."""
    try:
        yield
    except OSError as failed:
        if failed.errno not in NO_ROOM:
            raise
        raise ScanFault(NO_ROOM[failed.errno], str(failed)) from failed
