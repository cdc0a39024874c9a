"""A machine that falls silent within a page: how long until it is released, with the product's own patience.

Usage: ./motcua bench scan_stall

Four machines stall at the same time: SANE's test device whose driver is stopped by force, a device whose
saned is killed, the simulated eSCL machine that holds a page back for ever, and the same machine behind
sane-airscan, which would wait for ever. Seconds run from the stall to the end of the scan; then the device
must scan again.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

from scanner_adapters.escl.wire import Request
from scanner_adapters.known import KnownMachines
from scanner_adapters.model import JobState, ScanSettings, ScanSource
from scanner_adapters.opening import open_scanner
from scanner_adapters.queue.device_lock import DeviceLock
from scanner_adapters.queue.spool import Spool, SpoolJob
from scanner_adapters.sane.scanner import SaneScanner, SaneSetup
from scanner_adapters.scanner import Scanner, Watch
from scanner_adapters.simulator.machine import ABORTED, Carriage, Machine, Reply
from scanner_adapters.simulator.papers.paper import drawn_leaves
from scanner_adapters.simulator.profile import Profile
from scanner_adapters.simulator.script import Act, Fault
from scanner_adapters.simulator.server import Place, serving

GOAL_SECONDS = 35.0
WAIT_SECONDS = 60.0  # until a page must have begun
INTO_THE_PAGE = 1.0  # seconds
SANED_PORT = 6566  # the net backend has no setting for another
SLOW = ("--read-delay=yes", "--read-delay-duration=200000", "--read-limit=yes", "--read-limit-size=100")
GLASS, FEEDER = ScanSettings(ScanSource.FLATBED, dpi=75), ScanSettings(ScanSource.ADF, dpi=75)
SHEETS, STALLED_PAGE = 4, 2
SILENT = Fault(Act.STALL, STALLED_PAGE, times=1000)
ALONE = "[options]\ndiscovery = disable\nws-discovery = off\n"


@dataclass(frozen=True)
class Case:
    """One machine that will stall: what scans it, what makes it stall and tells when, what scans again."""

    name: str
    scanner: Scanner
    asked: ScanSettings
    stall: Callable[[SpoolJob, Path], float]
    again: Callable[[], Scanner]
    device: str = ""  # SANE's name


class SilentMachine(Machine):
    """The simulated machine, which notes when it first fell silent."""

    since = 0.0

    def handle(self, request: Request, now: float) -> Reply:
        """Answer, and note a stall."""
        reply = super().handle(request, now)
        if reply.carriage is Carriage.STALLED:
            self.since = self.since or time.monotonic()
        return reply

    def be_well(self, *, lets_go: bool) -> None:
        """Fall silent no more; `lets_go`: end the job of a client that is gone, as machines do in time."""
        self._due.clear()
        for job in self._jobs if lets_go else []:
            self._finish(job, ABORTED)


def main() -> int:
    with tempfile.TemporaryDirectory() as name, ExitStack() as held:
        folder = Path(name)
        cases = [*sane_cases(folder, held), *escl_cases(folder, held)]
        with ThreadPoolExecutor(len(cases)) as pool:
            results = [*pool.map(lambda case: measured(case, folder), cases)]
    for case, (seconds, told, wrong) in zip(cases, results, strict=True):
        print(f"{case.name}: {told}, released after {seconds:.1f} s (goal <= {GOAL_SECONDS:.0f} s){wrong}")
    return 1 if any(wrong or seconds > GOAL_SECONDS for seconds, _, wrong in results) else 0


def measured(case: Case, folder: Path) -> tuple[float, str, str]:
    """Seconds from stall to release, how the scan ended, and what was wrong, if anything."""
    home = folder / case.name.replace(" ", "-")
    job = new_job(home, "stalled", case.asked)
    moments: list[float] = []
    stalling = Thread(target=lambda: moments.append(case.stall(job, home)))
    stalling.start()
    outcome = case.scanner.scan(case.asked, job, Watch())
    ended = time.monotonic()
    stalling.join()
    told = f"{outcome.state} {outcome.fault.code if outcome.fault else ''} with {len(outcome.pages)} pages"
    wrong = "" if outcome.fault else "; it did not stall"
    if case.device and DeviceLock(folder, f"sane:{case.device}").is_taken():
        wrong += "; the device is still taken"
    again = case.again().scan(case.asked, new_job(home, "again", case.asked), Watch())
    wrong += "" if again.state is JobState.COMPLETED else f"; next scan: {again.fault}"
    return ended - moments[0], told, wrong


def new_job(home: Path, name: str, asked: ScanSettings) -> SpoolJob:
    return Spool(home, lambda: datetime.now(UTC)).open_job(name, "bench", "bench", asked)


def sane_cases(folder: Path, held: ExitStack) -> Iterator[Case]:
    """SANE's test device, and the same behind saned."""
    if shutil.which("scanimage") is None:
        print("skipped: SANE is not installed")
        return
    local = configured(folder / "sane", net="connect_timeout = 5\n127.0.0.1\n")
    setup = SaneSetup(local, folder, extra=SLOW)

    def free() -> Scanner:
        return SaneScanner("test:0", SaneSetup(local, folder))

    yield Case("driver stopped", SaneScanner("test:0", setup), GLASS, stop_driver, free, "test:0")
    if not Path("/usr/sbin/saned").exists() or is_taken(SANED_PORT):
        print("skipped: saned is not installed, or its port is taken")
        return
    server = configured(folder / "server", saned="127.0.0.1\nlocalhost\n", dll="test\n")
    saned = start_saned(server)
    held.callback(end_group, saned)

    def kill(_job: SpoolJob, home: Path) -> float:
        wait_for(lambda: [*home.rglob("*.pnm.part")])
        time.sleep(INTO_THE_PAGE)
        end_group(saned)
        return time.monotonic()

    def restarted() -> Scanner:
        held.callback(end_group, start_saned(server))
        return SaneScanner("net:127.0.0.1:test:0", SaneSetup(local, folder))

    far = SaneScanner("net:127.0.0.1:test:0", setup)
    yield Case("saned killed", far, GLASS, kill, restarted, "net:127.0.0.1:test:0")


def escl_cases(folder: Path, held: ExitStack) -> Iterator[Case]:
    """Our own client, and sane-airscan, each with a machine of its own."""
    machine, url = silent_machine(held)
    ours = open_scanner(f"escl:{url}", KnownMachines(None))
    yield Case("eSCL page held back", ours, FEEDER, noted_by(machine), healed(ours, machine))
    if not [*Path("/usr/lib").glob("*/sane/libsane-airscan.so.1")]:
        print("skipped: sane-airscan is not installed")
        return
    hidden, url = silent_machine(held)
    told = configured(folder / "airscan", airscan=f'[devices]\n"Sim" = {url}, eSCL\n{ALONE}')
    name = "airscan:e0:Sim"
    reader = SaneScanner(name, SaneSetup(told, folder))
    again = healed(reader, hidden, lets_go=True)
    yield Case("sane-airscan held back", reader, FEEDER, noted_by(hidden), again, name)


def silent_machine(held: ExitStack) -> tuple[SilentMachine, str]:
    machine = SilentMachine(drawn_leaves(SHEETS, 1), Profile(), [SILENT])
    return machine, held.enter_context(serving(machine, Place()))


def noted_by(machine: SilentMachine) -> Callable[[SpoolJob, Path], float]:
    def noted(_job: SpoolJob, _home: Path) -> float:
        wait_for(lambda: machine.since)
        return machine.since

    return noted


def healed(scanner: Scanner, machine: SilentMachine, *, lets_go: bool = False) -> Callable[[], Scanner]:
    def heal() -> Scanner:
        machine.be_well(lets_go=lets_go)
        return scanner

    return heal


def stop_driver(job: SpoolJob, home: Path) -> float:
    wait_for(lambda: [*home.rglob("*.pnm.part")])
    time.sleep(INTO_THE_PAGE)
    os.kill(int(job.device_job.removeprefix("pid ")), signal.SIGSTOP)
    return time.monotonic()


def configured(folder: Path, **told: str) -> Path:
    """A folder of backends' files."""
    folder.mkdir()
    shutil.copy("/etc/sane.d/test.conf", folder)
    for backend, content in told.items():
        (folder / f"{backend}.conf").write_text(content)
    return folder


def start_saned(folder: Path) -> subprocess.Popen:
    line = ["/usr/sbin/saned", "-l", "-b", "127.0.0.1", "-p", str(SANED_PORT), "-e", "-d", "2"]
    environment = {**os.environ, "SANE_CONFIG_DIR": str(folder)}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    running = subprocess.Popen(line, env=environment, process_group=0, **quiet)
    wait_for(lambda: is_taken(SANED_PORT))
    return running


def end_group(running: subprocess.Popen) -> None:
    with suppress(ProcessLookupError):
        os.killpg(running.pid, signal.SIGKILL)
    running.wait()


def is_taken(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def wait_for(is_so: Callable[[], object]) -> None:
    until = time.monotonic() + WAIT_SECONDS
    while not is_so():
        if time.monotonic() > until:
            raise TimeoutError("no page began")
        time.sleep(0.02)


if __name__ == "__main__":
    sys.exit(main())
