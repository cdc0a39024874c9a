"""Every byte read again, a little each time, so that all are read within so many days; damage is repaired.

A dossier is read with everything the house keeps of it: its object of the archive and its files among the
objects. What is damaged in the archive is restored from the replica; a damaged file among the objects from
the archive. What was found and what became of it stands in the ledger.
"""

from collections import deque
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from foundation.row_types import insert_into
from office.rows import claims, in_archive, keeping, recording
from office.tables import dossiers, files, fixity, papers
from office.value import Office
from storage.archive import Version
from storage.database import reading, writing
from storage.disk import measure
from storage.faults import Finding, StorageCode, StorageFault
from storage.objects import Key, ObjectStore
from storage.ocfl.mirror import Repository, mirror, repair

BATCH = 20  # dossiers a turn; then others may have the hand
FIRST_AFTER = timedelta(days=1)  # a new dossier is read when its day is over
MOST_ROUNDS = 5  # of repair: with its inventories mended, an object tells more of itself
RECORDS = "records"  # what is read as one: the records of the house
OBJECT_SEGMENTS = 4  # of a place in the archive that name the object's folder


@dataclass(frozen=True)
class Reading:
    """What came of reading one dossier again: the version read, and what was found, repaired or not."""

    version: int
    repaired: tuple[Finding, ...]
    damaged: tuple[Finding, ...]


def is_due(connection: Connection, office: Office) -> bool:
    """Is there something that was not read for too long?"""
    return bool(_due(connection, office, 1)) or _records_are_due(connection, office)


def reread_archive(office: Office, claim: claims.Claim) -> None:
    """The chore: read the next dossiers again. Raises: StorageFault UNREACHABLE."""
    with reading(office.engine) as connection:
        found = _due(connection, office, BATCH)
        with_records = _records_are_due(connection, office)
    readings = {code: reread_dossier(office, dossier, code) for dossier, code in found}
    if with_records:
        readings[RECORDS] = _reread_records(office)
    with writing(office.engine) as connection:
        claims.write(connection, claim, {"done_at": office.clock()})
        for code, one in readings.items():
            _tell(connection, office, code, one)
        told = {
            "read": len(readings),
            "repaired": sum(len(one.repaired) for one in readings.values()),
            "damaged": sum(len(one.damaged) for one in readings.values()),
        }
        recording.note(connection, office, recording.SYSTEM, "archive_read_again", "archive", **told)


def reread_dossier(office: Office, dossier_id: str, code: str) -> Reading:
    """Read everything that is kept of a dossier, repair what can be, and say in its row how it stands."""
    archive_repaired, archive_damaged = _reread_object(office, code)
    version = _newest_readable(office, code)
    repaired, damaged = _reread_files(office, dossier_id, version)
    told = Reading(version.number, (*archive_repaired, *repaired), (*archive_damaged, *damaged))
    with writing(office.engine) as connection:
        values = {"read_at": office.clock(), "version": told.version, "damaged": len(told.damaged)}
        note_reading(connection, dossier_id, **values)
    return told


def note_reading(connection: Connection, unit: str, **values: object) -> None:
    """Say how it stands with a dossier, or with the records."""
    written = insert_into(connection, fixity).values(unit_read=unit, **values)
    connection.execute(written.on_conflict_do_update(index_elements=["unit_read"], set_=values))


def _newest_readable(office: Office, code: str) -> Version:
    """The newest version; one without files when its inventory is past reading."""
    try:
        return in_archive.newest(office, code)
    except StorageFault as fault:
        if fault.code is not StorageCode.DAMAGED:
            raise
        return Version(0, {})


def _reread_object(office: Office, code: str) -> tuple[list[Finding], list[Finding]]:
    """What was repaired, and what stays damaged, in the object of a dossier."""
    object_id = in_archive.archive_id(office, code)
    try:
        found = tuple(office.archive.verify(object_id))
    except StorageFault as fault:
        if fault.code is not StorageCode.NOT_KEPT:
            raise
        found = (Finding(office.archive.tree_of(object_id).place, StorageCode.NOT_KEPT),)
    if not found:
        return [], []
    replica = office.open_replica()
    if replica is None:
        return [], list(found)
    every, left = dict.fromkeys(found), found
    for _ in range(MOST_ROUNDS):
        _restore(office.archive, replica.archive, object_id, left)
        before, left = left, tuple(office.archive.verify(object_id))
        every.update(dict.fromkeys(left))
        if not left or left == before:
            break
    places = {one.place for one in left}
    return [one for one in every if one.place not in places], list(left)


def _restore(archive: Repository, replica: Repository, object_id: str, found: tuple[Finding, ...]) -> None:
    damaged, sound = archive.tree_of(object_id), replica.tree_of(object_id)
    within = [replace(one, place=one.place.split("/", OBJECT_SEGMENTS)[-1]) for one in found]
    try:
        with archive.quiet(damaged.place):
            if any(one.place == damaged.place for one in found):
                mirror(sound, damaged)
            else:
                deque(repair(damaged, sound, within), maxlen=0)
    except StorageFault as fault:  # the replica has nothing better; reading once more tells what is left
        if fault.code not in (StorageCode.NOT_KEPT, StorageCode.DAMAGED):
            raise


def _reread_files(office: Office, dossier_id: str, version: Version) -> tuple[list[Finding], list[Finding]]:
    """The dossier's files among the objects; what left them is in the archive."""
    with reading(office.engine) as connection:
        joined = sa.select(files.c.sha256).distinct().join(papers, files.c.paper == papers.c.id)
        digests = list(connection.execute(joined.where(papers.c.dossier == dossier_id)).scalars())
    repaired: list[Finding] = []
    damaged: list[Finding] = []
    for sha256 in sorted(digests):
        fault = _fault_of(office, sha256)
        if fault is None or (fault is StorageCode.NOT_KEPT and _is_elsewhere(office, sha256, version)):
            continue
        mended = fault is StorageCode.DAMAGED and _mend(office, sha256)
        (repaired if mended else damaged).append(Finding(f"objects/{keeping.key_of(sha256)}", fault))
    return repaired, damaged


def _fault_of(office: Office, sha256: str) -> StorageCode | None:
    with office.work_folder() as work:
        try:
            office.objects.get(keeping.key_of(sha256), work / "read")
        except StorageFault as fault:
            if fault.code in (StorageCode.NOT_KEPT, StorageCode.DAMAGED):
                return fault.code
            raise
    return None


def _is_elsewhere(office: Office, sha256: str, version: Version) -> bool:
    if in_archive.logical_of(version, sha256) is not None:
        return True
    with office.work_folder() as work:
        return in_archive.fetch(office, sha256, work / "elsewhere")


def _mend(office: Office, sha256: str) -> bool:
    """Put the bytes that the archive holds where the objects' own have rotted."""
    with office.work_folder() as work:
        try:
            if not in_archive.fetch(office, sha256, work / "sound"):
                return False
        except StorageFault as fault:
            if fault.code is not StorageCode.DAMAGED:
                raise
            return False
        office.objects.repair(keeping.key_of(sha256), work / "sound")
    return True


def _reread_records(office: Office) -> Reading:
    """Every record and seal; what is damaged is taken from the replica."""
    replica = office.open_replica()
    repaired: list[Finding] = []
    damaged: list[Finding] = []
    with office.work_folder() as work:
        for number, key in enumerate(office.records.keys()):
            try:
                office.records.read(key)
            except StorageFault as fault:
                sound = work / f"{number:08d}"
                mended = replica is not None and _fetched(replica.records, key, sound)
                if mended:
                    office.records.repair(key, sound)
                (repaired if mended else damaged).append(Finding(f"records/{key}", fault.code))
    with writing(office.engine) as connection:
        note_reading(connection, RECORDS, read_at=office.clock(), damaged=len(damaged))
    return Reading(0, tuple(repaired), tuple(damaged))


def _fetched(store: ObjectStore, key: Key, target: Path) -> bool:
    try:
        kept = store.get(key, target)
    except StorageFault:
        return False
    return measure(target).sha256 == kept.sha256


def _tell(connection: Connection, office: Office, code: str, one: Reading) -> None:
    for what, found in (("damage_repaired", one.repaired), ("damage_found", one.damaged)):
        for finding in found:
            told = {"place": finding.place, "fault": str(finding.code)}
            recording.note(connection, office, recording.SYSTEM, what, code, **told)


def _due(connection: Connection, office: Office, limit: int) -> list[tuple[str, str]]:
    """The next dossiers (id and code) to read: those never read first, then those read longest ago."""
    now = office.clock()
    newest = in_archive.newest_versions()
    is_new = fixity.c.read_at.is_(None) & (dossiers.c.created_at <= now - FIRST_AFTER)
    is_old = fixity.c.read_at <= now - timedelta(days=office.settings.archive.reread_days)
    has_grown = (fixity.c.version < newest.c.version) & (fixity.c.read_at <= now - FIRST_AFTER)
    chosen = (
        sa.select(dossiers.c.id, dossiers.c.code)
        .join(newest, newest.c.dossier == dossiers.c.id)
        .outerjoin(fixity, fixity.c.unit_read == dossiers.c.id)
        .where(is_new | is_old | has_grown)
        .order_by(fixity.c.read_at.is_not(None), fixity.c.read_at, dossiers.c.created_at)
        .limit(limit)
    )
    return [(row.id, row.code) for row in connection.execute(chosen)]


def _records_are_due(connection: Connection, office: Office) -> bool:
    now = office.clock()
    read_at = connection.execute(sa.select(fixity.c.read_at).where(fixity.c.unit_read == RECORDS)).scalar()
    if read_at is None:
        oldest = connection.execute(sa.select(sa.func.min(dossiers.c.created_at))).scalar()
        return oldest is not None and oldest <= now - FIRST_AFTER
    return bool(read_at <= now - timedelta(days=office.settings.archive.reread_days))


def damaged_units(connection: Connection) -> list[tuple[str, int]]:
    """What was read damaged and could not be repaired: its code (or RECORDS), and how many findings."""
    chosen = (
        sa.select(sa.func.coalesce(dossiers.c.code, fixity.c.unit_read), fixity.c.damaged)
        .select_from(fixity.outerjoin(dossiers, dossiers.c.id == fixity.c.unit_read))
        .where(fixity.c.damaged > 0)
    )
    return [(code, count) for code, count in connection.execute(chosen)]
