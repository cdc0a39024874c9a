"""A house from a backup: into an empty place, proved by digests before anybody may work there.

1. A house that has rows is never written over.
2. The files of the archive come in the order of a commit; what is there already is not fetched again.
3. The rows come in one transaction, into the form they had, and are held against the set's tallies before it
   ends; only then is the database brought to its newest form.
4. What came back is read again, every byte of it, and the ledger, its seals and the register's log checked.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from certify.book import translog
from foundation.durable import write_whole
from office.desk.upkeep.backing_up import LEFT_OUT
from office.schema import ALL_METADATA
from office.tables import accounts, dossiers
from storage import fixity, ledger
from storage.backup import rows, sets
from storage.backup.faults import BackupCode, BackupFault
from storage.backup.place import BackupPlace
from storage.backup.sets import Entry, Summary, Tally
from storage.database import reading, writing
from storage.faults import Finding, StorageCode
from storage.objects import Key, ObjectStore
from storage.ocfl.mirror import Repository
from storage.ocfl.tree import INVENTORY, SIDECAR, Tree

OWNER_ONLY = 0o600
PLACE_PARTS = 4  # of an object's folder below the archive's root
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Ground:
    """Where a house comes back: its folder, its rows, its stores.

    `migrate` brings the rows to a form by its name; `work` gives private folders.
    """

    data: Path
    engine: Engine
    objects: ObjectStore
    records: ObjectStore
    archive: Repository
    migrate: Callable[[str], None]
    work: Callable[[], AbstractContextManager[Path]]

    def store(self, what: str) -> ObjectStore:
        """The store that holds entries of this kind."""
        return self.objects if what == sets.OBJECT else self.records


@dataclass(frozen=True)
class Restored:
    """What came back from which set, and what is not as it should be."""

    name: str
    summary: Summary
    rows: int
    findings: tuple[Finding, ...]


def newest_set(place: BackupPlace, wanted: str | None) -> str:
    """The set of this name, or the newest. Raises: BackupFault NO_SET."""
    every = place.sets()
    if not every or (wanted is not None and wanted not in every):
        raise BackupFault(BackupCode.NO_SET, wanted or "")
    return wanted or every[-1]


def require_empty(engine: Engine) -> None:
    """Raises: BackupFault HOUSE_HAS_ROWS for a database in which a house lives (rule 1)."""
    if not sa.inspect(engine).has_table(ledger.ledger_entries.name):
        return
    with reading(engine) as connection:
        for table in (dossiers, accounts, ledger.ledger_entries):
            if connection.execute(sa.select(table.primary_key.columns[0]).limit(1)).first() is not None:
                raise BackupFault(BackupCode.HOUSE_HAS_ROWS)


def restore(place: BackupPlace, name: str, ground: Ground, tell: Tell) -> Restored:
    """Bring a set back (rules 1-4).

    Raises: BackupFault HOUSE_HAS_ROWS, NO_SET, NEWER, DAMAGED, NOT_THE_SAME; StorageFault DISK_FULL.
    """
    require_empty(ground.engine)
    with ground.work() as work:
        path = work / "set"
        place.fetch_set(name, path)
        summary = sets.summary(path)
        counted = dict.fromkeys((sets.FILE, sets.RECORD, sets.OBJECT, sets.ARCHIVE), 0)
        for entry in sets.entries(path):
            if entry.what != sets.ROWS:
                _bring(place, entry, ground)
                counted[entry.what] += 1
        for what, count in counted.items():
            tell(f"{what}: {count}")
        _make_tables(ground, summary)
        count = bring_rows(place, path, ground, summary.tables)
        tell(f"rows: {count}")
    ground.migrate("head")
    return Restored(name, summary, count, tuple(_findings(ground)))


def _bring(place: BackupPlace, entry: Entry, ground: Ground) -> None:
    if entry.what == sets.FILE:
        _bring_file(place, entry, ground)
    elif entry.what == sets.ARCHIVE:
        *folder, rest = entry.name.split("/", PLACE_PARTS)
        _bring_into_tree(place, entry, ground, (ground.archive.tree_at("/".join(folder)), rest))
    else:
        store, key = ground.store(entry.what), Key(entry.name)
        if not store.has(key):
            with ground.work() as work:
                place.fetch(entry.sha256, work / "content")
                store.put(key, work / "content")


def _bring_file(place: BackupPlace, entry: Entry, ground: Ground) -> None:
    target = ground.data / entry.name
    if ".." in target.parts or not target.is_relative_to(ground.data):
        raise BackupFault(BackupCode.DAMAGED, entry.name)
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with ground.work() as work:
        place.fetch(entry.sha256, work / "content")
        write_whole(target, (work / "content").read_bytes(), OWNER_ONLY)


def _bring_into_tree(place: BackupPlace, entry: Entry, ground: Ground, whither: tuple[Tree, str]) -> None:
    tree, name = whither
    is_content = not name.endswith((INVENTORY, SIDECAR))
    there = tree.measure(name)
    if there is not None and (there.sha256 == entry.sha256 or is_content):
        if there.sha256 != entry.sha256:
            raise BackupFault(BackupCode.NOT_THE_SAME, entry.name)
        return
    with ground.work() as work:
        place.fetch(entry.sha256, work / "content")
        tree.restore(name, work / "content")


def bring_rows(place: BackupPlace, path: Path, ground: Ground, told: Mapping[str, Tally]) -> int:
    """Put every row of a set into tables that have its form (rule 3). Raises: BackupFault NOT_THE_SAME."""
    with writing(ground.engine) as connection, ground.work() as work:
        found = {table.name: table for table in rows.tables(connection, LEFT_OUT)}
        if not set(told) <= set(found):
            raise BackupFault(BackupCode.NOT_THE_SAME, ", ".join(sorted(set(told) - set(found))))
        for name in reversed([name for name in found if name in told]):
            connection.execute(sa.delete(found[name]))  # what a migration itself wrote
        count = 0
        for entry in _parts(path):
            packed = work / "part"
            place.fetch(entry.sha256, packed)
            count += rows.put_back(connection, found[entry.name.partition("/")[0]], packed)
            packed.unlink()
        differing = [name for name in told if rows.tally(connection, found[name]) != told[name]]
        if differing:
            raise BackupFault(BackupCode.NOT_THE_SAME, ", ".join(differing))
    return count


def drop_tables(engine: Engine, names: Iterable[str]) -> None:
    """Drop the house's tables, by these names, those of today and Alembic's own; others are let be."""
    known = {table.name for metadata in ALL_METADATA for table in metadata.sorted_tables}
    with writing(engine) as connection:
        metadata = sa.MetaData()
        metadata.reflect(connection, only=lambda name, _: name in {*names, *known, rows.REVISION})
        metadata.drop_all(connection)


def _make_tables(ground: Ground, summary: Summary) -> None:
    """The tables in the set's form; those of an empty house in another form make room for them."""
    if sa.inspect(ground.engine).has_table(rows.REVISION):
        with reading(ground.engine) as connection:
            there = rows.revision(connection)
        if there != summary.about.revision:
            drop_tables(ground.engine, summary.tables)
    ground.migrate(summary.about.revision)


def _parts(path: Path) -> Iterator[Entry]:
    return (entry for entry in sets.entries(path) if entry.what == sets.ROWS)


def _findings(ground: Ground) -> Iterator[Finding]:
    """What is not as it was kept: every byte read, the chain followed, the log computed anew (rule 4)."""
    yield from fixity.verify(ground.objects, ground.archive, ground.records)
    with reading(ground.engine) as connection:
        yield from chain_findings(connection)


def chain_findings(connection: Connection) -> Iterator[Finding]:
    """Where the ledger's chain or the register's log does not hold."""
    state = ledger.verify(connection)
    if state.first_break is not None:
        yield Finding(f"ledger/{state.first_break}", StorageCode.CHAIN_BROKEN)
    for number in translog.altered(connection):
        yield Finding(f"register/{number}", StorageCode.CHAIN_BROKEN)
