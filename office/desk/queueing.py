"""One scanner, many people: whoever scans stands in line first, and holds the machine only while scanning."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from office.confined.confine import ChildFault
from office.desk.scanning import Stack, is_idle, release_stack
from office.value import Office
from scanner_adapters.model import FaultCode, ScanFault, ScanSettings
from scanner_adapters.queue import broker
from scanner_adapters.queue.spool import Spool, SpoolJob
from storage.database import reading, writing

HEARTBEAT_SECONDS = 10.0  # three fit into a lease
LOOK_SECONDS = 0.5  # how often one in line asks whether it is one's turn
LOOK_AT_MACHINE = 10  # looks: how often the machine itself is asked, when its holder was heard of no more
PATIENCE_SECONDS = 600.0  # longer nobody stands at the desk


@dataclass(frozen=True)
class Place:
    """What is waited for: the machine, the job that will take its pages, whose sitting it is."""

    device: str
    job: str
    session: str
    operator: str


@contextmanager
def in_turn(
    office: Office, place: Place, pages: Callable[[], int], tell: Callable[[int], None]
) -> Iterator[None]:
    """Stand in line, hold the machine for as long as the block lasts, give it to the next.

    `pages` counts those of the job; `tell` hears how many are before one, each time this changes.
    Raises: ScanFault BUSY when it took too long, QUOTA, TURN_LOST.
    """
    before = pages()
    hold = _wait(office, place, tell)
    over = threading.Event()
    beating = threading.Thread(target=_beat, args=(office, hold, lambda: pages() - before, over), daemon=True)
    beating.start()
    try:
        yield
    finally:
        over.set()
        beating.join()
        with writing(office.engine) as connection:
            broker.release(connection, hold, pages() - before)


def free_left_machines(office: Office) -> None:
    """Close on its machine each job that a killed process left running there; its pages stay in the spool."""
    with contextlib.suppress(ScanFault):
        left = [job for job in Spool(office.spool_folder, office.clock).unfinished() if job.device_job]
        for job in left:
            with reading(office.engine) as connection:
                is_left = broker.is_left(connection, job.id)
            if is_left:
                _free(office, job)


def _free(office: Office, job: SpoolJob) -> None:
    """In turn, so that nobody begins to scan meanwhile."""
    place = Place(job.device, job.id, job.session, "")
    with (
        contextlib.suppress(ScanFault, ChildFault),
        in_turn(office, place, lambda: len(job.pages()), lambda _ahead: None),
    ):
        release_stack(office.settings, Stack(job.id, job.device, "", ScanSettings()))


def _wait(office: Office, place: Place, tell: Callable[[int], None]) -> broker.Hold:
    asker = broker.Asker(place.session, place.operator, office.owner)
    once = f"{place.job}:{office.new_id()}"  # each going on after a jam stands in line anew
    with writing(office.engine) as connection:
        turn = broker.ask(connection, place.device, once, asker, office.clock())
    pause, before = threading.Event(), -1
    for look in range(int(PATIENCE_SECONDS / LOOK_SECONDS)):
        idle = look % LOOK_AT_MACHINE == LOOK_AT_MACHINE - 1 and is_idle(office.settings, place.device)
        with writing(office.engine) as connection:
            hold = broker.take(connection, turn, office.clock(), is_seen_idle=idle)
            ahead = 0 if hold else broker.keep_waiting(connection, turn, office.clock())
        if hold:
            return hold
        if ahead != before:
            before = ahead
            tell(ahead)
        pause.wait(LOOK_SECONDS)
    with writing(office.engine) as connection:
        broker.give_up(connection, turn)
    raise ScanFault(FaultCode.BUSY)


def _beat(office: Office, hold: broker.Hold, pages: Callable[[], int], over: threading.Event) -> None:
    with contextlib.suppress(ScanFault):  # told when the turn ends
        while not over.wait(HEARTBEAT_SECONDS):
            with writing(office.engine) as connection:
                broker.renew(connection, hold, pages(), office.clock())
