"""kill -9 of scans at random moments: every finished page is there, no part is left, the machine is free.

Usage: ./motcua bench scan_kills [--moments 200]

Three machines in turn: SANE's test backend, a watched folder, the simulated eSCL machine on a real socket.
After each kill the job is recovered as after a restart and the stack scanned to its end.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from PIL import Image

from scanner_adapters.folder.scanner import FolderScanner
from scanner_adapters.folder.watched import Manners
from scanner_adapters.known import KnownMachines
from scanner_adapters.model import JobState, ScanSettings, ScanSource
from scanner_adapters.opening import open_scanner
from scanner_adapters.plain_files import digest_of
from scanner_adapters.queue.spool import Spool, SpoolJob
from scanner_adapters.sane.scanner import SaneScanner, SaneSetup
from scanner_adapters.scanner import Presence, Scanner, Watch
from scanner_adapters.simulator.machine import Machine
from scanner_adapters.simulator.papers.paper import drawn_leaves
from scanner_adapters.simulator.profile import Profile
from scanner_adapters.simulator.server import Place, serving

ROOT = Path(__file__).resolve().parent.parent
SEED = 20261125
SHEETS = {"sane": 10, "folder": 6, "escl": 4}
ASKED = ScanSettings(ScanSource.ADF, dpi=30)
RECOVERY_SECONDS = 35.0


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--moments", type=int, default=200)
    parser.add_argument("--work", nargs=3, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.work:
        kind, address, folder = chosen.work
        scan(scanner_of(kind, address, Path(folder)), Path(folder))
        return 0
    wrong = [told for kind in SHEETS for told in killed(kind, share(kind, chosen.moments))]
    for told in wrong:
        print(told)
    print(f"{chosen.moments} kills: {len(wrong)} wrong")
    return 1 if wrong else 0


def share(kind: str, moments: int) -> int:
    """How many of the moments fall to one kind of machine."""
    kinds = list(SHEETS)
    return len(range(kinds.index(kind), moments, len(kinds)))


def killed(kind: str, moments: int) -> Iterator[str]:
    """Kill scans of one kind at so many moments; what was wrong, if anything."""
    chance = random.Random(SEED)  # noqa: S311 moments, not secrets
    with tempfile.TemporaryDirectory() as folder, machine(kind) as address:
        began = time.monotonic()
        once(kind, address, Path(folder) / "whole", None)
        seconds = time.monotonic() - began
        for number in range(moments):
            moment = chance.uniform(0.1, seconds)
            told = once(kind, address, Path(folder) / str(number), moment)
            if told:
                yield f"{kind} killed after {moment:.2f} s: {told}"


def once(kind: str, address: str, home: Path, moment: float | None) -> str:
    """One scan, killed at the moment (None: never), recovered and finished; what was wrong, or nothing."""
    home.mkdir()
    if kind == "folder":
        fill(home / "inbox")
    line = [sys.executable, "-P", __file__, "--work", kind, address, str(home)]
    worker = subprocess.Popen(line, env={**os.environ, "PYTHONPATH": str(ROOT)})
    try:
        worker.wait(moment)
    except subprocess.TimeoutExpired:
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    try:
        recover(kind, scanner_of(kind, address, home), home)
    except AssertionError as wrong:
        return str(wrong)
    return ""


def recover(kind: str, scanner: Scanner, home: Path) -> None:
    """Do what a restart does, then scan on. Raises: AssertionError unless all is as it must be."""
    spool = Spool(home / "spool", now)
    for job in spool.unfinished():
        before = time.monotonic()
        scanner.release(job)
        while scanner.probe() is not Presence.READY:
            expect(time.monotonic() - before < RECOVERY_SECONDS, "the machine is not free")
            time.sleep(0.1)
        expect(job.device_job == "", f"device job {job.device_job} left")
        job.close(JobState.PARTIAL)
        require_whole(job)
    finished = sum(len(spool.find_job(name).pages()) for name in spool.jobs())
    again = spool.open_job("again", scanner.id, "bench", ASKED)
    outcome = scanner.scan(ASKED, again, Watch())
    require_whole(again)
    if kind == "folder":
        expect(finished + len(again.pages()) == SHEETS[kind], f"{finished} and {len(again.pages())} pages")
    else:
        expect(outcome.state is JobState.COMPLETED, f"next scan: {outcome.fault}")
        expect(len(again.pages()) == SHEETS[kind], f"next scan: {len(again.pages())} pages")


def require_whole(job: SpoolJob) -> None:
    pages = job.pages()
    expect(all(digest_of(page.path) == page.sha256 for page in pages), "a page differs from its line")
    names = {path.name for path in pages[0].path.parent.iterdir()} if pages else set()
    left = names - {page.path.name for page in pages} - {"job.json", "journal.jsonl", ".lock"}
    expect(not left, f"left: {left}")


def scan(scanner: Scanner, home: Path) -> None:
    """What the killed process does."""
    job = Spool(home / "spool", now).open_job("job", scanner.id, "bench", ASKED)
    job.close(scanner.scan(ASKED, job, Watch()).state)


def scanner_of(kind: str, address: str, home: Path) -> Scanner:
    if kind == "sane":
        return SaneScanner("test:0", SaneSetup(locks=home))
    if kind == "folder":
        return FolderScanner(home / "inbox", Manners(quiet_seconds=0.0))
    return open_scanner(address, KnownMachines(None))


@contextmanager
def machine(kind: str) -> Iterator[str]:
    if kind != "escl":
        yield ""
        return
    with serving(Machine(drawn_leaves(SHEETS[kind], SEED), Profile(), ()), Place()) as url:
        yield f"escl:{url}"


def fill(inbox: Path) -> None:
    """Files of different colours."""
    inbox.mkdir()
    for number in range(SHEETS["folder"]):
        Image.new("RGB", (1240, 1754), (255, 255, 20 * number)).save(inbox / f"{number}.jpg", dpi=(150, 150))


def now() -> datetime:
    return datetime.now(UTC)


def expect(holds: bool, otherwise: str) -> None:  # noqa: FBT001 an assertion with its words
    if not holds:
        raise AssertionError(otherwise)


if __name__ == "__main__":
    sys.exit(main())
