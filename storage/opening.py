"""Which store or archive an address means: none: a directory of this machine; `s3://…`: a bucket."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from storage.directory import DirectoryStore
from storage.faults import StorageCode, StorageFault
from storage.objects import ObjectStore
from storage.ocfl.mirror import Repository
from storage.ocfl.root import OcflRoot

if TYPE_CHECKING:
    from storage.s3.address import Access, Address
    from storage.s3.bucket import Bucket

OBJECTS = "objects"  # folders below the address, or below the data directory
ARCHIVE = "archive"
RECORDS = "records"


@dataclass(frozen=True)
class Location:
    """Where objects or archives lie.

    Args:
        url: empty for the directory, else `s3://HOST[:PORT]/BUCKET[/PREFIX][?region=REGION]`.
        folder: the directory that holds their folders, where there is no url.
        credentials: a file with the access key and the secret key, a line each.
        authority: a PEM file with the server's own authority; None for those this machine trusts.
    """

    url: str
    folder: Path
    credentials: Path | None = None
    authority: Path | None = None


@dataclass(frozen=True)
class Holdings:
    """Where finished dossiers lie, and beside them the records of the house: seals, ledger, rows."""

    archive: Repository
    records: ObjectStore


def open_objects(location: Location, clock: Callable[[], datetime], below: str = OBJECTS) -> ObjectStore:
    """Open the store `below` the address; a bucket's server is tried out first.

    Raises: StorageFault BAD_ADDRESS, BAD_CREDENTIALS, UNREACHABLE, DENIED, NO_BUCKET; WEAK_STORE, with what
    the server lacks, when it does not enforce what an archive needs.
    """
    if not location.url:
        return DirectoryStore(location.folder / below)
    return _S3.opened(location, clock).store(below)


def open_archive(location: Location, clock: Callable[[], datetime]) -> Holdings:
    """Open the archive and the records beside it, in a directory or a bucket. Raises: as open_objects."""
    if not location.url:
        return Holdings(OcflRoot(location.folder / ARCHIVE, clock), DirectoryStore(location.folder / RECORDS))
    server = _S3.opened(location, clock)
    return Holdings(server.archive(clock), server.store(RECORDS))


@dataclass(frozen=True)
class _S3:
    """A bucket whose server was tried out."""

    address: "Address"
    access: "Access"
    reads_back: bool

    @classmethod
    def opened(cls, location: Location, clock: Callable[[], datetime]) -> "_S3":
        from storage.s3.address import Access, Address  # noqa: PLC0415 the client is loaded only where a bucket is
        from storage.s3.bucket import Bucket  # noqa: PLC0415
        from storage.s3.probe import probe  # noqa: PLC0415

        address = Address.of(location.url)
        if location.credentials is None:
            raise StorageFault(StorageCode.BAD_CREDENTIALS, "no file of credentials is set")
        access = Access(location.credentials, location.authority)
        strength = probe(Bucket(address, access), clock(), secrets.token_hex(8))
        if strength.lacking:
            raise StorageFault(StorageCode.WEAK_STORE, ", ".join(strength.lacking).replace("_", " "))
        return cls(address, access, not strength.checks_digests)

    def store(self, below: str) -> ObjectStore:
        from storage.s3.store import S3Store  # noqa: PLC0415

        return S3Store(self._bucket(below), reads_back=self.reads_back)

    def archive(self, clock: Callable[[], datetime]) -> Repository:
        from storage.ocfl.bucket import Ground, OcflBucket  # noqa: PLC0415

        ground = Ground(self._bucket(ARCHIVE), self._bucket(f"{ARCHIVE}.work"), self.reads_back)
        return OcflBucket(ground, clock)

    def _bucket(self, below: str) -> "Bucket":
        from storage.s3.bucket import Bucket  # noqa: PLC0415

        return Bucket(self.address.below(below), self.access)
