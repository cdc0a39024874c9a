"""The watched folder as a machine: `folder:PATH` scans what a device saves there."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from foundation.clock import utc_now
from scanner_adapters.folder.watched import Manners, Taken, WatchedFolder
from scanner_adapters.model import Capabilities, FaultCode, JobState, ScanFault, ScanSettings
from scanner_adapters.queue.device_lock import DeviceLock, system_lock_folder
from scanner_adapters.queue.spool import SpoolJob
from scanner_adapters.scanner import Presence, ScanEvent, ScanOutcome, Watch, ended

LOOK_SECONDS = 0.25
EMPTY_SECONDS = 3.0  # a folder empty for so long holds no more of this stack


class FolderScanner:
    """One folder that one device saves into."""

    def __init__(
        self,
        path: Path,
        manners: Manners | None = None,
        clock: Callable[[], datetime] = utc_now,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self._path = path
        self._manners = manners
        self._clock = clock
        self._wait = wait

    @property
    def id(self) -> str:
        """The folder's address."""
        return f"folder:{self._path}"

    def probe(self) -> Presence:
        """Is the folder there? Never raises."""
        return Presence.READY if self._path.is_dir() else Presence.OFFLINE

    def capabilities(self) -> Capabilities:
        """A folder cannot be asked for anything. Raises: ScanFault OFFLINE when it is not there."""
        if not self._path.is_dir():
            raise ScanFault(FaultCode.OFFLINE, str(self._path))
        return Capabilities(id=self.id, make_model=self._path.name, serial="", sources=())

    def scan(self, settings: ScanSettings, job: SpoolJob, watch: Watch) -> ScanOutcome:  # noqa: ARG002 a folder is not asked
        """Take what lies in the folder, waiting for files not finished, until it has been empty for a while.

        COMPLETED means that every file there was whole and is in the spool. A file refused is a fault.
        """
        lock = DeviceLock(system_lock_folder(), f"folder:{self._path.resolve()}")
        try:
            self.capabilities()
            with lock.held():
                refused = self._take_all(job, watch)
        except ScanFault as fault:
            return ended(job, fault, JobState.CANCELLED if fault.code is FaultCode.CANCELLED else None)
        return ended(job, self._fault(job, refused))

    def release(self, job: SpoolJob) -> None:
        """Nothing runs on a folder."""

    def _take_all(self, job: SpoolJob, watch: Watch) -> Taken:
        folder, all_taken = WatchedFolder(self._path, self._clock, self._manners), Taken()
        empty_since = self._clock()
        while self._clock() - empty_since < timedelta(seconds=EMPTY_SECONDS):
            if watch.is_stopped():
                raise ScanFault(FaultCode.CANCELLED, pages=len(job.pages()))
            if not job.has_room():
                watch.tell(ScanEvent.WAITING, "spool")
                self._wait(LOOK_SECONDS)
                empty_since = self._clock()
                continue
            taken = folder.take(job)
            for page in taken.pages:
                watch.tell(ScanEvent.PAGE, str(page.sequence))
            if taken != Taken():
                empty_since = self._clock()
            all_taken += Taken(taken.pages, taken.refused)
            self._wait(LOOK_SECONDS)
        return all_taken

    def _fault(self, job: SpoolJob, taken: Taken) -> ScanFault | None:
        pages = len(job.pages())
        if taken.refused:
            first = taken.refused[0]
            return ScanFault(first.code, first.name, pages=pages)
        return None if taken.pages else ScanFault(FaultCode.NO_DOCS, str(self._path), pages=pages)
