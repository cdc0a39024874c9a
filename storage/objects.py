"""The port to where bytes are kept: put once, get with the digest checked, keep for a time.

A directory answers it (storage.directory) or an S3 bucket (storage.s3). What a store cannot promise it says
(Promises) and refuses; nothing is quietly done by halves.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from storage.faults import Finding, StorageCode, StorageFault

_SEGMENT = re.compile(r"[\w%-][\w%.-]*")
_LONGEST = 512  # bytes of a key as UTF-8; S3 allows 1024, with the prefix
_LONGEST_SEGMENT = 245  # bytes; a file name may have 255, with the directory's ending
RESERVED_ENDING = ".kept"  # of the names that stores give to what they keep


@dataclass(frozen=True, order=True)
class Key:
    """The name of one object: segments of letters and digits (NFC) and `. _ - %`, joined by `/`."""

    name: str

    def __post_init__(self) -> None:
        """Refuse names that some store could not hold or that leave the store's root."""
        segments = self.name.split("/")
        is_whole = len(self.name.encode()) <= _LONGEST and unicodedata.is_normalized("NFC", self.name)
        if not is_whole or not all(map(_is_segment, segments)):
            raise ValueError(f"not a key: {self.name!r}")

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Kept:
    """What is kept under a key: size in bytes and sha256 as hex."""

    key: Key
    size_bytes: int
    sha256: str


@dataclass(frozen=True)
class Promises:
    """What a store itself enforces, whoever asks.

    `retention`: nobody can delete before the time has come, or while a legal hold is set. `versions`: an
    overwritten object keeps its past.
    """

    put_once: bool
    retention: bool
    versions: bool


class NotKept(StorageFault):
    """Nothing is kept under this key."""

    def __init__(self, key: Key) -> None:
        super().__init__(StorageCode.NOT_KEPT, str(key))
        self.place = key


class AlreadyKept(StorageFault):
    """Other bytes are kept under this key, and they stay."""

    def __init__(self, key: Key) -> None:
        super().__init__(StorageCode.ALREADY_KEPT, str(key))
        self.place = key


class ObjectStore(Protocol):
    """Where bytes are kept."""

    @property
    def promises(self) -> Promises:
        """What this store enforces."""
        ...

    def put(self, key: Key, source: Path) -> Kept:
        """Keep the bytes of `source`; the same bytes again are no error.

        Raises: AlreadyKept when other bytes stand there; StorageFault DISK_FULL.
        """
        ...

    def get(self, key: Key, target: Path) -> Kept:
        """Copy the bytes to the new file `target`, which exists afterwards only if they match their digest.

        Raises: NotKept, FileExistsError, StorageFault DAMAGED.
        """
        ...

    def read(self, key: Key) -> bytes:
        """The bytes of a small object, checked. Raises: NotKept, StorageFault DAMAGED."""
        ...

    def read_range(self, key: Key, start: int, length: int) -> bytes:
        """At most `length` bytes from `start`, unchecked: only the whole has a digest.

        Raises: NotKept; ValueError for what is no range.
        """
        ...

    def describe(self, key: Key) -> Kept:
        """What was kept, without reading it. Raises: NotKept."""
        ...

    def has(self, key: Key) -> bool:
        """Is something kept under this key?"""
        ...

    def keys(self) -> Iterator[Key]:
        """Every key, in no promised order; names that are none are told by `verify`."""
        ...

    def remove(self, key: Key) -> None:
        """Take an object away for good; none is no error. Raises: StorageFault RETAINED."""
        ...

    def repair(self, key: Key, source: Path) -> None:
        """Let `key` hold the bytes of `source` again, which match the digest it was kept with.

        Raises: NotKept; AlreadyKept when they do not match, and nothing is changed.
        """
        ...

    def retain(self, key: Key, until: datetime, *, firmly: bool = False) -> None:
        """Let nobody delete before `until` (whole seconds); `firmly`: nor lift that, whoever it is.

        Raises: NotKept, StorageFault CANNOT_RETAIN, or RETAINED when it is kept longer already.
        """
        ...

    def retained_until(self, key: Key) -> datetime | None:
        """Until when nobody may delete; None when whoever may write may. Raises: NotKept."""
        ...

    def hold(self, key: Key, *, on: bool) -> None:
        """Set or lift a legal hold, which has no end of its own. Raises: NotKept, CANNOT_RETAIN."""
        ...

    def is_held(self, key: Key) -> bool:
        """Is a legal hold set? Raises: NotKept."""
        ...

    def verify(self) -> Iterator[Finding]:
        """Read every byte again and tell what is not as it was kept."""
        ...


def name_of(key: Key) -> str:
    """The name under which stores keep a key: its ending keeps a key from being the folder of another."""
    return f"{key}{RESERVED_ENDING}"


def key_of(name: str) -> Key | None:
    """The key that is kept under a name; None for a name that no key has: somebody else put that there."""
    try:
        return Key(name.removesuffix(RESERVED_ENDING)) if name.endswith(RESERVED_ENDING) else None
    except ValueError:
        return None


def _is_segment(segment: str) -> bool:
    is_named = _SEGMENT.fullmatch(segment) is not None and len(segment.encode()) <= _LONGEST_SEGMENT
    return is_named and not segment.endswith(RESERVED_ENDING)


def require_range(start: int, length: int) -> None:
    """Refuse what is no range of bytes. Raises: ValueError."""
    if start < 0 or length < 0:
        raise ValueError(f"no range of bytes: {length} from {start}")
