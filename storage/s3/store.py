"""Put-once object store on an S3 bucket.

Rules of this store:
1. A key, once written, never changes: writes are conditional, so of many at once one wins.
2. What `put` returned for is kept: the server has answered for it, and where it does not check the digest it
   is sent (Ceph, and all objects that travel in parts), the bytes were read back.
3. A reader sees a whole object or none, and bytes that match the digest they were kept with or DAMAGED.
4. Retention (GOVERNANCE) and legal holds are the server's; no bucket default is asked for or needed.

Layout: PREFIX/<key>.kept, the sha256 in the object's metadata. The ending keeps a key from being the folder
of another, which MinIO would keep and never list.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from foundation.durable import sha256_of
from storage import disk
from storage.faults import Finding, StorageCode, StorageFault
from storage.objects import RESERVED_ENDING, AlreadyKept, Kept, Key, NotKept, Promises, require_range
from storage.s3.answers import Seen
from storage.s3.bucket import PART_BYTES, Bucket


class S3Store:
    """Objects in a bucket; `reads_back` is for servers that accept bytes other than their checksum tells."""

    promises = Promises(put_once=True, retention=True, versions=True)

    def __init__(self, bucket: Bucket, *, reads_back: bool = True) -> None:
        self._bucket = bucket
        self._reads_back = reads_back

    def put(self, key: Key, source: Path) -> Kept:
        """Keep the bytes of `source` under `key`.

        Returns: what is kept: key, size in bytes, sha256 as hex.
        Raises: AlreadyKept when other bytes stand there; the same bytes again are no error. StorageFault
        DISK_FULL, DENIED, UNREACHABLE; DAMAGED when the server keeps other bytes than it was sent.
        """
        size = source.stat().st_size
        if size <= PART_BYTES:
            body = source.read_bytes()
            kept = Kept(key, len(body), hashlib.sha256(body).hexdigest())
        else:
            body = b""
            kept = Kept(key, size, sha256_of(source))
        try:
            seen = self._send(kept, source, body)
        except StorageFault as refused:
            if refused.code is not StorageCode.ALREADY_KEPT:
                raise
            if self.describe(key) != kept:
                raise AlreadyKept(key) from refused  # rule 1
            if not self._reads_back or self._is_sound(kept):
                return kept
            seen = self._bucket.put(
                _name(key), source.read_bytes(), condition=None
            )  # what rotted is repaired
        if (self._reads_back or not body) and not self._is_sound(kept, seen.version):
            self._bucket.remove(_name(key), seen.version)
            raise StorageFault(StorageCode.DAMAGED, f"{key} changed while it was kept")
        return kept

    def get(self, key: Key, target: Path) -> Kept:
        """Copy the bytes to the new file `target`, which exists afterwards only if they match their digest.

        Raises: NotKept, FileExistsError, StorageFault DAMAGED, UNREACHABLE.
        """
        digest = hashlib.sha256()
        with disk.new_file(target) as out:

            def take(chunk: bytes) -> None:
                digest.update(chunk)
                out.write(chunk)

            kept = self._kept(key, self._copy(key, take))
            if digest.hexdigest() != kept.sha256:
                raise StorageFault(StorageCode.DAMAGED, str(key))
        return kept

    def read(self, key: Key) -> bytes:
        """The bytes of a small object, checked. Raises: NotKept, StorageFault DAMAGED, UNREACHABLE."""
        chunks: list[bytes] = []
        kept = self._kept(key, self._copy(key, chunks.append))
        content = b"".join(chunks)
        if hashlib.sha256(content).hexdigest() != kept.sha256:
            raise StorageFault(StorageCode.DAMAGED, str(key))
        return content

    def read_range(self, key: Key, start: int, length: int) -> bytes:
        """At most `length` bytes from `start`, unchecked: only the whole has a digest. Raises: NotKept."""
        require_range(start, length)
        with _told_of(key):
            return self._bucket.read_range(_name(key), start, length)

    def describe(self, key: Key) -> Kept:
        """What was kept, without reading it. Raises: NotKept, StorageFault DAMAGED, UNREACHABLE."""
        with _told_of(key):
            return self._kept(key, self._bucket.see(_name(key)))

    def has(self, key: Key) -> bool:
        """Is something kept under this key? Raises: StorageFault UNREACHABLE."""
        try:
            self._bucket.see(_name(key))
        except StorageFault as fault:
            if fault.code is StorageCode.NOT_KEPT:
                return False
            raise
        return True

    def keys(self) -> Iterator[Key]:
        """Every key, in no promised order; names that are none are told by `verify`."""
        for name in self._bucket.names():
            key = _key_of(name)
            if key is not None:
                yield key

    def retain(self, key: Key, until: datetime) -> None:
        """Let nobody delete before `until`. Raises: NotKept, StorageFault RETAINED when it is kept longer."""
        with _told_of(key):
            self._bucket.retain(_name(key), "", until)

    def retained_until(self, key: Key) -> datetime | None:
        """Until when nobody may delete; None when anybody may. Raises: NotKept."""
        with _told_of(key):
            return self._bucket.retained_until(_name(key))

    def hold(self, key: Key, *, on: bool) -> None:
        """Set or lift a legal hold: nobody deletes while it is set. Raises: NotKept."""
        with _told_of(key):
            self._bucket.hold(_name(key), on=on)

    def is_held(self, key: Key) -> bool:
        """Is a legal hold set? Raises: NotKept."""
        with _told_of(key):
            return self._bucket.is_held(_name(key))

    def verify(self) -> Iterator[Finding]:
        """Read every byte again: damaged contents, names that are no keys."""
        for name in self._bucket.names():
            key = _key_of(name)
            if key is None:
                yield Finding(name, StorageCode.UNKNOWN_FILE)
                continue
            try:
                sound = self._is_sound(self.describe(key))
            except StorageFault as fault:
                yield Finding(name, fault.code, fault.detail)
            else:
                if not sound:
                    yield Finding(name, StorageCode.DAMAGED)

    def _send(self, kept: Kept, source: Path, body: bytes) -> Seen:
        if kept.size_bytes <= PART_BYTES:
            return self._bucket.put(_name(kept.key), body)
        return self._bucket.put_file(_name(kept.key), source, kept.sha256)

    def _copy(self, key: Key, take: Callable[[bytes], object]) -> Seen:
        with _told_of(key):
            return self._bucket.copy_to(_name(key), take)

    def _is_sound(self, kept: Kept, version: str = "") -> bool:
        digest = hashlib.sha256()
        seen = self._bucket.copy_to(_name(kept.key), digest.update, version)
        return (seen.size_bytes, digest.hexdigest()) == (kept.size_bytes, kept.sha256)

    def _kept(self, key: Key, seen: Seen) -> Kept:
        if not seen.sha256:
            raise StorageFault(StorageCode.DAMAGED, f"{key} has no digest")
        return Kept(key, seen.size_bytes, seen.sha256)


@contextmanager
def _told_of(key: Key) -> Iterator[None]:
    """What the bucket calls not there is, for this store, a key that is not kept."""
    try:
        yield
    except StorageFault as fault:
        if fault.code is StorageCode.NOT_KEPT:
            raise NotKept(key) from fault
        raise


def _name(key: Key) -> str:
    return f"{key}{RESERVED_ENDING}"


def _key_of(name: str) -> Key | None:
    try:
        return Key(name.removesuffix(RESERVED_ENDING)) if name.endswith(RESERVED_ENDING) else None
    except ValueError:
        return None
