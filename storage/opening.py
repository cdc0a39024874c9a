"""Which store an address means: none, a directory of this machine; `s3://…`, a bucket tried out first."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from storage.directory import DirectoryStore
from storage.faults import StorageCode, StorageFault
from storage.objects import ObjectStore

OBJECTS = "objects"  # the folder below the address, or below the data directory


@dataclass(frozen=True)
class Location:
    """Where objects lie.

    Args:
        url: empty for the directory, else `s3://HOST[:PORT]/BUCKET[/PREFIX][?region=REGION]`.
        folder: the directory, where there is no url.
        credentials: a file with the access key and the secret key, a line each.
        authority: a PEM file with the server's own authority; None for those this machine trusts.
    """

    url: str
    folder: Path
    credentials: Path | None = None
    authority: Path | None = None


def open_objects(location: Location, clock: Callable[[], datetime]) -> ObjectStore:
    """Open the store; a bucket's server is tried out first.

    Raises: StorageFault BAD_ADDRESS, BAD_CREDENTIALS, UNREACHABLE, DENIED, NO_BUCKET; WEAK_STORE, with what
    the server lacks, when it does not enforce what an archive needs.
    """
    if not location.url:
        return DirectoryStore(location.folder)
    return _open_bucket(location, clock)


def _open_bucket(location: Location, clock: Callable[[], datetime]) -> ObjectStore:
    from storage.s3.address import Access, Address  # noqa: PLC0415 the client is loaded only where a bucket is
    from storage.s3.bucket import Bucket  # noqa: PLC0415
    from storage.s3.probe import probe  # noqa: PLC0415
    from storage.s3.store import S3Store  # noqa: PLC0415

    address = Address.of(location.url)
    if location.credentials is None:
        raise StorageFault(StorageCode.BAD_CREDENTIALS, "no file of credentials is set")
    access = Access(location.credentials, location.authority)
    strength = probe(Bucket(address, access), clock(), secrets.token_hex(8))
    if strength.lacking:
        raise StorageFault(StorageCode.WEAK_STORE, ", ".join(strength.lacking).replace("_", " "))
    return S3Store(Bucket(address.below(OBJECTS), access), reads_back=not strength.checks_digests)
