"""Files that are surely on the disk, and appear whole or not at all.

A file counts as written when its bytes and the folder that names it are synced; until then a power cut may
take either. Errors are the system's own (OSError): each room tells them in its own family.
"""

import errno
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

COPY_BYTES = 1 << 20
PLAIN = 0o666  # less what the process's umask takes


def sync(path: Path) -> None:
    """Put a file's bytes, or a folder's entries, on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_new(path: Path, content: bytes, mode: int = PLAIN) -> None:
    """Write a file that is not there yet and sync it, but not yet its folder. Raises: FileExistsError."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    with os.fdopen(handle, "wb") as written:
        written.write(content)
        written.flush()
        os.fsync(written.fileno())


def write_whole(path: Path, content: bytes, mode: int = PLAIN) -> None:
    """Let `path` hold `content`: a reader finds the old bytes whole or the new bytes whole, and it stays."""
    with appearing(path) as staged:
        write_new(staged, content, mode)


@contextmanager
def appearing(target: Path) -> Iterator[Path]:
    """Give a path to write to; what stands there becomes `target` when the block ends well, else it goes."""
    staged = target.with_name(f".{target.name}.{os.getpid()}-{os.urandom(4).hex()}.part")
    try:
        yield staged
        publish(staged, target)
    finally:
        with suppress(OSError):  # what went wrong before is what counts
            staged.unlink(missing_ok=True)


def publish(staged: Path, target: Path) -> None:
    """Sync `staged` and give it the name `target`; the name is on the disk when this returns."""
    sync(staged)
    staged.replace(target)
    sync(target.parent)


def copy_whole(source: Path, target: Path) -> None:
    """Copy the bytes of `source`, nothing else of it, so that `target` appears only complete."""
    with appearing(target) as staged:
        duplicate(source, staged)


def duplicate(source: Path, target: Path) -> None:
    """Copy the bytes of `source`, nothing else of it; nothing is synced."""
    with source.open("rb") as reading, target.open("wb") as writing:
        shutil.copyfileobj(reading, writing, COPY_BYTES)


def sha256_of(path: Path) -> str:
    """The file's SHA-256 as hex."""
    with path.open("rb") as reading:
        return hashlib.file_digest(reading, "sha256").hexdigest()


def is_full(failed: OSError) -> bool:
    """Is there no room left, on the disk or in the owner's quota?"""
    return failed.errno in (errno.ENOSPC, errno.EDQUOT)
