"""Bytes that are surely on the disk, and their digests.

A file counts as written when its bytes and the folder that names it are synced; until then a power cut may
take either.
"""

import hashlib
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from foundation.durable import is_full, sync, write_new
from storage.faults import StorageCode, StorageFault

_BUFFER_BYTES = 64 << 10  # fits the processor's cache: the second digest and the writer find it there
Chunk = bytes | memoryview


class Source(Protocol):
    """What bytes can be read from into a buffer."""

    def readinto(self, buffer: memoryview, /) -> int | None:
        """Fill the buffer's beginning; 0 at the end."""
        ...


@dataclass(frozen=True)
class Measure:
    """How many bytes, and their digests as hex."""

    size_bytes: int
    sha256: str
    sha512: str


class Measuring:
    """A measure in the making, chunk by chunk."""

    def __init__(self) -> None:
        self._size = 0
        self._sha256 = hashlib.sha256()
        self._sha512 = hashlib.sha512()

    def take(self, chunk: Chunk) -> None:
        """The next bytes."""
        self._sha512.update(chunk)
        self._sha256.update(chunk)
        self._size += len(chunk)

    def told(self) -> Measure:
        """What was taken so far."""
        return Measure(self._size, self._sha256.hexdigest(), self._sha512.hexdigest())


def measure(path: Path) -> Measure:
    """Read every byte of `path`."""
    measuring = Measuring()
    with path.open("rb", buffering=0) as read:
        _pass_on(read, measuring.take)
    return measuring.told()


def copy_synced(source: Path, target: Path) -> tuple[int, str]:
    """Write the bytes of `source` to the new file `target` and sync them, but not yet its folder.

    Returns: how many bytes, and their sha256 as hex.
    Raises: FileExistsError when `target` exists; StorageFault DISK_FULL.
    """
    copied = copy_new(source, target)
    with told_as_faults():
        sync(target)
    return copied


def copy_new(source: Path, target: Path) -> tuple[int, str]:
    """Write the bytes of `source` to the new file `target`, unsynced; returns and raises as `copy_synced`."""
    with told_as_faults(), target.open("xb") as out, source.open("rb") as read:
        digest = copy_hashed(read, out.write)
        return out.tell(), digest


@contextmanager
def synced_meanwhile(path: Path) -> Iterator[None]:
    """Sync a file while the block runs: two on their way to the disk at once cost hardly more than one.

    Raises: StorageFault DISK_FULL.
    """
    with told_as_faults(), ThreadPoolExecutor(1) as beside:
        syncing = beside.submit(sync, path)
        yield
        syncing.result()


@contextmanager
def new_file(target: Path) -> Iterator[BinaryIO]:
    """The new file `target`, unsynced, for a throw-away folder; it goes when the block fails.

    Raises: FileExistsError when `target` exists; StorageFault DISK_FULL.
    """
    with told_as_faults(), target.open("xb") as out:
        try:
            yield out
        except BaseException:
            target.unlink(missing_ok=True)
            raise


def copy_hashed(source: Source, take: Callable[[Chunk], object]) -> str:
    """Hand all bytes to `take`, which keeps none of them; their sha256 as hex."""
    sha256 = hashlib.sha256()

    def both(chunk: Chunk) -> None:
        sha256.update(chunk)
        take(chunk)

    _pass_on(source, both)
    return sha256.hexdigest()


def _pass_on(source: Source, take: Callable[[Chunk], object]) -> None:
    """Hand all bytes to `take`, in one buffer that is filled again and again."""
    buffer = memoryview(bytearray(_BUFFER_BYTES))
    while count := source.readinto(buffer):
        take(buffer[:count])


def write_synced(target: Path, content: bytes) -> None:
    """Write `content` to the new file `target` and sync it, but not yet its folder."""
    with told_as_faults():
        write_new(target, content)


def replace_synced(target: Path, content: bytes, staged: Path) -> None:
    """Let `target` hold `content`, so that a reader finds the old bytes whole or the new bytes whole.

    `staged` is a path on the same file system that nobody else uses.
    """
    staged.unlink(missing_ok=True)
    write_synced(staged, content)
    staged.replace(target)
    sync_folder(target.parent)


def make_folders(folder: Path, top: Path) -> None:
    """Make `folder` and what is missing between it and the existing `top`, each synced into its parent."""
    missing = []
    while folder != top and not folder.is_dir():
        missing.append(folder)
        folder = folder.parent
    with told_as_faults():
        for new in reversed(missing):
            new.mkdir(exist_ok=True)
            sync_folder(new.parent)


def sync_folder(folder: Path) -> None:
    """Make sure that the names in `folder` survive a power cut."""
    with told_as_faults():
        sync(folder)


def sync_tree(top: Path) -> None:
    """Sync the names in `top` and in every folder below it."""
    for folder, _folders, _files in os.walk(top, topdown=False):
        sync_folder(Path(folder))


@contextmanager
def told_as_faults() -> Iterator[None]:
    """Tell a full disk as StorageFault(DISK_FULL); other errors stay what they are."""
    try:
        yield
    except OSError as failed:
        if is_full(failed):
            raise StorageFault(StorageCode.DISK_FULL, str(failed.filename or "")) from failed
        raise
