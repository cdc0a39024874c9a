"""Seals: how long the ledger was and how it ended on a day, kept where its keeper cannot change it.

A chain alone cannot tell that its end was cut off, or that it was written anew from some entry on. A seal
can: the entry that it names must still stand there with the same h; what came after it cannot be older.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from foundation.clock import as_text, from_text
from storage.faults import Finding, StorageCode
from storage.ledger import canonical, ledger_entries

VERSION = 1
DISORDER = timedelta(minutes=10)  # between entries of acts at the same time, and between clocks


@dataclass(frozen=True)
class Seal:
    """The ledger's length and last h at an instant; of the register's log the size and root (hex)."""

    at: datetime
    seq: int
    h: str
    leaves: int
    root: str

    def as_text(self) -> str:
        """The one text of this seal: what is signed."""
        return canonical({"version": VERSION, **asdict(self), "at": as_text(self.at)})

    @classmethod
    def from_text(cls, text: str) -> "Seal":
        """The seal that `as_text` wrote. Raises: ValueError, LookupError, TypeError."""
        told = json.loads(text)
        return cls(from_text(told["at"]), told["seq"], told["h"], told["leaves"], told["root"])


def findings(connection: Connection, seals: Sequence[Seal]) -> Iterator[Finding]:
    """Entries that are not what was sealed, or are dated before what stood already. Read inside `reading`."""
    ordered = sorted(seals, key=lambda seal: (seal.seq, seal.at))
    for seal in ordered:
        h = connection.execute(sa.select(ledger_entries.c.h).where(ledger_entries.c.seq == seal.seq)).scalar()
        if h is None:
            yield Finding(f"{seal.seq}", StorageCode.CHAIN_BROKEN, f"cut off; sealed at {as_text(seal.at)}")
        elif h != seal.h:
            yield Finding(f"{seal.seq}", StorageCode.CHAIN_BROKEN, f"changed; sealed at {as_text(seal.at)}")
    yield from _back_dated(connection, ordered)


def _back_dated(connection: Connection, ordered: Sequence[Seal]) -> Iterator[Finding]:
    to_come, latest = iter(ordered), ""
    seal = next(to_come, None)
    chosen = sa.select(ledger_entries.c.seq, ledger_entries.c.at).order_by(ledger_entries.c.seq)
    for seq, at in connection.execute(chosen.execution_options(yield_per=1000)):
        while seal is not None and seal.seq < seq:
            latest = max(latest, as_text(seal.at))
            seal = next(to_come, None)
        if latest and at < latest and from_text(at) < from_text(latest) - DISORDER:
            yield Finding(str(seq), StorageCode.CHAIN_BROKEN, f"dated {at}, after {latest}")
        latest = max(latest, at)
