"""Everything that CI runs: `./motcua test`. With arguments: pytest alone, with those arguments."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
PYTHON = [sys.executable, "-P", "-m"]
WORKERS = 2
SLOWEST = 20  # tests told by name with their seconds
SERVANTS = (  # what tests are told of, how the set-up makes it, how it tells where it is
    ("MOTCUA_JUDGES", "judges", "judges-folder"),
    ("MOTCUA_MINIO", "minio", "minio-program"),
)
COVERAGE_DATA = ".coverage"

# Per cent of lines and branches that the tests of the house must run.
LEAST_COVERED: Mapping[str, float] = {
    "certify": 95,
    "foundation": 95,
    "storage": 95,
    "digitize": 90,
    "office": 90,
    "scanner_adapters": 90,
    "vietnamese": 90,
}


@dataclass(frozen=True)
class Gate:
    """One thing that must hold: its name, and what says whether it does (printing the reasons)."""

    name: str
    holds: Callable[[], bool]


@dataclass(frozen=True)
class Passage:
    name: str
    held: bool
    seconds: float

    def __str__(self) -> str:
        return f"{'ok    ' if self.held else 'FAILED'} {self.name:<14} {self.seconds:6.1f} s"


def main(arguments: list[str]) -> int:
    prepare_environment()
    if arguments:
        return subprocess.run(
            [*PYTHON, "pytest", *(from_here(word) for word in arguments)], cwd=ROOT, check=False
        ).returncode
    closing: list[str] = []
    gates = [
        Gate("ruff check", lambda: runs([*PYTHON, "ruff", "check"])),
        Gate("ruff format", lambda: runs([*PYTHON, "ruff", "format", "--check"])),
        Gate("mypy", lambda: runs([*PYTHON, "mypy"])),
        Gate("lint-imports", lambda: runs([str(BIN / "python"), "-P", str(BIN / "lint-imports")])),
        Gate("pytest", lambda: tests_pass(closing)),
        Gate("coverage", rooms_are_covered),
    ]
    passages = [pass_through(gate) for gate in gates]
    print("\n=== gates", *passages, *closing, sep="\n", flush=True)
    return 0 if all(passage.held for passage in passages) else 1


def prepare_environment() -> None:
    os.environ["PYTHONPATH"] = str(ROOT)
    os.environ["OMP_THREAD_LIMIT"] = "1"  # Tesseract's threads cost four times what they bring
    for name, made, asked in SERVANTS:
        if name not in os.environ:
            set_up = str(ROOT / "deploy" / "set-up")
            subprocess.run([set_up, made], stdin=subprocess.DEVNULL, check=False)
            told = subprocess.run([set_up, asked], capture_output=True, text=True, check=True)
            os.environ[name] = told.stdout.strip()


def from_here(word: str) -> str:
    """A path as seen from where the user stands, made whole: the tests run at the root."""
    path, colons, name = word.partition("::")
    return f"{Path(path).resolve()}{colons}{name}" if path and Path(path).exists() else word


def pass_through(gate: Gate) -> Passage:
    print(f"\n=== {gate.name}", flush=True)
    began = time.monotonic()
    held = gate.holds()
    passage = Passage(gate.name, held, time.monotonic() - began)
    print(passage, flush=True)
    return passage


def runs(command: list[str]) -> bool:
    return subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, check=False).returncode == 0


def tests_pass(closing: list[str]) -> bool:
    """Run pytest, showing its output as it comes; `closing` takes the lines that must also stand last."""
    colour = "yes" if sys.stdout.isatty() else "no"
    coverage = ["--cov", "--cov-config=pyproject.toml", "--cov-report="]
    command = [*PYTHON, "pytest", f"-n{WORKERS}", f"--color={colour}", f"--durations={SLOWEST}", *coverage]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, errors="replace"
    ) as pytest:
        last = ""
        for line in shown(pytest.stdout or iter(())):
            if "NOT SHOWN:" in line:
                closing.append(line)
            last = line or last
    closing.append(last)
    return pytest.returncode == 0


def shown(lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        print(line, end="", flush=True)
        yield line.rstrip()


def rooms_are_covered() -> bool:
    runs([*PYTHON, "coverage", "report"])
    told = subprocess.run(
        [*PYTHON, "coverage", "json", "-q", "-o", "-"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if told.returncode != 0:
        print(told.stdout, told.stderr)
        return False
    covered = covered_by_room(json.loads(told.stdout)["files"])
    for room, least in LEAST_COVERED.items():
        print(f"{room:<18} {covered[room]:6.2f} % of {least} %")
    return all(covered[room] >= least for room, least in LEAST_COVERED.items())


def covered_by_room(files: Mapping[str, Mapping[str, Mapping[str, int]]]) -> dict[str, float]:
    """Per cent of lines and branches run, for each room; a room without a single measured line has 0."""
    covered: dict[str, float] = {}
    for room in LEAST_COVERED:
        totals = [told["summary"] for file, told in files.items() if Path(file).parts[0] == room]
        run = sum(total["covered_lines"] + total["covered_branches"] for total in totals)
        there = sum(total["num_statements"] + total["num_branches"] for total in totals)
        covered[room] = 100 * run / there if there else 0.0
    return covered


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
