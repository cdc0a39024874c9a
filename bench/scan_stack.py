"""A long duplex stack at a machine's pace: memory that stays, and hardly slower than a bare HTTP fetch.

Two simulated machines hold the same pages; at the same time our client scans one into a spool and a bare loop
of HTTP requests fetches the other into files.

Usage: ./motcua bench scan_stack [--pages N] [--per-minute N]
"""

import argparse
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import httpx  # noqa: E402 the rooms run in place, from the root

from scanner_adapters.escl.opening import open_escl  # noqa: E402
from scanner_adapters.escl.orders import order_for, to_xml  # noqa: E402
from scanner_adapters.escl.quirks import Quirks  # noqa: E402
from scanner_adapters.known import KnownMachines  # noqa: E402
from scanner_adapters.model import JobState, ScanSettings, ScanSource  # noqa: E402
from scanner_adapters.queue.spool import Spool  # noqa: E402
from scanner_adapters.scanner import ScanEvent, Watch  # noqa: E402
from scanner_adapters.simulator.papers import sheets  # noqa: E402

SETTINGS = ScanSettings(ScanSource.ADF_DUPLEX)
KINDS = (sheets.decision, sheets.table, sheets.letter, sheets.certificate)
WARM = 10  # pages after which memory has to stay where it is
MOST_GROWTH_MB, MOST_RATIO = 30, 1.05


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--pages", type=int, default=500)
    parser.add_argument("--per-minute", type=float, default=40)
    parser.add_argument("--role", choices=["client", "bare"], help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.role:
        told = {"client": scan, "bare": fetch}[chosen.role](chosen.url, chosen.out)
        print(json.dumps(told))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        return compare(Path(folder), chosen.pages, chosen.per_minute)


def compare(folder: Path, pages: int, per_minute: float) -> int:
    paper = folder / "paper"
    draw(paper, pages)
    with ExitStack() as held:
        urls = [held.enter_context(machine(paper, 60 / per_minute)) for _ in range(2)]
        runs = [start(role, url, folder / role) for role, url in zip(("client", "bare"), urls, strict=True)]
        ours, bare = (json.loads(run.communicate()[0]) for run in runs)
    ratio = ours["seconds"] / bare["seconds"]
    growth = ours["peak_mb"] - ours["warm_mb"]
    print(f"{pages} duplex colour pages of A4 at 300 dpi, {per_minute:.0f} a minute")
    print(f"ours: {ours['state']}, {ours['pages']} pages, {ours['seconds']:.1f} s")
    print(f"bare: {bare['pages']} pages, {bare['seconds']:.1f} s; ratio {ratio:.3f} (goal <= {MOST_RATIO})")
    print(f"memory: {ours['warm_mb']:.0f} MB after {WARM} pages, {ours['peak_mb']:.0f} MB at most, ", end="")
    print(f"growth {growth:.1f} MB (goal < {MOST_GROWTH_MB})")
    complete = ours["state"] == JobState.COMPLETED and ours["pages"] == bare["pages"] == pages
    return 0 if complete and growth < MOST_GROWTH_MB and ratio <= MOST_RATIO else 1


def draw(folder: Path, pages: int) -> None:
    """Four papers, told apart by a comment in each file: the bytes differ, the pixels need not."""
    folder.mkdir()
    drawn = [sheets.save(make(7).image, folder / "drawn.jpg", 300).read_bytes() for make in KINDS]
    (folder / "drawn.jpg").unlink()
    for number in range(1, pages + 1):
        told = f"page {number}".encode()
        comment = b"\xff\xfe" + (len(told) + 2).to_bytes(2, "big") + told
        whole = drawn[number % len(drawn)]
        (folder / f"{number:04d}.jpg").write_bytes(whole[:2] + comment + whole[2:])


@contextmanager
def machine(paper: Path, seconds: float) -> Iterator[str]:
    words = ["simulate-scanner", "--json", "--pages", str(paper), "--seconds-per-page", str(seconds)]
    running = subprocess.Popen(
        [sys.executable, "-P", "-m", "office", *words],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield json.loads(running.stdout.readline())["url"]
    finally:
        running.terminate()
        running.communicate()


def start(role: str, url: str, out: Path) -> subprocess.Popen:
    out.mkdir()
    words = [sys.executable, "-P", __file__, "--role", role, "--url", url, "--out", str(out)]
    return subprocess.Popen(words, stdout=subprocess.PIPE, text=True)


def scan(url: str, out: Path) -> dict:
    """Our client, into a spool that keeps every page."""
    seen: list[float] = []

    def tell(event: ScanEvent, _detail: str) -> None:
        if event is ScanEvent.PAGE:
            seen.append(peak_mb())

    job = Spool(out, lambda: datetime.now(UTC)).open_job("stack", url, "bench", SETTINGS)
    scanner = open_escl(f"escl:{url}", KnownMachines(None))
    began = time.perf_counter()
    done = scanner.scan(SETTINGS, job, Watch(tell))
    seconds = time.perf_counter() - began
    warm = seen[min(WARM, len(seen)) - 1] if seen else peak_mb()
    return {
        "state": done.state,
        "pages": len(done.pages),
        "seconds": seconds,
        "warm_mb": warm,
        "peak_mb": peak_mb(),
    }


def fetch(url: str, out: Path) -> dict:
    """The same requests and nothing else: no check, no journal, no sync."""
    offer = open_escl(f"escl:{url}", KnownMachines(None)).device.offer(SETTINGS.source)
    body = to_xml(order_for(SETTINGS, offer, Quirks()))
    pages, began = 0, time.perf_counter()
    with httpx.Client(timeout=60, trust_env=False) as client:
        job = client.post(f"{url}/ScanJobs", content=body).headers["location"]
        address = re.sub(r"/eSCL$", "", url) + job + "/NextDocument"
        while True:
            with client.stream("GET", address) as answer:
                if answer.status_code != 200:
                    break
                with (out / f"{pages:04d}.jpg").open("wb") as file:
                    for block in answer.iter_raw():
                        file.write(block)
            pages += 1
    return {"pages": pages, "seconds": time.perf_counter() - began}


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    raise SystemExit(main())
