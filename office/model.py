"""Dossiers, papers and copies: their states and the moves between them.

One table per kind says which act leads from which state to which; nothing else in the office decides
that. ARCHITECTURE.md's diagram is drawn from these tables.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from enum import IntEnum, StrEnum

VIETNAM = timezone(timedelta(hours=7))


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
    """How far a certified copy has come."""

    REQUESTED = "REQUESTED"
    APPROVED = "APPROVED"
    RESERVED = "RESERVED"
    OFFICER_SIGNED = "OFFICER_SIGNED"
    AGENCY_SIGNED = "AGENCY_SIGNED"
    ISSUED = "ISSUED"
    DELIVERED = "DELIVERED"
    REFUSED = "REFUSED"
    VOID = "VOID"
    CANCELLED = "CANCELLED"


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
    APPROVE_COPY = "approve_copy"
    REFUSE_COPY = "refuse_copy"
    RESERVE_NUMBER = "reserve_number"
    SIGN_AS_OFFICER = "sign_as_officer"
    SIGN_AS_AGENCY = "sign_as_agency"
    RELEASE_COPY = "release_copy"
    DELIVER_COPY = "deliver_copy"
    VOID_COPY = "void_copy"
    CANCEL_COPY = "cancel_copy"


PAPER_MOVES: Mapping[tuple[PaperState, Act], PaperState] = {
    (PaperState.EXPECTED, Act.RECEIVE_PAGES): PaperState.SCANNED,
    (PaperState.SCANNED, Act.READ_PAPER): PaperState.READ,
    (PaperState.READ, Act.SIGN_SCAN): PaperState.SIGNED,
    (PaperState.SIGNED, Act.EXTRACT_FIELDS): PaperState.EXTRACTED,
    (PaperState.EXTRACTED, Act.REVIEW_PAPER): PaperState.REVIEWED,
    (PaperState.REVIEWED, Act.ARCHIVE_RESULT): PaperState.ARCHIVED,
    (PaperState.READ, Act.RESCAN_PAPER): PaperState.SCANNED,
    (PaperState.EXTRACTED, Act.RESCAN_PAPER): PaperState.SCANNED,
    (PaperState.SCANNED, Act.RECEIVE_PAGES): PaperState.SCANNED,
    (PaperState.READ, Act.RECEIVE_PAGES): PaperState.SCANNED,
    (PaperState.SCANNED, Act.TAKE_OUT_PAGES): PaperState.SCANNED,
    (PaperState.READ, Act.TAKE_OUT_PAGES): PaperState.SCANNED,
    (PaperState.SCANNED, Act.TAKE_OUT_ALL_PAGES): PaperState.EXPECTED,
    (PaperState.READ, Act.TAKE_OUT_ALL_PAGES): PaperState.EXPECTED,
    (PaperState.SCANNED, Act.ARRANGE_PAGES): PaperState.SCANNED,
    (PaperState.READ, Act.ARRANGE_PAGES): PaperState.SCANNED,
}

COPY_MOVES: Mapping[tuple[CopyState, Act], CopyState] = {
    (CopyState.REQUESTED, Act.APPROVE_COPY): CopyState.APPROVED,
    (CopyState.REQUESTED, Act.REFUSE_COPY): CopyState.REFUSED,
    (CopyState.APPROVED, Act.REFUSE_COPY): CopyState.REFUSED,
    (CopyState.APPROVED, Act.RESERVE_NUMBER): CopyState.RESERVED,
    (CopyState.RESERVED, Act.SIGN_AS_OFFICER): CopyState.OFFICER_SIGNED,
    (CopyState.OFFICER_SIGNED, Act.SIGN_AS_AGENCY): CopyState.AGENCY_SIGNED,
    (CopyState.AGENCY_SIGNED, Act.RELEASE_COPY): CopyState.ISSUED,
    (CopyState.ISSUED, Act.DELIVER_COPY): CopyState.DELIVERED,
    (CopyState.RESERVED, Act.VOID_COPY): CopyState.VOID,
    (CopyState.OFFICER_SIGNED, Act.VOID_COPY): CopyState.VOID,
    (CopyState.AGENCY_SIGNED, Act.CANCEL_COPY): CopyState.CANCELLED,
    (CopyState.ISSUED, Act.CANCEL_COPY): CopyState.CANCELLED,
    (CopyState.DELIVERED, Act.CANCEL_COPY): CopyState.CANCELLED,
}


class Role(StrEnum):
    """What an account may do; one person may hold several, but see L57 in docs/law.md."""

    CLERK = "clerk"
    OFFICER = "officer"
    RECORDS_OFFICER = "records_officer"
    ARCHIVIST = "archivist"
    ADMINISTRATOR = "administrator"


class Sensitivity(IntEnum):
    """Four levels of access (QCVN 12:2026/BCA 3.5.2)."""

    PUBLIC = 1
    INTERNAL = 2
    RESTRICTED = 3
    SECRET = 4


class FileRole(StrEnum):
    """What a kept file is to its paper or copy."""

    MASTER = "master"
    DIGITIZED = "digitized"
    SIGNED_SCAN = "signed_scan"
    WORDS = "words"
    OFFICER_SIGNED = "officer_signed"
    AGENCY_SIGNED = "agency_signed"
    COPY = "copy"


class DeskCode(StrEnum):
    """What can stand in the way of an act."""

    NOT_FOUND = "NOT_FOUND"
    NOT_ALLOWED = "NOT_ALLOWED"
    WRONG_STATE = "WRONG_STATE"
    BUSY = "BUSY"
    CLAIM_LOST = "CLAIM_LOST"
    PAGES_DIFFER = "PAGES_DIFFER"
    NOTHING_SCANNED = "NOTHING_SCANNED"
    STILL_SCANNING = "STILL_SCANNING"
    PAGES_REFUSED = "PAGES_REFUSED"
    PAGE_GONE = "PAGE_GONE"
    PAGES_CHANGED = "PAGES_CHANGED"
    PAGES_FIXED = "PAGES_FIXED"
    PAPER_HAS_PAGES = "PAPER_HAS_PAGES"
    CHECKS_MISSING = "CHECKS_MISSING"
    OWN_SCAN = "OWN_SCAN"
    VERIFICATION_FAILED = "VERIFICATION_FAILED"
    CHILD_DIED = "CHILD_DIED"
    CHILD_TOO_SLOW = "CHILD_TOO_SLOW"
    CHILD_TOO_LARGE = "CHILD_TOO_LARGE"
    WRONG_HOUSE = "WRONG_HOUSE"
    STUCK = "STUCK"
    KEYS_MISSING = "KEYS_MISSING"
    ELECTRONIC_ORIGINAL = "ELECTRONIC_ORIGINAL"
    REASON_MISSING = "REASON_MISSING"
    FILE_UNREADABLE = "FILE_UNREADABLE"
    LOGIN_REFUSED = "LOGIN_REFUSED"
    LOGIN_LOCKED = "LOGIN_LOCKED"
    FORM_EXPIRED = "FORM_EXPIRED"
    CORNERS_IMPOSSIBLE = "CORNERS_IMPOSSIBLE"


class DeskFault(Exception):
    """An act that cannot be done; nothing has been changed by it."""

    def __init__(self, code: DeskCode, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else str(code))
        self.code = code
        self.detail = detail


@dataclass(frozen=True)
class Actor:
    """Who acts: an account with what it may do and see.

    `account` is the account's id, or a system name such as `system:dispatcher`.
    """

    account: str
    full_name: str
    title: str
    roles: frozenset[Role]
    units: frozenset[str]
    clearance: Sensitivity = Sensitivity.RESTRICTED

    def require(self, role: Role) -> None:
        """Raise DeskFault(NOT_ALLOWED) unless this actor holds `role`."""
        if role not in self.roles:
            raise DeskFault(DeskCode.NOT_ALLOWED, role)


def next_paper_state(state: PaperState, act: Act) -> PaperState:
    """The state that `act` leads to. Raises DeskFault(WRONG_STATE) when the act is not allowed here."""
    try:
        return PAPER_MOVES[state, act]
    except KeyError:
        raise DeskFault(DeskCode.WRONG_STATE, f"{state} → {act}") from None


def next_copy_state(state: CopyState, act: Act) -> CopyState:
    """The state that `act` leads to. Raises DeskFault(WRONG_STATE) when the act is not allowed here."""
    try:
        return COPY_MOVES[state, act]
    except KeyError:
        raise DeskFault(DeskCode.WRONG_STATE, f"{state} → {act}") from None


def on_paper(instant: datetime) -> datetime:
    """The instant as Vietnamese papers show it (+07:00)."""
    return instant.astimezone(VIETNAM)
