"""What every machine is to the desk, whatever it speaks: look at it, ask what it can do, scan one stack.

Rules for whoever implements Scanner:
1. A page is told only after the spool has it; what was told is never taken back.
2. COMPLETED means that the machine itself proved the number of pages; every doubt is a fault.
3. Nothing hangs: a machine that answers no more becomes a fault in bounded time.
4. Scanning again into the same job goes on after its last page: that is how a jam is continued.
5. Whatever happens, also after a crash, the machine's own job is closed and the machine free for the next.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from scanner_adapters.model import Capabilities, JobState, ScanFault, ScannedPage, ScanSettings
from scanner_adapters.queue.spool import SpoolJob


class Presence(StrEnum):
    """How a machine stands when it is looked at."""

    READY = "ready"
    BUSY = "busy"
    OFFLINE = "offline"


class ScanEvent(StrEnum):
    """What happens while a stack is scanned; for progress, never for decisions."""

    STARTED = "started"
    PAGE = "page"
    WAITING = "waiting"
    RETRY = "retry"
    DUPLICATE_DROPPED = "duplicate_dropped"
    ADJUSTED = "adjusted"


def nobody(_event: ScanEvent, _detail: str) -> None:
    """Tell nobody."""


def never() -> bool:
    """Nobody stops the scan."""
    return False


@dataclass(frozen=True)
class Watch:
    """Who is told what happens, and who may stop it."""

    tell: Callable[[ScanEvent, str], None] = nobody
    is_stopped: Callable[[], bool] = never


@dataclass(frozen=True)
class ScanOutcome:
    """How one stack went: the state to close the job with, the fault if there was one, the job's pages."""

    state: JobState
    fault: ScanFault | None = None
    pages: tuple[ScannedPage, ...] = ()


class Scanner(Protocol):
    """One machine at one address."""

    @property
    def id(self) -> str:
        """What people and `scan` call it: an address such as sane:NAME, or the id that `devices` prints."""
        ...

    def probe(self) -> Presence:
        """Look whether it answers; never raises."""
        ...

    def capabilities(self) -> Capabilities:
        """What it can do. Raises: ScanFault OFFLINE, AUTH, PROTOCOL."""
        ...

    def scan(self, settings: ScanSettings, job: SpoolJob, watch: Watch) -> ScanOutcome:
        """Scan what lies in the source into the job; faults are part of the outcome, not raised."""
        ...

    def release(self, job: SpoolJob) -> None:
        """Close what a crashed scan left open on the machine; nothing left, nothing done; never raises."""
        ...


def ended(job: SpoolJob, fault: ScanFault | None, state: JobState | None = None) -> ScanOutcome:
    """The outcome for what is in the job now: COMPLETED without a fault, PARTIAL or FAILED with one."""
    pages = job.pages()
    with_fault = JobState.PARTIAL if pages else JobState.FAILED
    return ScanOutcome(state or (with_fault if fault else JobState.COMPLETED), fault, pages)
