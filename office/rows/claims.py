"""Fenced claims on rows with work waiting: one owner at a time, and a late one can do no harm.

A claim has an owner, a lease and a fence number. Whoever holds one renews its lease for as long as the act
takes, so an act that waits for a slow time-stamp server or a person's token keeps its row. Every write of an
act names the fence it claimed; once another worker has taken the row, the number differs and the write is
refused. A row whose owner is a dead process of this machine is free at once; of another machine, when its
lease has run out.
"""

import logging
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from foundation.processes import is_alive
from office.faults import DeskCode, DeskFault
from office.value import Office
from storage.database import writing
from storage.faults import StorageFault

logger = logging.getLogger(__name__)
RENEWALS_A_LEASE = 3  # two may fail before a claim is lost


@dataclass(frozen=True)
class Claim:
    """The right to work on one row until another takes it."""

    table: sa.Table
    id: str
    fence: int


def take(
    connection: Connection, office: Office, table: sa.Table, row_id: str, *, seen: int | None = None
) -> Claim | None:
    """Claim the row when it is free now; None when somebody works on it or it does not exist.

    `seen` is the fence with which the work was found: None too when somebody had the row since then.
    """
    row = connection.execute(sa.select(table).where(table.c.id == row_id)).one_or_none()
    if row is None or not is_free(row, office.clock()) or seen not in (None, row.fence):
        return None
    return _taken(connection, office, table, row)


def take_over(connection: Connection, office: Office, of: tuple[sa.Table, str], state: str) -> Claim | None:
    """Claim the row (table, id) as `take` does; in this state also from whoever works on it.

    What is being done there in that state is done again by the next: its late writes are refused.
    """
    table, row_id = of
    row = connection.execute(sa.select(table).where(table.c.id == row_id)).one_or_none()
    if row is None or not (is_free(row, office.clock()) or row.state == state):
        return None
    return _taken(connection, office, table, row)


def _taken(connection: Connection, office: Office, table: sa.Table, row: Row[Any]) -> Claim | None:
    fence = row.fence + 1
    taken = connection.execute(
        sa.update(table)
        .where(table.c.id == row.id, table.c.fence == row.fence)
        .values(owner=office.owner, lease_until=_lease(office, office.clock()), fence=fence)
    )
    return Claim(table, row.id, fence) if taken.rowcount == 1 else None


@contextmanager
def held(office: Office, table: sa.Table, row_id: str, *, over: str = "") -> Iterator[Claim]:
    """A claim for the time of one act, its lease renewed; given back afterwards, also after a failure.

    A refused act changes nothing: what the row says of an earlier failure still stands after it.
    `over`: a state in which it is taken over from whoever works on it.
    Raises: DeskFault(BUSY) when another act has the row.
    """
    with writing(office.engine) as connection:
        claim = (
            take_over(connection, office, (table, row_id), over)
            if over
            else take(connection, office, table, row_id)
        )
    if claim is None:
        raise DeskFault(DeskCode.BUSY, row_id)
    try:
        with kept_alive(office, claim):
            yield claim
    except BaseException:
        with writing(office.engine) as connection:
            hand_back(connection, claim)
        raise
    with writing(office.engine) as connection:
        release(connection, claim)


@contextmanager
def kept_alive(office: Office, claim: Claim) -> Iterator[None]:
    """Renew the lease of `claim` for as long as its act runs."""
    done = threading.Event()
    renewing = threading.Thread(target=_renew_until, args=(office, claim, done), name="lease", daemon=True)
    renewing.start()
    try:
        yield
    finally:
        done.set()
        renewing.join()


def renew(connection: Connection, office: Office, claim: Claim) -> None:
    """Put off the end of the lease. Raises: DeskFault(CLAIM_LOST)."""
    write(connection, claim, {"lease_until": _lease(office, office.clock())})


def read(connection: Connection, claim: Claim) -> Row[Any]:
    """The claimed row. Raises: DeskFault(CLAIM_LOST) when another worker has taken it."""
    table = claim.table
    row = connection.execute(
        sa.select(table).where(table.c.id == claim.id, table.c.fence == claim.fence)
    ).one_or_none()
    if row is None:
        raise DeskFault(DeskCode.CLAIM_LOST, claim.id)
    return row


def write(connection: Connection, claim: Claim, values: Mapping[str, Any]) -> None:
    """Change the claimed row, and only if it is still ours. Raises: DeskFault(CLAIM_LOST)."""
    changed = connection.execute(
        sa.update(claim.table)
        .where(claim.table.c.id == claim.id, claim.table.c.fence == claim.fence)
        .values(**values)
    )
    if changed.rowcount != 1:
        raise DeskFault(DeskCode.CLAIM_LOST, claim.id)


def is_free(row: Row[Any], now: datetime) -> bool:
    """May anybody take this row now? Asked of a row's `owner` and `lease_until`."""
    if row.owner is None or row.lease_until is None or row.lease_until <= now:
        return True
    return not is_alive(row.owner)


def release(connection: Connection, claim: Claim) -> None:
    """Give the row back after success; a claim already lost is nobody's concern."""
    table = claim.table
    connection.execute(
        sa.update(table)
        .where(table.c.id == claim.id, table.c.fence == claim.fence)
        .values(owner=None, lease_until=None, fault=None, retry_at=None, attempts=0)
    )


def hand_back(connection: Connection, claim: Claim) -> None:
    """Give the row back as it was: nothing was done to it, and nothing failed."""
    table = claim.table
    connection.execute(
        sa.update(table)
        .where(table.c.id == claim.id, table.c.fence == claim.fence)
        .values(owner=None, lease_until=None)
    )


def wait(connection: Connection, claim: Claim, until: datetime) -> None:
    """Give the row back until an instant at which somebody else may have answered; that is no failure.

    The fence rises with it, so that the release that ends the act finds nothing to do and `retry_at` stands.
    """
    table = claim.table
    connection.execute(
        sa.update(table)
        .where(table.c.id == claim.id, table.c.fence == claim.fence)
        .values(owner=None, lease_until=None, fault=None, retry_at=until, fence=claim.fence + 1)
    )


def give_up(connection: Connection, claim: Claim, fault: str, retry_at: datetime | None) -> None:
    """Give the row back after a failure, with what went wrong and when to try again (None: a person must)."""
    table = claim.table
    connection.execute(
        sa.update(table)
        .where(table.c.id == claim.id, table.c.fence == claim.fence)
        .values(owner=None, lease_until=None, fault=fault, retry_at=retry_at, attempts=table.c.attempts + 1)
    )


def _renew_until(office: Office, claim: Claim, done: threading.Event) -> None:
    while not done.wait(office.settings.limits.lease_seconds / RENEWALS_A_LEASE):
        try:
            with writing(office.engine) as connection:
                renew(connection, office, claim)
        except DeskFault:
            return  # the row has a new owner; the act's next write will find out
        except StorageFault:
            logger.warning("the lease on %s could not be renewed; it is tried again", claim.id)


def _lease(office: Office, now: datetime) -> datetime:
    return now + timedelta(seconds=office.settings.limits.lease_seconds)
