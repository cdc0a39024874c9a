"""The port to where a backup lies, and a folder that answers it; a bucket answers it as S3Store.

One file per key, no more: a disk that is taken out of the house is read with a file browser.
"""

import os
import secrets
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Protocol

from foundation.durable import sha256_of, sync
from storage import disk
from storage.faults import StorageCode, StorageFault
from storage.objects import AlreadyKept, Kept, Key, NotKept, Promises

STAGING = ".staging"
READ_ONLY = 0o400


class BackupStore(Protocol):
    """What a backup asks of a store (storage.objects.ObjectStore answers it)."""

    @property
    def promises(self) -> Promises:
        """What the store itself enforces."""
        ...

    def put(self, key: Key, source: Path) -> Kept:
        """Keep the bytes of `source`. Raises: AlreadyKept; StorageFault DISK_FULL."""
        ...

    def get(self, key: Key, target: Path) -> Kept:
        """Copy the bytes to the new file `target`. Raises: NotKept."""
        ...

    def has(self, key: Key) -> bool:
        """Is something kept under this key?"""
        ...

    def describe(self, key: Key) -> Kept:
        """How many bytes are kept; their digest where that is known without reading. Raises: NotKept."""
        ...

    def keys(self) -> Iterator[Key]:
        """Every key."""
        ...

    def remove(self, key: Key) -> None:
        """Take an object away for good; none is no error. Raises: StorageFault RETAINED."""
        ...

    def retain(self, key: Key, until: datetime) -> None:
        """Let nobody delete before `until`. Raises: StorageFault CANNOT_RETAIN."""
        ...


class FolderStore:
    """A backup in a folder; whoever may write there may also delete."""

    promises = Promises(put_once=True, retention=False, versions=False)

    def __init__(self, root: Path) -> None:
        self._root = root
        with disk.told_as_faults():
            (root / STAGING).mkdir(parents=True, exist_ok=True)

    def put(self, key: Key, source: Path) -> Kept:
        """Keep the bytes of `source`: whole, synced and read-only, or not at all."""
        staged, target = self._root / STAGING / secrets.token_hex(16), self._path(key)
        try:
            kept = Kept(key, *disk.copy_synced(source, staged))
            with suppress(OSError):  # a disk of another system knows no such rights
                staged.chmod(READ_ONLY)
            with disk.told_as_faults():
                disk.make_folders(target.parent, self._root)
                if not target.exists():  # nor links: one backup runs at a time
                    staged.replace(target)
                sync(target.parent)
        finally:
            staged.unlink(missing_ok=True)
        if target.stat().st_size != kept.size_bytes or sha256_of(target) != kept.sha256:
            raise AlreadyKept(key)
        return kept

    def get(self, key: Key, target: Path) -> Kept:
        """Copy the bytes to the new file `target`, from the disk and not from what memory still holds."""
        path = self._path(key)
        try:
            with path.open("rb") as asked:
                os.posix_fadvise(asked.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            return Kept(key, *disk.copy_new(path, target))
        except FileNotFoundError:
            raise NotKept(key) from None

    def has(self, key: Key) -> bool:
        """Is something kept under this key?"""
        return self._path(key).is_file()

    def describe(self, key: Key) -> Kept:
        """How many bytes are kept, without their digest. Raises: NotKept."""
        try:
            return Kept(key, self._path(key).stat().st_size, "")
        except FileNotFoundError:
            raise NotKept(key) from None

    def keys(self) -> Iterator[Key]:
        """Every key, in no promised order."""
        for folder, _folders, names in os.walk(self._root):
            place = Path(folder).relative_to(self._root)
            if place.parts[:1] == (STAGING,):
                continue
            for name in names:
                with suppress(ValueError):  # what an operating system leaves in folders is no file of ours
                    yield Key((place / name).as_posix())

    def remove(self, key: Key) -> None:
        """Take a file away; none is no error."""
        self._path(key).unlink(missing_ok=True)

    def clear(self) -> None:
        """Take away what a killed run left half written."""
        for left in (self._root / STAGING).iterdir():
            left.unlink(missing_ok=True)

    def retain(self, key: Key, until: datetime) -> None:
        """Refuse: a folder cannot keep its owner from deleting. Raises: StorageFault CANNOT_RETAIN."""
        raise StorageFault(StorageCode.CANNOT_RETAIN, f"{key} until {until.isoformat()}")

    def _path(self, key: Key) -> Path:
        return self._root / key.name
