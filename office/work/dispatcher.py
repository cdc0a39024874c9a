"""Who does what is due: a pool of hands that looks at the rows when a bell rings, and now and then anyway.

The rows are the queue: a paper, copy or chore in a state that a machine can leave is work. Acts take a fenced
claim, so any number of dispatchers may look at the same rows, and a restart loses and repeats nothing.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from sqlalchemy.engine import Connection

from office.explain import explain
from office.faults import DeskCode, DeskFault
from office.rows import claims
from office.value import Office
from office.work.bell import Bell, HouseBell
from office.work.chores import enrol
from office.work.due import ACTS, TABLES, Due, Mine, Perform, anybodys, due_work
from storage.database import writing
from storage.faults import StorageCode, StorageFault

logger = logging.getLogger(__name__)
SWEEP_SECONDS = 5.0  # how long work may wait that nobody announced
UNREACHABLE_SECONDS = 1.0  # between two tries to write to a database that is gone
MOST_ATTEMPTS = 8  # after that a person has to look


def carry_out(office: Office, due: Due, acts: Mapping[str, Perform] = ACTS) -> bool:
    """Do one piece of work; False when somebody else has or had it, or it failed (the row then says why)."""
    with writing(office.engine) as connection:
        claim = claims.take(connection, office, TABLES[due.table], due.id, seen=due.fence)
    if claim is None:
        return False
    try:
        with claims.kept_alive(office, claim):
            acts[due.act](office, claim)
    except Exception as fault:  # noqa: BLE001 whatever went wrong is kept on the row and explained there
        _put_aside(office, claim, fault)
        return False
    _settle(office, lambda connection: claims.release(connection, claim))
    return True


def run_until_idle(office: Office, mine: Mine = anybodys) -> int:
    """Do all that can be done now, chores too; the number of acts done."""
    enrol(office)
    done = 0
    while progress := sum(carry_out(office, due) for due in due_work(office, mine=mine)):
        done += progress
    return done


class Dispatcher:
    """A thread pool inside `serve` and `work`; as many acts are handed out as there are hands free."""

    def __init__(self, office: Office, bell: Bell | None = None, mine: Mine = anybodys) -> None:
        self._office = office
        self._bell = bell or HouseBell()
        self._mine = mine
        self._stop = threading.Event()
        self._busy: set[tuple[str, str]] = set()
        self._pool = ThreadPoolExecutor(max_workers=office.settings.limits.workers, thread_name_prefix="act")
        self._thread = threading.Thread(target=self._look_after_rows, name="dispatcher", daemon=True)

    def start(self) -> None:
        """Begin to look after the rows."""
        self._thread.start()

    def announce(self) -> None:
        """Say that there may be work; never blocks."""
        self._bell.ring()

    def stop(self) -> None:
        """Finish the acts under way, begin no more."""
        self._stop.set()
        self._bell.ring()
        self._thread.join()
        self._pool.shutdown(wait=True)

    def _look_after_rows(self) -> None:
        is_enrolled = False
        while not self._stop.is_set():
            try:
                if not is_enrolled:
                    enrol(self._office)
                    is_enrolled = True
                self._hand_out()
            except Exception:
                logger.exception("the dispatcher could not look at the rows; it tries again")
            self._bell.wait(SWEEP_SECONDS)

    def _hand_out(self) -> None:
        """Give each free hand the oldest work that nobody has."""
        busy = frozenset(self._busy)
        hands = self._office.settings.limits.workers - len(busy)
        if hands <= 0:
            return
        found = due_work(self._office, hands + len(busy), self._mine)
        for due in [due for due in found if (due.table, due.id) not in busy][:hands]:
            self._busy.add((due.table, due.id))
            self._pool.submit(self._carry_out, due)

    def _carry_out(self, due: Due) -> None:
        try:
            if not self._stop.is_set():
                carry_out(self._office, due)
        except Exception:
            self._busy.discard((due.table, due.id))
            logger.exception("an act could not even be put aside; its claim runs out by itself")
        else:
            self._busy.discard((due.table, due.id))
            self._bell.ring()  # a hand is free, and there may be a next step


def _put_aside(office: Office, claim: claims.Claim, fault: Exception) -> None:
    if isinstance(fault, DeskFault) and fault.code is DeskCode.BUSY:  # waiting for another act is no failure
        _settle(office, lambda connection: claims.hand_back(connection, claim))
        return
    told = explain(fault)
    if told.unexpected:
        logger.error("act failed on %s", claim.id, exc_info=fault)
    else:
        logger.warning("act put aside on %s: %s", claim.id, fault)

    def give_up(connection: Connection) -> None:
        attempts = claims.read(connection, claim).attempts
        again = told.retry and attempts < MOST_ATTEMPTS
        claims.give_up(connection, claim, told.key, _next_try(office, attempts) if again else None)

    try:
        _settle(office, give_up)
    except DeskFault:  # the row has a new owner, who will say how it went
        logger.warning("the claim on %s was lost meanwhile", claim.id)


def _settle(office: Office, change: Callable[[Connection], None]) -> None:
    """Say on the row how the act ended; a database that is gone is waited for as long as the lease lasts."""
    for _ in range(int(office.settings.limits.lease_seconds / UNREACHABLE_SECONDS)):
        try:
            with writing(office.engine) as connection:
                change(connection)
        except StorageFault as fault:
            if fault.code is not StorageCode.UNREACHABLE:
                raise
            time.sleep(UNREACHABLE_SECONDS)
        else:
            return
    with writing(office.engine) as connection:
        change(connection)


def _next_try(office: Office, attempts: int) -> datetime:
    return office.clock() + timedelta(seconds=office.settings.limits.retry_seconds * 2**attempts)
