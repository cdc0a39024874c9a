"""Two `serve` and three `work`, killed one after another, while the database and the S3 server restart.

Usage: ./motcua bench machines [--papers N] [--rounds N] [--seed N]

All on one PostgreSQL and one MinIO, as the tests start them. Dossiers of three papers and a copy come in; in
each round every process is killed -9 once, at a random moment and in a random order, and begun again; once
the database is ended and begun again, once MinIO is killed and begun again. The pages are asked after each
kill. At the end rows, archive, index, catalogue and ledger are compared: nothing lost, nothing twice.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Self

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import sqlalchemy as sa  # noqa: E402 the rooms run in place, from the root

from bench import tests_at_hand  # noqa: E402, F401
from bench.agreement import disagreements  # noqa: E402
from bench.dossiers import PAPERS, Made, make_dossier  # noqa: E402
from bench.goals import Goal, concluded  # noqa: E402
from office.bootstrap import open_office  # noqa: E402
from office.settings import Settings  # noqa: E402
from office.tables import copies, papers  # noqa: E402
from office.work.bell import DatabaseBell  # noqa: E402
from office.work.dispatcher import run_until_idle  # noqa: E402
from storage.database import reading  # noqa: E402
from tests.conftest import PostgresServer  # noqa: E402
from tests.s3_server import MinioServer, free_ports  # noqa: E402

SEED = 20261130
MOMENTS_SECONDS = (0.1, 2.0)  # from a kill to the next
AWAY_SECONDS = 2.0  # for which the database and the S3 server are gone
PATIENCE_SECONDS = 240
PAGE_SECONDS = 60  # within which a page has to answer that was killed or whose database was gone
LOOK_SECONDS = 0.2


def main(arguments: Sequence[str]) -> int:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--papers", type=int, default=200)
    asked.add_argument("--rounds", type=int, default=3, help="in each of which every process is killed once")
    asked.add_argument("--seed", type=int, default=SEED)
    chosen = asked.parse_args(arguments)
    s3, database = MinioServer(), PostgresServer()
    try:
        with tempfile.TemporaryDirectory() as folder, Machines(Path(folder), database, s3) as machines:
            return concluded(machines.told(chosen.papers, chosen.rounds, chosen.seed))
    finally:
        database.stop()
        s3.stop()


class Machines:
    """Processes of one house, and the servers they stand on."""

    def __init__(self, folder: Path, database: PostgresServer, s3: MinioServer) -> None:
        self._folder, self._database, self._s3 = folder, database, s3
        bucket = f"{s3.url(s3.new_bucket())}/ward"
        access = {"credentials": str(s3.credentials), "ca": str(s3.authority)}
        self._settings = Settings(data=folder / "house").having(
            "database", url=database.url(database.new_database())
        )
        for group in ("objects", "archive"):
            self._settings = self._settings.having(group, url=f"{bucket}/{group}", **access)
        self._office = open_office(self._settings, demo=False)
        self._bell = DatabaseBell(self._office.engine)
        ports = free_ports(2)
        self._commands: list[list[str]] = [["serve", "--port", str(port)] for port in ports]
        self._commands += [["work"]] * 3
        self._ports: list[int] = ports
        self._processes: list[subprocess.Popen[bytes]] = []
        self.made: list[Made] = []
        self.kills, self.silent_pages = 0, 0

    def __enter__(self) -> Self:
        """All processes begun, the pages answering."""
        self._processes = [self._begin(command) for command in self._commands]
        for port in self._ports:
            self._answers(port)
        return self

    def __exit__(self, *_: object) -> None:
        """All processes ended."""
        for process in self._processes:
            process.kill()
            process.wait()
        self._bell.close()
        self._office.engine.dispose()

    def told(self, wanted: int, rounds: int, seed: int) -> list[Goal]:
        """Run, compare, and say what came of it."""
        begun = time.perf_counter()
        self.run(wanted, rounds, seed)
        wrong = self.wrong()
        print(
            f"{self.kills} kills of processes, database and S3 server begun again once, "
            f"{PAPERS * len(self.made)} papers and {len(self.made)} copies in "
            f"{time.perf_counter() - begun:.0f} s: {dict(wrong) or 'all agree'}"
        )
        return [
            Goal("pages that did not go on", self.silent_pages, 0),
            Goal("disagreements of rows, archive, index, catalogue and ledger", wrong.total(), 0),
        ]

    def run(self, wanted: int, rounds: int, seed: int) -> None:
        """Let so many papers come in while everything is killed in turn; wait until all is done."""
        chance = random.Random(seed)  # noqa: S311 moments, not secrets
        events = [number for _ in range(rounds) for number in chance.sample(range(5), 5)]
        dossiers = -(-wanted // PAPERS)
        database_at, s3_at = chance.sample(range(1, len(events)), 2)
        for turn, number in enumerate(events):
            while len(self.made) < dossiers * (turn + 1) // len(events):
                self.made.append(make_dossier(self._office, len(self.made)))
            self._bell.ring()
            self._bell.wait(0)
            time.sleep(chance.uniform(*MOMENTS_SECONDS))
            if turn == database_at:
                self._database.end()
                time.sleep(AWAY_SECONDS)
                self._database.begin()
            if turn == s3_at:
                self._s3.kill()
                time.sleep(AWAY_SECONDS)
                self._s3.start()
            self._kill(number)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self.unfinished() and time.monotonic() < deadline:
            time.sleep(LOOK_SECONDS)
        for port in self._ports:
            self.silent_pages += not self._answers(port)

    def wrong(self) -> Counter[str]:
        """What was lost, done twice, or does not agree; everything is ended first, and what is left done."""
        left = self.unfinished()
        for process in self._processes:
            process.kill()
            process.wait()
        run_until_idle(self._office)  # the index has a claim of a process that was just ended
        found = disagreements(self._office, self.made)
        found["not done by the workers"] += left
        return +found

    def unfinished(self) -> int:
        """How many papers and copies are not archived."""
        with reading(self._office.engine) as connection:
            return sum(
                connection.execute(
                    sa.select(sa.func.count()).select_from(table).where(table.c.archived_version.is_(None))
                ).scalar_one()
                for table in (papers, copies)
            )

    def _kill(self, number: int) -> None:
        """Kill one process and begin it again; the other's page is there all the while."""
        self._processes[number].kill()
        self._processes[number].wait()
        self.kills += 1
        self.silent_pages += not any(
            self._answers(port) for place, port in enumerate(self._ports) if place != number
        )
        self._processes[number] = self._begin(self._commands[number])

    def _begin(self, command: list[str]) -> "subprocess.Popen[bytes]":
        settings = self._settings
        told = {
            "PYTHONPATH": str(ROOT),
            "OMP_THREAD_LIMIT": "1",
            "MOTCUA_DATABASE_URL": settings.database.url,
        }
        for group in ("objects", "archive"):
            place = getattr(settings, group)
            for name in ("url", "credentials", "ca"):
                told[f"MOTCUA_{group}_{name}".upper()] = getattr(place, name)
        told["MOTCUA_LIMITS_RETRY_SECONDS"] = "1"
        given = {name: value for name, value in os.environ.items() if not name.startswith("MOTCUA_")}
        with (self._folder / "log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-P", "-m", "office", *command, "--data", str(settings.data)],
                env=given | told,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def _answers(self, port: int) -> bool:
        """Does this process show a page, within a minute?"""
        deadline = time.monotonic() + PAGE_SECONDS
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10) as page:
                    return bool(page.status == 200)
            except urllib.error.HTTPError as refused:
                if refused.code < 500:
                    return True
            except OSError:
                pass
            time.sleep(LOOK_SECONDS)
        return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
