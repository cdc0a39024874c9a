"""Files that came from elsewhere: named and read without being led astray."""

import errno
import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path

from scanner_adapters.model import FaultCode, ScanFault

CHUNK = 1 << 20  # bytes


def told_name(path: Path) -> str:
    """A file's name as text that can be written down; bytes that are no UTF-8 are shown by their number."""
    return os.fsencode(path.name).decode(errors="backslashreplace")


@contextmanager
def open_plain(path: Path) -> Iterator[BufferedReader]:
    """Open a file for reading, never through a link and never waiting for a pipe.

    Raises: ScanFault NOT_A_PAGE for what is no plain file.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as refused:
        if refused.errno in (errno.ELOOP, errno.ENXIO):
            raise ScanFault(FaultCode.NOT_A_PAGE, "not a plain file") from refused
        raise
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise ScanFault(FaultCode.NOT_A_PAGE, "not a plain file")
    with os.fdopen(handle, "rb") as opened:
        yield opened


def digest_of(path: Path) -> str:
    """The SHA-256 of a file, hex."""
    with open_plain(path) as source:
        return hashlib.file_digest(source, "sha256").hexdigest()
