"""`devices`, `scan` and `simulate-scanner`: machines on the command line."""

import argparse
import hashlib
import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from getpass import getuser
from pathlib import Path
from typing import Any

from foundation.clock import utc_now
from foundation.locks import alone_if_free
from office.cli.console import Console
from office.confined.confine import ChildFault
from office.desk.scanning import Scanned, Stack, ask_machine, find_machines, release_stack, scan_stack
from office.explain import explain, explain_turn, explain_way
from office.settings import Settings, is_house
from scanner_adapters.folder.handing import hand_out
from scanner_adapters.model import (
    ColorMode,
    FaultCode,
    JobState,
    ScanFault,
    ScannedPage,
    ScanSettings,
    ScanSource,
)
from scanner_adapters.queue.spool import Spool, SpoolJob

COLORS = {"color": ColorMode.COLOR, "gray": ColorMode.GRAY, "bw": ColorMode.BW}


def devices(chosen: argparse.Namespace, settings: Settings, console: Console) -> int:
    """Print every machine that answers, and those known from before; or what the one at an address speaks."""
    if chosen.address:
        return _ask_one(chosen.address, settings, console)
    found = list(find_machines(settings))
    lines = [f"{one['id']}\t{one['name']}\t{', '.join(one['sources']) or '—'}" for one in found]
    console.answer({"devices": found}, tuple(lines))
    return 0


def _ask_one(address: str, settings: Settings, console: Console) -> int:
    told = ask_machine(settings, address)
    way = next((one for one in told["speaks"] if one["protocol"].upper() == told["way"]), told["speaks"][0])
    sentence = explain_way(told["way"], way["address"], console.lang)
    lines = [
        "\t".join((one["protocol"], one["address"], one["name"] or "—", _sources(one["sources"])))
        for one in told["speaks"]
    ]
    console.answer({**told, "sentence": sentence}, tuple(lines))
    console.say(sentence)
    return 0


def _sources(rows: Sequence[Mapping[str, Any]]) -> str:
    """Each source with its resolutions, or what stands for none."""
    told = (f"{row['source']} ({', '.join(map(str, row['resolutions']))} dpi)" for row in rows)
    return "; ".join(told) or "—"


def scan(chosen: argparse.Namespace, settings: Settings, console: Console) -> int:
    """Scan one stack to 0001.jpg, … in a folder; exit code 0 only when it is complete for sure."""
    asked = ScanSettings(ScanSource(chosen.source), COLORS[chosen.color], chosen.dpi)
    folder = chosen.out.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    spool = Spool(settings.data / "spool", utc_now)
    with _alone(settings.data / "spool", folder) as prefix, _told_to_end():
        tray = _Tray(folder, spool, console)
        _recover(settings, tray, prefix)
        stack = Stack(f"{prefix}{utc_now():%Y%m%dT%H%M%S%f}", chosen.device, getuser(), asked)
        with _in_turn(settings, stack, console):
            scanned = _scan(settings, stack, tray)
    fault = scanned.fault and explain(scanned.fault, console.lang)
    told = {
        "state": scanned.state,
        "fault": {"kind": fault.code, "sentence": fault.sentence} if fault else None,
        "pages": tray.told,
    }
    if fault:
        console.say(fault.sentence)
    for turned in filter(None, (explain_turn(flag, console.lang) for flag in sorted(tray.flags))):
        console.say(turned)
    console.answer(told, tuple(str(folder / page["file"]) for page in tray.told))
    return 0 if scanned.state is JobState.COMPLETED else 1


@dataclass
class _Tray:
    """The folder that pages are handed out to, and what was told of them."""

    folder: Path
    spool: Spool
    console: Console
    told: list[Mapping[str, Any]] = field(default_factory=list)
    flags: set[str] = field(default_factory=set)

    def take(self, name: str, *, after_crash: bool = False) -> None:
        """Hand out every page of the job that is not in the folder yet."""
        if name not in self.spool.jobs():
            return
        job = self.spool.find_job(name)
        for page in job.pages()[job.released :]:
            file = hand_out(page, self.folder, after_crash=after_crash)
            after_crash = False
            # Told first: whoever is interrupted here takes the same page again, and tells it no second time.
            if file.name not in {told["file"] for told in self.told}:
                self.told.append(_row(page, file.name))
            job.release(page.sequence)
            self.flags.update(page.flags)
            self.console.progress(len(self.told), None, "Đã quét trang")


def _row(page: ScannedPage, file: str) -> Mapping[str, Any]:
    color = next((word for word, mode in COLORS.items() if mode is page.color), None)
    dpi = round(page.dpi[0]) if page.dpi else None
    told = {"file": file, "sha256": page.sha256, "width": page.width, "height": page.height}
    return told | {"dpi": dpi, "color": color}


def _scan(settings: Settings, stack: Stack, tray: _Tray) -> Scanned:
    def tell(event: str, _detail: str) -> None:
        if event == "page":
            tray.take(stack.job)

    interrupted = False
    try:
        scanned = scan_stack(settings, stack, tell)
    except KeyboardInterrupt:
        interrupted = True
        scanned = replace(release_stack(settings, stack), state=JobState.CANCELLED)
        scanned = replace(scanned, fault=ScanFault(FaultCode.CANCELLED, pages=len(scanned.pages)))
    except ChildFault as fault:
        if fault.family != "ScanFault":
            raise
        with suppress(ChildFault):
            release_stack(settings, stack)
        scanned = Scanned(JobState.FAILED, ScanFault(FaultCode(fault.code), fault.detail), ())
    tray.take(stack.job, after_crash=interrupted)
    if scanned.state is JobState.FAILED and tray.told:
        scanned = replace(scanned, state=JobState.PARTIAL)
    _close(tray.spool, stack.job, scanned.state)
    return scanned


def _recover(settings: Settings, tray: _Tray, prefix: str) -> None:
    """A scan into this folder that was killed: its pages come out, its machine is set free."""
    left = [job for job in tray.spool.unfinished() if job.id.startswith(prefix)]
    for job in left:
        _recover_one(settings, tray, job)
    if left:
        tray.console.say(f"Khôi phục {len(tray.told)} trang đã quét.")
    tray.told.clear()


def _recover_one(settings: Settings, tray: _Tray, job: SpoolJob) -> None:
    with suppress(ChildFault):
        release_stack(settings, Stack(job.id, job.device, "", ScanSettings()))
    tray.take(job.id, after_crash=True)
    job.close(JobState.PARTIAL)


def _close(spool: Spool, name: str, state: JobState) -> None:
    if name in spool.jobs():
        spool.find_job(name).close(state)


@contextmanager
def _alone(spool: Path, folder: Path) -> Iterator[str]:
    """One scan at a time fills a folder; the value begins the names of its jobs."""
    prefix = f"scan-{hashlib.sha256(str(folder).encode()).hexdigest()[:16]}-"
    with alone_if_free(spool / f".{prefix}lock") as is_ours:
        if not is_ours:
            raise ScanFault(FaultCode.BUSY, str(folder))
        yield prefix


@contextmanager
def _in_turn(settings: Settings, stack: Stack, console: Console) -> Iterator[None]:
    """In a house that others scan in too, stand in line; elsewhere nobody else is known."""
    if not is_house(settings.data):
        yield
        return
    from office.bootstrap import open_office  # noqa: PLC0415 only a house has a line
    from office.desk.queueing import Place, in_turn  # noqa: PLC0415

    place = Place(stack.device, stack.job, stack.operator, stack.operator)
    with in_turn(open_office(settings), place, lambda: 0, lambda n: console.say(f"Còn {n} lượt chờ.")):
        yield


@contextmanager
def _told_to_end() -> Iterator[None]:
    """A polite request to end is an interruption too: the machine has to be set free."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def simulate(chosen: argparse.Namespace, settings: Settings, console: Console) -> int:
    """Be a scanner until interrupted."""
    from office.demo.simulating import Wanted, simulate  # noqa: PLC0415 --help stays fast

    folder = settings.data / "simulated-scanner" if chosen.tls else None
    habits = (chosen.profile, chosen.seconds_per_page)
    wanted = Wanted(chosen.host, chosen.port, chosen.pages, chosen.faults, *habits, folder)
    simulate(wanted, lambda url: console.answer({"url": url}, (f"escl:{url}",)))
    return 0
