"""What a child does with a machine: what it sends is as foreign as any upload."""

from collections.abc import Callable, Iterator

from office.confined.orders import (
    Found,
    Machines,
    Probing,
    ScanEnd,
    ScanFailure,
    Scanning,
    ScanProgress,
    ScanTold,
    Spoken,
)
from office.confined.spooling import open_job
from scanner_adapters.asking.asking import as_json, ask_machine, way_to
from scanner_adapters.discovery import Search
from scanner_adapters.known import KnownMachines
from scanner_adapters.opening import list_scanners, open_scanner
from scanner_adapters.scanner import ScanOutcome, Watch, ended

SEARCH_SECONDS = 2.0  # for machines on the network; who answers later is found the next time


def scan(scanning: Scanning, tell: Callable[[ScanTold], None]) -> ScanEnd:
    """Scan a stack into its job, telling what happens meanwhile."""
    scanner = open_scanner(scanning.place.device, _known(scanning.machines))
    job = open_job(scanning.place, scanning.settings)
    watch = Watch(lambda event, detail: tell(ScanProgress(event, detail)))
    return _told(scanner.scan(scanning.settings, job, watch))


def release(scanning: Scanning) -> ScanEnd:
    """Close what a killed scan left running on its machine."""
    scanner = open_scanner(scanning.place.device, _known(scanning.machines))
    job = open_job(scanning.place, scanning.settings)
    scanner.release(job)
    return _told(ended(job, None))


def probe(probing: Probing) -> str:
    """How the machine stands: a Presence."""
    return open_scanner(probing.device, _known(probing.machines)).probe()


def devices(machines: Machines) -> Iterator[Found]:
    """The machines that answer now, then those known from before."""
    for told in list_scanners(_known(machines), Search(SEARCH_SECONDS)):
        yield Found(told["id"], told["name"], tuple(told["sources"]))


def ask(address: str) -> Spoken:
    """What the machine at HOST or HOST:PORT speaks. Raises: ScanFault OFFLINE."""
    spoken = ask_machine(address)
    return Spoken(way_to(spoken), tuple(as_json(one) for one in spoken))


def _known(machines: Machines) -> KnownMachines:
    return KnownMachines(machines.file, machines.allowed)


def _told(outcome: ScanOutcome) -> ScanEnd:
    fault = outcome.fault
    told = ScanFailure(fault.code, fault.detail, fault.pages, fault.page) if fault else None
    return ScanEnd(outcome.state, told, outcome.pages)
