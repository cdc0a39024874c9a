"""Put-once object store on a directory.

Rules of this store:
1. A key, once written, never changes: a second put of other bytes raises AlreadyKept.
2. What `put` returned for is on the disk: bytes and names are synced first.
3. A reader sees a whole object or none, and bytes that match the digest they were kept with or DAMAGED.
4. Whoever may write the directory may also delete in it: retention is not promised and `retain` refuses.

Layout: `bytes/ab/<sha256>` holds what was put, each content once; `keys/<key>.kept` is one line, sha256 and
size, and is written last. Bytes without a key are left-overs of a put that never returned. Bytes go with the
key that ends in their digest; where another key has them too, `shared/ab/<sha256>` lets them stay.
"""

import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from io import BufferedReader
from pathlib import Path

from foundation.durable import sha256_of
from foundation.locks import alone, together
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

STAGING = "staging"
BYTES = "bytes"
KEYS = "keys"
LOCK = "lock"  # held together by puts, alone by whoever removes
SHARED = "shared"


class DirectoryStore:
    """Objects as plain files under `root`."""

    promises = Promises(put_once=True, retention=False, versions=False)

    def __init__(self, root: Path) -> None:
        self._root = root
        for name in (STAGING, BYTES, KEYS):
            (root / name).mkdir(parents=True, exist_ok=True)

    def put(self, key: Key, source: Path) -> Kept:
        """Keep the bytes of `source` under `key`.

        Returns: what is kept: key, size in bytes, sha256 as hex.
        Raises: AlreadyKept when other bytes stand there; the same bytes again are no error. DISK_FULL.
        """
        with self._staging() as staged, self._staging() as line:
            kept = Kept(key, *disk.copy_new(source, staged))
            with disk.synced_meanwhile(staged):
                disk.write_synced(line, _line(kept))
            with together(self._root / LOCK):
                self._place_bytes(staged, kept.sha256)
                if not _is_named_by_digest(kept):
                    self._let_stay(kept.sha256)
                if not self._place(line, self._name_of(key)) and self.describe(key) != kept:
                    raise AlreadyKept(key)  # rule 1
        return kept

    def get(self, key: Key, target: Path) -> Kept:
        """Copy the bytes to the new file `target`, which exists afterwards only if they match their digest.

        Raises: NotKept, FileExistsError, StorageFault DAMAGED.
        """
        kept = self.describe(key)
        with disk.new_file(target) as out, self._opened(kept) as source:
            if disk.copy_hashed(source, out.write) != kept.sha256:
                raise StorageFault(StorageCode.DAMAGED, str(key))
        return kept

    def read(self, key: Key) -> bytes:
        """The bytes of a small object, checked. Raises: NotKept, StorageFault DAMAGED."""
        kept = self.describe(key)
        with self._opened(kept) as source:
            content = source.read()
        if hashlib.sha256(content).hexdigest() != kept.sha256:
            raise StorageFault(StorageCode.DAMAGED, str(key))
        return content

    def read_range(self, key: Key, start: int, length: int) -> bytes:
        """At most `length` bytes from `start`, unchecked: only the whole has a digest. Raises: NotKept."""
        require_range(start, length)
        with self._opened(self.describe(key)) as source:
            source.seek(start)
            return source.read(length)

    def describe(self, key: Key) -> Kept:
        """What was kept, without reading it. Raises: NotKept, StorageFault DAMAGED."""
        try:
            sha256, size = self._name_of(key).read_text(encoding="ascii").split()
            return Kept(key, int(size), sha256)
        except FileNotFoundError:
            raise NotKept(key) from None
        except ValueError as unreadable:
            raise StorageFault(StorageCode.DAMAGED, str(key)) from unreadable

    def has(self, key: Key) -> bool:
        """Is something kept under this key?"""
        return self._name_of(key).is_file()

    def keys(self) -> Iterator[Key]:
        """Every key, in no promised order."""
        for name in self._names():
            key = key_of(name)
            if key is not None:
                yield key

    def remove(self, key: Key) -> None:
        """Take an object away for good; none is no error. Bytes that another key has too stay for that."""
        with alone(self._root / LOCK):  # no put may take these bytes for kept meanwhile
            try:
                kept = self.describe(key)
            except NotKept:
                return
            self._name_of(key).unlink()
            disk.sync_folder(self._name_of(key).parent)
            if _is_named_by_digest(kept) and not self._shared(kept.sha256).exists():
                self._bytes_of(kept.sha256).unlink(missing_ok=True)
                disk.sync_folder(self._bytes_of(kept.sha256).parent)

    def repair(self, key: Key, source: Path) -> None:
        """Let `key` hold these bytes again. Raises: NotKept; AlreadyKept when they are not what was kept."""
        kept = self.describe(key)
        with self._staging() as staged:
            if Kept(key, *disk.copy_synced(source, staged)) != kept:
                raise AlreadyKept(key)
            target = self._bytes_of(kept.sha256)
            disk.make_folders(target.parent, self._root)
            staged.replace(target)
            disk.sync_folder(target.parent)

    def retain(self, key: Key, until: datetime, *, firmly: bool = False) -> None:  # noqa: ARG002 the port's
        """Refuse: a directory cannot keep its owner from deleting. Raises: NotKept, CANNOT_RETAIN."""
        self.describe(key)
        raise StorageFault(StorageCode.CANNOT_RETAIN, f"{key} until {until.isoformat()}")

    def retained_until(self, key: Key) -> None:
        """Never: whoever may write here may delete. Raises: NotKept."""
        self.describe(key)

    def hold(self, key: Key, *, on: bool) -> None:
        """Refuse, as `retain`. Raises: NotKept, CANNOT_RETAIN."""
        self.describe(key)
        raise StorageFault(StorageCode.CANNOT_RETAIN, f"{key} hold {on}")

    def is_held(self, key: Key) -> bool:
        """Never. Raises: NotKept."""
        self.describe(key)
        return False

    def verify(self) -> Iterator[Finding]:
        """Read every byte again: damaged and missing contents, names that are no keys, bytes no key names."""
        for name in self._names():
            if key_of(name) is None:
                yield Finding(f"{KEYS}/{name}", StorageCode.UNKNOWN_FILE)
        named = set()
        for key in self.keys():
            try:
                named.add(self.describe(key).sha256)
            except StorageFault as fault:
                yield Finding(f"{KEYS}/{name_of(key)}", fault.code)
        for sha256 in sorted(named):
            yield from self._verify_bytes(sha256)
        for path in sorted((self._root / BYTES).rglob("*")):
            if path.is_file() and path.name not in named:
                yield Finding(path.relative_to(self._root).as_posix(), StorageCode.UNFINISHED)

    def _verify_bytes(self, sha256: str) -> Iterator[Finding]:
        path = self._bytes_of(sha256)
        place = path.relative_to(self._root).as_posix()
        if not path.is_file():
            yield Finding(place, StorageCode.NOT_KEPT)
        elif sha256_of(path) != sha256:
            yield Finding(place, StorageCode.DAMAGED)

    def _place_bytes(self, staged: Path, sha256: str) -> None:
        """Name the staged bytes by their digest; bytes that stand there already but differ are replaced."""
        target = self._bytes_of(sha256)
        if not self._place(staged, target) and sha256_of(target) != sha256:
            staged.replace(target)  # the same content comes again: what rotted is repaired
            disk.sync_folder(target.parent)

    def _place(self, staged: Path, target: Path) -> bool:
        """Give the staged file its name; False when the name is taken."""
        disk.make_folders(target.parent, self._root)
        try:
            os.link(staged, target)  # unlike rename, link refuses to overwrite (rule 1)
        except FileExistsError:
            return False
        finally:
            disk.sync_folder(target.parent)  # also a name that another put has only just given
        return True

    def _opened(self, kept: Kept) -> BufferedReader:
        try:
            return self._bytes_of(kept.sha256).open("rb")
        except FileNotFoundError as missing:
            raise StorageFault(StorageCode.DAMAGED, str(kept.key)) from missing

    @contextmanager
    def _staging(self) -> Iterator[Path]:
        staged = self._root / STAGING / secrets.token_hex(16)
        try:
            yield staged
        finally:
            staged.unlink(missing_ok=True)

    def _names(self) -> Iterator[str]:
        top = self._root / KEYS
        return (path.relative_to(top).as_posix() for path in top.rglob("*") if not path.is_dir())

    def _name_of(self, key: Key) -> Path:
        return self._root / KEYS / name_of(key)

    def _let_stay(self, sha256: str) -> None:
        """Say, for good, that these bytes stay when the key goes that ends in their digest."""
        mark = self._shared(sha256)
        if not mark.exists():
            disk.make_folders(mark.parent, self._root)
            mark.touch()
            disk.sync_folder(mark.parent)

    def _shared(self, sha256: str) -> Path:
        return self._root / SHARED / sha256[:2] / sha256

    def _bytes_of(self, sha256: str) -> Path:
        return self._root / BYTES / sha256[:2] / sha256


def _is_named_by_digest(kept: Kept) -> bool:
    return kept.key.name.rpartition("/")[2] == kept.sha256


def _line(kept: Kept) -> bytes:
    return f"{kept.sha256} {kept.size_bytes}\n".encode("ascii")
