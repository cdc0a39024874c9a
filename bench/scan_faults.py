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

from tests.scanner_adapters.escl_rig import rig
from tests.scanner_adapters.escl_scripts import random_script, wrongs

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
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
