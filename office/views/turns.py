"""Whose turn it is: what a paper or copy waits for, and who does that.

The states and moves are those of `office.model`; this table only adds the one who acts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy.engine import Row

from office.model import Act, Actor, CopyState, DeskCode, DeskFault, PaperState, Role


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


@dataclass(frozen=True)
class Offer:
    """Who may do an act, in which states, and whether only before a person has decided."""

    role: Role
    states: frozenset[str]
    before_decision: bool = False


OFFERS: Mapping[Act, Offer] = {
    Act.SIGN_SCAN: Offer(Role.CLERK, frozenset({PaperState.READ})),
    Act.APPROVE_COPY: Offer(Role.CLERK, frozenset({CopyState.REQUESTED})),
    Act.REFUSE_COPY: Offer(
        Role.CLERK, frozenset({CopyState.REQUESTED, CopyState.APPROVED}), before_decision=True
    ),
    Act.SIGN_AS_OFFICER: Offer(Role.OFFICER, frozenset({CopyState.APPROVED}), before_decision=True),
    Act.SIGN_AS_AGENCY: Offer(
        Role.RECORDS_OFFICER, frozenset({CopyState.OFFICER_SIGNED}), before_decision=True
    ),
    Act.DELIVER_COPY: Offer(Role.CLERK, frozenset({CopyState.ISSUED})),
    Act.VOID_COPY: Offer(Role.RECORDS_OFFICER, frozenset({CopyState.RESERVED, CopyState.OFFICER_SIGNED})),
    Act.CANCEL_COPY: Offer(
        Role.OFFICER, frozenset({CopyState.AGENCY_SIGNED, CopyState.ISSUED, CopyState.DELIVERED})
    ),
}


def offers(actor: Actor, row: Row[Any]) -> frozenset[Act]:
    """The acts that this actor may do on the paper or copy of this row as it stands."""
    return frozenset(act for act in OFFERS if _is_offered(actor, row, act))


def require_offer(actor: Actor, row: Row[Any], act: Act) -> None:
    """Raise DeskFault NOT_ALLOWED or WRONG_STATE unless `act` may be done by this actor as things stand."""
    actor.require(OFFERS[act].role)
    if not _is_offered(actor, row, act):
        raise DeskFault(DeskCode.WRONG_STATE, row.state)


def _is_offered(actor: Actor, row: Row[Any], act: Act) -> bool:
    offer = OFFERS[act]
    if offer.role not in actor.roles or row.state not in offer.states:
        return False
    return not (offer.before_decision and step_of_copy(row).turn is Turn.MACHINE)


def is_turn_of(actor: Actor, step: Step) -> bool:
    """May this actor, by role, do the step?"""
    return ROLE_OF.get(step.turn) in actor.roles


def needs_a_look(row: Row[Any]) -> bool:
    """Has the machine given up on this row, so that a person has to look?"""
    return row.fault is not None and row.retry_at is None
