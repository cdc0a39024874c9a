"""Where in the archive the bytes of a file lie, once they have left the objects.

A digitized paper before its signature is the beginning of the signed one: the signature was added behind it.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from office.procedure import FileRole
from office.tables import copies, dossiers, files, papers
from office.value import Office
from storage.archive import Newest, Version
from storage.database import reading
from storage.faults import StorageCode, StorageFault

_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class Beginning:
    """A file that is the beginning of a longer one: its digest and size, and the longer one's digest."""

    sha256: str
    size_bytes: int
    whole: str


class Shelf:
    """The archive as one act reads it, dossier after dossier: each inventory is read once."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._code: str | None = None
        self._paths: dict[str, str] = {}  # sha256 → logical path
        self._newest: Newest | None = None

    def read(self, code: str, sha256: str) -> bytes | None:
        """A small file of a dossier's object by its digest; None when the newest version does not hold it.

        Raises: StorageFault DAMAGED, UNREACHABLE.
        """
        if code != self._code:
            self._open(code)
        logical = self._paths.get(sha256)
        return self._newest.read(logical) if self._newest and logical else None

    def _open(self, code: str) -> None:
        self._code, self._newest, self._paths = None, None, {}
        try:
            self._newest = self._office.archive.newest(archive_id(self._office, code))
        except StorageFault as fault:
            if fault.code is not StorageCode.NOT_KEPT:
                raise
        else:
            self._paths = {digest: logical for logical, digest in self._newest.version.sha256.items()}
        self._code = code


def archive_id(office: Office, code: str) -> str:
    """The OCFL id of a dossier."""
    return f"urn:motcua:{office.settings.unit}:{code}"


def fetch(office: Office, sha256: str, target: Path) -> bool:
    """Copy the bytes with this digest to the new file `target`; False when the archive does not have them.

    Raises: StorageFault DAMAGED, UNREACHABLE.
    """
    with reading(office.engine) as connection:
        codes = tuple(_codes(connection, sha256))
        longer = tuple(beginnings(connection, sha256))
    for code in codes:
        version = newest(office, code)
        logical = logical_of(version, sha256)
        if logical is not None:
            office.archive.fetch(archive_id(office, code), logical, target)
            return True
    return any(_fetch_beginning(office, one, target) for one in longer if one.whole != sha256)


def holds(office: Office, sha256: str) -> bool:
    """Does the archive hold the bytes with this digest? What its inventories say; nothing is read again."""
    with reading(office.engine) as connection:
        codes = tuple(_codes(connection, sha256))
        longer = tuple(beginnings(connection, sha256))
    if any(logical_of(newest(office, code), sha256) is not None for code in codes):
        return True
    return any(begins(office, one) for one in longer if one.whole != sha256)


def newest(office: Office, code: str) -> Version:
    """The newest version of a dossier's object; one without files when there is none."""
    try:
        return office.archive.version(archive_id(office, code))
    except StorageFault as fault:
        if fault.code is not StorageCode.NOT_KEPT:
            raise
        return Version(0, {})


def newest_versions() -> sa.Subquery:
    """Of each dossier the newest version that its papers or copies came into: columns dossier, version."""
    of_papers = sa.select(papers.c.dossier, papers.c.archived_version.label("version"))
    of_copies = sa.select(papers.c.dossier, copies.c.archived_version.label("version"))
    both = sa.union_all(of_papers, of_copies.join(copies, copies.c.paper == papers.c.id)).subquery()
    newest_one = sa.select(both.c.dossier, sa.func.max(both.c.version).label("version"))
    return newest_one.where(both.c.version.is_not(None)).group_by(both.c.dossier).subquery()


def logical_of(version: Version, sha256: str) -> str | None:
    """Under which path a version holds the bytes with this digest."""
    return next((logical for logical, digest in version.sha256.items() if digest == sha256), None)


def beginnings(connection: Connection, sha256: str) -> Iterator[Beginning]:
    """The signed scans of which a file with this digest may be the beginning."""
    whole = files.alias()
    chosen = (
        sa.select(files.c.sha256, files.c.size_bytes, whole.c.sha256.label("whole"))
        .join(whole, (whole.c.paper == files.c.paper) & (whole.c.role == FileRole.SIGNED_SCAN))
        .where(files.c.sha256 == sha256, files.c.role == FileRole.DIGITIZED)
    )
    for row in connection.execute(chosen):
        yield Beginning(row.sha256, row.size_bytes, row.whole)


def begins(office: Office, one: Beginning) -> bool:
    """Does the archive hold a file that begins with exactly these bytes?"""
    with office.work_folder() as work:
        return _fetch_beginning(office, one, work / "beginning")


def _fetch_beginning(office: Office, one: Beginning, target: Path) -> bool:
    with office.work_folder() as work:
        if not fetch(office, one.whole, work / "whole"):
            return False
        digest = hashlib.sha256()
        with (work / "whole").open("rb") as source, (work / "beginning").open("xb") as out:
            left = one.size_bytes
            while left and (chunk := source.read(min(left, _CHUNK_BYTES))):
                digest.update(chunk)
                out.write(chunk)
                left -= len(chunk)
        if left or digest.hexdigest() != one.sha256:
            return False
        with target.open("xb") as out:
            out.write((work / "beginning").read_bytes())
    return True


def _codes(connection: Connection, sha256: str) -> Iterator[str]:
    joined = sa.select(dossiers.c.code).distinct()
    joined = joined.join(papers, papers.c.dossier == dossiers.c.id).join(files, files.c.paper == papers.c.id)
    yield from connection.execute(joined.where(files.c.sha256 == sha256)).scalars()
