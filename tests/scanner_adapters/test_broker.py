"""Many people at one scanner: in order, one at a time, nobody robbed, nobody forgotten; on each database."""

import os
import random
import threading
import time
from datetime import timedelta

import pytest
import sqlalchemy as sa

from foundation.processes import name_process
from scanner_adapters.model import FaultCode, ScanFault
from scanner_adapters.queue import broker
from scanner_adapters.queue.broker import Asker
from scanner_adapters.queue.broker_tables import metadata, scan_turns
from storage.database import reading, writing
from tests.scanner_adapters.scan_files import Clock

DEVICE = "escl:uuid-1"
HERE = name_process(os.getpid())
ELSEWHERE = "another-pc:17:4711"


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def line(engine, clock):
    metadata.create_all(engine)
    return Line(engine, clock)


class Line:
    """The broker's functions, each in a transaction of its own."""

    def __init__(self, engine, clock):
        self.engine, self.clock = engine, clock

    def ask(self, name, owner=ELSEWHERE, device=DEVICE, **asker):
        with writing(self.engine) as connection:
            who = Asker(asker.pop("session", name), name, owner, **asker)
            return broker.ask(connection, device, f"job-{name}", who, self.clock())

    def wait(self, turn):
        with writing(self.engine) as connection:
            return broker.keep_waiting(connection, turn, self.clock())

    def take(self, turn, **seen):
        with writing(self.engine) as connection:
            return broker.take(connection, turn, self.clock(), **seen)

    def renew(self, hold, pages=0):
        with writing(self.engine) as connection:
            broker.renew(connection, hold, pages, self.clock())

    def release(self, hold, pages=0):
        with writing(self.engine) as connection:
            broker.release(connection, hold, pages)

    def give_up(self, turn):
        with writing(self.engine) as connection:
            broker.give_up(connection, turn)

    def own(self, job, session):
        with reading(self.engine) as connection:
            broker.require_own(connection, job, session)


def code_of(act, *arguments, **options):
    with pytest.raises(ScanFault) as fault:
        act(*arguments, **options)
    return fault.value.code


def test_turns_come_in_order_and_each_sees_how_many_are_before(line):
    turns = [line.ask(name) for name in ("an", "binh", "chi")]
    assert [line.wait(turn) for turn in turns] == [0, 1, 2]
    assert [line.take(turn) for turn in reversed(turns[1:])] == [None, None]
    first = line.take(turns[0])
    assert (first.job, first.device) == ("job-an", DEVICE)
    assert line.take(turns[0]) == first
    assert line.take(turns[1]) is None
    line.release(first, pages=3)
    assert [line.wait(turn) for turn in turns[1:]] == [0, 1]
    assert line.take(turns[1]).fence > first.fence


def test_asking_again_is_the_same_turn_and_anothers_job_is_not_taken(line):
    turn = line.ask("an")
    assert line.ask("an") == turn
    assert code_of(line.ask, "an", session="somebody else") is FaultCode.NOT_YOURS


def test_devices_have_lines_of_their_own(line):
    assert line.take(line.ask("an"))
    assert line.take(line.ask("binh", device="sane:test:0"))


def test_who_is_heard_of_no_more_holds_nobody_up(line, clock):
    gone, waiting = line.ask("an"), line.ask("binh")
    clock.wait(seconds=20)
    assert line.wait(waiting) == 1
    clock.wait(seconds=11)
    assert line.wait(waiting) == 0
    assert line.take(waiting)
    assert code_of(line.wait, gone) is FaultCode.TURN_LOST
    assert code_of(line.take, gone) is FaultCode.TURN_LOST


def test_who_leaves_the_line_is_gone_from_it(line):
    turns = [line.ask(name) for name in ("an", "binh")]
    line.give_up(turns[0])
    assert line.wait(turns[1]) == 0
    hold = line.take(turns[1])
    line.give_up(turns[1])
    line.renew(hold)


def test_a_living_lease_is_never_taken_away(line, clock):
    hold = line.take(line.ask("an"))
    waiting = line.ask("binh")
    for pages in range(20):
        clock.wait(seconds=10)
        line.renew(hold, pages)
        assert line.wait(waiting) == 1
        assert line.take(waiting, is_seen_idle=True) is None
    line.release(hold)


def test_a_lapsed_lease_is_taken_only_when_the_machine_was_seen_idle_and_the_late_holder_is_refused(
    line, clock
):
    late = line.take(line.ask("an"))
    waiting = line.ask("binh")
    clock.wait(seconds=20)
    line.wait(waiting)
    clock.wait(seconds=11)
    assert line.take(waiting) is None
    hold = line.take(waiting, is_seen_idle=True)
    assert hold.fence > late.fence
    assert code_of(line.renew, late) is FaultCode.TURN_LOST
    assert code_of(line.release, late) is FaultCode.TURN_LOST
    line.renew(hold)


def test_a_late_holder_whom_nobody_replaced_goes_on(line, clock):
    hold = line.take(line.ask("an"))
    clock.wait(hours=1)
    line.renew(hold, 5)
    assert line.take(line.ask("binh")) is None


def test_a_holder_whose_process_died_here_frees_the_device_at_once(line):
    child = os.fork()
    if child == 0:
        time.sleep(60)
        os._exit(0)
    dead = name_process(child)
    assert line.take(line.ask("an", owner=dead))
    waiting = line.ask("binh", owner=HERE)
    assert line.take(waiting) is None
    os.kill(child, 9)
    os.waitpid(child, 0)
    assert line.take(waiting)


def test_a_kiosks_visit_has_so_many_pages_and_one_place_in_line(line, clock):
    first = line.take(line.ask("k1", session="visit", most_pages=5))
    assert code_of(line.ask, "k2", session="visit", most_pages=5) is FaultCode.QUOTA
    line.release(first, pages=4)
    second = line.take(line.ask("k2", session="visit", most_pages=5))
    line.renew(second, pages=1)
    line.release(second, pages=1)
    assert code_of(line.ask, "k3", session="visit", most_pages=5) is FaultCode.QUOTA
    assert line.take(line.ask("k4", session="next visit", most_pages=5))


def test_pages_belong_to_the_session_that_asked(line):
    line.ask("an", session="visit-1")
    line.own("job-an", "visit-1")
    assert code_of(line.own, "job-an", "visit-2") is FaultCode.NOT_YOURS
    assert code_of(line.own, "job-nobody", "visit-1") is FaultCode.NOT_YOURS


def test_whatever_happens_the_line_is_fair_and_one_holds(line, clock):
    chance = random.Random(20261124)  # noqa: S311 a choice that can be made again
    waiting, hold, served = [], None, []
    for number in range(120):
        clock.wait(seconds=chance.uniform(0, 4))
        if number < 60 and chance.random() < 0.7:
            waiting.append((number, line.ask(f"p{number}")))
        for _, turn in waiting:
            line.wait(turn)
        takers = [line.take(turn, is_seen_idle=True) for _, turn in waiting]
        if hold:
            assert takers == [None] * len(waiting)
            line.release(hold)
            hold = None
        elif waiting:
            assert [taker is not None for taker in takers] == [True, *[False] * (len(waiting) - 1)]
            served.append(waiting.pop(0)[0])
            hold = takers[0]
    assert served == sorted(served)
    assert waiting == []


def test_twelve_at_once_never_hold_together_and_all_are_served(line, engine):
    holding, most, served, lock = [0], [0], [], threading.Lock()

    def person(number: int) -> None:
        turn = line.ask(f"p{number}", owner=HERE)
        while (hold := line.take(turn)) is None:
            time.sleep(0.01)
        with lock:
            holding[0] += 1
            most[0] = max(most[0], holding[0])
        time.sleep(0.01)
        with lock:
            holding[0] -= 1
            served.append(number)
        line.release(hold)

    people = [threading.Thread(target=person, args=(number,)) for number in range(12)]
    for one in people:
        one.start()
    for one in people:
        one.join(timeout=60)
    assert (most[0], sorted(served)) == (1, list(range(12)))
    with reading(engine) as connection:
        numbers = (
            connection.execute(sa.select(scan_turns.c.fence).order_by(scan_turns.c.number)).scalars().all()
        )
    assert numbers == list(range(1, 13))


def test_a_lease_lasts_three_heartbeats():
    assert timedelta(seconds=30) == broker.LEASE
