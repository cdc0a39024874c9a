"""Files of papers and copies: bytes go to the objects by their digest, rows say what they are.

Bytes are kept before the row that names them, so a row never points at nothing; bytes whose row was never
written are found and counted by the fixity check.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from digitize.model import Origin
from office.faults import DeskCode, DeskFault
from office.nouns import FileKept
from office.procedure import FileRole
from office.rows import in_archive
from office.rows.nouns import file_of
from office.tables import files
from office.value import Office
from storage.objects import Kept, Key, NotKept

PDF = "application/pdf"


@dataclass(frozen=True)
class Place:
    """What a file is: of which paper, of which of its copies ("" for the paper itself), in which role."""

    paper: str
    role: FileRole
    copy: str = ""
    ordinal: int = 1


def key_of(sha256: str) -> Key:
    """Where the bytes with this digest lie."""
    return Key(f"sha256/{sha256[:2]}/{sha256}")


def keep(office: Office, path: Path, sha256: str) -> Kept:
    """Keep the bytes of `path`, whose digest is `sha256`; the same bytes again are no error."""
    return office.objects.put(key_of(sha256), path)


def attach(
    connection: Connection, office: Office, place: Place, kept: Kept, media_type: str, **details: Any
) -> None:
    """Write the row that says what the kept bytes are; a row already at that place is replaced.

    `details` may hold `at` (instant) and `evidence` (the scanner's account of a master page).
    """
    where = _at(place)
    connection.execute(sa.delete(files).where(*where))
    connection.execute(
        sa.insert(files).values(
            id=office.new_id(),
            paper=place.paper,
            copy=place.copy,
            role=place.role,
            ordinal=place.ordinal,
            sha256=kept.sha256,
            size_bytes=kept.size_bytes,
            media_type=media_type,
            kept_at=details["at"],
            evidence=details.get("evidence"),
        )
    )


def detach(connection: Connection, place: Place) -> None:
    """Take the row at this place away, if there is one; the bytes stay among the objects."""
    connection.execute(sa.delete(files).where(*_at(place)))


def find(connection: Connection, place: Place) -> FileKept:
    """The file at `place`. Raises: DeskFault(NOT_FOUND)."""
    row = connection.execute(sa.select(files).where(*_at(place))).one_or_none()
    if row is None:
        raise DeskFault(DeskCode.NOT_FOUND, f"{place.role} {place.ordinal} of {place.paper}")
    return file_of(row)


def file_named(connection: Connection, file_id: str) -> FileKept:
    """The file with this id. Raises: DeskFault(NOT_FOUND)."""
    row = connection.execute(sa.select(files).where(files.c.id == file_id)).one_or_none()
    if row is None:
        raise DeskFault(DeskCode.NOT_FOUND, file_id)
    return file_of(row)


def masters(connection: Connection, paper: str) -> tuple[FileKept, ...]:
    """The scanned files of a paper, in page order."""
    chosen = sa.select(files).where(
        files.c.paper == paper, files.c.role == FileRole.MASTER, files.c.copy == ""
    )
    return tuple(file_of(row) for row in connection.execute(chosen.order_by(files.c.ordinal)))


def tell_origins(connection: Connection, kept: Sequence[FileKept], origins: Sequence[Origin]) -> None:
    """Write down what each scanned file is, in the order of both."""
    for row, origin in zip(kept, origins, strict=True):
        connection.execute(sa.update(files).where(files.c.id == row.id).values(origin=origin))


def files_of(connection: Connection, paper: str) -> tuple[FileKept, ...]:
    """Every kept file of a paper and of its copies, oldest first."""
    chosen = sa.select(files).where(files.c.paper == paper).order_by(files.c.kept_at, files.c.ordinal)
    return tuple(file_of(row) for row in connection.execute(chosen))


def fetch(office: Office, sha256: str, target: Path) -> Path:
    """Copy the bytes with this digest to the new file `target`, from the objects or from the archive.

    Raises: NotKept, or DAMAGED when they no longer match.
    """
    try:
        office.objects.get(key_of(sha256), target)
    except NotKept:
        if not in_archive.fetch(office, sha256, target):
            raise
    return target


def _at(place: Place) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        files.c.paper == place.paper,
        files.c.copy == place.copy,
        files.c.role == place.role,
        files.c.ordinal == place.ordinal,
    )
