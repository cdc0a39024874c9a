"""The nouns of the office: frozen, built only when valid."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum, StrEnum
from pathlib import PurePath
from typing import Any

from certify.signing.keyring import KeyPlace, Purpose
from digitize.model import Origin
from office.faults import DeskCode, DeskFault
from office.procedure import CopyState, FileRole, Kind, Mark, PaperState, Role


class Sensitivity(IntEnum):
    """Four levels of access (QCVN 12:2026/BCA 3.5.2)."""

    PUBLIC = 1
    INTERNAL = 2
    RESTRICTED = 3
    SECRET = 4


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


@dataclass(frozen=True)
class Person:
    """An account: who somebody is, and what they may do and see."""

    id: str
    name: str
    full_name: str
    title: str
    roles: frozenset[Role]
    unit: str
    clearance: Sensitivity
    must_change: bool
    created_at: datetime
    last_login: datetime | None
    active: bool

    @property
    def actor(self) -> Actor:
        """The person as somebody who acts."""
        return Actor(self.id, self.full_name, self.title, self.roles, frozenset({self.unit}), self.clearance)


@dataclass(frozen=True)
class Guarded:
    """What every noun that holds papers carries: whose it is, and how sensitive."""

    unit: str
    sensitivity: Sensitivity


@dataclass(frozen=True)
class Worked:
    """How a machine's work on a thing stands.

    Args:
        owner: the process that has it now, None for nobody.
        fence: changes with every claim.
        fault: the key of what went wrong last, such as `ScanFault.BUSY`.
        retry_at: when the machine tries again by itself; None with a fault: a person has to look.
        attempts: how often it went wrong in a row.
    """

    owner: str | None
    fence: int
    fault: str | None
    retry_at: datetime | None
    attempts: int

    @property
    def needs_a_look(self) -> bool:
        """Has the machine given up, so that a person has to look?"""
        return self.fault is not None and self.retry_at is None


@dataclass(frozen=True)
class Dossier(Guarded):
    """What one citizen asked for at one time (hồ sơ); its code is the record people see."""

    id: str
    code: str
    procedure: str
    requester: str
    created_at: datetime
    created_by: str
    last_ordinal: int


@dataclass(frozen=True)
class Paper(Worked, Guarded):
    """One paper of a dossier on its way to the archive."""

    id: str
    dossier: str
    ordinal: int
    title: str
    state: PaperState
    scan_job: str
    scanned_at: datetime
    scanned_by: str
    original_pages: int | None
    page_count: int | None
    wishes: Mapping[str, Any] | None
    signed_at: datetime | None
    reviewed_by: str | None
    result_code: str | None
    archived_version: int | None

    @property
    def kind(self) -> Kind:
        """Which table of steps it follows."""
        return Kind.PAPER

    @property
    def marks(self) -> frozenset[Mark]:
        """What has been decided about it."""
        return frozenset()


@dataclass(frozen=True)
class Chore(Worked):
    """Work of the house itself: its name, the place (data directory) it is for, when it was last done."""

    id: str
    name: str
    place: str
    done_at: datetime | None


@dataclass(frozen=True)
class Numbered:
    """What a copy has once its number is reserved: the number, its book, the instant, who certifies."""

    value: int
    book: Mapping[str, Any]
    at: datetime
    officer: str


@dataclass(frozen=True)
class Copy(Worked, Guarded):
    """One copy of a paper, from the request to the hand-over."""

    id: str
    paper: str
    ordinal: int
    form: str
    state: CopyState
    check_code: str
    original_pages: int
    compared_by: str
    compared_at: datetime
    checks: tuple[str, ...]
    fee: int
    confirmed_by: str | None
    confirmed_at: datetime | None
    sealed_by: str | None
    number: int | None
    book: Mapping[str, Any] | None
    numbered_at: datetime | None
    issued_at: datetime | None
    delivered_at: datetime | None
    reason: str | None
    archived_version: int | None

    @property
    def kind(self) -> Kind:
        """Which table of steps it follows."""
        return Kind.CERTIFIED_COPY

    @property
    def numbered(self) -> Numbered:
        """The copy's number with its circumstances. Raises: DeskFault(WRONG_STATE) before there is one."""
        if self.number is None or self.book is None or self.numbered_at is None or self.confirmed_by is None:
            raise DeskFault(DeskCode.WRONG_STATE, self.state)
        return Numbered(self.number, self.book, self.numbered_at, self.confirmed_by)

    @property
    def marks(self) -> frozenset[Mark]:
        """What has been decided about it."""
        decided = {
            Mark.CONFIRMED: self.confirmed_by,
            Mark.SEALED: self.sealed_by,
            Mark.ARCHIVED: self.archived_version,
        }
        return frozenset(mark for mark, by in decided.items() if by is not None)


@dataclass(frozen=True)
class FileKept:
    """A kept file: of which paper, of which of its copies ("" for the paper itself), what it is to that.

    `origin` is what a scanned file is by itself; None for other files and until it has been read.
    """

    id: str
    paper: str
    copy: str
    role: FileRole
    ordinal: int
    sha256: str
    size_bytes: int
    media_type: str
    kept_at: datetime
    evidence: Mapping[str, Any] | None
    origin: Origin | None

    @property
    def suffix(self) -> str:
        """What the name of a scanned file ended in when it came, with its dot; empty for all others."""
        return PurePath(self.evidence["file"]).suffix if self.evidence else ""


@dataclass(frozen=True)
class PageRead:
    """A page as it was read: its verdict, and the whole report."""

    page: int
    verdict: str
    report: Mapping[str, Any]


@dataclass(frozen=True)
class FieldRead:
    """A field of a paper: what was read, where and how surely, and what a person confirmed."""

    paper: str
    name: str
    read_value: str | None
    confirmed_value: str | None
    confidence: float | None
    page: int | None
    box: Mapping[str, float] | None
    confirmed_by: str | None
    confirmed_at: datetime | None


@dataclass(frozen=True)
class Certificate:
    """A certificate whose key signs here: whose it is, where the key is, and how long it is valid.

    `holder` is an account's id or AGENCY; `place` says how the key is found where it is kept; `der` and
    `chain` are the certificate and those above it.
    """

    id: str
    holder: str
    kept: KeyPlace
    place: Mapping[str, str]
    der: bytes
    chain: tuple[bytes, ...]
    sha256: str
    subject: str
    not_before: datetime
    not_after: datetime
    is_unattended: bool
    added_at: datetime
    removed_at: datetime | None


class Capacity(StrEnum):
    """In which capacity somebody signs: as what they are, or for, by order or in place of another."""

    OWN = "own"
    KT = "KT"
    TUQ = "TUQ"
    TL = "TL"


@dataclass(frozen=True)
class Delegation:
    """Who may do what from when to when, and in which capacity; both days are whole days at the counter."""

    id: str
    account: str
    purpose: Purpose
    capacity: Capacity
    since: date
    until: date | None
    ended_at: datetime | None
