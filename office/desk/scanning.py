"""Scanning from a machine: what the machine sends is parsed in a confined child, pages come as files."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from office.confined.confine import Limits, run
from office.confined.orders import Machines, Probing, ScanEnd, Scanning, ScanProgress, SpoolPlace
from office.confined.tasks import ASK, DEVICES, PROBE, RELEASE, SCAN
from office.settings import Settings
from scanner_adapters.model import FaultCode, JobState, ScanFault, ScanSettings

STACK_SECONDS = 4 * 3600  # the longest stack; the adapters themselves bound every silence
FIND_SECONDS = 30
READY = "ready"
FORGIVING_SECONDS = 120  # for closing what a killed scan left open


@dataclass(frozen=True)
class Stack:
    """One stack to scan: which job takes its pages, from which machine, for whom, how.

    `remembers`: is the machine written down among those met before?
    """

    job: str
    device: str
    operator: str
    settings: ScanSettings
    remembers: bool = True


@dataclass(frozen=True)
class Scanned:
    """How it went: the job's state, the fault if there was one, every page with its evidence and `path`."""

    state: JobState
    fault: ScanFault | None
    pages: tuple[Mapping[str, Any], ...]


def scan_stack(settings: Settings, stack: Stack, tell: Callable[[str, str], None]) -> Scanned:
    """Scan one stack into its job; `tell` hears each event by name and detail as it happens.

    Raises: ChildFault for what is wrong with the spool; DeskFault when the child was ended.
    """
    limits = Limits(settings.limits.child_memory_mb, STACK_SECONDS)
    for answer in run(SCAN, _scanning(settings, stack), limits):
        if isinstance(answer, ScanProgress):
            tell(answer.event, answer.detail)
        else:
            return _scanned(answer)
    raise AssertionError("a scan ends with an outcome or a fault")


def release_stack(settings: Settings, stack: Stack) -> Scanned:
    """Close what a killed scan left running on the machine; the pages it has are whole."""
    limits = Limits(settings.limits.child_memory_mb, FORGIVING_SECONDS)
    (answer,) = run(RELEASE, _scanning(settings, stack), limits)
    return _scanned(answer)


def is_idle(settings: Settings, device: str) -> bool:
    """Does the machine answer, and serve nobody?"""
    limits = Limits(settings.limits.child_memory_mb, FIND_SECONDS)
    asked = Probing(device, _machines(settings))
    return any(answer == READY for answer in run(PROBE, asked, limits))


def find_machines(settings: Settings) -> Iterator[Mapping[str, Any]]:
    """The machines that answer now: id, name, sources; those known from before that are silent have none."""
    limits = Limits(settings.limits.child_memory_mb, FIND_SECONDS)
    for found in run(DEVICES, _machines(settings), limits):
        yield {"id": found.id, "name": found.name, "sources": list(found.sources)}


def ask_machine(settings: Settings, address: str) -> Mapping[str, Any]:
    """What the machine at HOST or HOST:PORT speaks, and by which way it can be scanned from.

    Raises: ChildFault with the code OFFLINE when nothing answers there.
    """
    limits = Limits(settings.limits.child_memory_mb, FIND_SECONDS)
    (spoken,) = run(ASK, address, limits)
    return {"way": spoken.way, "speaks": list(spoken.speaks)}


def machines_file(settings: Settings) -> Path:
    """Where the machines met before are written down."""
    folder = settings.data / "scanners"
    file, before = folder / "machines.json", settings.data / "machines.json"
    if before.exists() and not file.exists():  # it once lay beside the database: a child may not write there
        folder.mkdir(mode=0o700, exist_ok=True)
        before.rename(file)
    return file


def _scanning(settings: Settings, stack: Stack) -> Scanning:
    place = SpoolPlace(
        settings.data / "spool", settings.scanners.spool_mb, stack.job, stack.device, stack.operator
    )
    machines = _machines(settings)
    return Scanning(place, stack.settings, machines if stack.remembers else replace(machines, file=None))


def _machines(settings: Settings) -> Machines:
    return Machines(machines_file(settings), settings.scanners.allowed_ids)


def _scanned(told: ScanEnd) -> Scanned:
    fault = told.fault
    return Scanned(
        told.state,
        ScanFault(FaultCode(fault.code), fault.detail, fault.pages, fault.page) if fault else None,
        tuple(page.to_json() | {"path": str(page.path)} for page in told.pages),
    )
