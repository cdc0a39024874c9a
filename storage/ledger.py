"""The ledger: every act as one entry, each sealed with the one before it.

1. An entry is written in its act's own transaction: there is no act without it and no entry without its act.
2. Entries are numbered 1, 2, 3 … without gaps; the head row is locked, so the chain never forks.
3. h = sha256(previous h ‖ number as 8 bytes, big-endian ‖ canonical body); the first one's previous h is
   32 zero bytes.
4. The body is JSON with sorted keys and no spaces, UTF-8 in NFC, without fractions, and names its version.
"""

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from foundation.clock import as_text
from foundation.row_types import insert_once
from storage.database import metadata
from storage.faults import StorageCode, StorageFault
from vietnamese.letters import nfc

VERSION = 1
BEFORE_THE_FIRST = "0" * 64
_ONLY = 1
_ROWS_AT_ONCE = 1000

ledger_entries = sa.Table(
    "ledger_entries",
    metadata,
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("prev", sa.String(64), nullable=False),
    sa.Column("h", sa.String(64), nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("what", sa.String(64), nullable=False),  # these three repeat the body, for finding
    sa.Column("at", sa.String(32), nullable=False, index=True),
    sa.Column("subject", sa.String(200), nullable=False, index=True),
)

ledger_head = sa.Table(
    "ledger_head",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("length", sa.BigInteger, nullable=False),
    sa.Column("head", sa.String(64), nullable=False),
)


@dataclass(frozen=True)
class Entry:
    """What happened (past tense), when (aware), by whom, about what; `seq` and `h` once it is kept.

    `body` holds text, whole numbers, booleans, None and lists and mappings of these.
    """

    what: str
    at: datetime
    actor: str
    subject: str
    body: Mapping[str, Any] = field(default_factory=dict)
    seq: int = 0
    h: str = ""


@dataclass(frozen=True)
class LedgerState:
    """How far the chain reaches and whether it holds.

    `first_break` is the number of the first entry that is missing, changed or out of place; None: it holds.
    """

    count: int
    head: str
    first_break: int | None

    def require_whole(self) -> None:
        """Raise StorageFault(CHAIN_BROKEN) unless the chain holds."""
        if self.first_break is not None:
            raise StorageFault(StorageCode.CHAIN_BROKEN, str(self.first_break))


def append(connection: Connection, entry: Entry) -> Entry:
    """Keep `entry` as the chain's new end, in the caller's transaction.

    Returns: the entry with its number and h.
    Raises: StorageFault NOT_CANONICAL when the body holds what canonical JSON has no single form for.
    """
    body = canonical(_described(entry))
    last = _lock_head(connection)
    seq, h = last.length + 1, seal(last.head, last.length + 1, body)
    connection.execute(
        sa.insert(ledger_entries).values(
            seq=seq,
            prev=last.head,
            h=h,
            body=body,
            what=entry.what,
            at=_text(entry.at),
            subject=nfc(entry.subject),
        )
    )
    connection.execute(sa.update(ledger_head).values(length=seq, head=h))
    return Entry(entry.what, entry.at, entry.actor, entry.subject, entry.body, seq, h)


def entries(
    connection: Connection, subject: str | None = None, after: int = 0, limit: int = 1000
) -> tuple[Entry, ...]:
    """Entries in order, oldest first: about `subject` when given, numbers above `after`, at most `limit`."""
    chosen = sa.select(ledger_entries).where(ledger_entries.c.seq > after)
    if subject is not None:
        chosen = chosen.where(ledger_entries.c.subject == nfc(subject))
    return tuple(
        _entry(row) for row in connection.execute(chosen.order_by(ledger_entries.c.seq).limit(limit))
    )


def backwards(
    connection: Connection, subjects: Collection[str], without: Collection[str] = ()
) -> Iterator[Entry]:
    """Every entry about any of `subjects`, newest first, but for those whose `what` is among `without`.

    Read as far as it is asked for: the caller stops when it has enough.
    """
    chosen = sa.select(ledger_entries).where(
        ledger_entries.c.subject.in_([nfc(subject) for subject in subjects]),
        ledger_entries.c.what.not_in(without),
    )
    newest_first = chosen.order_by(ledger_entries.c.seq.desc())
    with connection.execute(newest_first.execution_options(yield_per=_ROWS_AT_ONCE)) as rows:
        for row in rows:
            yield _entry(row)


def verify(connection: Connection) -> LedgerState:
    """Read the whole chain again, inside `reading`, and compare it with the head row.

    A chain cut off at its end together with the head row looks whole here: compare `count` and `head` with
    the last seal that was taken out of the house.
    """
    expected = connection.execute(sa.select(ledger_head)).one_or_none()
    count, head = (expected.length, expected.head) if expected else (0, BEFORE_THE_FIRST)
    seq, h = 0, BEFORE_THE_FIRST
    chosen = (
        sa.select(ledger_entries).order_by(ledger_entries.c.seq).execution_options(yield_per=_ROWS_AT_ONCE)
    )
    with connection.execute(chosen) as rows:
        for row in rows:
            if not _follows(row, seq, h):
                return LedgerState(count, head, first_break=seq + 1)
            seq, h = row.seq, row.h
    broken = (seq, h) != (count, head)
    return LedgerState(count, head, first_break=min(seq, count) + 1 if broken else None)


def length(connection: Connection) -> int:
    """How many entries there are, as the head row says."""
    return int(connection.execute(sa.select(ledger_head.c.length)).scalar() or 0)


def last_about(connection: Connection, subjects: Collection[str]) -> int:
    """The number of the newest entry about any of these; 0 when there is none."""
    about = ledger_entries.c.subject.in_([nfc(subject) for subject in subjects])
    return int(connection.execute(sa.select(sa.func.max(ledger_entries.c.seq)).where(about)).scalar() or 0)


def canonical(value: Any) -> str:
    """The one JSON text of `value`. Raises: StorageFault NOT_CANONICAL."""
    return json.dumps(
        _plain(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    )


def seal(prev: str, seq: int, body: str) -> str:
    """The h of an entry (rule 3), as hex."""
    return hashlib.sha256(bytes.fromhex(prev) + seq.to_bytes(8, "big") + body.encode()).hexdigest()


def _described(entry: Entry) -> dict[str, Any]:
    return {
        "version": VERSION,
        "what": entry.what,
        "at": _text(entry.at),
        "actor": entry.actor,
        "subject": entry.subject,
        "body": entry.body,
    }


def _lock_head(connection: Connection) -> Row[Any]:
    chosen = sa.select(ledger_head).with_for_update()
    row = connection.execute(chosen).one_or_none()
    if row is not None:
        return row
    insert_once(connection, ledger_head, id=_ONLY, length=0, head=BEFORE_THE_FIRST)
    return connection.execute(chosen).one()


def _follows(row: Row[Any], seq: int, h: str) -> bool:
    if row.seq != seq + 1 or row.prev != h or row.h != seal(h, row.seq, row.body):
        return False
    try:
        body = json.loads(row.body)
        return bool((row.what, row.at, row.subject) == (body["what"], body["at"], body["subject"]))
    except (ValueError, LookupError, TypeError):  # sealed anew by a forger, but no entry of ours
        return False


def _entry(row: Row[Any]) -> Entry:
    body = json.loads(row.body)
    at = datetime.fromisoformat(body["at"])
    return Entry(body["what"], at, body["actor"], body["subject"], body["body"], row.seq, row.h)


def _text(at: datetime) -> str:
    if at.tzinfo is None:
        raise StorageFault(StorageCode.NOT_CANONICAL, "an instant without its zone")
    return as_text(at)


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return nfc(str(value))
    if isinstance(value, int):
        return int(value)
    if isinstance(value, Mapping):
        return _plain_mapping(value)
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    raise StorageFault(StorageCode.NOT_CANONICAL, type(value).__name__)


def _plain_mapping(value: Mapping[Any, Any]) -> dict[str, Any]:
    plain = {nfc(name): _plain(part) for name, part in value.items() if isinstance(name, str)}
    if len(plain) != len(value):
        raise StorageFault(StorageCode.NOT_CANONICAL, "two names that are one, or a name that is no text")
    return plain
