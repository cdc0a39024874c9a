"""One owner at a time: claims on rows, by real processes that live, die and lie about."""

import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from foundation.processes import is_alive
from office.confined.confine import ROOT
from office.faults import DeskCode, DeskFault
from office.procedure import PaperState
from office.rows import claims
from office.tables import papers
from storage.database import reading, writing

NAME_AND_WAIT = (
    "import sys\n"
    "from foundation.processes import name_this_process\n"
    "print(name_this_process(), flush=True)\n"
    "sys.stdin.read()\n"
)


class Neighbour:
    """Another process of this machine, named as it would name itself."""

    def __init__(self):
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-c", NAME_AND_WAIT],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.name = self.process.stdout.readline().strip()

    def end(self):
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def neighbour():
    started = Neighbour()
    yield started
    started.end()


def new_paper(house):
    """A paper's row, before anything has been kept of it."""
    paper = house.office.new_id()
    values = {"id": paper, "dossier": house.dossier(), "ordinal": 1, "title": "Giấy", "scan_job": "job"}
    guard = {"unit": house.office.settings.unit, "sensitivity": 2, "scanned_by": house.clerk.account}
    with writing(house.office.engine) as connection:
        state = {"state": PaperState.READ, "scanned_at": house.office.clock()}
        connection.execute(sa.insert(papers).values(**values, **guard, **state))
    return paper


def take(office, paper):
    with writing(office.engine) as connection:
        return claims.take(connection, office, papers, paper)


def row_of(office, paper):
    with reading(office.engine) as connection:
        return connection.execute(sa.select(papers).where(papers.c.id == paper)).one()


def later(office, seconds):
    now = office.clock() + timedelta(seconds=seconds)
    return replace(office, clock=lambda: now)


def retitle(office, claim):
    with writing(office.engine) as connection:
        claims.write(connection, claim, {"title": office.owner})


def test_a_row_has_one_owner_at_a_time(house_on_each, neighbour):
    house, paper = house_on_each, new_paper(house_on_each)
    first = take(house.office, paper)
    assert first is not None
    other = replace(house.office, owner=neighbour.name)
    assert take(other, paper) is None
    with writing(house.office.engine) as connection:
        claims.release(connection, first)
    second = take(other, paper)
    assert second is not None
    assert second.fence > first.fence


def test_a_row_that_does_not_exist_is_claimed_by_nobody(house):
    assert take(house.office, "no such paper") is None


def test_a_process_is_named_by_host_number_and_start(neighbour):
    host, pid, started = neighbour.name.rsplit(":", 2)
    assert host == socket.gethostname()
    assert int(pid) == neighbour.process.pid
    assert int(started) > 0
    assert is_alive(neighbour.name)


def test_the_claim_of_a_dead_process_is_free_at_once(house_on_each, neighbour):
    house, paper = house_on_each, new_paper(house_on_each)
    assert take(replace(house.office, owner=neighbour.name), paper)
    assert take(house.office, paper) is None
    neighbour.end()
    assert take(house.office, paper) is not None


def test_a_killed_process_nobody_has_buried_yet_is_dead(house, neighbour):
    paper = new_paper(house)
    assert take(replace(house.office, owner=neighbour.name), paper)
    os.kill(neighbour.process.pid, signal.SIGKILL)
    os.waitid(os.P_PID, neighbour.process.pid, os.WEXITED | os.WNOWAIT)  # it stays a zombie
    assert os.path.exists(f"/proc/{neighbour.process.pid}")  # noqa: PTH110 the number is still taken
    assert take(house.office, paper) is not None


def test_a_later_process_with_the_same_number_does_not_own_its_forerunners_claim(house, neighbour):
    paper = new_paper(house)
    host_and_pid = neighbour.name.rsplit(":", 1)[0]
    assert take(replace(house.office, owner=f"{host_and_pid}:1"), paper)
    assert take(house.office, paper) is not None


def test_the_claim_of_another_machine_is_free_only_when_its_lease_has_run_out(house_on_each):
    house, paper = house_on_each, new_paper(house_on_each)
    assert take(replace(house.office, owner="elsewhere:1:1"), paper)
    lease = house.office.settings.limits.lease_seconds
    assert take(later(house.office, lease - 5), paper) is None
    assert take(later(house.office, lease + 5), paper) is not None


def test_a_renewed_lease_holds_for_its_whole_length_again(house):
    paper = new_paper(house)
    lease = house.office.settings.limits.lease_seconds
    away = replace(house.office, owner="elsewhere:1:1")
    claim = take(away, paper)
    with writing(away.engine) as connection:
        claims.renew(connection, later(away, lease - 5), claim)
    assert take(later(house.office, lease + 5), paper) is None
    assert take(later(house.office, 2 * lease), paper) is not None


def test_a_late_writer_is_refused_by_the_fence(house_on_each):
    house, paper = house_on_each, new_paper(house_on_each)
    away = replace(house.office, owner="elsewhere:1:1")
    late = take(away, paper)
    after = later(house.office, house.office.settings.limits.lease_seconds + 1)
    ours = take(after, paper)
    retitle(after, ours)
    for act in (retitle, renew, read):
        with pytest.raises(DeskFault) as refused:
            act(away, late)
        assert refused.value.code is DeskCode.CLAIM_LOST
    with writing(away.engine) as connection:
        claims.release(connection, late)
        claims.give_up(connection, late, "late", None)
    kept = row_of(house.office, paper)
    assert (kept.title, kept.owner, kept.fault) == (house.office.owner, house.office.owner, None)


def renew(office, claim):
    with writing(office.engine) as connection:
        claims.renew(connection, office, claim)


def read(office, claim):
    with reading(office.engine) as connection:
        claims.read(connection, claim)


def test_a_busy_row_is_told_to_the_person_who_wants_it(house, neighbour):
    paper = new_paper(house)
    take(replace(house.office, owner=neighbour.name), paper)
    with pytest.raises(DeskFault) as refused, claims.held(house.office, papers, paper):
        pass
    assert refused.value.code is DeskCode.BUSY


def test_an_act_that_fails_gives_its_row_back_as_it_was(house):
    paper = new_paper(house)
    claim = take(house.office, paper)
    with writing(house.office.engine) as connection:
        claims.give_up(connection, claim, "DAMAGED", None)
    with pytest.raises(ZeroDivisionError), claims.held(house.office, papers, paper):
        raise ZeroDivisionError
    kept = row_of(house.office, paper)
    assert (kept.owner, kept.lease_until) == (None, None)
    assert (kept.fault, kept.attempts) == ("DAMAGED", 1)


def test_an_act_that_succeeds_takes_the_old_fault_away(house):
    paper = new_paper(house)
    claim = take(house.office, paper)
    with writing(house.office.engine) as connection:
        claims.give_up(connection, claim, "DAMAGED", None)
    with claims.held(house.office, papers, paper):
        pass
    kept = row_of(house.office, paper)
    assert (kept.owner, kept.fault, kept.attempts) == (None, None, 0)


def test_an_act_a_person_asked_for_keeps_its_row_however_long_it_takes(house_on_each):
    house, paper = house_on_each, new_paper(house_on_each)
    office = replace(house.office, settings=house.office.settings.having("limits", lease_seconds=1))
    away = replace(office, owner="elsewhere:1:1")
    with claims.held(away, papers, paper) as claim:
        time.sleep(2.2)
        assert take(office, paper) is None
        with writing(office.engine) as connection:
            claims.write(connection, claim, {"title": "kept"})
    assert row_of(office, paper).title == "kept"
