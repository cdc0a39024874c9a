"""What the tasks of the office's own are asked, and what they answer: frozen values that travel as JSON."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scanner_adapters.model import JobState, ScannedPage, ScanSettings


@dataclass(frozen=True)
class Drawing:
    """Page `page` (from 1) of `source` is to be drawn `width` pixels wide, as a JPEG at `out`."""

    source: Path
    page: int
    width: int
    out: Path


@dataclass(frozen=True)
class SpoolPlace:
    """Which job of which spool takes the pages, for which device and operator; `megabytes` all may hold."""

    folder: Path
    megabytes: int
    job: str
    device: str
    operator: str

    @property
    def job_folder(self) -> Path:
        """Where the job's pages lie."""
        return self.folder / self.job


@dataclass(frozen=True)
class Taking:
    """Files to be taken into the spool: those that lie in `inbox`, where one is given, then `files`."""

    place: SpoolPlace
    inbox: Path | None = None
    files: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Leftover:
    """What of the watched folder did not become pages: names moved aside, names not finished yet."""

    refused: tuple[str, ...]
    waiting: tuple[str, ...]


Taken = ScannedPage | Leftover  # what taking files tells, one by one


@dataclass(frozen=True)
class Machines:
    """Where machines met before are written down (None: nowhere), and the ids of the only ones allowed."""

    file: Path | None
    allowed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Scanning:
    """A stack to be scanned, or released, into a job of the spool."""

    place: SpoolPlace
    settings: ScanSettings
    machines: Machines


@dataclass(frozen=True)
class ScanProgress:
    """Something happened while a stack is scanned: a ScanEvent's name and its detail."""

    event: str
    detail: str


@dataclass(frozen=True)
class ScanFailure:
    """A ScanFault, as it travels."""

    code: str
    detail: str
    pages: int
    page: int


@dataclass(frozen=True)
class ScanEnd:
    """How a stack ended, and every page that the job holds."""

    state: JobState
    fault: ScanFailure | None
    pages: tuple[ScannedPage, ...]


ScanTold = ScanProgress | ScanEnd  # what scanning tells, one by one


@dataclass(frozen=True)
class Probing:
    """Which machine is to be looked at."""

    device: str
    machines: Machines


@dataclass(frozen=True)
class Found:
    """A machine that answers, or one known from before: then without sources."""

    id: str
    name: str
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Spoken:
    """What the machine at an address speaks, protocol by protocol, and the way to scan from it."""

    way: str
    speaks: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Trial:
    """What limits and walls are tried with.

    Args:
        attempt: the way out that is tried (office.confined.trials).
        seconds: to sleep.
        megabytes: to fill.
        path: of a file or socket outside.
        process: of somebody else, as its number.
        port: where somebody listens on this machine.
        folder: one that the child may write to.
    """

    attempt: str = ""
    seconds: float = 0.0
    megabytes: int = 0
    path: Path | None = None
    process: int = 0
    port: int = 0
    folder: Path | None = None


@dataclass(frozen=True)
class Tried:
    """How an attempt went: refused by what error, or done, with what it brought."""

    refused: bool
    detail: str
