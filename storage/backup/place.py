"""A place where backups lie: contents by their digest, sets that name them, locks that keep a set.

Rules of a place:
1. A content lies there once, however many sets name it; what is there is not sent again.
2. What was sent is read back and held against its digest before a set may name it.
3. A set appears whole and last. Killed before that, what was sent serves the next run.
4. `motcua-backup.json` says in the clear whether there is a key, and how it is made: one for life.
"""

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from foundation.clock import as_text, from_text
from storage.backup.encryption import (
    SALT_BYTES,
    SCRYPT_N,
    SCRYPT_P,
    SCRYPT_R,
    BackupKey,
    content_bytes,
    decrypt,
    encrypt_file,
)
from storage.backup.faults import BackupCode, BackupFault
from storage.backup.folder import BackupStore, FolderStore
from storage.objects import Key, NotKept

HEAD = Key("motcua-backup.json")
BLOBS, SETS, LOCKS = "blobs", "sets", "locks"
FORMAT = 1
_CHUNK = 1 << 20
Work = Callable[[], AbstractContextManager[Path]]


@dataclass(frozen=True)
class Secret:
    """What the key of a place is made from: the bytes of a key file, or a passphrase."""

    content: bytes
    is_passphrase: bool

    def key(self, salt: bytes) -> BackupKey:
        """The key that this gives with the salt of a place. Raises: BackupFault WEAK_KEY."""
        made = BackupKey.of_passphrase if self.is_passphrase else BackupKey.of_file
        return made(self.content, salt)


class BackupPlace:
    """An opened place; `work` gives private folders for what is on its way."""

    def __init__(self, store: BackupStore, key: BackupKey | None, work: Work) -> None:
        self._store, self._key, self._work = store, key, work

    @property
    def is_encrypted(self) -> bool:
        """Does nobody read here without a key?"""
        return self._key is not None

    def size(self, sha256: str) -> int | None:
        """How many bytes the content with this digest has; None when it does not lie here."""
        try:
            there = self._store.describe(self._blob(sha256)).size_bytes
        except NotKept:
            return None
        return there if self._key is None else content_bytes(there)

    def send(self, sha256: str, source: Path) -> None:
        """Keep a content, and read it back (rule 2). Raises: BackupFault DAMAGED; StorageFault DISK_FULL."""
        key = self._blob(sha256)
        with self._work() as work:
            self._put(key, source, work)
        if not self.is_sound(sha256):
            self._store.remove(key)
            raise BackupFault(BackupCode.DAMAGED, key.name)

    def fetch(self, sha256: str, target: Path) -> None:
        """Write a content to the new file `target`, which exists afterwards only if it matches its digest.

        Raises: BackupFault DAMAGED, also when it is not there.
        """
        digest = hashlib.sha256()
        try:
            with target.open("xb") as out:

                def take(chunk: bytes) -> None:
                    digest.update(chunk)
                    out.write(chunk)

                self._read(self._blob(sha256), take)
        except BaseException:
            target.unlink(missing_ok=True)
            raise
        if digest.hexdigest() != sha256:
            target.unlink()
            raise BackupFault(BackupCode.DAMAGED, self._blob(sha256).name)

    def is_sound(self, sha256: str) -> bool:
        """Is every byte of this content what its digest says?"""
        digest = hashlib.sha256()
        try:
            self._read(self._blob(sha256), digest.update)
        except BackupFault:
            return False
        return digest.hexdigest() == sha256

    def forget(self, sha256: str) -> None:
        """Take away a content that is not sound: it is sent anew. Raises: StorageFault RETAINED."""
        self._store.remove(self._blob(sha256))

    def sets(self) -> list[str]:
        """The names of the sets, oldest first."""
        return sorted(key.name.removeprefix(f"{SETS}/") for key in self._keys(SETS))

    def keep_set(self, name: str, source: Path) -> None:
        """Keep the file of a set, after everything that it names (rule 3). Raises: as `send`."""
        with self._work() as work:
            self._put(Key(f"{SETS}/{name}"), source, work)

    def fetch_set(self, name: str, target: Path) -> None:
        """Write the file of a set to the new file `target`. Raises: BackupFault NO_SET, DAMAGED."""
        key = Key(f"{SETS}/{name}")
        if not self._store.has(key):
            raise BackupFault(BackupCode.NO_SET, name)
        with target.open("xb") as out:
            self._read(key, out.write)

    def lock(self, name: str, digests: Iterable[str], until: datetime) -> None:
        """Let no rotation take this set away before `until`; where the store can, nobody deletes before."""
        with self._work() as work:
            path = work / "lock"
            path.write_text(as_text(until), encoding="ascii")
            self._store.put(Key(f"{LOCKS}/{name}"), path)
        if self._store.promises.retention:
            for key in (*map(self._blob, digests), Key(f"{SETS}/{name}"), Key(f"{LOCKS}/{name}"), HEAD):
                self._store.retain(key, until)

    def locked(self, now: datetime) -> set[str]:
        """The sets that nobody may take away yet."""
        found = set()
        for key in self._keys(LOCKS):
            with self._work() as work:
                self._store.get(key, work / "lock")
                if from_text((work / "lock").read_text(encoding="ascii")) > now:
                    found.add(key.name.removeprefix(f"{LOCKS}/"))
        return found

    def remove_set(self, name: str) -> None:
        """Take a set away; its contents go when no set names them (`sweep`)."""
        for folder in (SETS, LOCKS):
            self._store.remove(Key(f"{folder}/{name}"))

    def sweep(self, named: set[bytes]) -> int:
        """Take away the contents whose `mark` is not among `named`. Returns: how many."""
        gone = 0
        if isinstance(self._store, FolderStore):
            self._store.clear()
        for key in tuple(self._keys(BLOBS)):
            if bytes.fromhex(key.name.rpartition("/")[2]) not in named:
                self._store.remove(key)
                gone += 1
        return gone

    def mark(self, sha256: str) -> bytes:
        """How `sweep` knows a content."""
        return bytes.fromhex(self._name(sha256))

    def _put(self, key: Key, source: Path, work: Path) -> None:
        if self._key is None:
            self._store.put(key, source)
            return
        encrypt_file(self._key, key.name, source, work / "encrypted")
        self._store.put(key, work / "encrypted")

    def _read(self, key: Key, take: Callable[[bytes], object]) -> None:
        with self._work() as work:
            try:
                self._store.get(key, work / "kept")
            except NotKept:
                raise BackupFault(BackupCode.DAMAGED, key.name) from None
            with (work / "kept").open("rb") as source:
                if self._key is not None:
                    decrypt(self._key, key.name, source, take)
                    return
                while chunk := source.read(_CHUNK):
                    take(chunk)

    def _keys(self, folder: str) -> Iterator[Key]:
        every = self._store.keys()  # a store is no mapping: it has no iteration of its own
        return (key for key in every if key.name.startswith(f"{folder}/"))

    def _blob(self, sha256: str) -> Key:
        name = self._name(sha256)
        return Key(f"{BLOBS}/{name[:2]}/{name}")

    def _name(self, sha256: str) -> str:
        return sha256 if self._key is None else self._key.name_of(sha256)


def make_place(store: BackupStore, secret: Secret | None, work: Work) -> BackupPlace:
    """Open the place, made when there is nothing yet.

    Raises: BackupFault NOT_A_PLACE when other things lie there, and as `open_place`.
    """
    if store.has(HEAD):
        return open_place(store, secret, work)
    if next(iter(store.keys()), None) is not None:
        raise BackupFault(BackupCode.NOT_A_PLACE)
    told: dict[str, object] = {"format": FORMAT}
    if secret is not None:
        salt = os.urandom(SALT_BYTES)
        scrypt = {"n": SCRYPT_N, "r": SCRYPT_R, "p": SCRYPT_P} if secret.is_passphrase else None
        told["key"] = {"salt": salt.hex(), "scrypt": scrypt, "check": secret.key(salt).check}
    with work() as folder:
        path = folder / "head"
        path.write_text(json.dumps(told, indent=1), encoding="ascii")
        store.put(HEAD, path)
    return open_place(store, secret, work)


def open_place(store: BackupStore, secret: Secret | None, work: Work) -> BackupPlace:
    """Open a place that is there.

    Raises: BackupFault NOT_A_PLACE, NEWER, NEEDS_KEY, NEEDS_WORDS, NOT_ENCRYPTED, WRONG_KEY.
    """
    with work() as folder:
        try:
            store.get(HEAD, folder / "head")
            told = json.loads((folder / "head").read_bytes())
            is_newer, asked = told["format"] > FORMAT, told.get("key")
        except (NotKept, ValueError, LookupError, TypeError) as unreadable:
            raise BackupFault(BackupCode.NOT_A_PLACE) from unreadable
    if is_newer:
        raise BackupFault(BackupCode.NEWER)
    if asked is None:
        if secret is not None:
            raise BackupFault(BackupCode.NOT_ENCRYPTED)
        return BackupPlace(store, None, work)
    by_passphrase = asked["scrypt"] is not None
    if secret is None or secret.is_passphrase != by_passphrase:
        raise BackupFault(BackupCode.NEEDS_WORDS if by_passphrase else BackupCode.NEEDS_KEY)
    key = secret.key(bytes.fromhex(asked["salt"]))
    if key.check != asked["check"]:
        raise BackupFault(BackupCode.WRONG_KEY)
    return BackupPlace(store, key, work)
