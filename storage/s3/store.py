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
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from foundation.durable import sha256_of
from storage import disk
from storage.faults import Finding, StorageCode, StorageFault
from storage.objects import (
    AlreadyKept,
    Kept,
    Key,
    NotKept,
    Promises,
    key_of,
    name_of,
    require_range,
)
from storage.s3.answers import ABSENT, Condition, Lock, Seen
from storage.s3.bucket import Bucket
from storage.s3.sending import Wanted, send
from storage.s3.sending import stands as is_as_sent

REMOVED_MEANWHILE = 10  # times that a put is begun again because somebody removed the key


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
        for _ in range(REMOVED_MEANWHILE):
            with suppress(NotKept):  # removed in this very moment
                return self._put(key, source)
        raise NotKept(key)

    def get(self, key: Key, target: Path) -> Kept:
        """Copy the bytes to the new file `target`, which exists afterwards only if they match their digest.

        Raises: NotKept, FileExistsError, StorageFault DAMAGED, UNREACHABLE.
        """
        digest = hashlib.sha256()
        with disk.new_file(target) as out:

            def take(chunk: bytes) -> None:
                digest.update(chunk)
                out.write(chunk)

            kept = _kept(key, self._copy(key, take))
            if digest.hexdigest() != kept.sha256:
                raise StorageFault(StorageCode.DAMAGED, str(key))
        return kept

    def read(self, key: Key) -> bytes:
        """The bytes of a small object, checked. Raises: NotKept, StorageFault DAMAGED, UNREACHABLE."""
        chunks: list[bytes] = []
        kept = _kept(key, self._copy(key, chunks.append))
        content = b"".join(chunks)
        if hashlib.sha256(content).hexdigest() != kept.sha256:
            raise StorageFault(StorageCode.DAMAGED, str(key))
        return content

    def read_range(self, key: Key, start: int, length: int) -> bytes:
        """At most `length` bytes from `start`, unchecked: only the whole has a digest. Raises: NotKept."""
        require_range(start, length)
        with _told_of(key):
            return self._bucket.read_range(name_of(key), start, length)

    def describe(self, key: Key) -> Kept:
        """What was kept, without reading it. Raises: NotKept, StorageFault DAMAGED, UNREACHABLE."""
        with _told_of(key):
            return _kept(key, self._bucket.see(name_of(key)))

    def has(self, key: Key) -> bool:
        """Is something kept under this key? Raises: StorageFault UNREACHABLE."""
        try:
            self._bucket.see(name_of(key))
        except StorageFault as fault:
            if fault.code is StorageCode.NOT_KEPT:
                return False
            raise
        return True

    def keys(self) -> Iterator[Key]:
        """Every key, in no promised order; names that are none are told by `verify`."""
        for name in self._bucket.names():
            key = key_of(name)
            if key is not None:
                yield key

    def repair(self, key: Key, source: Path) -> None:
        """Let `key` hold these bytes again. Raises: NotKept; AlreadyKept when they are not what was kept."""
        if self.describe(key).sha256 != sha256_of(source):
            raise AlreadyKept(key)
        self._send(key, source, condition=None)

    def retain(self, key: Key, until: datetime, *, firmly: bool = False) -> None:
        """Let nobody delete before `until`. Raises: NotKept, StorageFault RETAINED when it is kept longer."""
        lock = Lock.COMPLIANCE if firmly else Lock.GOVERNANCE
        with _told_of(key):
            self._bucket.retain(name_of(key), "", until, lock)

    def retained_until(self, key: Key) -> datetime | None:
        """Until when nobody may delete; None when anybody may. Raises: NotKept."""
        with _told_of(key):
            return self._bucket.retained_until(name_of(key))

    def hold(self, key: Key, *, on: bool) -> None:
        """Set or lift a legal hold: nobody deletes while it is set. Raises: NotKept."""
        with _told_of(key):
            self._bucket.hold(name_of(key), on=on)

    def is_held(self, key: Key) -> bool:
        """Is a legal hold set? Raises: NotKept."""
        with _told_of(key):
            return self._bucket.is_held(name_of(key))

    def remove(self, key: Key) -> None:
        """Take an object away for good; none is no error. Raises: StorageFault RETAINED."""
        name = name_of(key)
        for found, version, _ in tuple(self._bucket.versions(name)):
            if found == name:
                self._bucket.remove(name, version)

    def verify(self) -> Iterator[Finding]:
        """Read every byte again: damaged contents, names that are no keys."""
        for name in self._bucket.names():
            key = key_of(name)
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

    def _put(self, key: Key, source: Path) -> Kept:
        with _told_of(key):
            try:
                return _kept(key, self._send(key, source))
            except StorageFault as refused:
                if refused.code is not StorageCode.ALREADY_KEPT:
                    raise
                stands = self.describe(key)
                if (stands.size_bytes, stands.sha256) != (source.stat().st_size, sha256_of(source)):
                    raise AlreadyKept(key) from refused  # rule 1
                if self._reads_back and not self._is_sound(stands):
                    self._send(key, source, condition=None)  # what rotted is repaired
                return stands

    def _send(self, key: Key, source: Path, condition: Condition | None = ABSENT) -> Seen:
        return send(self._bucket, name_of(key), source, Wanted(condition), reads_back=self._reads_back)

    def _copy(self, key: Key, take: Callable[[bytes], object]) -> Seen:
        with _told_of(key):
            return self._bucket.copy_to(name_of(key), take)

    def _is_sound(self, kept: Kept) -> bool:
        return is_as_sent(self._bucket, name_of(kept.key), Seen(kept.size_bytes, "", "", kept.sha256))


@contextmanager
def _told_of(key: Key) -> Iterator[None]:
    """What the bucket calls not there is, for this store, a key that is not kept."""
    try:
        yield
    except StorageFault as fault:
        if fault.code is StorageCode.NOT_KEPT:
            raise NotKept(key) from fault
        raise


def _kept(key: Key, seen: Seen) -> Kept:
    if not seen.sha256:
        raise StorageFault(StorageCode.DAMAGED, f"{key} has no digest")
    return Kept(key, seen.size_bytes, seen.sha256)
