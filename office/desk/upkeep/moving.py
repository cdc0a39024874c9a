"""A running ward moves: from a directory to a bucket, from SQLite to PostgreSQL, or back.

1. The old place is only read; it stays whole, and a move that was cut short is begun again: what is there
   already is not sent again.
2. Rows go over in one transaction, into a database that holds none of a house.
3. What is the same is proved: of every table and every store the number and one digest over all, in both.
Nobody may work in the house meanwhile; whoever does makes the proof fail, and the move is done once more.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from office.schema import ALL_METADATA
from office.tables import dossiers
from office.value import Office
from storage.database import reading, writing
from storage.faults import StorageCode, StorageFault
from storage.objects import ObjectStore
from storage.ocfl.mirror import Repository, is_mirrored, mirror
from storage.ocfl.tree import INVENTORY, Tree

ROWS_AT_ONCE = 500
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Sum:
    """How many there are, and one digest over all of them in order."""

    count: int
    digest: str


Proof = Mapping[str, tuple[Sum, Sum]]  # what is compared → here, there


def move(source: Office, target: Office, tell: Tell) -> Proof:
    """Carry everything over and compare. Raises: StorageFault ALREADY_KEPT when another house lives there."""
    _require_same_or_empty(source, target)
    stores = {"objects": (source.objects, target.objects), "records": (source.records, target.records)}
    for name, (here, there) in stores.items():
        until = source.kept_until if name == "records" and there.promises.retention else None
        tell(f"{name}: {_copy_store(source, here, there, until)}")
    tell(f"archive: {_copy_archive(source.archive, target.archive)}")
    tell(f"rows: {_copy_rows(source.engine, target.engine)}")
    return _compared(source, target, stores)


def _require_same_or_empty(source: Office, target: Office) -> None:
    """The database there is empty, or holds a part of this very house."""
    with reading(target.engine) as connection:
        there = set(connection.execute(sa.select(dossiers.c.id)).scalars())
    with reading(source.engine) as connection:
        here = set(connection.execute(sa.select(dossiers.c.id)).scalars())
    if there - here or str(source.engine.url) == str(target.engine.url):
        raise StorageFault(StorageCode.ALREADY_KEPT, "another house")


def _copy_store(office: Office, here: ObjectStore, there: ObjectStore, until: datetime | None) -> int:
    """Copy what is missing there, and let nobody delete it before `until`. Returns: how many were sent."""
    known, sent = set(there.keys()), 0
    for key in here.keys():  # noqa: SIM118 a store is no mapping
        if key in known:
            continue
        with office.work_folder() as work:
            here.get(key, work / "object")
            there.put(key, work / "object")
        if until is not None:
            there.retain(key, until)
        sent += 1
    return sent


def _copy_archive(here: Repository, there: Repository) -> int:
    return sum(bool(mirror(here.tree_at(place), there.tree_at(place))) for place in here.places())


def _copy_rows(here: Engine, there: Engine) -> int:
    """Copy every table anew (rule 2). Returns: how many rows."""
    tables = [table for metadata in ALL_METADATA for table in metadata.sorted_tables]
    copied = 0
    with reading(here) as source, writing(there) as target:
        for table in reversed(tables):
            target.execute(sa.delete(table))
        for table in tables:
            copied += _copy_table(source, target, table)
    return copied


def _copy_table(source: Connection, target: Connection, table: sa.Table) -> int:
    copied, rows = 0, source.execute(sa.select(table).execution_options(yield_per=ROWS_AT_ONCE))
    for some in rows.mappings().partitions(ROWS_AT_ONCE):
        target.execute(sa.insert(table), [dict(row) for row in some])
        copied += len(some)
    return copied


def _compared(source: Office, target: Office, stores: Mapping[str, tuple[ObjectStore, ObjectStore]]) -> Proof:
    proof = {name: (_sum_of_store(here), _sum_of_store(there)) for name, (here, there) in stores.items()}
    proof["archive"] = _sums_of_archives(source.archive, target.archive)
    tables = [table for metadata in ALL_METADATA for table in metadata.sorted_tables]
    with reading(source.engine) as here, reading(target.engine) as there:
        for table in tables:
            proof[table.name] = (_sum_of_table(here, table), _sum_of_table(there, table))
    return proof


def _sum_of_store(store: ObjectStore) -> Sum:
    """Every byte there is read: what a store says of itself is no proof."""
    lines = []
    unsound = {finding.place for finding in store.verify()}
    for key in store.keys():  # noqa: SIM118 a store is no mapping
        kept = store.describe(key)
        lines.append(f"{key} {kept.size_bytes} {kept.sha256}")
    return _summed([*sorted(lines), *sorted(f"unsound {place}" for place in unsound)])


def _sums_of_archives(here: Repository, there: Repository) -> tuple[Sum, Sum]:
    """Each object's newest version and whether every byte of it is as its inventory tells."""
    return _sum_of_archive(here), _sum_of_archive(there)


def _sum_of_archive(archive: Repository) -> Sum:
    return _summed(sorted(_line_of(archive.tree_at(place)) for place in archive.places()))


def _line_of(tree: Tree) -> str:
    content = tree.read(INVENTORY) or b""
    return f"{tree.place} {hashlib.sha256(content).hexdigest()} {is_mirrored(tree, tree)}"


def _sum_of_table(connection: Connection, table: sa.Table) -> Sum:
    chosen = sa.select(table).execution_options(yield_per=ROWS_AT_ONCE)
    lines = (json.dumps([str(value) for value in _plain(row)]) for row in connection.execute(chosen))
    return _summed(sorted(lines))  # the databases order text differently


def _plain(row: Iterable[object]) -> Iterable[object]:
    for value in row:
        yield bytes(value).hex() if isinstance(value, bytes | memoryview) else value


def _summed(lines: Iterable[str]) -> Sum:
    digest, count = hashlib.sha256(), 0
    for line in lines:
        digest.update(line.encode() + b"\n")
        count += 1
    return Sum(count, digest.hexdigest())
