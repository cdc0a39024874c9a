"""An entry of the register as it is read back: plain values, for whoever tells of it."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from certify.model import Number


class EntryState(StrEnum):
    """What became of a number."""

    RESERVED = "RESERVED"
    AGENCY_SIGNED = "AGENCY_SIGNED"
    ISSUED = "ISSUED"
    VOID = "VOID"
    CANCELLED = "CANCELLED"


OPEN_STATES = (EntryState.RESERVED, EntryState.AGENCY_SIGNED)


@dataclass(frozen=True, slots=True)
class Particulars:
    """The statutory columns beside number and day (TT 01/2020 Art. 4); `fee` in đồng."""

    requester: str = ""
    requester_paper: str = ""
    title: str = ""
    signer_name: str = ""
    signer_title: str = ""
    copies: int = 1
    fee: int = 0
    note: str = ""


@dataclass(frozen=True, slots=True)
class RegisterEntry:
    """One row of the book; `sha256` is the newest version of the issued copy, hex."""

    number: Number
    request_id: str
    state: EntryState
    reserved_at: datetime
    certified_on: date
    particulars: Particulars
    sha256: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Closing:
    """The year-end count of one book (NĐ 23/2015 Art. 13): rows in all, and those void or cancelled."""

    total: int
    void: int
    cancelled: int
    first: int | None
    last: int | None
