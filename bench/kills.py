"""kill -9 of `demo` at random moments and before every commit, then `demo` again: whole, nothing doubled.

Usage: ./motcua bench kills [--moments N] [--commits all|N]
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import sqlalchemy as sa

from certify.book import register, translog
from foundation.clock import on_paper
from office.bootstrap import open_office
from office.desk.books import books_of
from office.settings import Settings
from office.tables import arrivals, copies, dossiers, papers
from scanner_adapters.queue.spool import JOURNAL
from storage import fixity, ledger
from storage.database import reading

ROOT = Path(__file__).resolve().parent.parent
KILLER = Path(__file__).with_name("kill_at_commit.py")
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_THREAD_LIMIT": "1"}
SEED = 20261124
MASTERS = 2


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--moments", type=int, default=10, help="random moments")
    parser.add_argument("--commits", default="all", help="how many of the commits, spread evenly, or all")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        seconds, commits = undisturbed(Path(folder) / "undisturbed")
        print(f"undisturbed: {seconds:.1f} s, {commits} commits")
        wrong = random_moments(Path(folder), chosen.moments, seconds)
        wrong += every_commit(Path(folder), commits, chosen.commits)
    print(f"{wrong} wrong")
    return 1 if wrong else 0


def undisturbed(data: Path) -> tuple[float, int]:
    """How long one demo takes, and how often it commits."""
    begun = time.perf_counter()
    done = demo(data, fatal=0)
    seconds = time.perf_counter() - begun
    require(data)
    return seconds, int(done.stderr.rsplit("commits ", 1)[1])


def random_moments(folder: Path, moments: int, seconds: float) -> int:
    """Kill at random moments of a whole run, each in a directory of its own."""
    chance, wrong = random.Random(SEED), 0  # noqa: S311 moments, not secrets
    for number in range(moments):
        data, moment = folder / f"moment-{number}", chance.uniform(0.2, seconds)
        running = start(data)
        try:
            running.wait(timeout=moment)
        except subprocess.TimeoutExpired:
            running.send_signal(signal.SIGKILL)
            running.wait()
        wrong += finish(data, f"killed after {moment:.1f} s")
    return wrong


def every_commit(folder: Path, commits: int, wanted: str) -> int:
    """Kill before commits, each in a directory of its own."""
    share = commits if wanted == "all" else min(commits, int(wanted))
    chosen = sorted({1 + place * commits // share for place in range(share)})
    wrong = 0
    for fatal in chosen:
        data = folder / f"commit-{fatal}"
        demo(data, fatal)
        wrong += finish(data, f"killed before commit {fatal} of {commits}")
    return wrong


def finish(data: Path, how: str) -> int:
    """Run the demo to its end and look at everything; 1 when something is wrong."""
    begun = time.perf_counter()
    done = demo(data, fatal=0)
    try:
        expect(done.returncode == 0, done.stderr[-500:])
        require(data)
    except AssertionError as wrong:
        print(f"{how}: {wrong}")
        return 1
    print(f"{how}: whole, {time.perf_counter() - begun:.1f} s more")
    return 0


def start(data: Path) -> subprocess.Popen[str]:
    line = [sys.executable, "-P", "-m", "office", "demo", "--once", "--data", str(data)]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen(line, env=ENVIRONMENT, text=True, **quiet)


def demo(data: Path, fatal: int) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-P", str(KILLER), str(fatal), "demo", "--once", "--json", "--data", str(data)]
    return subprocess.run(line, env=ENVIRONMENT, capture_output=True, text=True, check=False)


def require(data: Path) -> None:
    """Raise AssertionError unless the demo's paper and copy are there once, whole and consistent."""
    office = open_office(Settings(data=data))
    with reading(office.engine) as connection:
        for table in (dossiers, papers, copies):
            rows = connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            expect(rows == 1, f"{rows} {table.name}")
        state = connection.execute(sa.select(copies.c.state)).scalar_one()
        expect(state == "DELIVERED", f"the copy is {state}")
        year = on_paper(office.clock()).year
        entries = [e for book in books_of(connection, year) for e in register.entries(connection, book)]
        expect([(e.number.value, str(e.state)) for e in entries] == [(1, "ISSUED")], f"register {entries}")
        expect(ledger.verify(connection).first_break is None, "the ledger is broken")
        expect(not translog.altered(connection), "the register's log is altered")
        issued = connection.execute(sa.text("SELECT count(*) FROM ledger_entries WHERE what = 'copy_issued'"))
        expect(issued.scalar_one() == 1, "issued more than once")
    findings = list(fixity.verify(office.objects, office.archive))
    expect(not findings, f"fixity {findings}")
    (journal,) = office.spool_folder.rglob(JOURNAL)
    pages = [json.loads(line) for line in journal.read_text().splitlines()]
    with reading(office.engine) as connection:
        lying = connection.execute(sa.select(arrivals.c.paper)).scalars().all()
    expect(len(lying) == MASTERS and all(lying), f"pages lie in {lying}")
    expect(len(pages) == MASTERS, f"{len(pages)} pages in the spool")
    expect(not list((data / "work").iterdir()), "work folders left")
    expect(not list(office.inbox.glob("*.jpg")), "pages left in the folder")
    office.engine.dispose()


def expect(holds: bool, otherwise: str) -> None:  # noqa: FBT001 an assertion with its words
    if not holds:
        raise AssertionError(otherwise)


if __name__ == "__main__":
    sys.exit(main())
