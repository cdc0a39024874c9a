"""Random fault scripts through the eSCL client and the simulated machine, on a clock that only waiting moves.

Usage: ./motcua bench scan_faults [--scripts N] [--first SEED]
"""

import argparse
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import tests_at_hand  # noqa: F401 makes the next two importable

from scanner_adapters.simulator.profile import Profile
from tests.scanner_adapters.escl_rig import rig
from tests.scanner_adapters.escl_scripts import matrix, random_script, wrongs

IN_MEMORY = Path("/dev/shm")  # noqa: S108 thousands of spools, none worth a disk


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--scripts", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0, metavar="SEED")
    chosen = parser.parse_args()
    outcomes: Counter[str] = Counter()
    wrong, hours, begun = 0, 0.0, time.perf_counter()
    for seed in range(chosen.first, chosen.first + chosen.scripts):
        script = random_script(seed)
        with tempfile.TemporaryDirectory(dir=IN_MEMORY if IN_MEMORY.is_dir() else None) as folder:
            tried = rig(Path(folder), *script.faults, sheets=script.sheets, profile=script.profile)
            began = tried.hands.now
            done = tried.scan()
            hours += (tried.hands.now - began) / 3600
            found = wrongs(script, done)
            shutil.rmtree(folder, ignore_errors=True)
            Path(folder).mkdir()
        outcomes[str(done.fault.code if done.fault else done.state)] += 1
        wrong += bool(found)
        if found:
            print(f"seed {seed}: {'; '.join(found)}\n  {script}")
    seconds = time.perf_counter() - begun
    print(f"{chosen.scripts} scripts, {hours:.0f} hours of the machine's time in {seconds:.0f} s")
    for outcome, times in outcomes.most_common():
        print(f"  {outcome:<16} {times}")
    print(f"{wrong} wrong")
    wrong += misnamed()
    return 1 if wrong else 0


def misnamed() -> int:
    """How many faults of the matrix are called by another name."""
    cases = list(matrix())
    missed = 0
    for fault, name in cases:
        for profile in (Profile(), Profile(names_pages=False)):
            with tempfile.TemporaryDirectory() as folder:
                done = rig(Path(folder), fault, profile=profile).scan()
            told = done.fault.code if done.fault else done.state
            if told != name:
                missed += 1
                print(f"{fault}: {told} instead of {name}")
    right = 2 * len(cases) - missed
    print(f"named right: {right} of {2 * len(cases)} ({100 * right / (2 * len(cases)):.1f} %)")
    return missed


if __name__ == "__main__":
    raise SystemExit(main())
