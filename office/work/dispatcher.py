"""What is to be done next, and who does it.

The rows are the queue: a paper or copy in a state that a machine can leave is work. Acts take a fenced
claim, so any number of dispatchers may look at the same rows, and a restart loses and repeats nothing.
"""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter

import sqlalchemy as sa

from office.desk import archiving, digitizing, issuing, searching
from office.explain import explain
from office.faults import DeskFault
from office.procedure import CERTIFIED_COPY_STEPS, CopyState, PaperState, Turn
from office.rows import claims
from office.rows.nouns import copy_of
from office.tables import copies, papers
from office.value import Office
from storage.database import reading, writing
from storage.faults import StorageFault

logger = logging.getLogger(__name__)
SWEEP_SECONDS = 5.0  # how long work may wait that nobody announced
MOST_ATTEMPTS = 8  # after that a person has to look


@dataclass(frozen=True)
class Due:
    """One row with work waiting, the act that does it, and the row's fence when this was found."""

    table: sa.Table
    id: str
    act: Callable[[Office, claims.Claim], None]
    fence: int


def due_work(office: Office) -> tuple[Due, ...]:
    """Everything a machine can do now, oldest first."""
    now = office.clock()
    with reading(office.engine) as connection:
        found = [
            (row.scanned_at, Due(papers, row.id, _PAPER_ACTS[PaperState(row.state)], row.fence))
            for row in connection.execute(_waiting(papers, now, list(_PAPER_ACTS), papers.c.scanned_at))
        ]
        found += [
            (row.compared_at, Due(copies, row.id, issuing.issue_copy, row.fence))
            for row in connection.execute(_waiting(copies, now, _COPY_STATES, copies.c.compared_at))
            if issuing.may_go_on(office, copy_of(row))
        ]
        found += [
            (row.issued_at, Due(copies, row.id, archiving.archive_copy, row.fence))
            for row in connection.execute(
                _waiting(copies, now, [CopyState.ISSUED, CopyState.DELIVERED], copies.c.issued_at)
            )
            if row.archived_version is None
        ]
    return tuple(due for _, due in sorted(found, key=itemgetter(0)))


def carry_out(office: Office, due: Due) -> bool:
    """Do one piece of work; False when somebody else has or had it, or it failed (the row then says why)."""
    with writing(office.engine) as connection:
        claim = claims.take(connection, office, due.table, due.id, seen=due.fence)
    if claim is None:
        return False
    try:
        with _kept_alive(office, claim):
            due.act(office, claim)
    except Exception as fault:  # noqa: BLE001 whatever went wrong is kept on the row and explained there
        _put_aside(office, claim, fault)
        return False
    with writing(office.engine) as connection:
        claims.release(connection, claim)
    return True


def run_until_idle(office: Office) -> int:
    """Do all that can be done now; the number of acts done. The index catches up too."""
    done = 0
    while True:
        progress = sum(carry_out(office, due) for due in due_work(office))
        done += progress
        if not progress:
            searching.catch_up(office)
            return done


class Dispatcher:
    """A thread pool inside `serve`: looks at the rows when told to, and every few seconds anyway."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._busy: set[str] = set()
        self._pool = ThreadPoolExecutor(max_workers=office.settings.workers, thread_name_prefix="act")
        self._thread = threading.Thread(target=self._look_after_rows, name="dispatcher", daemon=True)

    def start(self) -> None:
        """Begin to look after the rows."""
        self._thread.start()

    def announce(self) -> None:
        """Say that there may be work; never blocks."""
        self._wake.set()

    def stop(self) -> None:
        """Finish the acts under way, begin no more."""
        self._stop.set()
        self._wake.set()
        self._thread.join()
        self._pool.shutdown(wait=True)

    def _look_after_rows(self) -> None:
        while not self._stop.is_set():
            self._wake.clear()
            try:
                for due in due_work(self._office):
                    if due.id not in self._busy:
                        self._busy.add(due.id)
                        self._pool.submit(self._carry_out, due)
                searching.catch_up(self._office)
            except Exception:
                logger.exception("the dispatcher could not look at the rows; it tries again")
            self._wake.wait(SWEEP_SECONDS)

    def _carry_out(self, due: Due) -> None:
        try:
            done = not self._stop.is_set() and carry_out(self._office, due)
        except Exception:
            done = False
            logger.exception("an act could not even be put aside; its claim runs out by itself")
        finally:
            self._busy.discard(due.id)
        if done:  # there may be a next step; work that somebody else has is left to the sweep
            self._wake.set()


class _kept_alive:  # noqa: N801 read as a verb: with _kept_alive(...)
    """Renews the lease of a claim while its act runs."""

    def __init__(self, office: Office, claim: claims.Claim) -> None:
        self._office = office
        self._claim = claim
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._renew, name="lease", daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _renew(self) -> None:
        seconds = self._office.settings.lease_seconds
        while not self._done.wait(seconds / 3):
            try:
                with writing(self._office.engine) as connection:
                    claims.renew(connection, self._office, self._claim)
            except DeskFault:
                return  # the row has a new owner; the act's next write will find out
            except StorageFault:
                logger.warning("a lease could not be renewed; it is tried again")


def _put_aside(office: Office, claim: claims.Claim, fault: Exception) -> None:
    told = explain(fault)
    if told.unexpected:
        logger.error("act failed on %s", claim.id, exc_info=fault)
    else:
        logger.warning("act put aside on %s: %s", claim.id, fault)
    try:
        with writing(office.engine) as connection:
            attempts = claims.read(connection, claim).attempts
            again = told.retry and attempts < MOST_ATTEMPTS
            claims.give_up(connection, claim, told.code, _next_try(office, attempts) if again else None)
    except DeskFault:  # the row has a new owner, who will say how it went
        logger.warning("the claim on %s was lost meanwhile", claim.id)


def _next_try(office: Office, attempts: int) -> datetime:
    return office.clock() + timedelta(seconds=office.settings.retry_seconds * 2**attempts)


def _waiting(
    table: sa.Table, now: datetime, states: list[PaperState] | list[CopyState], age: sa.Column[datetime]
) -> sa.Select[tuple[object, ...]]:
    ready = sa.or_(table.c.retry_at <= now, sa.and_(table.c.fault.is_(None), table.c.retry_at.is_(None)))
    return sa.select(table).where(table.c.state.in_(states), ready).order_by(age)


_PAPER_ACTS = {
    PaperState.SCANNED: digitizing.read_paper,
    PaperState.SIGNED: digitizing.extract_fields,
    PaperState.REVIEWED: archiving.archive_result,
}
_WALKED = [step for step in CERTIFIED_COPY_STEPS if step.by is Turn.MACHINE and not step.aside]
_COPY_STATES = [state for state in CopyState if any(state in step.before for step in _WALKED)]
