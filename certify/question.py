"""What verification is asked: a file, the roots to trust, what the register says, and the instant.

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


@dataclass(frozen=True)
class RegisterAnswer:
    """What our register knows of the file's SHA-256: nothing (`known` false), or its entry."""

    known: bool
    number: int | None = None
    book: str | None = None
    issued_on: datetime | None = None
    state: RegisterState | None = None


@dataclass(frozen=True)
class Question:
    """One file, the roots to trust (PEM files), what the register says, and the instant of asking (aware).

    `cpu_seconds` is what a stranger's file may cost; None judges a file of our own whatever it costs.
    """

    path: Path
    trust: tuple[Path, ...]
    register: RegisterAnswer | None
    now: datetime
    cpu_seconds: float | None = MOST_CPU_SECONDS
