"""The watched folder: devices that can only save files put pages here.

Rules of this folder:
1. A file is taken when it has been quiet, when nobody has it open for writing, and when it is whole. A PDF or
   TIFF may be whole and yet grow: for these, how long is quiet is learnt from the device's own pauses.
2. Files are taken in the natural order of their names, counters that begin anew heeded; one not ready holds
   back those behind it, but only if it can be a page: its first bytes say so.
3. A source is removed only after the journal holds its page, and only if it is still what was taken in.
4. What is no page, or stays cut beyond patience, is moved aside with its reason, never deleted.
5. A file of the name of one taken before that holds its bytes and more is its next revision, no second page.
6. Whoever knows a file's password is asked once; it is written nowhere.
7. Links, pipes and folders are nobody's pages: they are left alone and never followed.
"""

import hashlib
import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from foundation.durable import sync, write_whole
from scanner_adapters.container import MAGIC, unlock
from scanner_adapters.folder.counters import Ordered, in_order
from scanner_adapters.folder.naming import is_named_like_a_page, is_system_file
from scanner_adapters.folder.writers import Writers, writers_of
from scanner_adapters.model import FaultCode, ScanFault, ScannedPage
from scanner_adapters.plain_files import digest_of, open_plain, told_name
from scanner_adapters.queue.spool import REVISION, Origin, SpoolJob

QUIET_SECONDS = 2.0
PATIENCE = timedelta(minutes=15)  # a file still cut after that will not be finished
QUARANTINE = "quarantine"
ORIGINALS = "originals"  # files that had a password, as they came
MAY_GROW = (b"%PDF-", b"II*\0", b"MM\0*")  # kinds that hold several pages: PDF, TIFF
NAME_BYTES_KEPT = 180  # of a file moved aside: its new name and that of its reason must stay under 255 bytes
UNFINISHED = (".part", ".tmp", ".filepart", ".crdownload", ".partial")
QUIET_BY_PAUSE = 3  # times the longest pause that this device made within a file; facts: scanners, section 4
LONGEST_QUIET = timedelta(seconds=60)
WITHOUT_LEASES = 3  # times as quiet where nobody can say whether somebody writes
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


def nobody_knows(_name: str) -> str | None:
    """Nobody knows the password of any file."""
    return None


@dataclass(frozen=True)
class Manners:
    """What is known of the device that saves here.

    Args:
        quiet_seconds: a file unchanged for so long may be taken, if nobody has it open for writing.
        append_seconds: a device that lets one PDF grow is waited for so long, unless its next file is there.
        password_of: asked once for each file that has a password; None when nobody knows it.
    """

    quiet_seconds: float = QUIET_SECONDS
    append_seconds: float = 0.0
    password_of: Callable[[str], str | None] = nobody_knows


class WatchedFolder:
    """A folder that a device saves into."""

    def __init__(self, path: Path, clock: Callable[[], datetime], manners: Manners | None = None) -> None:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path = path
        self._clock = clock
        self._manners = manners or Manners()
        self._quiet = timedelta(seconds=self._manners.quiet_seconds)
        self._learnt = self._quiet  # for what may grow
        self._closed: dict[str, tuple[int, int]] = {}  # name: size and time while nobody wrote it
        self._cut: dict[str, tuple[int, int, int]] = {}  # name: what it was when its end lacked

    def waiting(self) -> tuple[Path, ...]:
        """The files that lie here and may become pages, in the order of their names (2 before 10)."""
        paths = (self._path / name for name in self._files().names)
        return tuple(path for path in paths if _can_be_page(path))

    def _files(self) -> Ordered:
        found: dict[str, int] = {}
        with os.scandir(self._path) as entries:
            for entry in entries:
                if entry.is_file(follow_symlinks=False) and not _is_unfinished(entry.name):
                    with suppress(FileNotFoundError):  # the device took it back
                        found[entry.name] = entry.stat(follow_symlinks=False).st_mtime_ns
        return in_order(found)

    def take(self, job: SpoolJob) -> Taken:
        """Take every quiet and whole file into the job, in order; one not ready holds back those behind it.

        Raises: ScanFault NO_SPACE, SPOOL_DAMAGED, JOB_CLOSED; the pages taken before stay taken.
        """
        taken, ordered = Taken(), self._files()
        pages = [name for name in ordered.names if _can_be_page(self._path / name)]
        for name in ordered.names:
            turned = (ordered.turns[name],) if name in ordered.turns else ()
            try:
                found = self._take_one(job, self._path / name, turned, is_last=[name] == pages[-1:])
            except FileNotFoundError:
                continue  # the device took it back
            if found is not None:
                taken += found
            elif name in pages:
                return taken + Taken(
                    waiting=tuple(told_name(self._path / page) for page in pages[pages.index(name) :])
                )
        return taken

    def settle(self, job: SpoolJob) -> None:
        """Take away the sources of pages that a crash left here after the journal held them (rule 3).

        Whoever takes into another job does this first, or a page would come twice.
        """
        if not job.pages():
            return
        for path in self.waiting():
            with suppress(FileNotFoundError, ScanFault):
                told = path.lstat()
                if _is_known(job, path, told):
                    self._remove(path, told)

    def _take_one(self, job: SpoolJob, path: Path, turned: tuple[str, ...], *, is_last: bool) -> Taken | None:
        """Deal with one file; None when it has to wait."""
        before = path.lstat()
        age = self._age(before)
        try:
            if not self._is_at_rest(path, before, age) or self._may_grow(path, age, is_last=is_last):
                return None
            if self._cut.get(path.name) == _identity(before) and age < PATIENCE:
                return None  # as cut as it was when we last read it
            page = None if _is_known(job, path, before) else self._accept(job, path, before, turned)
        except ScanFault as fault:
            if fault.code is FaultCode.INCOMPLETE_FILE and age < PATIENCE:
                self._cut[path.name] = _identity(before)
                return None
            if fault.code is not FaultCode.INCOMPLETE_FILE and fault.code not in LASTING:
                raise
            self._move_aside(path, fault)
            return Taken(refused=(Refused(told_name(path), fault.code),))
        self._remove(path, before)
        return Taken(pages=(page,)) if page else Taken()

    def _is_at_rest(self, path: Path, told: os.stat_result, age: timedelta) -> bool:
        """Does nobody write the file, and has it been quiet? Learns how long this device pauses (rule 1)."""
        writers = writers_of(path)
        if writers is Writers.SOME:
            self._closed.pop(path.name, None)
            return False
        now = (told.st_size, told.st_mtime_ns)
        size, written = self._closed.get(path.name, now)
        if size not in (0, now[0]):
            pause = QUIET_BY_PAUSE * timedelta(microseconds=(now[1] - written) / 1000)
            self._learnt = min(max(self._learnt, pause), LONGEST_QUIET)
        self._closed[path.name] = now
        return age >= self._quiet * (WITHOUT_LEASES if writers is Writers.UNKNOWN else 1)

    def _may_grow(self, path: Path, age: timedelta, *, is_last: bool) -> bool:
        """May the device still add pages to it? Not once its next file is there, by what was told of it."""
        told = timedelta(seconds=self._manners.append_seconds if is_last else 0)
        if age >= max(told, self._learnt):
            return False
        with open_plain(path) as file:
            return file.read(max(map(len, MAY_GROW))).startswith(MAY_GROW)

    def _accept(
        self, job: SpoolJob, path: Path, told: os.stat_result, turned: tuple[str, ...]
    ) -> ScannedPage:
        earlier = _revised(job, path, lets_grow=self._manners.append_seconds > 0)
        flags = (*turned, f"{REVISION}{earlier.sequence}") if earlier else turned
        origin = Origin(told_name(path), told.st_mtime_ns, flags=flags)
        try:
            return job.accept(path, origin)
        except ScanFault as fault:
            password = self._manners.password_of(origin.name) if fault.code is FaultCode.ENCRYPTED else None
            if password is None:
                raise
        with job.scratch() as scratch:
            unlock(path, password, scratch / "unlocked.pdf")
            page = job.accept(scratch / "unlocked.pdf", replace(origin, flags=(*flags, "password_removed")))
        kept = self._path / ORIGINALS
        kept.mkdir(mode=0o700, exist_ok=True)
        os.link(path, kept / f"{page.sha256[:16]}-{path.name}"[-NAME_BYTES_KEPT:])
        return page

    def _remove(self, path: Path, taken: os.stat_result) -> None:
        self._closed.pop(path.name, None)
        if _identity(path.lstat()) == _identity(taken):  # else the device has put its next page there
            path.unlink()
            sync(self._path)

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
        write_whole(target.with_name(target.name + ".reason"), reason.encode(errors="backslashreplace"))
        path.rename(target)
        sync(aside)
        sync(self._path)


def _is_known(job: SpoolJob, path: Path, told: os.stat_result) -> bool:
    """Is the page in the journal already? Then a crash came between its line and the source's removal."""
    source = (told_name(path), told.st_mtime_ns)
    same = [page for page in job.pages() if (page.source_name, page.source_time_ns) == source]
    return bool(same) and digest_of(path) in {page.sha256 for page in same}


def _revised(job: SpoolJob, path: Path, *, lets_grow: bool) -> ScannedPage | None:
    """The page that this file is the next revision of: of its name, and the file begins with its bytes.

    A device known to let its PDFs grow may write them anew each time.
    """
    name = told_name(path)
    earlier = next((page for page in reversed(job.pages()) if page.source_name == name), None)
    if (
        earlier is None
        or earlier.media_type != "application/pdf"
        or path.lstat().st_size <= earlier.size_bytes
    ):
        return None
    if lets_grow:
        return earlier
    with open_plain(path) as file:
        start = hashlib.sha256(file.read(earlier.size_bytes)).hexdigest()
    return earlier if start == earlier.sha256 else None


def _identity(told: os.stat_result) -> tuple[int, int, int]:
    return told.st_ino, told.st_size, told.st_mtime_ns


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(max(seconds, 0.0), tz=UTC)


def _can_be_page(path: Path) -> bool:
    """Is it the beginning of a page, as far as it is there? What is gone or no plain file is none."""
    try:
        with open_plain(path) as file:
            head = file.read(max(map(len, MAGIC)))
    except (FileNotFoundError, ScanFault):
        return False
    except OSError:  # not to be opened now
        return True
    if not head:
        return is_named_like_a_page(path.name)
    return any(mark.startswith(head) or head.startswith(mark) for mark in MAGIC)


def _is_unfinished(name: str) -> bool:
    return name.startswith((".", "~")) or name.lower().endswith(UNFINISHED) or is_system_file(name)
