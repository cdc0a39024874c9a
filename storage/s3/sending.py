"""A file put in a bucket whole: in one request or in parts, and read back where the server does not check.

What the server is known not to check is whether the bytes are those that their checksum tells (Ceph), and any
object that travelled in parts.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from foundation.durable import sha256_of
from storage.faults import StorageCode, StorageFault
from storage.s3.answers import ABSENT, Condition, Seen
from storage.s3.bucket import PART_BYTES, Bucket


@dataclass(frozen=True)
class Wanted:
    """On which condition a file is written, and its sha256 (hex) if somebody has taken it before."""

    condition: Condition | None = ABSENT
    sha256: str = ""


def send(bucket: Bucket, name: str, source: Path, wanted: Wanted, *, reads_back: bool) -> Seen:
    """Put the bytes of `source`; what comes back tells their size and sha256.

    Raises: StorageFault ALREADY_KEPT when the condition does not hold, DISK_FULL, DENIED, UNREACHABLE;
    DAMAGED, and nothing is left, when the server keeps other bytes than it was sent.
    """
    size = source.stat().st_size
    if size <= PART_BYTES:
        seen = bucket.put(name, source.read_bytes(), wanted.condition, wanted.sha256)
        is_checked = not reads_back
    else:
        sent = bucket.put_file(name, source, wanted.sha256 or sha256_of(source), wanted.condition)
        seen, is_checked = Seen(size, sent.etag, sent.version, sent.sha256), False
    if not is_checked and not stands(bucket, name, seen):
        bucket.remove(name, seen.version)
        raise StorageFault(StorageCode.DAMAGED, f"{name} changed while it was kept")
    return seen


def stands(bucket: Bucket, name: str, wanted: Seen) -> bool:
    """Read every byte again: are size and digest those that are wanted? Raises: StorageFault NOT_KEPT."""
    digest = hashlib.sha256()
    seen = bucket.copy_to(name, digest.update, wanted.version)
    return (seen.size_bytes, digest.hexdigest()) == (wanted.size_bytes, wanted.sha256)
