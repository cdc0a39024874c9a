"""Everything from the archive alone: rows, register, ledger and index of a house that lost all else.

1. Only a house without dossiers and without a ledger is rebuilt; what stands is never written over.
2. The records tell the rows, the later the better; a dossier that no record tells of, or tells of less than
   its own object, is taken from its object.
3. A file comes back if its bytes are anywhere; a paper whose pages are nowhere, because it was not archived
   yet, comes back as expected: its title is known, its pages are scanned again.
4. The ledger's chain, what was sealed of it and the register's log are checked before anything is kept.
Log-ins do not come back: passwords, sessions. Accounts do, switched off until they get a password.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from certify.book import translog
from foundation.row_types import insert_into
from office.desk import searching
from office.desk.archiving import ROWS, enter_catalogue
from office.desk.upkeep import recording_rows
from office.desk.upkeep.sealing import SEALED, findings_in, seals
from office.procedure import CopyState, FileRole, PaperState
from office.rows import in_archive, keeping, recording, snapshots
from office.tables import arrivals, catalogue, copies, dossiers, fields, files, pages, papers, signings
from office.value import Office
from storage import changes, ledger
from storage.database import reading, writing
from storage.faults import StorageCode, StorageFault
from storage.objects import Key

INSERTS = 500  # rows in one statement
HELD = sa.Table(  # what the objects hold, for as long as the rows come back: too many for memory
    "rebuilding_held",
    sa.MetaData(),
    sa.Column("sha256", sa.String(64), primary_key=True),
    prefixes=["TEMPORARY"],
)
LOST_WITH_ITS_BYTES = (CopyState.OFFICER_ASKED, CopyState.OFFICER_SIGNED, CopyState.AGENCY_ASKED)


@dataclass(frozen=True)
class Rebuilt:
    """What came back."""

    entries: int  # of the ledger
    dossiers: int
    papers: int
    expected: int  # papers whose pages have to be scanned again
    indexed: int


def is_empty(office: Office) -> bool:
    """Has this house no dossier and no ledger, so that everything may come back into it?"""
    with reading(office.engine) as connection:
        some = connection.execute(sa.select(dossiers.c.id).limit(1)).first()
        return some is None and ledger.verify(connection).count == 0


def rebuild_house(office: Office) -> Rebuilt:
    """Bring everything back (rules 1-4).

    Raises: StorageFault CHAIN_BROKEN when the ledger, a seal or the log does not hold; nothing is kept then.
    """
    newest = _newest_records(office)
    with writing(office.engine) as connection:
        if connection.execute(sa.select(dossiers.c.id).limit(1)).first() is not None:
            raise StorageFault(StorageCode.ALREADY_KEPT, "dossiers")
        _bring_records(connection, office, newest)
        lacking = _bring_objects(connection, office, newest)
        _derive(connection, office)
        _require_whole(connection, office)
    expected = _settle_what_is_lost(office, lacking)
    counted = _count(office)
    indexed = searching.rebuild(office)
    told = Rebuilt(*counted, expected, indexed)
    with writing(office.engine) as connection:
        body = {"dossiers": told.dossiers, "papers": told.papers, "expected": told.expected}
        recording.note(connection, office, recording.SYSTEM, "house_rebuilt", "archive", **body)
    return told


def _require_whole(connection: Connection, office: Office) -> None:
    if translog.altered(connection):
        raise StorageFault(StorageCode.CHAIN_BROKEN, "register")
    for finding in findings_in(connection, office):
        if finding.code is StorageCode.SIGNER_UNKNOWN:  # its certificate is lost as well; `verify` tells it
            continue
        raise StorageFault(StorageCode.CHAIN_BROKEN, f"{finding.place} {finding.detail}".strip())


def _newest_records(office: Office) -> dict[str, tuple[Key, int]]:
    """Of each dossier the record that tells of it last, and up to which entry of the ledger that was."""
    newest = {}
    for key in recording_rows.records(office.records):
        record = recording_rows.read_record(office.records, key)
        for dossier in record["dossiers"]:
            newest[dossier] = (key, record["as_of"])
    return newest


def _bring_records(connection: Connection, office: Office, newest: Mapping[str, tuple[Key, int]]) -> None:
    reached = recording_rows.Progress()
    elsewhere: list[snapshots.Rows] = []
    for key in recording_rows.records(office.records):
        record = recording_rows.read_record(office.records, key)
        _bring_ledger(connection, [entry for entry in record["ledger"] if entry[0] > reached.seq])
        parted = [
            snapshots.apart(rows) for dossier, rows in record["dossiers"].items() if newest[dossier][0] == key
        ]
        snapshots.put_back(connection, snapshots.together([own for own, _others in parted]))
        elsewhere += [others for _own, others in parted if others["arrivals"]]
        snapshots.put_back(connection, record["register"])
        snapshots.put_back(connection, record["house"])
        last = max((entry[0] for entry in record["ledger"]), default=0)
        leaves = max((row["position"] + 1 for row in record["register"]["certify_log_leaves"]), default=0)
        reached = recording_rows.Progress(max(reached.seq, last), max(reached.leaves, leaves), record["at"])
        _set_change(connection, record["change"])
    snapshots.put_back(connection, snapshots.together(elsewhere))  # when all papers are there
    if reached.seq:
        recording_rows.remember(connection, reached)


def _bring_ledger(connection: Connection, entries: list[list[Any]]) -> None:
    rows = []
    for seq, prev, h, body in entries:
        told = json.loads(body)
        found = {"what": told["what"], "at": told["at"], "subject": told["subject"]}
        rows.append({"seq": seq, "prev": prev, "h": h, "body": body, **found})
    for start in range(0, len(rows), INSERTS):
        connection.execute(sa.insert(ledger.ledger_entries), rows[start : start + INSERTS])


def _bring_objects(
    connection: Connection, office: Office, newest: Mapping[str, tuple[Key, int]]
) -> list[str]:
    """The dossiers of which their own object tells more than any record (rule 2).

    Returns: the digests that rows name and no object holds.
    """
    HELD.create(connection)
    held: set[str] = set()
    for one in office.archive.every():
        held |= set(one.version.sha256.values())
        if len(held) >= INSERTS:
            _hold(connection, held)
        if ROWS not in one.version.sha256:  # archived before objects told their rows
            continue
        told = json.loads(one.read(ROWS))
        (dossier,) = told["rows"]["dossiers"]
        known = newest.get(dossier["id"])
        if known is None or told["as_of"] > known[1]:
            snapshots.put_back(connection, snapshots.apart(told["rows"])[0])
    _hold(connection, held)
    lacking = _lacking(connection)
    HELD.drop(connection)
    return lacking


def _hold(connection: Connection, held: set[str]) -> None:
    """Note these digests in the table, and forget them here."""
    if held:
        once = insert_into(connection, HELD).on_conflict_do_nothing()
        connection.execute(once, [{"sha256": sha256} for sha256 in held])
    held.clear()


def _lacking(connection: Connection) -> list[str]:
    waiting = sa.select(arrivals.c.sha256).where(arrivals.c.paper.is_(None), ~_is_held(arrivals))
    named = sa.select(files.c.sha256).where(~_is_held(files))
    return sorted(connection.execute(sa.union(named, waiting)).scalars())


def _is_held(table: sa.Table) -> sa.Exists:
    """Not IN: PostgreSQL would go through millions of digests anew for each row."""
    return sa.exists().where(HELD.c.sha256 == table.c.sha256)


def _derive(connection: Connection, office: Office) -> None:
    """Heads of ledger and log, the last change number, and what the catalogue lacks."""
    last = sa.select(ledger.ledger_entries).order_by(ledger.ledger_entries.c.seq.desc()).limit(1)
    row = connection.execute(last).one_or_none()
    if row is not None:
        connection.execute(sa.insert(ledger.ledger_head).values(id=1, length=row.seq, head=row.h))
    size = connection.execute(sa.select(sa.func.count()).select_from(translog.log_leaves)).scalar_one()
    if size:
        connection.execute(sa.insert(translog.log_head).values(id=translog.HEAD, size=size))
    newest = connection.execute(sa.select(sa.func.max(catalogue.c.change))).scalar() or 0
    _set_change(connection, newest)
    sealed = max((one.seal.seq for one in seals(office)), default=0)
    if sealed:
        snapshots.note_in_house(connection, SEALED, str(sealed))
    entered = sa.select(catalogue.c.paper)
    lacking = (
        sa.select(papers.c.id, papers.c.archived_version, dossiers.c.code)
        .join(dossiers, papers.c.dossier == dossiers.c.id)
        .where(papers.c.archived_version.is_not(None), papers.c.id.not_in(entered))
        .order_by(papers.c.id)
    )
    for row in connection.execute(lacking).all():
        enter_catalogue(connection, row.id, row.code, row.archived_version)


def _set_change(connection: Connection, least: int) -> None:
    """No change number is given twice."""
    if least > changes.last_change(connection):
        connection.execute(sa.delete(changes.change_number))
        connection.execute(sa.insert(changes.change_number).values(id=1, last=least))


def _settle_what_is_lost(office: Office, lacking: Sequence[str]) -> int:
    """Let no row point at bytes that are nowhere (rule 3). Returns: how many papers are expected again."""
    lost = [sha256 for sha256 in lacking if not _is_anywhere(office, sha256)]
    with writing(office.engine) as connection:
        for start in range(0, len(lost), INSERTS):
            some = lost[start : start + INSERTS]
            connection.execute(sa.delete(files).where(files.c.sha256.in_(some)))
            connection.execute(sa.delete(arrivals).where(arrivals.c.sha256.in_(some)))
        return _expect_again(connection)


def _is_anywhere(office: Office, sha256: str) -> bool:
    if office.objects.has(keeping.key_of(sha256)):
        return True
    return in_archive.holds(office, sha256)


def _expect_again(connection: Connection) -> int:
    """Papers without pages are expected; questions about files that are gone are asked anew."""
    with_pages = sa.select(files.c.paper).where(files.c.role == FileRole.MASTER)
    bare = papers.c.state.not_in((PaperState.ARCHIVED, PaperState.EXPECTED)) & papers.c.id.not_in(with_pages)
    ids = list(connection.execute(sa.select(papers.c.id).where(bare)).scalars())
    for table in (pages, fields, files):
        connection.execute(sa.delete(table).where(table.c.paper.in_(ids)))
    expected = {"state": PaperState.EXPECTED, "page_count": None, "original_pages": None}
    unsigned = {"signed_at": None, "reviewed_by": None, "result_code": None}
    connection.execute(sa.update(papers).where(papers.c.id.in_(ids)).values(**expected, **unsigned))
    bare_copies = copies.c.id.not_in(sa.select(files.c.copy).where(files.c.copy != ""))
    lost = sa.select(copies.c.id).where(copies.c.state.in_(LOST_WITH_ITS_BYTES), bare_copies)
    again = list(connection.execute(lost).scalars())
    connection.execute(sa.delete(signings).where(signings.c.copy.in_(again)))
    connection.execute(sa.update(copies).where(copies.c.id.in_(again)).values(state=CopyState.RESERVED))
    return len(ids)


def _count(office: Office) -> tuple[int, int, int]:
    with reading(office.engine) as connection:
        entries = ledger.verify(connection).count
        many = (sa.select(sa.func.count()).select_from(table) for table in (dossiers, papers))
        of_dossiers, of_papers = (connection.execute(one).scalar_one() for one in many)
    return entries, of_dossiers, of_papers
