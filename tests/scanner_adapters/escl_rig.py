"""A simulated machine, our eSCL client on it without any network, and a spool: all on one passed-in clock."""

from dataclasses import dataclass, field
from pathlib import Path

from scanner_adapters.escl.device import Clockwork, Device
from scanner_adapters.escl.scanner import EsclScanner
from scanner_adapters.model import ScanSettings, ScanSource
from scanner_adapters.queue.spool import Spool, SpoolJob
from scanner_adapters.scanner import ScanEvent, ScanOutcome, Watch, never
from scanner_adapters.simulator.direct import DirectTransport, Hands
from scanner_adapters.simulator.machine import Machine
from scanner_adapters.simulator.profile import Profile
from scanner_adapters.simulator.script import Fault
from tests.scanner_adapters.scan_files import Clock, jpeg

ADF = ScanSettings(ScanSource.ADF)
GLASS = ScanSettings(ScanSource.FLATBED)
DUPLEX = ScanSettings(ScanSource.ADF_DUPLEX)
LEAVES = {number: jpeg(number, 24, 32) for number in range(1, 41)}
HOST = "scanner.example"


def leaf(number: int):
    """A side of paper that looks like nothing else, whatever the machine is told."""
    return lambda _ticket: LEAVES[number]


def leaves(count: int):
    return [leaf(number) for number in range(1, count + 1)]


def stack_of(count: int) -> list[bytes]:
    return [LEAVES[number] for number in range(1, count + 1)]


@dataclass
class Rig:
    """Everything of one scan; `events` is what was told on the way."""

    root: Path
    machine: Machine
    hands: Hands = field(default_factory=Hands)
    events: list[tuple[ScanEvent, str]] = field(default_factory=list)
    table: tuple | None = None

    @property
    def device(self) -> Device:
        transport = DirectTransport(self.machine, self.hands, HOST)
        return Device(transport, Clockwork(self.hands.read, self.hands.sleep), host=HOST)

    @property
    def scanner(self) -> EsclScanner:
        return EsclScanner(f"escl:http://{HOST}/eSCL", self.device, self.table)

    def job(self, name: str = "job", settings: ScanSettings = ADF) -> SpoolJob:
        return Spool(self.root, Clock()).open_job(name, "escl", "lan", settings)

    def scan(self, settings: ScanSettings = ADF, name: str = "job", is_stopped=never) -> ScanOutcome:
        watch = Watch(lambda event, detail: self.events.append((event, detail)), is_stopped)
        return self.scanner.scan(settings, self.job(name, settings), watch)


def rig(root: Path, *faults: Fault, sheets: int = 4, profile: Profile | None = None) -> Rig:
    return Rig(root, Machine(leaves(sheets), profile or Profile(), faults))


def delivered(outcome: ScanOutcome) -> list[bytes]:
    return [page.path.read_bytes() for page in outcome.pages]


def code_of(outcome: ScanOutcome) -> str:
    return outcome.fault.code if outcome.fault else ""
