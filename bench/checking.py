"""What one check costs: processor time of this process and of all children, medians.

    ./motcua bench checking [--times N]

A copy that the register knows and that was asked about before; the same copy judged anew by a warm child,
pictures included; copies of one page and of ten, so that a page's share and what is left without pages can be
told; the command line on a file it does not know. Exit status: 1 when a goal is missed by more than a tenth.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "certify")]

from bench.children import Desk, spent  # noqa: E402 the rooms run in place, from the root
from bench.goals import Goal, concluded  # noqa: E402
from certify.question import Question  # noqa: E402
from office.desk.checking import check_copy  # noqa: E402
from office.judging import check_alone  # noqa: E402

PAGES = 10
GOALS = {"hit": 20, "copy": 300, "bare": 400, "page": 150, "command": 1500}


def main(arguments: Sequence[str]) -> int:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--times", type=int, default=11)
    times = asked.parse_args(arguments).times
    with tempfile.TemporaryDirectory(prefix="motcua-checking-") as name:
        told = measure(Path(name), times)
    return concluded(
        (
            Goal("a register hit, ms", told["hit"], GOALS["hit"]),
            Goal("our copy of one page in a warm child, ms", told["copy"], GOALS["copy"]),
            Goal("an unknown file of two signatures without its pages, ms", told["bare"], GOALS["bare"]),
            Goal("each page of it, ms", told["page"], GOALS["page"]),
            Goal("the command line, ms", told["command"], GOALS["command"]),
        )
    )


def measure(work: Path, times: int) -> dict[str, float]:
    """Milliseconds of processor time, by what was done."""
    import certify_specimens  # noqa: PLC0415 where tests keep it

    desk = Desk(work)
    copies = {}
    for pages in (1, PAGES):
        paper = certify_specimens.make_digitized(work / f"{pages}.pdf", pages=pages)
        made = desk.copy_of(paper)
        copies[pages] = made.rename(work / f"copy-{pages}.pdf")
    check_copy(desk.office, copies[1])
    roots = desk.office.trust.roots

    def judge(path: Path) -> None:
        check_alone(desk.office.settings, Question(path, roots, None, datetime.now(UTC)))

    def median(act: Callable[[], object]) -> float:
        return 1000 * statistics.median(_settled(desk, act) for _ in range(times))

    hit = median(lambda: check_copy(desk.office, copies[1]))
    one, ten = (median(lambda path=path: judge(path)) for path in copies.values())
    page = (ten - one) / (PAGES - 1)
    command = [sys.executable, "-P", "-m", "office", "verify", "--data", str(work / "none")]
    trust = [word for root in roots for word in ("--trust", str(root))]

    def run() -> None:
        subprocess.run([*command, *trust, str(copies[1])], cwd=ROOT, capture_output=True, check=True)

    by_command = 1000 * statistics.median(spent(run) for _ in range(3))
    bare = one - 2 * page  # the statement has a page of its own
    return {"hit": hit, "copy": one, "bare": bare, "page": page, "command": by_command}


def _settled(desk: Desk, act: Callable[[], object]) -> float:
    """What the act cost, once its child has been counted."""
    cost = desk.spent(lambda: (act(), time.sleep(0.05)))
    time.sleep(0.05)
    return cost


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
