"""Odd files and odd machines: what a person sees is what is read, sized, ordered and called signed.

The inputs of ../shared/corpora/cases-1 (all but the verifier's 31-comment-added.pdf) where they are here, and
at least ten generated variants of each kind; every one has to come out right.

    ./motcua bench cases [--kind TEXT] [--verbose]

Exit status: 1 when a goal is broken.
"""

import argparse
import os
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import tests_at_hand  # noqa: F401 makes what the cases are built from importable

from bench.cases.documents import document_cases
from bench.cases.folders import folder_cases
from bench.cases.given import CASES, given_cases
from bench.cases.judging import Case
from bench.cases.machines import machine_cases
from bench.cases.pictures import picture_cases
from bench.goals import Goal, concluded

FEWEST = 10  # variants of each kind


def main(arguments: Sequence[str]) -> int:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--kind", default="", help="only kinds whose name holds this")
    asked.add_argument("--verbose", action="store_true", help="tell every case")
    options = asked.parse_args(arguments)
    os.environ["OMP_THREAD_LIMIT"] = "1"
    if not CASES.is_dir():
        print("the given inputs are not here (shared/corpora/cases-1): generated ones alone")
    every = [*given_cases(), *picture_cases(), *document_cases(), *folder_cases(), *machine_cases()]
    chosen = [case for case in every if options.kind in case.kind]
    return concluded(goals_of(chosen, verbose=options.verbose))


def goals_of(cases: Sequence[Case], *, verbose: bool = False) -> list[Goal]:
    """Try every case; one goal for each kind, and one for the number of variants."""
    began = time.monotonic()
    right: dict[str, list[bool]] = defaultdict(list)
    for case in cases:
        wrong = complaint(case)
        right[case.kind].append(not wrong)
        if wrong or verbose:
            print(f"{'WRONG' if wrong else 'right'}  {case.kind}: {case.name}: {wrong}", flush=True)
    print(f"{len(cases)} inputs in {time.monotonic() - began:.0f} s")
    shares = [
        Goal(f"{kind}: right of {len(found)}", sum(found) / len(found), 1.0, least=True)
        for kind, found in right.items()
    ]
    generated = [len(found) for kind, found in right.items() if kind != "given"]
    return [*shares, Goal("fewest variants of a kind", min(generated, default=None), FEWEST, least=True)]


def complaint(case: Case) -> str:
    """What is wrong; an error of any kind is wrong too."""
    with tempfile.TemporaryDirectory(prefix="motcua-case-") as folder:
        try:
            return case.wrong(Path(folder))
        except Exception as broken:  # noqa: BLE001 an odd file may break anything: it is told, and the rest go on
            return f"{type(broken).__name__}: {broken}"


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
