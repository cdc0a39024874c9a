"""The watched folder: devices that can only save files put pages here.

Rules of this folder:
1. A file is taken when it has been quiet, when nobody has it open for writing, and when it is whole.
2. Files are taken in the natural order of their names; one not ready holds back those behind it.
3. A source is removed only after the journal holds its page, and only if it is still what was taken in.
4. What is no page, or stays cut beyond patience, is moved aside with its reason, never deleted.
5. Links, pipes and folders are nobody's pages: they are left alone and never followed.
"""

import errno
import fcntl
import os
import re
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from scanner_adapters.durable import digest_of, open_plain, sync_folder, told_name, write_synced
from scanner_adapters.model import FaultCode, ScanFault, ScannedPage
from scanner_adapters.spool import Origin, SpoolJob

QUIET_SECONDS = 2.0
PATIENCE = timedelta(minutes=15)  # a file still cut after that will not be finished
QUARANTINE = "quarantine"
NAME_BYTES_KEPT = 180  # of a file moved aside: its new name and that of its reason must stay under 255 bytes
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

    pages: tuple[ScannedPage, ...] = ()
    refused: tuple[Refused, ...] = ()
    waiting: tuple[str, ...] = ()

    def __add__(self, later: "Taken") -> "Taken":
        return Taken(self.pages + later.pages, self.refused + later.refused, self.waiting + later.waiting)


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
        with os.scandir(self._path) as entries:
            found = [
                entry.name
                for entry in entries
                if entry.is_file(follow_symlinks=False) and not _is_unfinished(entry.name)
            ]
        return tuple(self._path / name for name in sorted(found, key=_natural))

    def take(self, job: SpoolJob) -> Taken:
        """Take every quiet and whole file into the job, in order; one not ready holds back those behind it.

        Raises: ScanFault SPOOL_FULL, SPOOL_DAMAGED, JOB_CLOSED; the pages taken before stay taken.
        """
        taken = Taken()
        files = self.waiting()
        for place, path in enumerate(files):
            try:
                found = self._take_one(job, path)
            except FileNotFoundError:
                continue  # the device took it back
            if found is None:
                return taken + Taken(waiting=tuple(told_name(file) for file in files[place:]))
            taken += found
        return taken

    def _take_one(self, job: SpoolJob, path: Path) -> Taken | None:
        """Deal with one file; None when it has to wait."""
        before = path.lstat()
        age = self._age(before)
        try:
            if is_being_written(path) or age < self._quiet:
                return None
            known = _is_known(job, path, before)
            page = None if known else job.accept(path, Origin(told_name(path), before.st_mtime_ns))
        except ScanFault as fault:
            if fault.code is FaultCode.INCOMPLETE and age < PATIENCE:
                return None
            if fault.code is not FaultCode.INCOMPLETE and fault.code not in LASTING:
                raise
            self._move_aside(path, fault)
            return Taken(refused=(Refused(told_name(path), fault.code),))
        self._remove(path, before)
        return Taken(pages=(page,)) if page else Taken()

    def _remove(self, path: Path, taken: os.stat_result) -> None:
        if _identity(path.lstat()) == _identity(taken):  # else the device has put its next page there
            path.unlink()
            sync_folder(self._path)

    def _age(self, told: os.stat_result) -> timedelta:
        """How long ago the file was written: by its own time, or, if that lies ahead, by our disk's."""
        now = self._clock()
        changed = _instant(told.st_mtime)
        return now - (changed if changed <= now else _instant(told.st_ctime))

    def _move_aside(self, path: Path, fault: ScanFault) -> None:
        aside = self._path / QUARANTINE
        aside.mkdir(mode=0o700, exist_ok=True)
        kept = os.fsdecode(os.fsencode(path.name)[-NAME_BYTES_KEPT:])
        target = aside / f"{time.time_ns()}-{kept}"
        reason = f"{fault.code} {fault.detail}\n{path.name}\n"
        write_synced(target.with_name(target.name + ".reason"), reason.encode(errors="backslashreplace"))
        path.rename(target)
        sync_folder(aside)
        sync_folder(self._path)


def is_being_written(path: Path) -> bool:
    """Has anybody this file open for writing? A read lease is only granted when nobody has (fcntl(2)).

    Where the file system or its owner refuses leases, the answer is no and the quiet time alone decides.
    Raises: ScanFault NOT_A_PAGE for what is no plain file.
    """
    with open_plain(path) as file:  # closing it gives the lease back
        return not _may_lease(file.fileno())


def _may_lease(handle: int) -> bool:
    # Whoever opens the file for writing meanwhile gets us a signal; the usual SIGIO would end the process.
    fcntl.fcntl(handle, fcntl.F_SETSIG, signal.SIGURG)
    try:
        fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except OSError as refused:
        return refused.errno in CANNOT_LEASE
    return True


def _is_known(job: SpoolJob, path: Path, told: os.stat_result) -> bool:
    """Is the page in the journal already? Then a crash came between its line and the source's removal."""
    source = (told_name(path), told.st_mtime_ns)
    same = [page for page in job.pages() if (page.source_name, page.source_time_ns) == source]
    return bool(same) and digest_of(path) in {page.sha256 for page in same}


def _identity(told: os.stat_result) -> tuple[int, int, int]:
    return told.st_ino, told.st_size, told.st_mtime_ns


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(max(seconds, 0.0), tz=UTC)


def _is_unfinished(name: str) -> bool:
    return name.startswith((".", "~")) or name.lower().endswith(UNFINISHED)


def _natural(name: str) -> tuple[tuple[tuple[int, int, str], ...], str]:
    parts = re.split(r"([0-9]+)", name.casefold())
    told = ((0, int(part), "") if place % 2 else (1, 0, part) for place, part in enumerate(parts) if part)
    return tuple(told), name
