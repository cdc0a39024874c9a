"""The spool: pages between the machine and the desk, with a journal, so that none is lost or doubled.

Rules of this spool:
1. A page is announced only when its file and its journal line are on the disk.
2. A page's file appears under its final name only whole; `.part` files are leftovers and are removed.
3. The journal decides: a file without a line was never announced; its source is still there to be read again.
4. Opening a job again continues it; a journal line cut by a crash is dropped, its page was never announced.
"""

import fcntl
import hashlib
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
from scanner_adapters.model import (
    DpiSource,
    FaultCode,
    JobState,
    ScanFault,
    ScannedPage,
    ScanSettings,
    settings_from,
)

JOURNAL = "journal.jsonl"
JOB = "job.json"
LEAST_FREE_BYTES = 200_000_000
STEPS_OF_ACCEPT = ("copied", "inspected", "placed", "journalled")
CHUNK = 1 << 20


def no_hook(_step: str) -> None:
    """Do nothing after a step."""


@dataclass(frozen=True)
class Origin:
    """Where a page came from: the name and time of its source, and what the machine calls the page."""

    name: str
    time_ns: int = 0
    device_page_ref: str = ""


class Spool:
    """Scan jobs as folders under `root`."""

    def __init__(
        self, root: Path, clock: Callable[[], datetime], after: Callable[[str], None] = no_hook
    ) -> None:
        """`after` is told the name of each step of accepting a page (STEPS_OF_ACCEPT) when it is done."""
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._root = root
        self._clock = clock
        self._after = after

    def open_job(self, job: str, device: str, operator: str, settings: ScanSettings) -> "SpoolJob":
        """The job of this id: made when it is new, else continued with what it was made with.

        Raises: ScanFault SPOOL_DAMAGED when its own account of itself cannot be read.
        """
        folder = self._root / job
        folder.mkdir(mode=0o700, exist_ok=True)
        card = folder / JOB
        if not card.exists():
            told = {
                "device": device,
                "operator": operator,
                "settings": asdict(settings),
                "state": JobState.SCANNING,
            }
            write_synced(card, json.dumps(told).encode())
            sync_folder(self._root)
        return SpoolJob(folder, self._clock, self._after)

    def jobs(self) -> tuple[str, ...]:
        """The ids of all jobs, sorted."""
        return tuple(sorted(path.name for path in self._root.iterdir() if (path / JOB).exists()))


class SpoolJob:
    """One scan job: takes pages in, tells those it has."""

    def __init__(
        self, folder: Path, clock: Callable[[], datetime], after: Callable[[str], None] = no_hook
    ) -> None:
        """Open an existing job's folder, making good what a crash left; use Spool.open_job."""
        self.id = folder.name
        self._folder = folder
        self._clock = clock
        self._after = after
        self._card = _read_card(folder / JOB)
        with self._alone():
            self._repair()

    @property
    def state(self) -> JobState:
        """How the job stands."""
        return JobState(self._card["state"])

    def pages(self) -> tuple[ScannedPage, ...]:
        """The pages announced so far, in order."""
        return tuple(ScannedPage.from_json(line, self._folder) for line in _lines(self._folder / JOURNAL))

    def accept(self, source: Path, origin: Origin | None = None) -> ScannedPage:
        """Take one file in as the next page; the source stays where it is.

        Raises: ScanFault JOB_CLOSED, SPOOL_FULL, or what is wrong with the file (scanner_adapters.container).
        """
        if self.state is not JobState.SCANNING:
            raise ScanFault(FaultCode.JOB_CLOSED, self.id)
        self._require_room(source)
        with self._alone():
            part = self._folder / ".part"
            try:
                sha256 = _copy_synced(source, part)
                self._after("copied")
                contents = inspect(part)
                self._after("inspected")
                page = self._next_page(contents, sha256, origin or Origin(source.name))
                part.rename(page.path)
            finally:
                part.unlink(missing_ok=True)
            sync_folder(self._folder)
            self._after("placed")
            self._announce(page)
        self._after("journalled")
        return page

    def close(self, state: JobState) -> None:
        """End the job; closing it again with the same state changes nothing."""
        self._card = {**self._card, "state": state}
        write_synced(self._folder / JOB, json.dumps(self._card).encode())

    def _next_page(self, contents: Contents, sha256: str, origin: Origin) -> ScannedPage:
        before = self.pages()
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
            size_bytes=(self._folder / ".part").stat().st_size,
            width=contents.width,
            height=contents.height,
            dpi=contents.dpi,
            dpi_source=DpiSource.FILE if contents.dpi else DpiSource.UNKNOWN,
            frames=contents.frames,
            scanned_at=self._clock(),
            device=str(self._card["device"]),
            operator=str(self._card["operator"]),
            asked=settings_from(self._card["settings"]),
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

    def _repair(self) -> None:
        """Bring folder and journal together again after a crash (rules 2-4)."""
        journal = self._folder / JOURNAL
        whole = b"".join(line for line in _raw_lines(journal) if line.endswith(b"\n"))
        if journal.exists() and journal.stat().st_size != len(whole):
            write_synced(journal, whole)
        announced = {line["file"] for line in _lines(journal)}
        for path in self._folder.iterdir():
            if path.name not in announced | {JOURNAL, JOB, ".lock"}:
                path.unlink()

    def _require_room(self, source: Path) -> None:
        free = shutil.disk_usage(self._folder).free
        if free - source.stat().st_size < LEAST_FREE_BYTES:
            raise ScanFault(FaultCode.SPOOL_FULL, f"{free} bytes free", pages=len(self.pages()))

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One process at a time changes a job."""
        with (self._folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def write_synced(path: Path, content: bytes) -> None:
    """Write a small file so that it appears whole and stays."""
    part = path.with_name(f".{path.name}.part")
    with part.open("wb") as written:
        written.write(content)
        written.flush()
        os.fsync(written.fileno())
    part.rename(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Put a folder's entries on the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def digest_of(path: Path) -> str:
    """The SHA-256 of a file, hex."""
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def _copy_synced(source: Path, target: Path) -> str:
    digest = hashlib.sha256()
    with source.open("rb") as read, target.open("wb") as written:
        while block := read.read(CHUNK):
            digest.update(block)
            written.write(block)
        written.flush()
        os.fsync(written.fileno())
    return digest.hexdigest()


def _read_card(path: Path) -> dict[str, Any]:
    try:
        card: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as broken:
        raise ScanFault(FaultCode.SPOOL_DAMAGED, str(broken)) from broken
    return card


def _raw_lines(journal: Path) -> list[bytes]:
    return journal.read_bytes().splitlines(keepends=True) if journal.exists() else []


def _lines(journal: Path) -> Iterator[dict[str, object]]:
    for line in _raw_lines(journal):
        if line.endswith(b"\n"):
            yield json.loads(line)
