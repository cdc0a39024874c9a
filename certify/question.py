"""What verification is asked: a file, the roots to trust, what the register says, who signs for whom, when.

Standard library only: the question travels into the confined process that answers it.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

MOST_CPU_SECONDS = 2.8  # for one file of a stranger, its pictures included


class RegisterState(StrEnum):
    """What the certification book says of an entry."""

    ISSUED = "ISSUED"
    CANCELLED = "CANCELLED"
    VOID = "VOID"


class SignerRole(StrEnum):
    """For whom a signature field of the house is there."""

    CLERK = "clerk"
    OFFICER = "officer"
    AGENCY = "agency"


@dataclass(frozen=True)
class RegisterAnswer:
    """What our register knows of the file's SHA-256: nothing (`known` false), or its entry.

    `begins_with`: the file is unknown, but its first so many bytes are a copy the register knows, and number,
    book and state are that copy's.
    """

    known: bool
    number: int | None = None
    book: str | None = None
    issued_on: datetime | None = None
    state: RegisterState | None = None
    begins_with: int | None = None


@dataclass(frozen=True)
class Pin:
    """A certificate (SHA-256 of its DER, hex) that signs in this role for an agency.

    `own`: the agency is the office that asks; pins of the past stay, because what they signed stays.
    """

    sha256: str
    role: SignerRole
    agency: str
    own: bool = True


@dataclass(frozen=True)
class Question:
    """One file, the roots to trust (PEM files), what the register says, and the instant of asking (aware).

    Without `pins` nobody has said whose certificates sign for whom; then the certificates themselves must
    bear their roles out. `cpu_seconds` is what a stranger's file may cost; None judges a file of our own
    whatever it costs. `stamp_trust` are the roots of time-stamp authorities, `trust` those of
    signers; None: the same roots serve for both.
    """

    path: Path
    trust: tuple[Path, ...]
    register: RegisterAnswer | None
    now: datetime
    pins: tuple[Pin, ...] = ()
    cpu_seconds: float | None = MOST_CPU_SECONDS
    stamp_trust: tuple[Path, ...] | None = None

    @property
    def stamp_roots(self) -> tuple[Path, ...]:
        """The roots of time-stamp authorities."""
        return self.trust if self.stamp_trust is None else self.stamp_trust
