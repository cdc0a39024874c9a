"""Feeders that take one sheet a job: stacks of 4 to 30 sheets, with faults before, within and between jobs.

COMPLETED has to mean all sheets, once, in order, whatever went wrong on the way; a stack without troubles
has to be COMPLETED. Of a stack told as anything else, pages are in order, and what may be doubled is marked.
The simulated machine runs without any network, on a clock that only waiting moves.

    ./motcua bench feeders [--stacks N] [--first SEED]

Exit status: 1 when a goal is broken.
"""

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import tests_at_hand  # noqa: F401 makes the next ones importable

from bench.goals import Goal, concluded
from scanner_adapters.model import JobState
from scanner_adapters.simulator.profile import Profile
from scanner_adapters.simulator.script import Act, Fault
from tests.scanner_adapters.escl_rig import ADF, DUPLEX, delivered, rig, stack_of

IN_MEMORY = Path("/dev/shm")  # noqa: S108 thousands of spools, none worth a disk
TROUBLES = (Act.JAM, Act.EMPTY, Act.COVER, Act.MULTIFEED, Act.BUSY, Act.DISCONNECT, Act.LOST, Act.CUT)
TROUBLES += (Act.HALF, Act.STALL, Act.SLOW, Act.DUPLICATE, Act.WRONG_LOCATION, Act.LYING_COUNT, Act.STATUS)
SHEETS = (4, 30)
UNTROUBLED = 0.2  # of the stacks
DOUBTED = "duplicate_bytes"  # of a page like one before: two like sheets, or one sent twice


@dataclass(frozen=True)
class Stack:
    """One stack: its sheets, whether both sides are asked for, the machine's habits, what goes wrong."""

    sheets: int
    duplex: bool
    profile: Profile
    faults: tuple[Fault, ...]


def main(arguments: Sequence[str]) -> int:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--stacks", type=int, default=1000)
    asked.add_argument("--first", type=int, default=0, metavar="SEED")
    options = asked.parse_args(arguments)
    outcomes: Counter[str] = Counter()
    wrong = untroubled = finished = 0
    began = time.perf_counter()
    for seed in range(options.first, options.first + options.stacks):
        stack = random_stack(seed)
        state, complaint = scanned(stack)
        outcomes[state] += 1
        untroubled += not stack.faults
        finished += not stack.faults and state == JobState.COMPLETED
        if complaint:
            wrong += 1
            print(f"seed {seed}: {complaint}\n  {stack}")
    print(f"{options.stacks} stacks in {time.perf_counter() - began:.0f} s")
    print(*(f"  {state:<16} {times}" for state, times in outcomes.most_common()), sep="\n")
    return concluded(
        (
            Goal("stacks that came doubled, mixed up or short of COMPLETED's promise", wrong, 0),
            Goal("untroubled stacks that came whole", finished / max(untroubled, 1), 1.0, least=True),
        )
    )


def random_stack(seed: int) -> Stack:
    """A stack and its troubles, by seed alone."""
    chance = random.Random(seed)  # noqa: S311 no secret
    profile = Profile(
        capacity=1,
        refills=False,
        names_pages=chance.random() < 0.5,
        counts_ahead=chance.random() < 0.3,
        end_code=chance.choice((404, 409, 410)),
        puts_off=chance.choice((0, 0, 1)),
    )
    count = 0 if chance.random() < UNTROUBLED else chance.randint(1, 3)
    faults = tuple(
        Fault(
            chance.choice(TROUBLES),
            page=chance.choice((0, 1, 1)),
            answer=chance.choice((404, 409, 503)),
            times=chance.randint(1, 4),
            seconds=chance.choice((0.0, 3.0, 60.0, 600.0)),
            goes_on=chance.random() < 0.3,
        )
        for _ in range(count)
    )
    return Stack(chance.randint(*SHEETS), chance.random() < 0.25, profile, faults)


def scanned(stack: Stack) -> tuple[str, str]:
    """How the stack ended, and what is wrong with what came; empty when nothing is."""
    with tempfile.TemporaryDirectory(dir=IN_MEMORY if IN_MEMORY.is_dir() else None) as folder:
        made = rig(Path(folder), *stack.faults, sheets=stack.sheets, profile=stack.profile)
        outcome = made.scan(DUPLEX if stack.duplex else ADF)
        came = delivered(outcome)
        sure = [data for data, p in zip(came, outcome.pages, strict=True) if DOUBTED not in p.flags]
    expected = stack_of(stack.sheets)
    state = str(outcome.fault.code if outcome.fault else outcome.state)
    if sure != [leaf for leaf in expected if leaf in sure]:
        return state, "doubled without a word, or out of order"
    if outcome.state is JobState.COMPLETED and came != expected:
        return state, f"COMPLETED with {len(came)} of {len(expected)}"
    return state, ""


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
