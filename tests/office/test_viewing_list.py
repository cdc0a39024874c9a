"""The list of what is to be done: whose turn it is, and in which order."""

import json
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import product

import pytest
import sqlalchemy as sa

from office.faults import DeskFault
from office.procedure import CopyState, Kind, Mark, PaperState, step_of
from office.rows import recording
from office.rows.nouns import copy_of
from office.tables import copies, dossiers, papers
from office.views import turns
from office.views.turns import Turn
from office.views.viewing import list_papers, see_paper, stamp_of_paper
from storage import ledger
from storage.database import reading, writing


def put(house, state, minutes=0, **values):
    """A paper in this state, scanned so many minutes after the others."""
    at = house.office.clock() + timedelta(minutes=minutes)
    paper = house.office.new_id()
    told = {"title": state, "scan_job": "job", "scanned_at": at, "scanned_by": house.clerk.account}
    guard = {"unit": house.office.settings.unit, "sensitivity": 2}
    row = {"id": paper, "dossier": house.dossier(), "ordinal": 1, "state": state, **told, **guard, **values}
    with writing(house.office.engine) as connection:
        connection.execute(sa.insert(papers).values(**row))
    return paper


def put_copy(house, paper, state, **values):
    copy = house.office.new_id()
    told = {
        "ordinal": 2,
        "kind": "chung-thuc",
        "check_code": copy,
        "original_pages": 1,
        "checks": [],
        "fee": 2000,
    }
    seen = {"compared_by": house.clerk.account, "compared_at": house.office.clock()}
    guard = {"unit": house.office.settings.unit, "sensitivity": 2}
    with writing(house.office.engine) as connection:
        row = {"id": copy, "paper": paper, "state": state, **told, **seen, **guard, **values}
        connection.execute(sa.insert(copies).values(**row))
    return copy


def listed(house, actor):
    return [line.paper.id for line in list_papers(house.office, actor)]


def test_my_own_work_comes_first_oldest_on_top_then_others_then_machines_then_what_is_done(house):
    done = put(house, PaperState.ARCHIVED, minutes=9)
    reading_now = put(house, PaperState.SCANNED, minutes=1)
    second = put(house, PaperState.READ, minutes=3)
    first = put(house, PaperState.EXTRACTED, minutes=2)
    certified = put(house, PaperState.ARCHIVED)
    put_copy(house, certified, CopyState.APPROVED)
    assert listed(house, house.clerk) == [first, second, certified, reading_now, done]
    assert listed(house, house.officer) == [certified, first, second, reading_now, done]


def test_what_a_machine_gave_up_stands_before_what_waits_for_others(house):
    waiting = put(house, PaperState.ARCHIVED)
    put_copy(house, waiting, CopyState.APPROVED)
    given_up = put(house, PaperState.SCANNED, minutes=5, fault="UNREADABLE")
    trying = put(house, PaperState.SCANNED, minutes=6, fault="BUSY", retry_at=house.office.clock())
    assert listed(house, house.clerk) == [given_up, waiting, trying]


def test_a_paper_stays_on_the_list_while_a_copy_of_it_is_unfinished(house):
    paper = put(house, PaperState.ARCHIVED)
    put_copy(house, paper, CopyState.DELIVERED)
    assert list_papers(house.office, house.clerk)[0].step is turns.DONE
    put_copy(house, paper, CopyState.ISSUED)
    (line,) = list_papers(house.office, house.clerk)
    assert (line.mine, line.step.turn) == (True, Turn.CLERK)
    assert line.states == (PaperState.ARCHIVED, CopyState.DELIVERED, CopyState.ISSUED)


@pytest.mark.parametrize(
    ("state", "decided", "turn"),
    [
        (CopyState.APPROVED, {}, Turn.OFFICER),
        (CopyState.APPROVED, {"confirmed_by": "officer"}, Turn.MACHINE),
        (CopyState.OFFICER_SIGNED, {}, Turn.RECORDS_OFFICER),
        (CopyState.OFFICER_SIGNED, {"sealed_by": "records"}, Turn.MACHINE),
    ],
)
def test_once_a_person_has_decided_it_is_the_machines_turn(house, state, decided, turn):
    paper = put(house, PaperState.ARCHIVED)
    copy = put_copy(house, paper, state, **decided)
    with reading(house.office.engine) as connection:
        row = connection.execute(sa.select(copies).where(copies.c.id == copy)).one()
    assert turns.waits_for(copy_of(row)).turn is turn


@dataclass(frozen=True)
class Thing:
    kind: Kind
    state: PaperState | CopyState
    marks: frozenset[Mark]


def test_every_state_says_whose_turn_it_is_and_the_act_is_one_that_the_tables_allow():
    for kind, states in ((Kind.PAPER, PaperState), (Kind.CERTIFIED_COPY, CopyState)):
        for state, marks in product(states, (frozenset(), frozenset(Mark))):
            waiting = turns.waits_for(Thing(kind, state, marks))
            if waiting.act is None:
                assert waiting is turns.DONE
                continue
            step = step_of(kind, waiting.act)
            assert step.is_open(state, marks)
            assert waiting.turn is step.by


def test_another_unit_and_a_lower_clearance_see_an_empty_list_and_no_paper(house, stranger):
    paper = put(house, PaperState.READ)
    put_copy(house, paper, CopyState.APPROVED)
    for actor in (stranger, replace(house.clerk, clearance=1)):
        assert list_papers(house.office, actor) == ()
        for look in (see_paper, stamp_of_paper):
            with pytest.raises(DeskFault):
                look(house.office, actor, paper)


def test_a_copy_more_secret_than_its_paper_is_not_shown_with_it(house):
    paper = put(house, PaperState.ARCHIVED)
    put_copy(house, paper, CopyState.ISSUED, sensitivity=4)
    (line,) = list_papers(house.office, house.clerk)
    assert line.copies == ()
    assert see_paper(house.office, house.clerk, paper).copies == ()


LOOKS_FROM = 1000


def look(number, paper, copy):
    """A look at a paper or its copy as a row of the ledger; the chain is not what is asked here."""
    body = {"what": "", "at": "2026-11-24T05:00:00Z", "actor": "", "subject": "", "body": {}}
    subject, what = (copy, "file_opened") if number % 2 else (paper, "paper_viewed")
    told = {"subject": subject, "what": what, "body": json.dumps({**body, "what": what})}
    return {"seq": LOOKS_FROM + number + 1, "prev": "", "h": "", "at": "", **told}


def test_the_history_tells_every_act_however_often_the_paper_was_looked_at(house_on_each):
    house, office = house_on_each, house_on_each.office
    paper = put(house, PaperState.ARCHIVED)
    copy = put_copy(house, paper, CopyState.ISSUED)
    with writing(office.engine) as connection:
        code = connection.execute(sa.select(dossiers.c.code)).scalar_one()
        recording.note(connection, office, house.clerk, "paper_read", paper)
        connection.execute(sa.insert(ledger.ledger_entries), [look(n, paper, copy) for n in range(2200)])
        connection.execute(sa.update(ledger.ledger_head).values(length=LOOKS_FROM + 2200))
        recording.note(
            connection, office, house.clerk, "paper_archived", code, files=[f"du-lieu/{code}.1.pdf"]
        )
        recording.note(
            connection, office, house.clerk, "paper_archived", code, files=[f"du-lieu/{code}.9.pdf"]
        )
        recording.note(connection, office, house.clerk, "copy_issued", copy)
        recording.note(
            connection, office, house.clerk, "copy_archived", code, files=[f"du-lieu/{code}.2.pdf"]
        )
    told = [event.what for event in see_paper(office, house.clerk, paper).history]
    assert told == ["paper_read", "paper_archived", "copy_issued", "copy_archived"]
