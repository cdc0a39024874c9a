"""The nouns of certifying, and the stages a copy passes on its way from an original to a certified copy.

Two products are kept apart by type: the certified copy of an original shown at the counter (chứng thực,
NĐ 45/2020 Art. 10: officer, then agency) and the agency's own copies (SAO Y, SAO LỤC, TRÍCH SAO, NĐ 30/2020
Art. 25: agency alone). Each stage only holds what the stage before it made. Instants are aware and UTC;
lengths are millimetres, font sizes points. Wordings and appearances are law and therefore values handed in.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from enum import StrEnum
from pathlib import Path

from certify.field_names import AGENCY_FIELD, AGENCY_LAST_FIELD, OFFICER_FIELD
from foundation.faults import Fault

LOCAL_TIME = timezone(timedelta(hours=7))  # the hour of paper and of register years


class Kind(StrEnum):
    """What kind of copy a paper becomes."""

    CERTIFIED = "chung-thuc"
    SAO_Y = "sao-y"
    SAO_LUC = "sao-luc"
    TRICH_SAO = "trich-sao"


class Medium(StrEnum):
    """Paper and electronic copies are numbered in separate series."""

    PAPER = "paper"
    ELECTRONIC = "electronic"


class Corner(StrEnum):
    """The corner of the upright page a box is measured from."""

    TOP_LEFT = "top-left"
    TOP_RIGHT = "top-right"
    BOTTOM_LEFT = "bottom-left"
    BOTTOM_RIGHT = "bottom-right"


class Align(StrEnum):
    """How lines stand in their box."""

    LEFT = "left"
    CENTRE = "centre"


class Profile(StrEnum):
    """What a signing program on somebody's own computer does to the file that it is handed."""

    FILLS = "fills"  # it signs in the field prepared for it, as that field demands: certifying, or locking
    ADDS = "adds"  # it makes one field of its own and approves in it: neither certifying nor locking


class FaultCode(StrEnum):
    """What stopped a certifying step."""

    KEY_REFUSED = "key-refused"
    KEY_PENDING = "key-pending"
    KEY_UNFIT = "key-unfit"  # of a kind, size or usage that this house does not sign with
    KEY_FILE_MISSING = "key-file-missing"
    PIN_WRONG = "pin-wrong"
    PIN_LOCKED = "pin-locked"
    TOKEN_MISSING = "token-missing"  # noqa: S105 a code, no secret
    HOLDER_GONE = "holder-gone"
    KEY_TIMED_OUT = "key-timed-out"  # nobody confirmed in time
    KEY_MOVED = "key-moved"  # the holder was asked, and has another kind of key by now
    SERVICE_REFUSED = "service-refused"  # a signing service does not take us
    SERVICE_UNAVAILABLE = "service-unavailable"
    CERTIFICATE_EXPIRED = "certificate-expired"
    CERTIFICATE_NOT_YET_VALID = "certificate-not-yet-valid"
    CERTIFICATE_REVOKED = "certificate-revoked"
    CERTIFICATE_UNTRUSTED = "certificate-untrusted"
    TIMESTAMP_UNAVAILABLE = "timestamp-unavailable"
    REVOCATION_UNAVAILABLE = "revocation-unavailable"
    NOT_SIGNABLE = "not-signable"
    ALREADY_SIGNED = "already-signed"
    RETURNED_OTHER = "returned-other"  # what came back does not go on from what was handed out
    RETURNED_UNSIGNED = "returned-unsigned"
    RETURNED_STRANGER = "returned-stranger"  # signed with another certificate
    RETURNED_CHANGED = "returned-changed"  # more than one signature was added, or something else
    RETURNED_WEAKER = "returned-weaker"  # the signature does not certify, or lock, as its field demands
    RETURNED_UNSTAMPED = "returned-unstamped"
    FORM_FIELDS = "form-fields"  # of somebody else's, none of them signed
    FOREIGN_CONTENT = "foreign-content"  # a copy would hold what this house does not write
    DISK_FULL = "disk-full"
    WRITE_FAILED = "write-failed"
    TEXT_TOO_LONG = "text-too-long"
    FONT_MISSING = "font-missing"
    RENDER_FAILED = "render-failed"
    PAGE_TOO_SMALL = "page-too-small"  # for the mark that the law wants on it
    BOOK_CLOSED = "book-closed"
    BOOK_MISSING = "book-missing"
    BOOK_HAS_OPEN_NUMBERS = "book-has-open-numbers"
    NUMBER_TAKEN = "number-taken"
    NUMBER_UNKNOWN = "number-unknown"
    WRONG_STATE = "wrong-state"
    AUTHORITY_DAMAGED = "authority-damaged"


class CertifyFault(Fault):
    """A certifying step that did not happen: `code` says why, `detail` is for the log, never for people."""

    code: FaultCode


@dataclass(frozen=True, slots=True)
class Book:
    """A certification book, such as `1/2026-SCT/BS` for electronic copies (NĐ 23/2015 Art. 13)."""

    code: str
    medium: Medium
    year: int
    volume: int

    def __post_init__(self) -> None:
        if self.volume < 1 or not self.code:
            raise ValueError(f"no such book: {self}")


@dataclass(frozen=True, slots=True)
class Number:
    """A certification number: the ordinal within its series and year, and the book it stands in."""

    value: int
    book: Book

    def __post_init__(self) -> None:
        if self.value < 1:
            raise ValueError(f"a number starts at 1, not {self.value}")


@dataclass(frozen=True, slots=True)
class Signer:
    """A person as named on paper: name, title (its lines parted by line feeds: KT. CHỦ TỊCH, …), agency."""

    name: str
    title: str
    agency: str


@dataclass(frozen=True, slots=True)
class Box:
    """A box on the upright page: distances `x`, `y` from `corner`, then size; millimetres."""

    corner: Corner
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Appearance:
    """A visible signature form (profiles of NĐ 30/2020 PL I, TT 01/2023 Art. 8) as dated law hands it in.

    `lines` are templates; {name}, {title}, {agency}, {kind}, {date} (dd/mm/yyyy) and {time} (hh:mm:ss by
    +07:00) are filled in. Text is set at `font_size`, and down to `smallest_size` when it would not fit.
    """

    profile: str
    box: Box
    lines: tuple[str, ...]
    font_size: float = 10
    smallest_size: float = 7
    colour: tuple[float, float, float] = (0, 0, 0)
    align: Align = Align.LEFT


@dataclass(frozen=True, slots=True)
class CopyForms:
    """The visible forms of a certified copy's signatures; their boxes lie on the statement's page (A4)."""

    officer: Appearance
    agency: Appearance


@dataclass(frozen=True, slots=True)
class Wording:
    """The lời chứng as dated law words it (NĐ 23/2015 Art. 12; forms in force on `effective_from`).

    Templates are filled with {number}, {volume}, {year}, {book}, {day}, {month}, {pages}, {request},
    {agency}, {officer} and {compared_by}. `small_print` stands at the foot of the page.
    """

    heading: str
    number_line: str
    date_line: str
    small_print: tuple[str, ...]
    effective_from: date
    font_size: float = 14


@dataclass(frozen=True, slots=True)
class OriginalSeen:
    """A paper original that was shown and compared page by page (TT 01/2020 Art. 11)."""

    pages: int
    compared_by: str
    at: datetime

    def __post_init__(self) -> None:
        _require_aware(self.at)
        if self.pages < 1 or not self.compared_by:
            raise ValueError("an original has pages and was compared by somebody")


@dataclass(frozen=True, slots=True)
class Approval:
    """The permission to certify one original.

    `request_id` asked for it; `document` is the unsigned digitized PDF/A of all its pages.
    """

    request_id: str
    original: OriginalSeen
    document: Path
    approved_by: Signer
    kind: Kind = Kind.CERTIFIED

    def __post_init__(self) -> None:
        if self.kind is not Kind.CERTIFIED:
            raise ValueError(f"{self.kind} is an agency's own copy; it takes a CopyDecision")


@dataclass(frozen=True, slots=True)
class Statement:
    """The lời chứng of one approved copy: numbered and dated; `at` is the instant of the act."""

    approval: Approval
    number: Number
    at: datetime
    wording: Wording
    officer: Signer

    def __post_init__(self) -> None:
        _require_aware(self.at)
        if self.signed_on.year != self.number.book.year:
            raise ValueError("a number belongs to the year of its day")
        if self.signed_on < self.wording.effective_from:
            raise ValueError("the wording is not in force yet")

    @property
    def signed_on(self) -> date:
        """The day printed in the statement, by the clock on the wall."""
        return self.at.astimezone(LOCAL_TIME).date()


@dataclass(frozen=True, slots=True)
class CopyFields:
    """The signature fields of a certified copy: the officer's, the agency's, and those drawn by others.

    `drawn_elsewhere`: the fields whose look a signing program made, and not this software.
    """

    officer: str = OFFICER_FIELD
    agency: str = AGENCY_FIELD
    drawn_elsewhere: frozenset[str] = frozenset()

    @classmethod
    def by_program(cls, profile: Profile, field: str = "") -> "CopyFields":
        """Those of a copy whose officer signs, or signed in `field`, with a program of this profile."""
        drawn = frozenset({field} if field else ())
        if profile is Profile.FILLS:
            return cls(drawn_elsewhere=drawn)
        return cls(officer=field, agency=AGENCY_LAST_FIELD, drawn_elsewhere=drawn)

    @property
    def names(self) -> tuple[str, ...]:
        """Those that are there: before it signs, a program's own field is not."""
        return tuple(filter(None, (self.officer, self.agency)))


HOUSE_COPY = CopyFields()


@dataclass(frozen=True, slots=True)
class ComposedCopy:
    """The copy with its lời chứng and its empty signature fields; nothing signed yet."""

    statement: Statement
    path: Path
    fields: CopyFields = HOUSE_COPY


@dataclass(frozen=True, slots=True)
class SignedByOfficer:
    """The copy signed by the officer: certified (DocMDP, form filling allowed), or approved by a program."""

    statement: Statement
    path: Path
    fields: CopyFields = HOUSE_COPY


@dataclass(frozen=True, slots=True)
class AgencySigned:
    """The copy signed by the officer and locked by the agency; not yet fit for decades."""

    statement: Statement
    path: Path
    fields: CopyFields = HOUSE_COPY


@dataclass(frozen=True, slots=True)
class CertifiedCopy:
    """The finished certified copy; `sha256` (hex) is what the register knows it by."""

    statement: Statement
    path: Path
    sha256: str

    @property
    def number(self) -> Number:
        """The number the copy carries."""
        return self.statement.number


@dataclass(frozen=True, slots=True)
class SignedScan:
    """A digitized paper signed by the clerk who scanned it (TT 01/2023 Art. 8)."""

    path: Path
    sha256: str
    signer: Signer
    signed_at: datetime


@dataclass(frozen=True, slots=True)
class CopyDecision:
    """The head's decision to copy a paper issued by or sent to the agency (NĐ 30/2020 Art. 27)."""

    request_id: str
    kind: Kind
    document: Path
    decided_by: Signer
    at: datetime

    def __post_init__(self) -> None:
        _require_aware(self.at)
        if self.kind is Kind.CERTIFIED:
            raise ValueError("a certified copy takes an Approval, with the original seen")


@dataclass(frozen=True, slots=True)
class AgencyCopy:
    """A finished SAO Y, SAO LỤC or TRÍCH SAO: the agency's signature alone (NĐ 30/2020 Art. 25)."""

    decision: CopyDecision
    path: Path
    sha256: str


def _require_aware(instant: datetime) -> None:
    if instant.tzinfo is None:
        raise ValueError("an instant needs its time zone")
