"""Does this machine's clock tell the time? Held against the ledger, the database's server and the kernel.

Nobody outside the house is asked: what synchronizes the clock is the system's own service.
"""

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

import sqlalchemy as sa

from foundation.clock import from_text
from office.value import Office
from storage import ledger
from storage.database import reading

MOST_SECONDS = 5.0  # between two machines of one house; beyond it leases and time-stamps go wrong
UNSYNCHRONIZED = 0x40  # adjtimex(2): STA_UNSYNC
TIMEX_BYTES = 208  # struct timex of 64-bit Linux
STATUS_AT = 40  # of its `status`: modes, offset, freq, maxerror and esterror stand before


class Against(StrEnum):
    """What a clock was held against."""

    LEDGER = "LEDGER"  # its newest entry lies ahead: this clock was set back, or another one is fast
    DATABASE = "DATABASE"


@dataclass(frozen=True)
class Drift:
    """By how many seconds this machine's clock is behind (above 0) or ahead (below)."""

    against: Against
    seconds: float


def drifts(office: Office) -> Iterator[Drift]:
    """Where the clock differs by more than may be."""
    with reading(office.engine) as connection:
        before = office.clock()
        newest = sa.select(ledger.ledger_entries.c.at).order_by(ledger.ledger_entries.c.seq.desc()).limit(1)
        told = connection.execute(newest).scalar()
        if told is not None:
            yield from _beyond(Against.LEDGER, (from_text(told) - before).total_seconds(), least=0)
        if connection.dialect.name == "postgresql":
            before = office.clock()
            there: datetime = connection.execute(sa.select(sa.func.clock_timestamp())).scalar_one()
            here = before + (office.clock() - before) / 2
            yield from _beyond(Against.DATABASE, (there.astimezone(UTC) - here).total_seconds())


def is_synchronized() -> bool | None:
    """Does the kernel say that something keeps its clock right? None where it does not say."""
    told = ctypes.create_string_buffer(TIMEX_BYTES)
    if ctypes.CDLL(None, use_errno=True).adjtimex(told) < 0:
        return None
    status = int.from_bytes(told.raw[STATUS_AT : STATUS_AT + 4], "little")
    return not status & UNSYNCHRONIZED


def _beyond(against: Against, seconds: float, least: float | None = None) -> Iterator[Drift]:
    """A drift that is too large; `least`: only one above it counts."""
    counts = seconds > least if least is not None else True
    if counts and abs(seconds) > MOST_SECONDS:
        yield Drift(against, seconds)
