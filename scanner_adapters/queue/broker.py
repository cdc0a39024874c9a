"""Many people, one scanner: a queue and a lease for each device, in rows that all processes and PCs share.

Rules of this broker:
1. Turns come in the order in which they were asked for; who has scanned goes to the end. Nobody is passed
   over, and nobody who was heard of no more holds others up.
2. One turn holds a device. A living lease is never taken away; one that lapsed only after somebody looked and
   found the machine idle, or when its holder's process is known to be dead.
3. Each holder has a fence number, higher than any before; what a late holder still writes is refused by it.
4. Pages belong to the session that asked; a kiosk's session has only so many.
5. Every function works in the caller's transaction (on SQLite a BEGIN IMMEDIATE one) and may be repeated.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from foundation.processes import is_alive
from foundation.row_types import insert_once
from scanner_adapters.model import FaultCode, ScanFault
from scanner_adapters.queue.broker_tables import metadata, scan_devices, scan_turns

__all__ = [
    "Asker",
    "Hold",
    "TurnState",
    "ask",
    "give_up",
    "keep_waiting",
    "metadata",
    "release",
    "renew",
    "require_own",
    "take",
]

LEASE = timedelta(seconds=30)  # three heartbeats of 10 s; facts: scanners, section 8


class TurnState(StrEnum):
    """How a turn stands."""

    WAITING = "WAITING"
    HOLDING = "HOLDING"
    DONE = "DONE"
    LOST = "LOST"


OPEN = (TurnState.WAITING, TurnState.HOLDING)


@dataclass(frozen=True)
class Asker:
    """Who asks for a device.

    Args:
        session: the sitting that the pages will belong to.
        operator: the account.
        owner: the process that will drive the device, as processes.name_process says it.
        most_pages: of this session altogether, as for a kiosk; None: no limit.
    """

    session: str
    operator: str
    owner: str
    most_pages: int | None = None


@dataclass(frozen=True)
class Hold:
    """The right to drive a device until the lease ends or `fence` is passed."""

    job: str
    device: str
    fence: int


def ask(connection: Connection, device: str, job: str, asker: Asker, now: datetime) -> str:
    """Stand in line for a device and return the turn, named as its job; asking again is the same turn.

    Raises: ScanFault QUOTA when a kiosk's session has had its pages or is in line already; NOT_YOURS for the
    job of another session.
    """
    _lock(connection, device)
    standing = _find(connection, scan_turns.c.job == job)
    if standing is not None:
        if standing.session != asker.session:
            raise ScanFault(FaultCode.NOT_YOURS, job)
        return job
    _require_quota(connection, device, asker, now)
    number: int = connection.execute(
        sa.update(scan_devices)
        .where(scan_devices.c.device == device)
        .values(last=scan_devices.c.last + 1)
        .returning(scan_devices.c.last)
    ).scalar_one()
    who = {"session": asker.session, "operator": asker.operator, "owner": asker.owner}
    what = {"job": job, "device": device, "number": number, "state": TurnState.WAITING}
    connection.execute(sa.insert(scan_turns).values(who | what | {"until": now + LEASE}))
    return job


def keep_waiting(connection: Connection, turn: str, now: datetime) -> int:
    """Say that one still waits, and hear how many are before one; 0: next, or holding already.

    Raises: ScanFault TURN_LOST when the turn was given up, because nobody was heard of for a lease's time.
    """
    row = _require_open(connection, turn, now)
    connection.execute(sa.update(scan_turns).where(scan_turns.c.job == turn).values(until=now + LEASE))
    before = sa.select(sa.func.count()).where(
        scan_turns.c.device == row.device,
        scan_turns.c.number < row.number,
        scan_turns.c.state.in_(OPEN),
        scan_turns.c.until > now,
    )
    return int(connection.execute(before).scalar_one())


def take(connection: Connection, turn: str, now: datetime, *, is_seen_idle: bool = False) -> Hold | None:
    """Hold the device if it is this turn's; None: wait on.

    `is_seen_idle`: somebody looked at the machine since it became this turn's, and it was idle (rule 2).
    Raises: ScanFault TURN_LOST.
    """
    row = _require_open(connection, turn, now)
    _lock(connection, row.device)
    row = _require_open(connection, turn, now)
    if row.state == TurnState.HOLDING:
        return _hold(row)
    if not _is_free(connection, row.device, now, is_seen_idle=is_seen_idle):
        return None
    if keep_waiting(connection, turn, now):
        return None
    return _hold(_give(connection, row, now))


def renew(connection: Connection, hold: Hold, pages: int, now: datetime) -> None:
    """Say that one still scans, and how many pages there are. Raises: ScanFault TURN_LOST (rule 3)."""
    _write(connection, hold, {"until": now + LEASE, "pages": pages})


def release(connection: Connection, hold: Hold, pages: int) -> None:
    """Give the device to the next. Raises: ScanFault TURN_LOST when another has it already."""
    _write(connection, hold, {"state": TurnState.DONE, "pages": pages})


def give_up(connection: Connection, turn: str) -> None:
    """Leave the line; a turn that holds the device is released by its holder instead."""
    waiting = (scan_turns.c.job == turn, scan_turns.c.state == TurnState.WAITING)
    connection.execute(sa.update(scan_turns).where(*waiting).values(state=TurnState.LOST))


def is_left(connection: Connection, job: str) -> bool:
    """Did this job have turns (named `job:…`), and is nobody alive who holds one? Then nobody scans it."""
    rows = connection.execute(
        sa.select(scan_turns).where(scan_turns.c.job.startswith(f"{job}:", autoescape=True))
    ).all()
    return bool(rows) and not any(row.state == TurnState.HOLDING and is_alive(row.owner) for row in rows)


def require_own(connection: Connection, job: str, session: str) -> None:
    """Let through who asked for this job. Raises: ScanFault NOT_YOURS, also where there is no such job."""
    row = _find(connection, scan_turns.c.job == job)
    if row is None or row.session != session:
        raise ScanFault(FaultCode.NOT_YOURS, job)


def _require_quota(connection: Connection, device: str, asker: Asker, now: datetime) -> None:
    if asker.most_pages is None:
        return
    mine = scan_turns.c.session == asker.session
    had = connection.execute(sa.select(sa.func.sum(scan_turns.c.pages)).where(mine)).scalar_one() or 0
    open_turns = (mine, scan_turns.c.device == device, scan_turns.c.state.in_(OPEN), scan_turns.c.until > now)
    in_line = connection.execute(sa.select(sa.func.count()).where(*open_turns)).scalar_one()
    if had >= asker.most_pages or in_line:
        raise ScanFault(FaultCode.QUOTA, f"{had}/{asker.most_pages}")


def _is_free(connection: Connection, device: str, now: datetime, *, is_seen_idle: bool) -> bool:
    """Does nobody hold the device? Holders that may be passed are marked lost on the way."""
    holding = (scan_turns.c.device == device, scan_turns.c.state == TurnState.HOLDING)
    for row in connection.execute(sa.select(scan_turns).where(*holding)).all():
        is_dead = not is_alive(row.owner)
        if not is_dead and (row.until > now or not is_seen_idle):
            return False
        lost = sa.update(scan_turns).where(scan_turns.c.job == row.job).values(state=TurnState.LOST)
        connection.execute(lost)
    return True


def _give(connection: Connection, row: Row[Any], now: datetime) -> Row[Any]:
    counted = (
        sa.update(scan_devices)
        .where(scan_devices.c.device == row.device)
        .values(fence=scan_devices.c.fence + 1)
        .returning(scan_devices.c.fence)
    )
    fence: int = connection.execute(counted).scalar_one()
    values = {"state": TurnState.HOLDING, "fence": fence, "until": now + LEASE}
    connection.execute(sa.update(scan_turns).where(scan_turns.c.job == row.job).values(values))
    return _require_open(connection, row.job, now)


def _write(connection: Connection, hold: Hold, values: dict[str, Any]) -> None:
    mine = (
        scan_turns.c.job == hold.job,
        scan_turns.c.fence == hold.fence,
        scan_turns.c.state == TurnState.HOLDING,
    )
    if connection.execute(sa.update(scan_turns).where(*mine).values(**values)).rowcount != 1:
        raise ScanFault(FaultCode.TURN_LOST, hold.device)


def _require_open(connection: Connection, turn: str, now: datetime) -> Row[Any]:
    row = _find(connection, scan_turns.c.job == turn)
    is_over = row is None or row.state not in OPEN
    if row is None or is_over or (row.state == TurnState.WAITING and row.until <= now):
        raise ScanFault(FaultCode.TURN_LOST, turn)
    return row


def _find(connection: Connection, which: sa.ColumnElement[bool]) -> Row[Any] | None:
    return connection.execute(sa.select(scan_turns).where(which)).one_or_none()


def _hold(row: Row[Any]) -> Hold:
    return Hold(row.job, row.device, row.fence)


def _lock(connection: Connection, device: str) -> None:
    """Make the device's row unless it is there, and keep everybody else from it till the transaction ends."""
    insert_once(connection, scan_devices, device=device, last=0, fence=0)
    same = scan_devices.c.device == device
    connection.execute(sa.update(scan_devices).where(same).values(last=scan_devices.c.last))
