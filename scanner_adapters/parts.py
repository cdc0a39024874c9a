"""A page on its way into the spool: bytes in a file that nobody counts as a page yet.

Its writer holds a lock on it for as long as it lives, so whoever finds such a file tells at once whether
somebody still writes it or a crash left it behind.
"""

import fcntl
import hashlib
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from foundation.locks import take_if_free
from scanner_adapters.container import Contents, inspect
from scanner_adapters.model import DpiSource, FaultCode, ScanFault, ScanSettings, Side
from scanner_adapters.plain_files import CHUNK, open_plain

START = ".part-"
MOST_BYTES = 500_000_000  # of one file; facts: scanners, section 4


@dataclass(frozen=True)
class Origin:
    """Where a page came from and what the machine and its adapter say about it.

    Args:
        name: what the page is called where it came from.
        time_ns: when its source was last written, nanoseconds since 1970; 0 when unknown.
        device_page_ref: the machine's own name for the page.
        effective: the settings that the machine really used, None when it does not tell.
        dpi: what the adapter knows, by `dpi_source`; None: what the file says counts.
        retries: how often the page was asked for again.
    """

    name: str
    time_ns: int = 0
    device_page_ref: str = ""
    side: Side = Side.FRONT
    effective: ScanSettings | None = None
    dpi: tuple[float, float] | None = None
    dpi_source: DpiSource = DpiSource.PIXELS
    retries: int = 0
    flags: tuple[str, ...] = ()

    def resolution(self, contents: Contents) -> tuple[tuple[float, float] | None, DpiSource]:
        """The page's dpi and how it is known."""
        if self.dpi:
            return self.dpi, self.dpi_source
        return contents.dpi, DpiSource.FILE if contents.dpi else DpiSource.UNKNOWN


class Part:
    """One page being written; made and taken in by a SpoolJob."""

    def __init__(self, folder: Path) -> None:
        """Make the file; the caller holds the job's lock, so that nobody takes it for a leftover."""
        handle, name = tempfile.mkstemp(prefix=START, dir=folder)
        fcntl.flock(handle, fcntl.LOCK_EX)
        self.path = Path(name)
        self.size_bytes = 0
        self._file = os.fdopen(handle, "wb", buffering=0)
        self._digest = hashlib.sha256()
        self._contents: Contents | None = None

    @property
    def sha256(self) -> str:
        """The digest, hex, of what was written so far."""
        return self._digest.hexdigest()

    def write(self, block: bytes) -> None:
        """Add bytes. Raises: ScanFault TOO_LARGE; OSError, which the job tells as a fault of room."""
        self.size_bytes += len(block)
        if self.size_bytes > MOST_BYTES:
            raise ScanFault(FaultCode.TOO_LARGE, f"{self.size_bytes} bytes")
        rest = memoryview(block)
        while rest:
            rest = rest[self._file.write(rest) :]
        self._digest.update(block)

    def write_from(self, source: Path) -> None:
        """Add a plain file's bytes. Raises: ScanFault NOT_A_PAGE for a link, pipe or folder; OSError."""
        with open_plain(source) as read:
            while block := read.read(CHUNK):
                self.write(block)

    def inspected(self) -> Contents:
        """Put all bytes on the disk and look at the whole file once; nothing is added afterwards.

        Raises: ScanFault INCOMPLETE_FILE, NOT_A_PAGE, ENCRYPTED, TOO_LARGE.
        """
        if self._contents is None:
            os.fsync(self._file.fileno())
            self._contents = inspect(self.path)
        return self._contents

    def drop(self) -> None:
        """Remove the file, unless it became a page; dropping again changes nothing."""
        self.path.unlink(missing_ok=True)
        self._file.close()


class Scratch:
    """A folder for what an adapter has half made; made and removed by a SpoolJob."""

    def __init__(self, folder: Path) -> None:
        """Make it; the caller holds the job's lock, so that nobody takes it for a leftover."""
        self.path = Path(tempfile.mkdtemp(prefix=START, dir=folder))
        self._handle = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        fcntl.flock(self._handle, fcntl.LOCK_EX)

    def drop(self) -> None:
        """Remove it with all that is in it."""
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._handle)


def remove_left_behind(path: Path) -> None:
    """Remove a part or scratch that nobody works on any more; the caller holds the job's lock."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        if not take_if_free(handle):
            return
    finally:
        os.close(handle)
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()
