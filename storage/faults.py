"""What can be wrong with what is kept, as one family of errors with codes."""

from dataclasses import dataclass
from enum import StrEnum

from foundation.faults import Fault


class StorageCode(StrEnum):
    """What is wrong, and so what can be done."""

    DISK_FULL = "DISK_FULL"
    BUSY = "BUSY"
    UNREACHABLE = "UNREACHABLE"
    NOT_KEPT = "NOT_KEPT"
    ALREADY_KEPT = "ALREADY_KEPT"
    CANNOT_RETAIN = "CANNOT_RETAIN"
    RETAINED = "RETAINED"
    BAD_ADDRESS = "BAD_ADDRESS"
    BAD_CREDENTIALS = "BAD_CREDENTIALS"
    DENIED = "DENIED"
    CLOCK_OFF = "CLOCK_OFF"
    NO_BUCKET = "NO_BUCKET"
    REFUSED = "REFUSED"
    WEAK_STORE = "WEAK_STORE"
    DAMAGED = "DAMAGED"
    MOVED_ON = "MOVED_ON"
    UNFINISHED = "UNFINISHED"
    UNKNOWN_FILE = "UNKNOWN_FILE"
    NOT_AN_ARCHIVE = "NOT_AN_ARCHIVE"
    CHAIN_BROKEN = "CHAIN_BROKEN"
    SIGNER_UNKNOWN = "SIGNER_UNKNOWN"
    NOT_CANONICAL = "NOT_CANONICAL"
    INDEX_MISSING = "INDEX_MISSING"
    INDEX_OLD = "INDEX_OLD"
    INDEX_DAMAGED = "INDEX_DAMAGED"


class StorageFault(Fault):
    """Something that cannot be kept, found or trusted; `detail` names which."""

    code: StorageCode


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it was kept.

    `place` is a path relative to the store's root, `code` what is wrong with it.
    """

    place: str
    code: StorageCode
    detail: str = ""
