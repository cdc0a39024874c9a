"""One table of steps for each kind of thing that a procedure moves: a paper, a certified copy.

Who may do what when, which state it leads to, which event the ledger keeps of it and which file comes out is
said here and nowhere else; moves, turns, due work, offers on pages and the diagrams of ARCHITECTURE.md derive
from these tables. A further kind of copy is one more tuple of steps, plus its acts.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from office.faults import DeskCode, DeskFault


class Kind(StrEnum):
    """What kind of thing moves."""

    PAPER = "paper"
    CERTIFIED_COPY = "certified_copy"


class PaperState(StrEnum):
    """How far a paper has come on its way to the archive (scan, read, sign, extract, review, keep).

    EXPECTED stands before all of them: the paper's title is known, and no page of it is here.
    """

    SCANNED = "SCANNED"
    READ = "READ"
    SIGNED = "SIGNED"
    EXTRACTED = "EXTRACTED"
    REVIEWED = "REVIEWED"
    ARCHIVED = "ARCHIVED"
    EXPECTED = "EXPECTED"


class CopyState(StrEnum):
    """How far a certified copy has come; ASKED: a key holder has been asked and has not answered yet."""

    REQUESTED = "REQUESTED"
    APPROVED = "APPROVED"
    RESERVED = "RESERVED"
    OFFICER_ASKED = "OFFICER_ASKED"
    OFFICER_SIGNED = "OFFICER_SIGNED"
    AGENCY_ASKED = "AGENCY_ASKED"
    AGENCY_SIGNED = "AGENCY_SIGNED"
    ISSUED = "ISSUED"
    DELIVERED = "DELIVERED"
    REFUSED = "REFUSED"
    VOID = "VOID"
    CANCELLED = "CANCELLED"


State = PaperState | CopyState


class Act(StrEnum):
    """The acts that move a paper or a copy."""

    RECEIVE_PAGES = "receive_pages"
    TAKE_OUT_PAGES = "take_out_pages"
    TAKE_OUT_ALL_PAGES = "take_out_all_pages"
    ARRANGE_PAGES = "arrange_pages"
    READ_PAPER = "read_paper"
    SIGN_SCAN = "sign_scan"
    EXTRACT_FIELDS = "extract_fields"
    REVIEW_PAPER = "review_paper"
    ARCHIVE_RESULT = "archive_result"
    RESCAN_PAPER = "rescan_paper"
    REQUEST_COPY = "request_copy"
    APPROVE_COPY = "approve_copy"
    REFUSE_COPY = "refuse_copy"
    CONFIRM_COPY = "confirm_copy"
    RESERVE_NUMBER = "reserve_number"
    ASK_OFFICER = "ask_officer"
    ASK_OFFICER_ANEW = "ask_officer_anew"
    SIGN_AS_OFFICER = "sign_as_officer"
    SEAL_COPY = "seal_copy"
    ASK_AGENCY = "ask_agency"
    ASK_AGENCY_ANEW = "ask_agency_anew"
    SIGN_AS_AGENCY = "sign_as_agency"
    RELEASE_COPY = "release_copy"
    ARCHIVE_COPY = "archive_copy"
    DELIVER_COPY = "deliver_copy"
    VOID_COPY = "void_copy"
    CANCEL_COPY = "cancel_copy"


class Role(StrEnum):
    """What an account may do; one person may hold several, but see L57 in docs/law.md."""

    CLERK = "clerk"
    OFFICER = "officer"
    RECORDS_OFFICER = "records_officer"
    ARCHIVIST = "archivist"
    ADMINISTRATOR = "administrator"


class Turn(StrEnum):
    """Who has to act next."""

    CLERK = "clerk"
    OFFICER = "officer"
    RECORDS_OFFICER = "records_officer"
    MACHINE = "machine"
    NOBODY = "nobody"


class Mark(StrEnum):
    """What was decided about a thing without moving it."""

    CONFIRMED = "confirmed"  # the officer certifies
    SEALED = "sealed"  # the records officer lets the agency's signature be set
    ARCHIVED = "archived"


class FileRole(StrEnum):
    """What a kept file is to its paper or copy."""

    MASTER = "master"
    DIGITIZED = "digitized"
    SIGNED_SCAN = "signed_scan"
    WORDS = "words"
    OFFICER_PREPARED = "officer_prepared"
    OFFICER_SIGNED = "officer_signed"
    AGENCY_PREPARED = "agency_prepared"
    AGENCY_SIGNED = "agency_signed"
    COPY = "copy"


class WhoseKey(StrEnum):
    """Whose key an act signs with, at once or through the machine."""

    ACTORS = "actors"  # of who does it
    OFFICERS = "officers"  # of who confirmed the copy
    AGENCYS = "agencys"


ROLE_OF: Mapping[Turn, Role] = {
    Turn.CLERK: Role.CLERK,
    Turn.OFFICER: Role.OFFICER,
    Turn.RECORDS_OFFICER: Role.RECORDS_OFFICER,
}


@dataclass(frozen=True)
class Step:
    """One act on a kind of thing.

    Args:
        act: what is done.
        before: the states in which it can be done.
        after: the state it leads to; None: the thing stays where it is.
        by: who does it.
        event: what the ledger calls it, in the past tense.
        keeps: the role of the file that comes out.
        needs: what must have been decided before.
        unless: what must not have been decided before.
        gives: what is decided by it; a thing that has this already is not offered the step again.
        aside: is it another way than the usual one (to refuse, to send back, to void)?
    """

    act: Act
    before: frozenset[State]
    after: State | None
    by: Turn
    event: str
    keeps: FileRole | None = None
    needs: frozenset[Mark] = frozenset()
    unless: frozenset[Mark] = frozenset()
    gives: Mark | None = None
    aside: bool = False

    def is_open(self, state: State, marks: frozenset[Mark]) -> bool:
        """Can it be done in this state, with what has been decided?"""
        if state not in self.before or not self.needs <= marks:
            return False
        return not self.unless & marks and self.gives not in marks


class Thing(Protocol):
    """What a procedure moves."""

    @property
    def kind(self) -> Kind:
        """Which table of steps it follows."""

    @property
    def state(self) -> State:
        """How far it has come."""

    @property
    def marks(self) -> frozenset[Mark]:
        """What has been decided about it."""


def _from(*states: State) -> frozenset[State]:
    return frozenset(states)


_P, _C = PaperState, CopyState
_CLERK, _OFFICER, _RECORDS, _MACHINE = Turn.CLERK, Turn.OFFICER, Turn.RECORDS_OFFICER, Turn.MACHINE
_CONFIRMED, _SEALED = frozenset({Mark.CONFIRMED}), frozenset({Mark.SEALED})

PAPER_STEPS: tuple[Step, ...] = (
    Step(Act.READ_PAPER, _from(_P.SCANNED), _P.READ, _MACHINE, "paper_read", FileRole.DIGITIZED),
    Step(Act.SIGN_SCAN, _from(_P.READ), _P.SIGNED, _CLERK, "scan_signed", FileRole.SIGNED_SCAN),
    Step(Act.EXTRACT_FIELDS, _from(_P.SIGNED), _P.EXTRACTED, _MACHINE, "fields_extracted"),
    Step(Act.REVIEW_PAPER, _from(_P.EXTRACTED), _P.REVIEWED, _CLERK, "paper_reviewed"),
    Step(Act.ARCHIVE_RESULT, _from(_P.REVIEWED), _P.ARCHIVED, _MACHINE, "paper_archived"),
    Step(Act.RESCAN_PAPER, _from(_P.READ, _P.EXTRACTED), _P.SCANNED, _CLERK, "paper_sent_back", aside=True),
    Step(Act.REQUEST_COPY, _from(_P.ARCHIVED), None, _CLERK, "copy_requested", aside=True),
    Step(
        Act.RECEIVE_PAGES, _from(_P.EXPECTED, _P.SCANNED, _P.READ), _P.SCANNED, _CLERK, "scan_received"
    ),  # after the steps above: only an expected paper waits for it
    Step(Act.TAKE_OUT_PAGES, _from(_P.SCANNED, _P.READ), _P.SCANNED, _CLERK, "pages_taken_out", aside=True),
    Step(
        Act.TAKE_OUT_ALL_PAGES,
        _from(_P.SCANNED, _P.READ),
        _P.EXPECTED,
        _CLERK,
        "pages_taken_out",
        aside=True,
    ),
    Step(Act.ARRANGE_PAGES, _from(_P.SCANNED, _P.READ), _P.SCANNED, _CLERK, "pages_arranged", aside=True),
)

CERTIFIED_COPY_STEPS: tuple[Step, ...] = (
    Step(Act.APPROVE_COPY, _from(_C.REQUESTED), _C.APPROVED, _CLERK, "copy_approved"),
    Step(
        Act.CONFIRM_COPY, _from(_C.APPROVED), None, _OFFICER, "copy_confirmed", gives=Mark.CONFIRMED
    ),  # an officer's decision, carried out by the machine from here on
    Step(Act.RESERVE_NUMBER, _from(_C.APPROVED), _C.RESERVED, _MACHINE, "number_reserved", needs=_CONFIRMED),
    Step(
        Act.ASK_OFFICER,
        _from(_C.RESERVED),
        _C.OFFICER_ASKED,
        _MACHINE,
        "officer_asked",
        FileRole.OFFICER_PREPARED,
    ),
    Step(
        Act.SIGN_AS_OFFICER,
        _from(_C.OFFICER_ASKED),
        _C.OFFICER_SIGNED,
        _MACHINE,
        "officer_signed",
        FileRole.OFFICER_SIGNED,
    ),
    Step(Act.SEAL_COPY, _from(_C.OFFICER_SIGNED), None, _RECORDS, "copy_sealed", gives=Mark.SEALED),
    Step(
        Act.ASK_AGENCY,
        _from(_C.OFFICER_SIGNED),
        _C.AGENCY_ASKED,
        _MACHINE,
        "agency_asked",
        FileRole.AGENCY_PREPARED,
        needs=_SEALED,
    ),
    Step(
        Act.SIGN_AS_AGENCY,
        _from(_C.AGENCY_ASKED),
        _C.AGENCY_SIGNED,
        _MACHINE,
        "agency_signed",
        FileRole.AGENCY_SIGNED,
    ),
    Step(Act.RELEASE_COPY, _from(_C.AGENCY_SIGNED), _C.ISSUED, _MACHINE, "copy_issued", FileRole.COPY),
    Step(Act.DELIVER_COPY, _from(_C.ISSUED), _C.DELIVERED, _CLERK, "copy_delivered"),
    Step(
        Act.ARCHIVE_COPY,
        _from(_C.ISSUED, _C.DELIVERED),
        None,
        _MACHINE,
        "copy_archived",
        gives=Mark.ARCHIVED,
        aside=True,
    ),
    Step(
        Act.REFUSE_COPY,
        _from(_C.REQUESTED, _C.APPROVED),
        _C.REFUSED,
        _CLERK,
        "copy_refused",
        unless=_CONFIRMED,
        aside=True,
    ),
    Step(
        Act.ASK_OFFICER_ANEW,
        _from(_C.OFFICER_ASKED),
        _C.RESERVED,
        _CLERK,
        "question_to_officer_withdrawn",
        aside=True,
    ),
    Step(
        Act.ASK_AGENCY_ANEW,
        _from(_C.AGENCY_ASKED),
        _C.OFFICER_SIGNED,
        _CLERK,
        "question_to_agency_withdrawn",
        aside=True,
    ),
    Step(
        Act.VOID_COPY,
        _from(_C.RESERVED, _C.OFFICER_ASKED, _C.OFFICER_SIGNED, _C.AGENCY_ASKED),
        _C.VOID,
        _RECORDS,
        "copy_voided",
        aside=True,
    ),
    Step(
        Act.CANCEL_COPY,
        _from(_C.AGENCY_SIGNED, _C.ISSUED, _C.DELIVERED),
        _C.CANCELLED,
        _OFFICER,
        "copy_cancelled",
        aside=True,
    ),
)

KEYS: Mapping[Act, WhoseKey] = {
    Act.SIGN_SCAN: WhoseKey.ACTORS,
    Act.CONFIRM_COPY: WhoseKey.ACTORS,
    **dict.fromkeys((Act.RESERVE_NUMBER, Act.ASK_OFFICER, Act.SIGN_AS_OFFICER), WhoseKey.OFFICERS),
    **dict.fromkeys((Act.SEAL_COPY, Act.ASK_AGENCY, Act.SIGN_AS_AGENCY), WhoseKey.AGENCYS),
}

PROCEDURES: Mapping[Kind, tuple[Step, ...]] = {
    Kind.PAPER: PAPER_STEPS,
    Kind.CERTIFIED_COPY: CERTIFIED_COPY_STEPS,
}


def step_of(kind: Kind, act: Act) -> Step:
    """The step that does `act` on this kind. Raises: LookupError when there is none."""
    return next(step for step in PROCEDURES[kind] if step.act is act)


def event_of(act: Act) -> str:
    """What the ledger calls it when `act` was done."""
    return next(step.event for steps in PROCEDURES.values() for step in steps if step.act is act)


def moves(kind: Kind) -> Mapping[tuple[State, Act], State]:
    """Which act leads from which state to which, in the order of the table."""
    return {
        (before, step.act): step.after
        for step in PROCEDURES[kind]
        for before in _in_order(step)
        if step.after is not None
    }


def next_state(kind: Kind, state: State, act: Act) -> State:
    """The state that `act` leads to. Raises: DeskFault(WRONG_STATE) when the act is not allowed here."""
    try:
        return moves(kind)[state, act]
    except KeyError:
        raise DeskFault(DeskCode.WRONG_STATE, f"{state} → {act}") from None


def awaited(thing: Thing, given: frozenset[Mark] = frozenset()) -> Step | None:
    """The step that the thing waits for on its usual way; None when it has come to an end.

    `given` are decisions that need nobody, because the key in question may be used by the system itself.
    """
    marks = thing.marks | given
    usual = (step for step in PROCEDURES[thing.kind] if not step.aside)
    return next((step for step in usual if step.is_open(thing.state, marks)), None)


def steps_open(thing: Thing, given: frozenset[Mark] = frozenset()) -> tuple[Step, ...]:
    """Every step that can be done on the thing now, by whomever."""
    marks = thing.marks | given
    return tuple(step for step in PROCEDURES[thing.kind] if step.is_open(thing.state, marks))


def states_for(kind: Kind, turn: Turn) -> frozenset[State]:
    """The states in which somebody of this turn has something to do."""
    return frozenset(state for step in PROCEDURES[kind] if step.by is turn for state in step.before)


def _in_order(step: Step) -> Iterator[State]:
    for states in (PaperState, CopyState):
        yield from (state for state in states if state in step.before)
