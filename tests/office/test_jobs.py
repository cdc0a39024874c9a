"""What is to be done is in the rows; whoever does it, it is done once, tried again, or told."""

import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import asdict, replace
from datetime import timedelta

import sqlalchemy as sa

from office.confined.confine import ROOT
from office.desk import issuing
from office.faults import DeskCode, DeskFault
from office.procedure import CopyState, PaperState
from office.rows import claims
from office.rows.nouns import copy_of
from office.tables import copies, dossiers, papers
from office.work.bell import HouseBell
from office.work.dispatcher import MOST_ATTEMPTS, Dispatcher, carry_out, run_until_idle
from office.work.due import ACTS, Due, due_work
from storage import ledger
from storage.database import reading, writing
from storage.faults import StorageCode, StorageFault
from tests.office.conftest import attended

PATIENCE_SECONDS = 60
WORK = {
    PaperState.SCANNED: "read_paper",
    PaperState.SIGNED: "extract_fields",
    PaperState.REVIEWED: "archive_result",
}


def new_paper(house, state=PaperState.SCANNED, age_minutes=0):
    """A paper's row in some state, its papers not needed for who does what when."""
    office, paper = house.office, house.office.new_id()
    values = {"id": paper, "dossier": house.dossier(), "ordinal": 1, "title": "Giấy", "scan_job": "job"}
    guard = {"unit": office.settings.unit, "sensitivity": 2, "scanned_by": house.clerk.account}
    at = office.clock() - timedelta(minutes=age_minutes)
    with writing(office.engine) as connection:
        connection.execute(sa.insert(papers).values(**values, **guard, state=state, scanned_at=at))
    return paper


def new_copy(house, paper, state, **values):
    office, copy = house.office, house.office.new_id()
    asked = {"kind": "chung-thuc", "check_code": copy, "original_pages": 1, "checks": [], "fee": 2000}
    guard = {"unit": office.settings.unit, "sensitivity": 2, "compared_by": house.clerk.account}
    at = {"compared_at": office.clock(), **values}
    with writing(office.engine) as connection:
        row = {"id": copy, "paper": paper, "ordinal": 2, "state": state, **asked, **guard, **at}
        connection.execute(sa.insert(copies).values(**row))
    return copy


def row_of(office, paper):
    with reading(office.engine) as connection:
        return connection.execute(sa.select(papers).where(papers.c.id == paper)).one()


def events_about(office, subject):
    with reading(office.engine) as connection:
        return Counter(entry.what for entry in ledger.entries(connection, subject))


def wait_for(holds):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_only_states_a_machine_can_leave_are_due(house):
    made = {state: new_paper(house, state) for state in PaperState}
    found = {one.id: one.act for one in due_work(house.office)}
    assert found == {made[state]: act for state, act in WORK.items()}


def test_a_copy_is_due_once_a_person_has_decided(house_on_each):
    house = attended(house_on_each)
    paper = new_paper(house, PaperState.ARCHIVED)
    officer = house.officer.account
    new_copy(house, paper, CopyState.REQUESTED)
    new_copy(house, paper, CopyState.APPROVED)
    new_copy(house, paper, CopyState.OFFICER_SIGNED, confirmed_by=officer)
    for ended in (CopyState.REFUSED, CopyState.VOID, CopyState.CANCELLED):
        new_copy(house, paper, ended)
    now = house.office.clock()
    new_copy(house, paper, CopyState.DELIVERED, archived_version=2, issued_at=now)
    expected = {
        new_copy(house, paper, CopyState.APPROVED, confirmed_by=officer): "issue_copy",
        new_copy(house, paper, CopyState.RESERVED, confirmed_by=officer): "issue_copy",
        new_copy(house, paper, CopyState.OFFICER_ASKED, confirmed_by=officer): "issue_copy",
        new_copy(house, paper, CopyState.AGENCY_ASKED, confirmed_by=officer): "issue_copy",
        new_copy(house, paper, CopyState.OFFICER_SIGNED, sealed_by="văn thư"): "issue_copy",
        new_copy(house, paper, CopyState.AGENCY_SIGNED): "issue_copy",
        new_copy(house, paper, CopyState.ISSUED, issued_at=now): "archive_copy",
        new_copy(house, paper, CopyState.DELIVERED, issued_at=now): "archive_copy",
    }
    assert {one.id: one.act for one in due_work(house.office)} == expected


def test_the_oldest_work_comes_first_whatever_it_is(house_on_each):
    house = house_on_each
    young = new_paper(house, age_minutes=1)
    old = new_paper(house, PaperState.REVIEWED, age_minutes=60)
    asked = house.office.clock() - timedelta(minutes=30)
    copy = new_copy(house, old, CopyState.AGENCY_SIGNED, compared_at=asked)
    assert [one.id for one in due_work(house.office)] == [old, copy, young]


ACT = "some_act"


def due(house, paper):
    """Some act, as work found on the paper now."""
    return Due(papers.name, paper, ACT, row_of(house.office, paper).fence)


def carried_out(house, paper, act, office=None):
    """Do this as the act found on the paper."""
    return carry_out(office or house.office, due(house, paper), {ACT: act})


def failing(fault):
    def act(office, claim):
        raise fault

    return act


def test_a_failing_act_is_put_aside_and_tried_later_each_time_later(house, caplog):
    paper, now, waits = new_paper(house), house.office.clock(), []
    act = failing(StorageFault(StorageCode.DISK_FULL))
    for attempt in range(1, 4):
        office = replace(house.office, clock=lambda at=now: at)
        assert not carried_out(house, paper, act, office)
        row = row_of(office, paper)
        assert (row.fault, row.attempts, row.owner) == ("StorageFault.DISK_FULL", attempt, None)
        waits.append((row.retry_at - now).total_seconds())
        assert due_work(office) == ()
        now = row.retry_at
    first = house.office.settings.limits.retry_seconds
    assert waits == [first, first * 2, first * 4]
    assert [one.id for one in due_work(replace(house.office, clock=lambda: now))] == [paper]


def test_after_the_last_attempt_a_person_has_to_look(house):
    paper = new_paper(house)
    with writing(house.office.engine) as connection:
        connection.execute(sa.update(papers).where(papers.c.id == paper).values(attempts=MOST_ATTEMPTS))
    carried_out(house, paper, failing(StorageFault(StorageCode.BUSY)))
    assert row_of(house.office, paper).retry_at is None
    years_later = house.office.clock() + timedelta(days=3650)
    assert due_work(replace(house.office, clock=lambda: years_later)) == ()


def test_what_trying_again_cannot_cure_waits_for_a_person_at_once(house):
    paper = new_paper(house)
    carried_out(house, paper, failing(DeskFault(DeskCode.CHILD_DIED)))
    row = row_of(house.office, paper)
    assert (row.fault, row.retry_at, row.attempts) == ("DeskFault.CHILD_DIED", None, 1)


def test_an_unexpected_error_is_logged_whole_and_told_in_general_words(house, caplog):
    paper = new_paper(house)
    carried_out(house, paper, failing(ZeroDivisionError("by nobody")))
    assert row_of(house.office, paper).fault == "Unexpected.UNEXPECTED"
    (record,) = [one for one in caplog.records if one.levelno == logging.ERROR]
    assert record.exc_info[0] is ZeroDivisionError
    assert paper in record.getMessage()


def test_success_takes_the_old_fault_away(house):
    paper = new_paper(house)
    carried_out(house, paper, failing(StorageFault(StorageCode.BUSY)))
    assert carried_out(house, paper, lambda *_: None)
    row = row_of(house.office, paper)
    assert (row.fault, row.retry_at, row.attempts, row.owner) == (None, None, 0, None)


def test_an_act_that_lost_its_row_leaves_the_new_owners_word_alone(house):
    paper = new_paper(house)

    def overtaken(office, claim):
        values = {"fence": claim.fence + 1, "owner": "elsewhere:1:1", "fault": None}
        with writing(office.engine) as connection:
            connection.execute(sa.update(papers).where(papers.c.id == paper).values(**values))
        raise StorageFault(StorageCode.DISK_FULL)

    assert not carried_out(house, paper, overtaken)
    row = row_of(house.office, paper)
    assert (row.owner, row.fault, row.attempts) == ("elsewhere:1:1", None, 0)


def test_the_lease_of_a_long_act_is_renewed_while_it_runs(house):
    office = replace(house.office, settings=house.office.settings.having("limits", lease_seconds=1))
    paper, seen = new_paper(house), []

    def long_act(_office, _claim):
        seen.append(row_of(office, paper).lease_until)
        time.sleep(1.5)
        seen.append(row_of(office, paper).lease_until)

    assert carried_out(house, paper, long_act, office)
    assert seen[1] - seen[0] > timedelta(seconds=0.5)


def test_two_workers_at_the_same_rows_never_do_an_act_twice(house_on_each):
    house, office = house_on_each, house_on_each.office
    made = [new_paper(house) for _ in range(6)]
    done, ready = [], threading.Barrier(2)
    found = [due(house, paper) for paper in made]
    acts = {ACT: lambda _office, claim: done.append(claim.id)}

    def work():
        ready.wait()
        for one in found:
            carry_out(office, one, acts)

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(done) == sorted(made)
    assert {row_of(office, paper).fence for paper in made} == {1}


def test_work_found_before_another_did_it_is_left_alone(house):
    paper, done = new_paper(house), []
    stale = due(house, paper)
    with claims.held(house.office, papers, paper):
        pass
    assert not carry_out(house.office, stale, {ACT: lambda *_: done.append("again")})
    assert done == []
    assert row_of(house.office, paper).fault is None


def test_two_dispatchers_on_one_house_read_a_paper_once(house_on_each, page):
    house = house_on_each
    dispatchers = [Dispatcher(house.office) for _ in range(2)]
    for dispatcher in dispatchers:
        dispatcher.start()
    made = [house.scanned(page) for _ in range(2)]
    for dispatcher in dispatchers:
        dispatcher.announce()
    wait_for(lambda: all(row_of(house.office, paper).state == PaperState.READ for paper in made))
    for dispatcher in dispatchers:
        dispatcher.stop()
    for paper in made:
        assert events_about(house.office, paper)["paper_read"] == 1
        assert row_of(house.office, paper).owner is None


def test_work_that_somebody_else_has_costs_a_dispatcher_no_hurry(house):
    """It looks again at its own pace: not in a circle as fast as it can."""
    paper = new_paper(house)
    away = replace(house.office, owner="elsewhere:1:1")
    with writing(house.office.engine) as connection:
        assert claims.take(connection, away, papers, paper)
    looks = []

    def counted_clock():
        looks.append(1)
        return house.office.clock()

    dispatcher = Dispatcher(replace(house.office, clock=counted_clock))
    dispatcher.start()
    time.sleep(1.5)
    dispatcher.stop()
    assert 1 <= len(looks) < 10


def test_a_stopped_dispatcher_begins_no_more(house):
    dispatcher = Dispatcher(house.office)
    dispatcher.start()
    dispatcher.stop()
    paper = new_paper(house)
    dispatcher.announce()
    assert row_of(house.office, paper).fence == 0


KILLED_HALF_WAY = """
import os, sys
from pathlib import Path
from office.bootstrap import open_office
from office.rows import claims
from office.settings import Settings
from office.tables import papers
from storage.database import writing
office = open_office(Settings(data=Path(sys.argv[1])).having("database", url=sys.argv[2]), demo=True)
with writing(office.engine) as connection:
    assert claims.take(connection, office, papers, sys.argv[3])
with office.work_folder():
    print("holding", flush=True)
    sys.stdin.read()
"""


def test_what_a_killed_worker_held_is_finished_by_another(house_on_each, page):
    house = house_on_each
    paper = house.scanned(page)
    settings = house.office.settings
    arguments = [str(settings.data), settings.database.url, paper]
    worker = subprocess.Popen(
        [sys.executable, "-P", "-c", KILLED_HALF_WAY, *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert worker.stdout.readline().strip() == "holding"
    assert run_until_idle(house.office) == 0
    worker.send_signal(signal.SIGKILL)
    worker.communicate()
    assert run_until_idle(house.office) == 1
    assert row_of(house.office, paper).state == PaperState.READ
    assert events_about(house.office, paper)["paper_read"] == 1


def test_a_copy_waits_for_the_records_officer_where_the_key_is_not_the_systems_own(house):
    paper = new_paper(house, PaperState.ARCHIVED)
    new_copy(house, paper, CopyState.OFFICER_SIGNED)
    with reading(house.office.engine) as connection:
        copy = copy_of(connection.execute(sa.select(copies)).one())
    assert issuing.may_go_on(house.office, copy)
    assert not issuing.may_go_on(attended(house).office, copy)


def test_as_much_is_found_as_is_asked_for_and_only_what_may_be_done_here(house_on_each):
    house = house_on_each
    made = [new_paper(house, age_minutes=minutes) for minutes in range(9, 0, -1)]
    assert [one.id for one in due_work(house.office, 4)] == made[:4]
    elsewhere = set(made[:5])
    ours = due_work(house.office, 3, lambda act, thing: act == "read_paper" and thing.id not in elsewhere)
    assert [one.id for one in ours] == made[5:8]
    assert due_work(house.office, 3, lambda *_: False) == ()


def test_due_work_is_ids_alone_so_that_any_engine_can_carry_it(house):
    new_paper(house)
    (found,) = due_work(house.office)
    assert Due(**json.loads(json.dumps(asdict(found)))) == found


def test_what_somebody_has_is_not_due(house_on_each):
    house, paper = house_on_each, new_paper(house_on_each)
    with claims.held(house.office, papers, paper):
        assert due_work(house.office) == ()
    assert [one.id for one in due_work(house.office)] == [paper]


def test_nothing_is_due_on_a_dossier_that_somebody_describes(house_on_each):
    house = house_on_each
    first = new_paper(house, PaperState.REVIEWED, age_minutes=3)
    dossier = row_of(house.office, first).dossier
    second = new_paper(house, PaperState.REVIEWED, age_minutes=2)
    read = new_paper(house, PaperState.SCANNED, age_minutes=1)
    with writing(house.office.engine) as connection:
        ours = {
            "dossier": dossier,
            "ordinal": papers.c.ordinal + sa.case((papers.c.id == second, 1), else_=2),
        }
        connection.execute(sa.update(papers).where(papers.c.id.in_([second, read])).values(**ours))
    assert [one.id for one in due_work(house.office)] == [first, second, read]
    with claims.held(house.office, dossiers, dossier):
        assert [one.id for one in due_work(house.office)] == [read]


def test_waiting_for_another_act_is_no_failure(house):
    paper = new_paper(house)
    assert not carried_out(house, paper, failing(DeskFault(DeskCode.BUSY)))
    row = row_of(house.office, paper)
    assert (row.owner, row.fault, row.retry_at, row.attempts) == (None, None, None, 0)


def test_a_ring_before_the_wait_counts_once():
    bell = HouseBell()
    bell.ring()
    assert bell.wait(0)
    assert not bell.wait(0)


def test_more_work_than_hands_is_done_one_after_another_and_the_oldest_first(house, monkeypatch):
    made = [new_paper(house, age_minutes=minutes) for minutes in range(5, 0, -1)]
    settings = house.office.settings.having("limits", workers=1)
    done = []

    def act(office, claim):
        done.append(claim.id)
        with writing(office.engine) as connection:
            claims.write(connection, claim, {"state": PaperState.READ})

    monkeypatch.setitem(ACTS, "read_paper", act)
    dispatcher = Dispatcher(replace(house.office, settings=settings))
    dispatcher.start()
    wait_for(lambda: len(done) == len(made))
    dispatcher.stop()
    assert done == made
