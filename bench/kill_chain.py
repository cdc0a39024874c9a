"""kill -9 of dispatchers at random moments while they archive dossiers: rows, objects and index agree.

Usage: ./motcua bench kill_chain [--kills N] [--seed N] [--database URL…] [--place directory|s3]
                                 [--bucket URL CREDENTIALS AUTHORITY]

Three dispatcher processes work on dossiers of three papers and a copy each, so that several acts want the
same OCFL object; one of them is killed again and again, and replaced. After each kill every file that a
reader sees is read whole; at the end the house is opened anew, and everything is compared. Without --database
it is done on SQLite and on a PostgreSQL of its own; without --place on a directory and on a MinIO of its own.
"""

import argparse
import importlib.util
import multiprocessing as mp
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bench.agreement import disagreements, half_objects
from bench.dossiers import PAPERS, Made, make_dossier
from bench.goals import Goal, concluded
from foundation.processes import name_process
from office.bootstrap import open_office
from office.settings import Settings
from office.tables import chores, copies, dossiers, papers
from office.work.bell import HouseBell
from office.work.dispatcher import Dispatcher, run_until_idle
from storage.database import reading

WORKERS = 3
AT_ONCE = 2  # dossiers under way, so that a killed worker always leaves something behind
MOMENTS_SECONDS = (0.1, 1.0)  # from a claim to the kill, at most: in the midst of an act, or some acts later
LOOK_SECONDS = 0.01
LONGEST_IDLE_SECONDS = 2.0
IMPATIENCE_SECONDS = 0.05  # between two looks of a dispatcher that nobody rings for
PATIENCE_SECONDS = 300
SEED = 20261124
KILLS = {"directory": 500, "s3": 200}  # where none are asked for
PLACES = tuple(KILLS)
Bucket = tuple[str, Path, Path]  # address, credentials, authority
PRELOADED = ["__main__", "office.work.dispatcher", "office.bootstrap"]


class ImpatientBell(HouseBell):
    """Rung by the clock: the processes of this bench hear nothing of each other."""

    def wait(self, seconds: float) -> bool:
        """Wait until it is rung, or a moment."""
        return super().wait(min(seconds, IMPATIENCE_SECONDS))


def _settings(data: Path, address: str, bucket: "Bucket | None" = None) -> Settings:
    """A house of this bench; its objects and its archive lie in the bucket, if one is told."""
    settings = Settings(data=data).having("database", url=address).having("limits", workers=2)
    if bucket is None:
        return settings
    url, credentials, authority = bucket
    access = {"credentials": str(credentials), "ca": str(authority)}
    for group in ("objects", "archive"):
        settings = settings.having(group, url=f"{url}/{data.name}/{group}", **access)
    return settings


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, help="on each database in each place; none: 500 and 200")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--database", nargs="+", default=["", "postgresql"], help="of empty databases")
    parser.add_argument("--place", choices=PLACES, help="none: each")
    parser.add_argument("--bucket", nargs=3, metavar=("URL", "CREDENTIALS", "AUTHORITY"), help="of a server")
    chosen = parser.parse_args()
    goals: list[Goal] = []
    for place, url in product([chosen.place] if chosen.place else PLACES, chosen.database):
        with (
            tempfile.TemporaryDirectory() as folder,
            database(url) as address,
            minio(place, chosen.bucket) as bucket,
        ):
            kind = url.split(":")[0].split("+")[0] or "sqlite"
            chain = Chain(_settings(Path(folder) / kind, address, bucket), chosen.seed)
            goals += told(f"{kind} and {place}", chain, chosen.kills or KILLS[place])
    return concluded(goals)


@contextmanager
def minio(place: str, told_of: "Bucket | None") -> "Iterator[Bucket | None]":
    """The bucket told of, or a fresh one of a server of this bench; None for a directory."""
    if place == "directory" or told_of is not None:
        yield told_of if place == "s3" else None
        return
    from bench import tests_at_hand  # noqa: F401, PLC0415 needs a built server
    from tests.s3_server import MinioServer  # noqa: PLC0415

    server = MinioServer()
    try:
        yield f"{server.url(server.new_bucket())}/ward", server.credentials, server.authority
    finally:
        server.stop()


@contextmanager
def database(url: str) -> Iterator[str]:
    """The address itself, or that of a server started for this bench."""
    if url != "postgresql":
        yield url
        return
    server = the_tests_own_server()
    try:
        yield server.url(server.new_database())
    finally:
        server.stop()


def the_tests_own_server() -> Any:
    """PostgreSQL as the tests start it; by path, because a library brings a package `tests` of its own."""
    place = Path(__file__).resolve().parent.parent / "tests" / "conftest.py"
    described = importlib.util.spec_from_file_location("tests_conftest", place)
    if described is None or described.loader is None:
        raise LookupError(place)
    module = importlib.util.module_from_spec(described)
    described.loader.exec_module(module)
    return module.PostgresServer()


def told(kind: str, chain: "Chain", kills: int) -> list[Goal]:
    begun = time.perf_counter()
    hits = chain.run(kills)
    seconds = time.perf_counter() - begun
    wrong = chain.wrong()
    print(
        f"{kind}: {kills} kills in {seconds:.0f} s, {hits} of them hit a worker that held a claim; "
        f"{len(chain.made)} dossiers, {dict(wrong)}"
    )
    missing = wrong.pop("missing in a description", 0)
    return [
        Goal(f"{kind}: half objects that a reader saw", chain.halves, 0),
        Goal(f"{kind}: papers missing in any description", missing, 0),
        Goal(f"{kind}: other disagreements of rows, objects and index", wrong.total(), 0),
        Goal(f"{kind}: share of kills that hit a claim", hits / kills, 0.1, least=True),
    ]


class Chain:
    """A house whose dispatchers die all the time."""

    def __init__(self, settings: Settings, seed: int) -> None:
        self._settings = settings
        self._office = open_office(settings, demo=False)
        self._chance = random.Random(seed)  # noqa: S311 moments, not secrets
        self._workers: list[Any] = []
        self._forks = mp.get_context("forkserver")
        self._forks.set_forkserver_preload(PRELOADED)
        self.made: list[Made] = []
        self.halves = 0

    def run(self, kills: int) -> int:
        """Kill so often, then let the work come to its end; how many kills hit a worker that held a claim."""
        try:
            self._workers = [self._begin() for _ in range(WORKERS)]
            hits = sum(self._kill_one() for _ in range(kills))
            deadline = time.monotonic() + PATIENCE_SECONDS
            while self._unfinished() and time.monotonic() < deadline:
                time.sleep(0.2)
        finally:
            for worker in self._workers:
                worker.kill()
                worker.join()
        self._office.engine.dispose()
        self._office = open_office(self._settings)
        run_until_idle(self._office)
        return hits

    def wrong(self) -> Counter[str]:
        """Everything in which rows, archive, index, catalogue and ledger do not agree, counted by kind."""
        return disagreements(self._office, self.made)

    def _begin(self) -> Any:
        worker = self._forks.Process(target=work, args=(self._settings,), daemon=True)
        worker.start()
        return worker

    def _kill_one(self) -> bool:
        while self._unfinished() < AT_ONCE * (PAPERS + 1):
            self.made.append(make_dossier(self._office, len(self.made)))
        dying = self._busy_worker()
        time.sleep(self._chance.uniform(0, self._chance.choice(MOMENTS_SECONDS)))
        owner = name_process(dying.pid)
        dying.kill()
        dying.join()
        self.halves += sum(half_objects(self._office, made) for made in self.made[-AT_ONCE - 1 :])
        self._workers.remove(dying)
        self._workers.append(self._begin())
        return owner in self._owners()

    def _busy_worker(self) -> Any:
        """One that has a claim now; whichever, when none has for a while."""
        deadline = time.monotonic() + LONGEST_IDLE_SECONDS
        while time.monotonic() < deadline:
            owners = self._owners()
            busy = [worker for worker in self._workers if name_process(worker.pid) in owners]
            if busy:
                return self._chance.choice(busy)
            time.sleep(LOOK_SECONDS)
        return self._chance.choice(self._workers)

    def _owners(self) -> set[str]:
        with reading(self._office.engine) as connection:
            return {
                owner
                for table in (papers, copies, dossiers, chores)
                for owner in connection.execute(
                    sa.select(table.c.owner).where(table.c.owner.is_not(None))
                ).scalars()
            }

    def _unfinished(self) -> int:
        """How many papers and copies are not archived, and chores not done."""
        waiting = (
            sa.select(papers.c.id).where(papers.c.archived_version.is_(None)),
            sa.select(copies.c.id).where(copies.c.archived_version.is_(None)),
            sa.select(chores.c.id).where(chores.c.owner.is_not(None) | chores.c.fault.is_not(None)),
        )
        with reading(self._office.engine) as connection:
            return sum(len(connection.execute(one).all()) for one in waiting)


def work(settings: Settings) -> None:
    """A dispatcher in a process of its own, until it is killed."""
    dispatcher = Dispatcher(open_office(settings), ImpatientBell())
    dispatcher.start()
    while True:
        time.sleep(PATIENCE_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
