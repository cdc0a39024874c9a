"""Whose turn it is: what a paper or copy waits for, and who does that.

The states and moves are those of `office.model`; this table only adds the one who acts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy.engine import Row

from office.model import Act, Actor, CopyState, PaperState, Role


class Turn(StrEnum):
    """Who has to act next."""

    CLERK = "clerk"
    OFFICER = "officer"
    RECORDS_OFFICER = "records_officer"
    MACHINE = "machine"
    NOBODY = "nobody"


@dataclass(frozen=True)
class Step:
    """The next act and whose it is; `act` is None when nothing more is to be done."""

    act: Act | None
    turn: Turn


DONE = Step(None, Turn.NOBODY)

PAPER_STEPS: Mapping[PaperState, Step] = {
    PaperState.EXPECTED: Step(Act.RECEIVE_PAGES, Turn.CLERK),
    PaperState.SCANNED: Step(Act.READ_PAPER, Turn.MACHINE),
    PaperState.READ: Step(Act.SIGN_SCAN, Turn.CLERK),
    PaperState.SIGNED: Step(Act.EXTRACT_FIELDS, Turn.MACHINE),
    PaperState.EXTRACTED: Step(Act.REVIEW_PAPER, Turn.CLERK),
    PaperState.REVIEWED: Step(Act.ARCHIVE_RESULT, Turn.MACHINE),
    PaperState.ARCHIVED: DONE,
}

COPY_STEPS: Mapping[CopyState, Step] = {
    CopyState.REQUESTED: Step(Act.APPROVE_COPY, Turn.CLERK),
    CopyState.APPROVED: Step(Act.SIGN_AS_OFFICER, Turn.OFFICER),
    CopyState.RESERVED: Step(Act.SIGN_AS_OFFICER, Turn.MACHINE),
    CopyState.OFFICER_SIGNED: Step(Act.SIGN_AS_AGENCY, Turn.RECORDS_OFFICER),
    CopyState.AGENCY_SIGNED: Step(Act.RELEASE_COPY, Turn.MACHINE),
    CopyState.ISSUED: Step(Act.DELIVER_COPY, Turn.CLERK),
    CopyState.DELIVERED: DONE,
    CopyState.REFUSED: DONE,
    CopyState.VOID: DONE,
    CopyState.CANCELLED: DONE,
}

ROLE_OF: Mapping[Turn, Role] = {
    Turn.CLERK: Role.CLERK,
    Turn.OFFICER: Role.OFFICER,
    Turn.RECORDS_OFFICER: Role.RECORDS_OFFICER,
}


def step_of_paper(row: Row[Any]) -> Step:
    """What the paper of this row waits for."""
    return PAPER_STEPS[PaperState(row.state)]


def step_of_copy(row: Row[Any]) -> Step:
    """What the copy of this row waits for; once a person has decided, the machine carries it out."""
    state = CopyState(row.state)
    step = COPY_STEPS[state]
    decided = {CopyState.APPROVED: row.confirmed_by, CopyState.OFFICER_SIGNED: row.sealed_by}
    return Step(step.act, Turn.MACHINE) if decided.get(state) else step


def is_turn_of(actor: Actor, step: Step) -> bool:
    """May this actor, by role, do the step?"""
    return ROLE_OF.get(step.turn) in actor.roles


def needs_a_look(row: Row[Any]) -> bool:
    """Has the machine given up on this row, so that a person has to look?"""
    return row.fault is not None and row.retry_at is None
