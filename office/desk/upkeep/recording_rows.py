"""Records: what the rows of the house say goes beside the archive, so that they can be made from it alone.

A record holds the next entries of the ledger and, as of one instant, the rows of every dossier they are
about, of the register and of the house. Records are put once, in order; where the store can, nobody deletes
them for years. No record holds a password.
"""

import json
from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import zstandard
from sqlalchemy.engine import Connection

from foundation.clock import as_text, from_text, on_paper
from office.procedure import CopyState, PaperState
from office.rows import claims, snapshots
from office.tables import copies, papers
from office.value import Office
from storage import changes, ledger
from storage.database import reading, writing
from storage.objects import AlreadyKept, Key, ObjectStore

VERSION = 1
FOLDER = "rows"
RECORDED = "recorded"  # the row of `house` that says how far the records have come
ENTRIES = 2000  # of the ledger, in one record
MARGIN = timedelta(minutes=10)  # longer than any transaction between its instant and its commit
AT_ONCE = 500  # values in one question to the database
FINAL = (CopyState.DELIVERED, CopyState.REFUSED, CopyState.VOID, CopyState.CANCELLED)
_NEVER = "1970-01-01T00:00:00.000000Z"


@dataclass(frozen=True)
class Progress:
    """How far the records have come: entries of the ledger, leaves of the log, the last one's instant."""

    seq: int = 0
    leaves: int = 0
    at: str = _NEVER


def is_behind(connection: Connection, office: Office) -> bool:
    """Has the ledger an entry that is older than may be and stands in no record?"""
    oldest = ledger.entries(connection, after=progress(connection).seq, limit=1)
    wait = timedelta(minutes=office.settings.archive.record_minutes)
    return bool(oldest) and oldest[0].at <= office.clock() - wait


def write_records(office: Office, claim: claims.Claim) -> None:
    """The chore: bring the records up to the ledger. Raises: StorageFault DISK_FULL, UNREACHABLE."""
    record_all(office)
    with writing(office.engine) as connection:
        claims.write(connection, claim, {"done_at": office.clock()})


def record_all(office: Office) -> int:
    """Write records until all is recorded. Returns: how many."""
    written = 0
    while _record_next(office):
        written += 1
    return written


def progress(connection: Connection) -> Progress:
    """How far the records have come."""
    kept = snapshots.house_value(connection, RECORDED)
    return Progress(**json.loads(kept)) if kept else Progress()


def remember(connection: Connection, reached: Progress) -> None:
    """Say how far the records have come."""
    snapshots.note_in_house(connection, RECORDED, json.dumps(asdict(reached)))


def records(store: ObjectStore) -> list[Key]:
    """The keys of the records, in order."""
    every = store.keys()  # a store is no mapping: it has no iteration of its own
    return sorted(key for key in every if key.name.startswith(f"{FOLDER}/"))


def read_record(store: ObjectStore, key: Key) -> dict[str, Any]:
    """What a record holds. Raises: StorageFault DAMAGED."""
    told: dict[str, Any] = json.loads(zstandard.decompress(store.read(key)))
    return told


def kind_of_records(store: ObjectStore) -> bool | None:
    """Was this the archive of a demo house? None when there is no record."""
    found = records(store)
    return bool(read_record(store, found[0])["demo"]) if found else None


def _record_next(office: Office) -> bool:
    with reading(office.engine) as connection:
        before = progress(connection)
        record, reached = _record(connection, office, before)
    if not record["ledger"]:
        return False
    key = Key(f"{FOLDER}/{before.seq + 1:012d}-{reached.seq:012d}.json.zst")
    with office.work_folder() as work:
        path = _packed(work / "record", record)
        try:
            office.records.put(key, path)
        except (
            AlreadyKept
        ):  # written before a crash, as of a moment ago: what changed since has entries to come
            reached = Progress(reached.seq, before.leaves, before.at)
    if office.records.promises.retention:
        office.records.retain(key, office.kept_until)
    with writing(office.engine) as connection:
        remember(connection, reached)
    return True


def _record(connection: Connection, office: Office, before: Progress) -> tuple[dict[str, Any], Progress]:
    chosen = sa.select(ledger.ledger_entries).where(ledger.ledger_entries.c.seq > before.seq)
    ordered = chosen.order_by(ledger.ledger_entries.c.seq).limit(ENTRIES)
    entries = [[row.seq, row.prev, row.h, row.body] for row in connection.execute(ordered)]
    now, since = office.clock(), from_text(before.at) - MARGIN if before.at != _NEVER else from_text(_NEVER)
    touched = _touched(connection, [entry[3] for entry in entries])
    if on_paper(now).date() != on_paper(from_text(before.at)).date():
        touched |= _unfinished(connection)
    requests = snapshots.requests_of(connection, touched)
    register = snapshots.of_register(connection, since, requests, before.leaves)
    leaves = [row["position"] + 1 for row in register["certify_log_leaves"]]
    record = {
        "version": VERSION,
        "at": as_text(now),
        "as_of": ledger.length(connection),
        "demo": office.is_demo,
        "unit": office.settings.unit,
        "ledger": entries,
        "change": changes.last_change(connection),
        "dossiers": {one: snapshots.of_dossier(connection, one) for one in sorted(touched)},
        "register": register,
        "house": snapshots.of_house(connection, since),
    }
    last = entries[-1][0] if entries else before.seq
    return record, Progress(last, max(leaves, default=before.leaves), as_text(now))


def _touched(connection: Connection, bodies: Collection[str]) -> frozenset[str]:
    """The dossiers that these entries tell something of."""
    named = iter(sorted({name for body in bodies for name in _names(json.loads(body))}))
    found: frozenset[str] = frozenset()
    while some := tuple(islice(named, AT_ONCE)):
        found |= snapshots.dossiers_among(connection, some)
    return found


def _names(told: dict[str, Any]) -> Iterator[str]:
    yield told["subject"]
    for value in told["body"].values():
        yield from (value,) if isinstance(value, str) else ()
        yield from (one for one in value if isinstance(one, str)) if isinstance(value, list) else ()


def _unfinished(connection: Connection) -> frozenset[str]:
    """The dossiers in which something is still to come."""
    open_papers = sa.select(papers.c.dossier).where(papers.c.state != PaperState.ARCHIVED)
    open_copies = sa.select(papers.c.dossier).join(copies, copies.c.paper == papers.c.id)
    waiting = open_copies.where(copies.c.state.not_in(FINAL))
    return frozenset(
        dossier for one in (open_papers, waiting) for dossier in connection.execute(one.distinct()).scalars()
    )


def _packed(path: Path, record: dict[str, Any]) -> Path:
    told = json.dumps(record, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    path.write_bytes(zstandard.compress(told.encode()))
    return path
