"""The spool: pages between the machine and the desk, with a journal, so that none is lost or doubled.

Rules of this spool:
1. A page is announced only when its file and its journal line are on the disk.
2. A page's file appears under its final name only whole; `.part` files are leftovers and are removed.
3. The journal decides: a file without a line was never announced; its source is still there to be read again.
4. Opening a job again continues it; a journal line cut by a crash is dropped, its page was never announced.
"""

import errno
import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from scanner_adapters.container import Contents, inspect
from scanner_adapters.durable import copy_synced, sync_folder, told_name, write_synced
from scanner_adapters.model import (
    DpiSource,
    FaultCode,
    JobState,
    ScanFault,
    ScannedPage,
    ScanSettings,
    is_chained,
    settings_from,
)

JOURNAL = "journal.jsonl"
JOB = "job.json"
LOCK = ".lock"
PART = ".part"
LEAST_FREE_BYTES = 200_000_000
STEPS_OF_ACCEPT = ("copied", "inspected", "placed", "journalled")
NO_ROOM = {
    errno.ENOSPC: FaultCode.SPOOL_FULL,
    errno.EDQUOT: FaultCode.SPOOL_FULL,
    errno.EFBIG: FaultCode.TOO_LARGE,
}


def no_hook(_step: str) -> None:
    """Do nothing after a step."""


def free_bytes(folder: Path) -> int:
    """How much may still be written where this folder lies."""
    return shutil.disk_usage(folder).free


@dataclass(frozen=True)
class Origin:
    """Where a page came from: the name and time of its source, and what the machine calls the page."""

    name: str
    time_ns: int = 0
    device_page_ref: str = ""


@dataclass(frozen=True)
class Surroundings:
    """What a job needs from outside: the time, the free bytes of a folder, whom to tell each step."""

    clock: Callable[[], datetime]
    after: Callable[[str], None] = no_hook
    free: Callable[[Path], int] = free_bytes


class Spool:
    """Scan jobs as folders under `root`."""

    def __init__(
        self,
        root: Path,
        clock: Callable[[], datetime],
        after: Callable[[str], None] = no_hook,
        free: Callable[[Path], int] = free_bytes,
    ) -> None:
        """`after` is told the name of each step of accepting a page (STEPS_OF_ACCEPT) when it is done."""
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._root = root
        self._around = Surroundings(clock, after, free)

    def open_job(self, job: str, device: str, operator: str, settings: ScanSettings) -> "SpoolJob":
        """The job of this id: made when it is new, else continued with what it was made with.

        Raises: ScanFault SPOOL_DAMAGED when its own account of itself does not hold; ValueError for an id
        that cannot name a folder.
        """
        if job in ("", ".", "..") or Path(job).name != job:
            raise ValueError(f"cannot name a folder: {job!r}")
        folder = self._root / job
        folder.mkdir(mode=0o700, exist_ok=True)
        with _alone(folder):
            if not (folder / JOB).exists():
                told = {
                    "device": device,
                    "operator": operator,
                    "settings": asdict(settings),
                    "state": JobState.SCANNING,
                }
                write_synced(folder / JOB, json.dumps(told).encode())
                sync_folder(self._root)
        return SpoolJob(folder, self._around)

    def jobs(self) -> tuple[str, ...]:
        """The ids of all jobs, sorted."""
        return tuple(sorted(path.name for path in self._root.iterdir() if (path / JOB).exists()))


class SpoolJob:
    """One scan job: takes pages in, tells those it has."""

    def __init__(self, folder: Path, around: Surroundings) -> None:
        """Open an existing job's folder, making good what a crash left; use Spool.open_job."""
        self.id = folder.name
        self._folder = folder
        self._around = around
        with _alone(folder):
            self._repair()

    @property
    def state(self) -> JobState:
        """How the job stands."""
        return JobState(self._card()["state"])

    def pages(self) -> tuple[ScannedPage, ...]:
        """The pages announced so far, in order. Raises: ScanFault SPOOL_DAMAGED when the account breaks."""
        try:
            lines = [json.loads(line) for line in _whole_lines(self._folder / JOURNAL)]
            pages = tuple(ScannedPage.from_json(line, self._folder) for line in lines)
        except (KeyError, TypeError, ValueError) as broken:
            raise ScanFault(FaultCode.SPOOL_DAMAGED, f"journal: {broken}") from broken
        if not is_chained(pages):
            raise ScanFault(FaultCode.SPOOL_DAMAGED, "journal: a page was taken out or put in")
        return pages

    def accept(self, source: Path, origin: Origin | None = None) -> ScannedPage:
        """Take one file in as the next page; the source stays where it is.

        Raises: ScanFault JOB_CLOSED, SPOOL_FULL, SPOOL_DAMAGED, or what is wrong with the file
        (scanner_adapters.container); NOT_A_PAGE also for a link.
        """
        after = self._around.after
        with _alone(self._folder), _telling_of_room():
            card = self._card()
            if card["state"] != JobState.SCANNING:
                raise ScanFault(FaultCode.JOB_CLOSED, self.id)
            before = self._repair()
            self._require_room(source, len(before))
            part = self._folder / PART
            try:
                sha256 = copy_synced(source, part)
                after("copied")
                contents = inspect(part)
                after("inspected")
                page = self._next_page(before, contents, sha256, origin or Origin(told_name(source)))
                part.rename(page.path)
            finally:
                part.unlink(missing_ok=True)
            sync_folder(self._folder)
            after("placed")
            self._announce(page)
        after("journalled")
        return page

    def close(self, state: JobState) -> None:
        """End the job; closing it again with the same state changes nothing."""
        with _alone(self._folder):
            write_synced(self._folder / JOB, json.dumps({**self._card(), "state": state}).encode())

    def _next_page(
        self, before: tuple[ScannedPage, ...], contents: Contents, sha256: str, origin: Origin
    ) -> ScannedPage:
        card = self._card()
        sequence = len(before) + 1
        path = self._folder / f"{sequence:04d}{contents.suffix}"
        page = ScannedPage(
            job=self.id,
            sequence=sequence,
            path=path,
            source_name=origin.name,
            source_time_ns=origin.time_ns,
            media_type=contents.media_type,
            sha256=sha256,
            previous_sha256=before[-1].sha256 if before else "",
            size_bytes=(self._folder / PART).stat().st_size,
            width=contents.width,
            height=contents.height,
            dpi=contents.dpi,
            dpi_source=DpiSource.FILE if contents.dpi else DpiSource.UNKNOWN,
            frames=contents.frames,
            scanned_at=self._around.clock(),
            device=str(card["device"]),
            operator=str(card["operator"]),
            asked=settings_from(card["settings"]),
            device_page_ref=origin.device_page_ref,
        )
        seen_before = any(earlier.sha256 == sha256 for earlier in before)
        return page.flagged("duplicate_bytes") if seen_before else page

    def _announce(self, page: ScannedPage) -> None:
        line = json.dumps(page.to_json(), ensure_ascii=False, sort_keys=True) + "\n"
        with (self._folder / JOURNAL).open("ab") as journal:
            journal.write(line.encode())
            journal.flush()
            os.fsync(journal.fileno())
        sync_folder(self._folder)

    def _repair(self) -> tuple[ScannedPage, ...]:
        """Bring folder and journal together again after a crash (rules 2-4), and return the pages."""
        journal = self._folder / JOURNAL
        whole = b"".join(_whole_lines(journal))
        if journal.exists() and journal.stat().st_size != len(whole):
            write_synced(journal, whole)
        pages = self.pages()
        announced = {page.path.name for page in pages}
        found = {path.name for path in self._folder.iterdir()}
        if announced - found:
            raise ScanFault(FaultCode.SPOOL_DAMAGED, f"gone: {sorted(announced - found)}")
        for name in found - announced - {JOURNAL, JOB, LOCK}:
            (self._folder / name).unlink()
        return pages

    def _card(self) -> dict[str, Any]:
        try:
            card: dict[str, Any] = json.loads((self._folder / JOB).read_text(encoding="utf-8"))
            settings_from(card["settings"])
            JobState(card["state"])
        except (OSError, KeyError, TypeError, ValueError) as broken:
            raise ScanFault(FaultCode.SPOOL_DAMAGED, f"{JOB}: {broken}") from broken
        return card

    def _require_room(self, source: Path, pages: int) -> None:
        free = self._around.free(self._folder)
        if free - source.lstat().st_size < LEAST_FREE_BYTES:
            raise ScanFault(FaultCode.SPOOL_FULL, f"{free} bytes free", pages=pages)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One process at a time changes a job."""
    with (folder / LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def _telling_of_room() -> Iterator[None]:
    """A disk that fills up while a page is written is the same fault as one found full before."""
    try:
        yield
    except OSError as failed:
        if failed.errno not in NO_ROOM:
            raise
        raise ScanFault(NO_ROOM[failed.errno], str(failed)) from failed


def _whole_lines(journal: Path) -> list[bytes]:
    lines = journal.read_bytes().splitlines(keepends=True) if journal.exists() else []
    return [line for line in lines if line.endswith(b"\n")]
