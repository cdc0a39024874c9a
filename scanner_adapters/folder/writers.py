"""Does anybody still write this file? Asked of the system, not guessed from the time."""

import errno
import fcntl
import signal
from enum import StrEnum
from pathlib import Path

from scanner_adapters.plain_files import open_plain

CANNOT_LEASE = (errno.EINVAL, errno.ENOTSUP, errno.EACCES, errno.EPERM)


class Writers(StrEnum):
    """Who has a file open for writing."""

    NONE = "none"
    SOME = "some"
    UNKNOWN = "unknown"


def writers_of(path: Path) -> Writers:
    """Has anybody this file open for writing? A read lease is only granted when nobody has (fcntl(2)).

    UNKNOWN where the file system refuses leases, or the file is another account's.
    Raises: ScanFault NOT_A_PAGE for what is no plain file.
    """
    with open_plain(path) as file:  # closing it gives the lease back
        return lease(file.fileno())


def lease(handle: int) -> Writers:
    """Try for a read lease on an open file."""
    # Whoever opens the file for writing meanwhile gets us a signal; the usual SIGIO would end the process.
    fcntl.fcntl(handle, fcntl.F_SETSIG, signal.SIGURG)
    try:
        fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except OSError as refused:
        return Writers.UNKNOWN if refused.errno in CANNOT_LEASE else Writers.SOME
    return Writers.NONE
