"""Files that appear whole or not at all.

A step writes beside its target, syncs, and renames. What fails leaves nothing under the target's name.
"""

import errno
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from certify.model import CertifyFault, FaultCode

COPY_BYTES = 1 << 20


@contextmanager
def appearing(target: Path) -> Iterator[Path]:
    """Give a path to write to; what stands there becomes `target` when the block ends well.

    Raises: CertifyFault DISK_FULL or WRITE_FAILED, with nothing left behind.
    """
    staged = target.with_name(f".{target.name}.{os.getpid()}-{os.urandom(4).hex()}.part")
    try:
        with disk_faults(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            yield staged
            publish(staged, target)
    finally:
        with suppress(OSError):  # what went wrong before is what counts
            staged.unlink(missing_ok=True)


def publish(staged: Path, target: Path) -> None:
    """Sync `staged` and give it the name `target`; the name is on the disk when this returns."""
    with staged.open("rb") as written:
        os.fsync(written.fileno())
    staged.replace(target)
    sync_folder(target.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def disk_faults(target: Path) -> Iterator[None]:
    """Name what the disk did wrong while writing `target`."""
    try:
        yield
    except OSError as fault:
        full = fault.errno in (errno.ENOSPC, errno.EDQUOT)
        code = FaultCode.DISK_FULL if full else FaultCode.WRITE_FAILED
        raise CertifyFault(code, f"{target.name}: {fault}") from fault


def duplicate(source: Path, target: Path) -> None:
    """Copy the bytes of `source`, nothing else of it."""
    with source.open("rb") as reading, target.open("wb") as writing:
        shutil.copyfileobj(reading, writing, COPY_BYTES)


def sha256_of(path: Path) -> str:
    """The file's SHA-256 as hex."""
    with path.open("rb") as reading:
        return hashlib.file_digest(reading, "sha256").hexdigest()


def begins_with(path: Path, prefix: Path) -> bool:
    """Whether the bytes of `path` begin with all bytes of `prefix` and go on."""
    if path.stat().st_size <= prefix.stat().st_size:
        return False
    with path.open("rb") as whole, prefix.open("rb") as start:
        return _same_start(whole, start)


def _same_start(whole: BinaryIO, start: BinaryIO) -> bool:
    while part := start.read(COPY_BYTES):
        if whole.read(len(part)) != part:
            return False
    return True
