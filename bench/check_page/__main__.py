"""The public check page under load: what does a clerk notice, what does it cost, and does anything stay?

Usage: ./motcua bench check_page [--files 60] [--seconds 60] [--clerk-ms 80]

A demo house is served by a process of its own. A clerk (another process) asks for the worklist ten times a
second, while from 127.0.0.1 to 127.0.0.4 at once
1. the slowest PDFs that tests/certify/bombs.py makes are sent to the check page, again when told to,
2. heads and bodies come in drops over many connections,
3. uploads break off in their middle.
The senders are processes at nice 19, because in life they have machines of their own.
"""

import argparse
import os
import statistics
import sys
import tempfile
from pathlib import Path

from bench.check_page.measuring import Measured, run
from bench.goals import Goal, concluded

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests" / "certify"))
import bombs

SLOWEST = ("many_tails", "many_pages", "many_fields", "swollen_page", "laughing_forms", "many_claims")
CLERK_MS = 80
SERVER_MB = 400


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--files", type=int, default=60)
    parser.add_argument("--seconds", type=float, default=60, help="longest time for each kind of load")
    parser.add_argument("--clerk-ms", type=float, default=CLERK_MS)
    chosen = parser.parse_args()
    load = os.getloadavg()[0]
    print(f"{os.cpu_count()} processors, load before {load:.1f} (a busy machine measures its other work too)")
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{name}.pdf" for name in SLOWEST]
        for path in paths:
            path.write_bytes(bombs.bomb(path.stem))
        measured = run(paths, chosen.files, chosen.seconds, Path(folder) / "house")
    for phase in measured.phases:
        told = ", ".join(f"{status}: {count}" for status, count in sorted(phase.answers.statuses.items()))
        print(
            f"{phase.name}: {len(phase.clerk_ms)} pages, median {statistics.median(phase.clerk_ms):.0f} ms",
            end="",
        )
        print(f", p95 {phase.p95:.0f} ms, longest {max(phase.clerk_ms):.0f} ms; {told}")
    return concluded(goals_of(measured, chosen.clerk_ms))


def goals_of(measured: Measured, clerk_ms: float) -> list[Goal]:
    """The figures against their limits."""
    loaded = measured.phases[1:-1]  # the first and the last are the clerk alone
    return [
        *(Goal(f"clerk's page p95, ms: {phase.name}", phase.p95, clerk_ms) for phase in loaded),
        Goal("server process, MB", measured.server_mb, SERVER_MB),
        Goal("left on the disk", len(measured.left), 0),
        Goal("tracebacks and errors told by the server", measured.tracebacks, 0),
        Goal("refusals without a sentence or Retry-After", sum(one.answers.mute for one in loaded), 0),
        Goal("files judged", loaded[0].answers.statuses["200"], 1, least=True),
    ]


if __name__ == "__main__":
    sys.exit(main())
