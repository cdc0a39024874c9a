"""The watched folder: devices that can only save files put pages here.

A file is taken when it is quiet, when nobody writes it, and when it is whole; its source is removed only
after the journal holds it. What stays broken is moved aside with its reason, never deleted.
"""

import errno
import fcntl
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from scanner_adapters.model import FaultCode, ScanFault, ScannedPage
from scanner_adapters.spool import Origin, SpoolJob, digest_of, sync_folder, write_synced

QUIET_SECONDS = 2.0
PATIENCE = timedelta(minutes=15)  # a file still cut after that will not be finished
QUARANTINE = "quarantine"
UNFINISHED = (".part", ".tmp", ".filepart", ".crdownload", ".partial")
CANNOT_LEASE = (errno.EINVAL, errno.ENOTSUP, errno.EACCES, errno.EPERM)
LASTING = (FaultCode.NOT_A_PAGE, FaultCode.ENCRYPTED, FaultCode.TOO_LARGE)


@dataclass(frozen=True)
class Refused:
    """A file that was moved aside, and why."""

    name: str
    code: FaultCode


@dataclass(frozen=True)
class Taken:
    """What one look at the folder gave: pages taken in, files moved aside, files still waiting."""

    pages: tuple[ScannedPage, ...]
    refused: tuple[Refused, ...]
    waiting: tuple[str, ...]


class WatchedFolder:
    """A folder that a device saves into."""

    def __init__(
        self, path: Path, clock: Callable[[], datetime], quiet_seconds: float = QUIET_SECONDS
    ) -> None:
        """Files unchanged for `quiet_seconds` may be taken, if nobody has them open for writing."""
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path = path
        self._clock = clock
        self._quiet = timedelta(seconds=quiet_seconds)

    def waiting(self) -> tuple[Path, ...]:
        """The files that lie here and may become pages, in natural order of their names (2 before 10)."""
        found = [path for path in self._path.iterdir() if path.is_file() and not _is_unfinished(path.name)]
        return tuple(sorted(found, key=lambda path: _natural(path.name)))

    def take(self, job: SpoolJob) -> Taken:
        """Take every quiet and whole file into the job, in order; one not ready holds back those behind it.

        Raises: ScanFault SPOOL_FULL, JOB_CLOSED; the pages taken before stay taken.
        """
        pages: list[ScannedPage] = []
        refused: list[Refused] = []
        files = self.waiting()
        for place, path in enumerate(files):
            if not self._is_quiet(path) or is_being_written(path):
                return Taken(tuple(pages), tuple(refused), tuple(file.name for file in files[place:]))
            try:
                pages.extend(self._take_one(job, path))
            except ScanFault as fault:
                if fault.code is FaultCode.INCOMPLETE and self._age(path) < PATIENCE:
                    return Taken(tuple(pages), tuple(refused), tuple(file.name for file in files[place:]))
                if fault.code is not FaultCode.INCOMPLETE and fault.code not in LASTING:
                    raise
                self._move_aside(path, fault)
                refused.append(Refused(path.name, fault.code))
        return Taken(tuple(pages), tuple(refused), ())

    def _take_one(self, job: SpoolJob, path: Path) -> list[ScannedPage]:
        written = path.stat().st_mtime_ns
        # A page already known: a crash came between the journal line and the removal.
        known = self._is_known(job, path, written)
        taken = [] if known else [job.accept(path, Origin(path.name, written))]
        path.unlink()
        sync_folder(self._path)
        return taken

    def _is_known(self, job: SpoolJob, path: Path, written: int) -> bool:
        source = (path.name, written)
        same = [page for page in job.pages() if (page.source_name, page.source_time_ns) == source]
        return bool(same) and digest_of(path) in {page.sha256 for page in same}

    def _is_quiet(self, path: Path) -> bool:
        return self._age(path) >= self._quiet

    def _age(self, path: Path) -> timedelta:
        changed = max(path.stat().st_mtime, 0.0)
        return self._clock() - datetime.fromtimestamp(changed, tz=self._clock().tzinfo)

    def _move_aside(self, path: Path, fault: ScanFault) -> None:
        aside = self._path / QUARANTINE
        aside.mkdir(mode=0o700, exist_ok=True)
        target = aside / f"{time.time_ns()}-{path.name}"
        write_synced(target.with_name(target.name + ".reason"), f"{fault.code} {fault.detail}\n".encode())
        path.rename(target)
        sync_folder(aside)
        sync_folder(self._path)


def is_being_written(path: Path) -> bool:
    """Has anybody this file open for writing? A read lease is only granted when nobody has (fcntl(2)).

    Where the file system or its owner refuses leases, the answer is no and the quiet time alone decides.
    """
    with path.open("rb") as file:
        try:
            fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        except OSError as refused:
            return refused.errno not in CANNOT_LEASE
        fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_UNLCK)
        return False


def _is_unfinished(name: str) -> bool:
    return name.startswith((".", "~")) or name.lower().endswith(UNFINISHED)


def _natural(name: str) -> tuple[tuple[int, int, str], ...]:
    parts = re.split(r"(\d+)", name.casefold())
    return tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts if part)
