"""Honest files damaged by chance, judged one after the other: a verdict in time, no crash, none called good.

Usage: ./motcua bench fuzz [--files N] [--first NUMBER]

Each file is known by its number (tests/certify/fuzzing.py) and can be made again from it. They are judged in
forked processes of their own, some hundred each, so that a reader that falls over is counted and not fatal.
"""

import argparse
import json
import logging
import os
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from certify.question import Question
from certify.verdict import NotADocument
from certify.verification.steps import verify

ROOT = Path(__file__).resolve().parent.parent
TOGETHER = 250
MOST_SECONDS, MOST_MB = 5, 300
CRASHED, UNCHANGED = "CRASHED", "UNCHANGED"


@dataclass(frozen=True)
class Judged:
    """What was said of one file, the processor seconds it took, the memory of its process by then."""

    number: int
    verdict: str
    seconds: float
    megabytes: float


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--files", type=int, default=10_000)
    asked.add_argument("--first", type=int, default=0)
    chosen = asked.parse_args()
    sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "certify")]
    import attacks_workshop  # noqa: PLC0415 where tests keep it
    import fuzzing  # noqa: PLC0415

    from bench.goals import Goal, concluded  # noqa: PLC0415

    logging.disable(logging.CRITICAL)
    fuzzing.bases()
    told: list[Judged] = []
    with tempfile.TemporaryDirectory() as folder:
        attacks_workshop.people().write_root(Path(folder))
        last = chosen.first + chosen.files
        for first in range(chosen.first, last, TOGETHER):
            told += in_a_child(range(first, min(first + TOGETHER, last)), Path(folder))
            print(f"\r{len(told)} of {chosen.files}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    for verdict, count in Counter(one.verdict for one in told).most_common():
        print(f"{count:6} {verdict}")
    odd = [one for one in told if one.verdict in {CRASHED, "TOTAL-PASSED"} or one.seconds > MOST_SECONDS]
    print(*(f"{one.verdict} after {one.seconds:.1f} s: number {one.number}" for one in odd), sep="\n")
    return concluded(
        [
            Goal("files judged", len(told), chosen.files, least=True),
            Goal("processor seconds of the slowest", max(one.seconds for one in told), MOST_SECONDS),
            Goal("memory of the largest process, MB", max(one.megabytes for one in told), MOST_MB),
            Goal("crashes", sum(one.verdict == CRASHED for one in told), 0),
            Goal("changed files called good", sum(one.verdict == "TOTAL-PASSED" for one in told), 0),
        ]
    )


def in_a_child(numbers: range, folder: Path) -> list[Judged]:
    """These files judged by a forked process; what it fell over is told, and the others go on after it."""
    told: list[Judged] = []
    while len(told) < len(numbers):
        read_end, write_end = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(read_end)
            with os.fdopen(write_end, "w", buffering=1) as pipe:
                for one in judge(numbers[len(told) :], folder):
                    pipe.write(json.dumps(asdict(one)) + "\n")
            os._exit(0)
        os.close(write_end)
        with os.fdopen(read_end) as pipe:
            told += [Judged(**json.loads(line)) for line in pipe]
        os.waitpid(child, 0)
        if len(told) < len(numbers):
            told.append(Judged(numbers[len(told)], CRASHED, 0, 0))
    return told


def judge(numbers: range, folder: Path) -> Iterator[Judged]:
    """The verdicts, one after the other."""
    import fuzzing  # noqa: PLC0415

    path, trust = folder / "damaged.pdf", (folder / "root.pem",)
    for number in numbers:
        name, pdf = fuzzing.damaged(number)
        path.write_bytes(pdf)
        begun = time.process_time()
        try:
            verdict = str(verify(Question(path, trust, None, datetime.now(UTC))).indication)
        except NotADocument:
            verdict = "NO DOCUMENT"
        if pdf == fuzzing.bases()[name]:
            verdict = UNCHANGED
        seconds = time.process_time() - begun
        yield Judged(number, verdict, seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000)


if __name__ == "__main__":
    sys.exit(main())
