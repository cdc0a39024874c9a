"""Every damaged, hostile and odd PDF ends in a result or one clear sentence, within 60 s and 1 GB.

Runs `./motcua digitize` and `./motcua verify` on every file under ../shared/corpora/pdf-robustness and checks
exit code, time, memory (largest resident process), tracebacks and half-written outputs.
Usage: ./motcua bench robustness [--every N] [--only digitize|verify]
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CORPUS = ROOT.parent / "shared" / "corpora" / "pdf-robustness"
MOST_SECONDS = 60.0
MOST_KB = 1_000_000
VERIFY_CODES = (0, 1, 2, 3)


@dataclass(frozen=True)
class Outcome:
    """How one command ended on one file."""

    code: int
    seconds: float
    peak_kb: int
    words: str
    left: tuple[str, ...]


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--every", type=int, default=1, help="take every Nth file only")
    parser.add_argument("--only", choices=["digitize", "verify"])
    chosen = parser.parse_args()
    if not CORPUS.is_dir():
        print(f"skipped: {CORPUS.relative_to(ROOT.parent)} is not here")
        return 0
    files = sorted(path for path in CORPUS.rglob("*") if path.suffix in (".pdf", ".fuzz") and path.is_file())
    files = files[:: chosen.every]
    wrong = 0
    for command in ("digitize", "verify"):
        if chosen.only in (None, command):
            wrong += _try_all(command, files)
    return 1 if wrong else 0


def _try_all(command: str, files: list[Path]) -> int:
    codes: Counter[int] = Counter()
    slowest, largest, wrong = 0.0, 0, 0
    for path in files:
        outcome = run(command, path)
        codes[outcome.code] += 1
        slowest, largest = max(slowest, outcome.seconds), max(largest, outcome.peak_kb)
        faults = faults_of(command, outcome)
        if faults:
            wrong += 1
            print(f"{command} {path.name}: {'; '.join(faults)}\n    {outcome.words[-300:]}")
    told = ", ".join(f"{code}: {count}" for code, count in sorted(codes.items()))
    print(f"{command}: {len(files)} files, exit codes {told}", end="; ")
    print(f"slowest {slowest:.1f} s, largest {largest // 1000} MB; {wrong} wrong")
    return wrong


def run(command: str, path: Path) -> Outcome:
    """Run one command on one file in an empty folder."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.pdf"
        extra = ["-o", str(out)] if command == "digitize" else ["--data", f"{folder}/none"]
        begun = time.perf_counter()
        line = [sys.executable, "-P", "-m", "office", command, str(path), *extra]
        done = _measured(line)
        seconds = time.perf_counter() - begun
        left = tuple(sorted(entry.name for entry in Path(folder).iterdir()))
        return Outcome(done[0], seconds, done[1], done[2], left)


def faults_of(command: str, outcome: Outcome) -> list[str]:
    """What is wrong with an outcome; empty when it is as it should be."""
    faults = []
    if outcome.seconds > MOST_SECONDS:
        faults.append(f"{outcome.seconds:.0f} s")
    if outcome.peak_kb > MOST_KB:
        faults.append(f"{outcome.peak_kb // 1000} MB")
    if "Traceback" in outcome.words:
        faults.append("traceback")
    if command == "verify" and outcome.code not in VERIFY_CODES:
        faults.append(f"exit {outcome.code}")
    if command == "digitize" and outcome.code not in (0, 1):
        faults.append(f"exit {outcome.code}")
    if outcome.code == 1 and command == "digitize" and outcome.left:
        faults.append(f"left {outcome.left}")
    if outcome.code != 0 and not outcome.words.strip():
        faults.append("no sentence")
    return faults


def _measured(line: list[str]) -> tuple[int, int, str]:
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.dup2(writer, 1)
        os.dup2(writer, 2)
        os.closerange(3, 256)
        done = subprocess.run(line, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False)
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        os.write(1, f"\n@@{peak}".encode())
        os._exit(done.returncode)
    os.close(writer)
    with os.fdopen(reader, "rb") as told:
        words = told.read().decode(errors="replace")
    _, status = os.waitpid(pid, 0)
    text, _, peak = words.rpartition("\n@@")
    return os.waitstatus_to_exitcode(status), int(peak or 0), text


if __name__ == "__main__":
    sys.exit(main())
