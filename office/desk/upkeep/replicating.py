"""A second copy: every dossier's object and every record, as they are, in the replica.

A dossier counts as copied when every byte of its copy was read back and matches its digest.
"""

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from office.desk.upkeep.recording_rows import progress
from office.desk.upkeep.rereading import note_reading
from office.desk.upkeep.sealing import SEALED
from office.rows import claims, in_archive
from office.rows.snapshots import house_value, note_in_house
from office.tables import dossiers, fixity
from office.value import Office
from storage.database import reading, writing
from storage.objects import Key, ObjectStore
from storage.ocfl.mirror import is_mirrored, mirror
from storage.opening import Holdings

BATCH = 20  # dossiers a turn
REPLICATED = "replicated"  # the row of `house` that says up to where the records are copied


def is_behind(connection: Connection, office: Office) -> bool:
    """Is there a replica, and does it lack something?"""
    if not office.settings.replica.url:
        return False
    return bool(_lacking(connection, 1)) or _records_lack(connection)


def replicate_archive(office: Office, claim: claims.Claim) -> None:
    """The chore: copy the next dossiers and records. Raises: StorageFault UNREACHABLE, DAMAGED."""
    replica = office.open_replica()
    if replica is not None:
        replicate(office, replica, BATCH)
    with writing(office.engine) as connection:
        claims.write(connection, claim, {"done_at": office.clock()})


def replicate(office: Office, replica: Holdings, limit: int | None = None) -> int:
    """Copy what the replica lacks, at most so many dossiers. Returns: how many dossiers were copied."""
    with reading(office.engine) as connection:
        found = _lacking(connection, limit)
        records_at = _records_at(connection)
    copied = sum(replicate_dossier(office, replica, dossier, code) for dossier, code in found)
    _copy_records(office, replica.records)
    with writing(office.engine) as connection:
        note_in_house(connection, REPLICATED, records_at)
    return copied


def replicate_dossier(office: Office, replica: Holdings, dossier_id: str, code: str) -> bool:
    """Copy one dossier's object and read the copy back; False when the copy is not what was sent."""
    object_id = in_archive.archive_id(office, code)
    version = in_archive.newest(office, code)
    source, target = office.archive.tree_of(object_id), replica.archive.tree_of(object_id)
    mirror(source, target)
    if not is_mirrored(source, target):
        return False
    with writing(office.engine) as connection:
        note_reading(connection, dossier_id, replicated_version=version.number)
    return True


def _copy_records(office: Office, target: ObjectStore) -> None:
    there = set(target.keys())
    for key in sorted(set(office.records.keys()) - there):
        _copy_record(office, target, key)


def _copy_record(office: Office, target: ObjectStore, key: Key) -> None:
    with office.work_folder() as work:
        office.records.get(key, work / "record")
        target.put(key, work / "record")
    if target.promises.retention:
        target.retain(key, office.kept_until)


def _lacking(connection: Connection, limit: int | None) -> list[tuple[str, str]]:
    """The dossiers (id and code) of which the replica lacks the newest version."""
    newest = in_archive.newest_versions()
    chosen = (
        sa.select(dossiers.c.id, dossiers.c.code)
        .join(newest, newest.c.dossier == dossiers.c.id)
        .outerjoin(fixity, fixity.c.unit_read == dossiers.c.id)
        .where(sa.func.coalesce(fixity.c.replicated_version, 0) < newest.c.version)
        .order_by(dossiers.c.created_at)
        .limit(limit)
    )
    return [(row.id, row.code) for row in connection.execute(chosen)]


def _records_at(connection: Connection) -> str:
    return f"{progress(connection).seq} {house_value(connection, SEALED) or 0}"


def _records_lack(connection: Connection) -> bool:
    at = _records_at(connection)
    return at not in ("0 0", house_value(connection, REPLICATED))
