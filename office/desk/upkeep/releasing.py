"""Release: files that the archive holds leave the objects, where every page lay twice.

1. Nothing leaves before the dossier's newest version was read back by digest, every byte, and the replica was
   read back too and holds the same version. Both are done here, in the same act, not remembered.
2. What leaves is in that version, or is the beginning of a file in it, or was an intermediate of a copy that
   the archive holds.
3. Acts and pages find what has left in the archive (office.rows.keeping.fetch).
"""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from office.desk.upkeep.rereading import note_reading
from office.procedure import FileRole, PaperState
from office.rows import claims, in_archive, keeping, recording
from office.tables import copies, dossiers, files, fixity, papers
from office.value import Office
from storage.archive import Version
from storage.database import reading, writing
from storage.ocfl.mirror import is_mirrored

BATCH = 20  # dossiers a turn
INTERMEDIATE = (
    FileRole.OFFICER_PREPARED,
    FileRole.OFFICER_SIGNED,
    FileRole.AGENCY_PREPARED,
    FileRole.AGENCY_SIGNED,
)


@dataclass(frozen=True)
class Released:
    """What left the objects: how many files, and how many bytes."""

    files: int
    size_bytes: int


@dataclass(frozen=True)
class Intermediate:
    """A file that was needed only until its copy stood: its id, digest and size."""

    id: str
    sha256: str
    size_bytes: int


def is_due(connection: Connection, office: Office) -> bool:
    """Is there a dossier that was read again and copied, whose files still lie among the objects?"""
    return bool(office.settings.replica.url) and bool(_ready(connection, 1))


def release_archived(office: Office, claim: claims.Claim) -> None:
    """The chore: let the files of the next dossiers leave the objects. Raises: StorageFault UNREACHABLE."""
    with reading(office.engine) as connection:
        found = _ready(connection, BATCH)
    for dossier, code in found:
        release_dossier(office, dossier, code)
    with writing(office.engine) as connection:
        claims.write(connection, claim, {"done_at": office.clock()})


def release_dossier(office: Office, dossier_id: str, code: str) -> Released | None:
    """Let what the archive holds of a dossier leave the objects; None: rule 1 fails, and nothing leaves."""
    version = in_archive.newest(office, code)
    if not version.number or not _is_held_twice(office, code):
        with writing(office.engine) as connection:  # read and copied again before the next try
            note_reading(connection, dossier_id, read_at=None, replicated_version=None)
        return None
    with reading(office.engine) as connection:
        intermediate = _intermediates(connection, dossier_id)
        rows = [row.id for row in intermediate]
        sizes = _leaving(connection, office, dossier_id, version) | _unnamed(connection, intermediate)
    for sha256 in sizes:  # done again after a crash: only then do the rows say so
        office.objects.remove(keeping.key_of(sha256))
    told = Released(len(sizes), sum(sizes.values()))
    with writing(office.engine) as connection:
        connection.execute(sa.delete(files).where(files.c.id.in_(rows)))
        note_reading(connection, dossier_id, released_version=version.number)
        body = {"version": version.number, "files": told.files, "bytes": told.size_bytes}
        recording.note(connection, office, recording.SYSTEM, "files_released", code, **body)
    return told


def _is_held_twice(office: Office, code: str) -> bool:
    """Read every byte of the archive's object and of its copy (rule 1)."""
    replica = office.open_replica()
    if replica is None:
        return False
    object_id = in_archive.archive_id(office, code)
    if next(iter(office.archive.verify(object_id)), None) is not None:
        return False
    return is_mirrored(office.archive.tree_of(object_id), replica.archive.tree_of(object_id))


def _leaving(connection: Connection, office: Office, dossier_id: str, version: Version) -> dict[str, int]:
    """Digest and size of each file that this version holds, or of which it holds the whole (rule 2)."""
    held = set(version.sha256.values())
    joined = sa.select(files.c.sha256, files.c.size_bytes).join(papers, files.c.paper == papers.c.id)
    chosen = joined.where(papers.c.dossier == dossier_id, papers.c.state == PaperState.ARCHIVED)
    sizes = {row.sha256: row.size_bytes for row in connection.execute(chosen)}
    return {
        sha256: size
        for sha256, size in sizes.items()
        if sha256 in held
        or any(
            one.whole in held and in_archive.begins(office, one)
            for one in in_archive.beginnings(connection, sha256)
        )
    }


def _intermediates(connection: Connection, dossier_id: str) -> list[Intermediate]:
    """The intermediates of copies that the archive holds."""
    chosen = (
        sa.select(files.c.id, files.c.sha256, files.c.size_bytes)
        .join(copies, copies.c.id == files.c.copy)
        .join(papers, papers.c.id == copies.c.paper)
        .where(papers.c.dossier == dossier_id, copies.c.archived_version.is_not(None))
        .where(files.c.role.in_(INTERMEDIATE))
    )
    return [Intermediate(*found) for found in connection.execute(chosen)]


def _unnamed(connection: Connection, rows: list[Intermediate]) -> dict[str, int]:
    """Digest and size of each file that no other row names."""
    sizes = {row.sha256: row.size_bytes for row in rows}
    others = files.c.sha256.in_(list(sizes)) & files.c.id.not_in([row.id for row in rows])
    named = set(connection.execute(sa.select(files.c.sha256).where(others)).scalars())
    return {sha256: size for sha256, size in sizes.items() if sha256 not in named}


def _ready(connection: Connection, limit: int) -> list[tuple[str, str]]:
    """The dossiers (id and code) read again and copied since they grew last, and not released since."""
    chosen = (
        sa.select(dossiers.c.id, dossiers.c.code)
        .join(fixity, fixity.c.unit_read == dossiers.c.id)
        .where(fixity.c.read_at.is_not(None), fixity.c.damaged == 0)
        .where(fixity.c.replicated_version == fixity.c.version)
        .where(sa.func.coalesce(fixity.c.released_version, 0) < fixity.c.version)
        .order_by(dossiers.c.created_at)
        .limit(limit)
    )
    return [(row.id, row.code) for row in connection.execute(chosen)]
