"""A package in the making: files in a folder, each with its size and sha256 as it is written.

It appears under its name only when it is whole and on the disk.
"""

import hashlib
import os
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from foundation.durable import appearing, sync
from storage import disk
from storage.archive import Newest
from storage.faults import StorageCode, StorageFault


@dataclass(frozen=True)
class Part:
    """A file of a package: its path in it, its size in bytes, its sha256 as hex."""

    path: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True)
class Parcel:
    """The folder that files are put into."""

    root: Path

    def write(self, path: str, content: bytes) -> Part:
        """Put a small file. Raises: StorageFault DISK_FULL; FileExistsError."""
        disk.write_synced(self._place(path), content)
        return Part(path, len(content), hashlib.sha256(content).hexdigest())

    def take(self, newest: Newest, logical: str, path: str) -> Part:
        """Put a file of an archive's version, checked. Raises: StorageFault NOT_KEPT, DAMAGED, DISK_FULL."""
        target = self._place(path)
        kept = newest.fetch(logical, target)
        sync(target)
        return Part(path, kept.size_bytes, kept.sha256)

    def _place(self, path: str) -> Path:
        if any(segment in {"", ".", ".."} for segment in path.split("/")):
            raise StorageFault(StorageCode.DAMAGED, f"not a path in a package: {path!r}")
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        return target


@contextmanager
def folder_appearing(target: Path) -> Iterator[Parcel]:
    """A folder that becomes `target` when the block ends well. Raises: FileExistsError."""
    if target.exists():
        raise FileExistsError(target)
    staged = target.with_name(f".{target.name}.{os.getpid()}-{os.urandom(4).hex()}.part")
    try:
        staged.mkdir(parents=True)
        yield Parcel(staged)
        disk.sync_tree(staged)
        staged.rename(target)
        disk.sync_folder(target.parent)
    finally:
        with suppress(OSError):  # what went wrong before is what counts
            if staged.exists():
                shutil.rmtree(staged)


@contextmanager
def archive_appearing(target: Path) -> Iterator[Parcel]:
    """A ZIP file of one folder, named as the file is without its ending; it appears as the block ends well.

    Raises: FileExistsError; StorageFault DISK_FULL.
    """
    if target.exists():
        raise FileExistsError(target)
    with appearing(target) as staged:
        folder = staged.with_suffix(".folder")
        try:
            folder.mkdir(parents=True)
            yield Parcel(folder)
            with disk.told_as_faults(), zipfile.ZipFile(staged, "x", zipfile.ZIP_STORED) as packed:
                for path in sorted(one for one in folder.rglob("*") if one.is_file()):
                    packed.write(path, f"{target.stem}/{path.relative_to(folder).as_posix()}")
        finally:
            shutil.rmtree(folder, ignore_errors=True)
