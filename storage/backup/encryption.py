"""Files of a backup under a key: AES-256-GCM over pieces whose order and end are authenticated.

Format (docs/adr/0043): `MOTCUAE1`, 32 bytes of salt, then pieces of 1 MiB of content, the last one of what is
left (perhaps nothing), each followed by its 16 bytes of tag.
1. Each file has a key of its own: HKDF-SHA256 (RFC 5869) of the place's key and the salt.
2. The nonce of a piece is its number, 11 bytes from 0 upwards, and one byte that is 1 for the last piece: a
   piece that is missing, moved or added, and a file that was cut off, are told (the STREAM construction).
3. The name of the file at its place goes into every tag: no file passes for another one.
"""

import hmac
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from storage.backup.faults import BackupCode, BackupFault

MAGIC = b"MOTCUAE1"
SALT_BYTES = KEY_BYTES = 32
TAG_BYTES = 16
PIECE_BYTES = 1 << 20
NUMBER_BYTES = 11
LEAST_SECRET_BYTES = 32  # of a key file
LEAST_PASSPHRASE = 12  # bytes
SCRYPT_N, SCRYPT_R, SCRYPT_P = 1 << 17, 8, 1  # 128 MiB, about half a second
_FILES, _NAMES, _CHECK = b"motcua backup files", b"motcua backup names", b"motcua backup check"


@dataclass(frozen=True)
class BackupKey:
    """The key of one place; everything else is made from it."""

    master: bytes = field(repr=False)

    @classmethod
    def of_file(cls, content: bytes, salt: bytes) -> "BackupKey":
        """The key that a key file gives. Raises: BackupFault WEAK_KEY for a file too short to be one."""
        if len(content) < LEAST_SECRET_BYTES:
            raise BackupFault(BackupCode.WEAK_KEY)
        return cls(_derived(content, salt, b"motcua backup key file"))

    @classmethod
    def of_passphrase(cls, passphrase: bytes, salt: bytes) -> "BackupKey":
        """The key that a passphrase gives, by scrypt (RFC 7914). Raises: BackupFault WEAK_KEY."""
        if len(passphrase) < LEAST_PASSPHRASE:
            raise BackupFault(BackupCode.WEAK_KEY)
        return cls(Scrypt(salt, KEY_BYTES, SCRYPT_N, SCRYPT_R, SCRYPT_P).derive(passphrase))

    @property
    def check(self) -> str:
        """What tells this key from another one, as hex; it tells nothing of the key."""
        return _derived(self.master, b"", _CHECK).hex()

    def name_of(self, digest: str) -> str:
        """The name under which a content goes: who has no key learns no digest."""
        return hmac.new(_derived(self.master, b"", _NAMES), digest.encode(), sha256).hexdigest()

    def file_key(self, salt: bytes) -> AESGCM:
        """The key of one file."""
        return AESGCM(_derived(self.master, salt, _FILES))


def encrypt(key: BackupKey, name: str, source: BinaryIO, target: BinaryIO) -> None:
    """Write all that `source` holds to `target`, encrypted as the file of this name."""
    salt = os.urandom(SALT_BYTES)
    cipher = key.file_key(salt)
    target.write(MAGIC + salt)
    number, piece = 0, source.read(PIECE_BYTES)
    while True:
        following = source.read(PIECE_BYTES)
        target.write(cipher.encrypt(_nonce(number, is_last=not following), piece, name.encode()))
        if not following:
            return
        number, piece = number + 1, following


def decrypt(key: BackupKey, name: str, source: BinaryIO, take: Callable[[bytes], object]) -> None:
    """Hand every byte of a file's content to `take`, each piece once it is proved.

    Raises: BackupFault DAMAGED when a byte, the order or the end is not what was written under this name.
    """
    head = source.read(len(MAGIC) + SALT_BYTES)
    if len(head) != len(MAGIC) + SALT_BYTES or not head.startswith(MAGIC):
        raise BackupFault(BackupCode.DAMAGED, name)
    cipher = key.file_key(head[len(MAGIC) :])
    number, piece = 0, source.read(PIECE_BYTES + TAG_BYTES)
    while True:
        following = source.read(PIECE_BYTES + TAG_BYTES)
        try:
            take(cipher.decrypt(_nonce(number, is_last=not following), piece, name.encode()))
        except InvalidTag as altered:
            raise BackupFault(BackupCode.DAMAGED, name) from altered
        if not following:
            return
        number, piece = number + 1, following


def encrypt_file(key: BackupKey, name: str, source: Path, target: Path) -> None:
    """As `encrypt`, from file to new file."""
    with source.open("rb") as read, target.open("xb") as out:
        encrypt(key, name, read, out)


def content_bytes(encrypted_bytes: int) -> int:
    """How many bytes of content a file of so many bytes holds."""
    body = encrypted_bytes - len(MAGIC) - SALT_BYTES
    return body - TAG_BYTES * -(-body // (PIECE_BYTES + TAG_BYTES))


def _nonce(number: int, *, is_last: bool) -> bytes:
    return number.to_bytes(NUMBER_BYTES, "big") + bytes([is_last])


def _derived(secret: bytes, salt: bytes, purpose: bytes) -> bytes:
    return HKDF(SHA256(), KEY_BYTES, salt or None, purpose).derive(secret)
