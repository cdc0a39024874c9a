"""What confined children cost: CPU of all processes, and bare Tesseract's on the same page in the same run.

One page at a time, in pairs: `tesseract -l vie` (hocr and txt in one call) and `./motcua digitize`; then the
same pages at a desk that serves, from the upload to READ; then a copy of one page, judged anew by a child,
its pages drawn and compared. Medians. Figures go to bench/out/children.json. Exit status: 1 when a goal is
missed by more than a tenth.

    ./motcua bench children [--pairs N]
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import psutil  # noqa: E402 the rooms run in place, from the root

from bench.goals import Goal, concluded  # noqa: E402
from certify.question import Question  # noqa: E402
from office.bootstrap import open_office  # noqa: E402
from office.confined.nursery import keep_warm  # noqa: E402
from office.confined.watch import Wall, walls_that_hold  # noqa: E402
from office.demo.people import open_people  # noqa: E402
from office.demo.specimens import Specimen, certify_specimen  # noqa: E402
from office.desk import intake  # noqa: E402
from office.judging import check_alone  # noqa: E402
from office.settings import Settings  # noqa: E402
from office.work.dispatcher import run_until_idle  # noqa: E402
from scanner_adapters.simulator.papers.papers import Paper  # noqa: E402
from scanner_adapters.simulator.papers.scans import Recipe, as_jpeg, make_scan  # noqa: E402

OUT = ROOT / "bench" / "out"
PAPERS = (Paper.DECISION, Paper.REPORT, Paper.LETTER, Paper.CERTIFICATE, Paper.TABLE)
SEED = 4_000
COMMAND, DESK, VERIFY_MS = 1.15, 0.8, 300.0


def main(arguments: Sequence[str]) -> int:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--pairs", type=int, default=10)
    options = asked.parse_args(arguments)
    os.environ["OMP_THREAD_LIMIT"] = "1"
    OUT.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="motcua-children-") as name:
        told = measure(options.pairs, Path(name))
    (OUT / "children.json").write_text(json.dumps(told, indent=1), encoding="utf-8")
    print(json.dumps(told, indent=1))
    return concluded(
        (
            Goal("one page by the command, of bare Tesseract", told["command"], COMMAND),
            Goal("one page at a desk that serves, of bare Tesseract", told["desk"], DESK),
            Goal("CPU milliseconds to check a copy of one page", told["verify_ms"], VERIFY_MS),
            Goal("walls that do not hold here", float(len(Wall) - len(told["walls"])), 0),
        )
    )


def measure(pairs: int, work: Path) -> dict[str, Any]:
    """The pairs page by page, and what each way costs in the middle of them."""
    desk = Desk(work)
    rows = []
    for number in range(pairs):
        page = work / f"{number:04d}.jpg"
        page.write_bytes(as_jpeg(make_scan(Recipe(PAPERS[number % len(PAPERS)], SEED + number))))
        bare = spent(lambda page=page: run("tesseract", page, work / "bare", "-l", "vie", "hocr", "txt"))
        out = work / "page.pdf"
        ours = spent(lambda page=page, out=out: run(ROOT / "motcua", "digitize", page, "-o", out))
        read = desk.spent(lambda page=page: desk.read(page))
        rows.append({"bare": bare, "command": ours, "desk": read})
        print(f"{number + 1:3} {bare:6.2f} {ours:6.2f} {read:6.2f}", flush=True)
    copy = desk.copy_of(work / "page.pdf")
    checks = [desk.spent(lambda: desk.judge(copy)) for _ in range(pairs)]
    return {
        "pairs": rows,
        "command": statistics.median(row["command"] / row["bare"] for row in rows),
        "desk": statistics.median(row["desk"] / row["bare"] for row in rows),
        "verify_ms": 1000 * statistics.median(checks),
        "walls": sorted(walls_that_hold()),
    }


class Desk:
    """A demo house whose children are warm."""

    def __init__(self, work: Path) -> None:
        self.office = open_office(Settings(data=work / "data"), demo=True)
        self.people = open_people(self.office)
        self.work = work
        keep_warm()
        walls_that_hold()  # answers when everything is loaded

    def read(self, page: Path) -> None:
        """From the upload to READ."""
        procedure = min(self.office.rules.procedures(self.office.clock().date()))
        wanted = intake.Intake(procedure, "Nguyễn Văn Mẫu")
        dossier = intake.open_dossier(self.office, self.people.clerk, wanted)
        intake.receive_files(self.office, self.people.clerk, dossier, "Giấy tờ", [page])
        run_until_idle(self.office)

    def judge(self, copy: Path) -> None:
        """Anew, pages compared, without asking the register."""
        check_alone(self.office.settings, Question(copy, self.office.trust.roots, None, datetime.now(UTC)))

    def copy_of(self, document: Path) -> Path:
        """A certified copy, as our own are."""
        out = self.work / "copy.pdf"
        certify_specimen(self.office, Specimen(document, "chung-thuc", None), out)
        return out

    def spent(self, work: Callable[[], object]) -> float:
        """CPU seconds of this process, of the servers, and of all children that came and went."""
        before = time.process_time() + _of_servers()
        work()
        return time.process_time() + _of_servers() - before


def _of_servers() -> float:
    total = 0.0
    for process in psutil.Process().children(recursive=True):
        used = process.cpu_times()
        total += used.user + used.system + used.children_user + used.children_system
    return total


def spent(work: Callable[[], object]) -> float:
    """CPU seconds of commands that end."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    work()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def run(*command: str | Path) -> None:
    subprocess.run(list(map(str, command)), check=True, capture_output=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
