"""Acts a minute on PostgreSQL with 1, 2 and 4 workers, and what the queue itself costs an act.

Usage: ./motcua bench workers [--acts N] [--turns N]

Each worker is a process like `./motcua work` with one hand, on a PostgreSQL as the tests start it. The acts
wait 50 ms, as for a time-stamp, and write their row. The queue's own cost is processor time of everybody
(workers and database) for acts that wait for nothing, less that of the same acts one after another without a
queue, in the same run. Exit status: 1 when a goal is broken.
"""

import argparse
import multiprocessing as mp
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any, cast

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import psutil  # noqa: E402 the rooms run in place, from the root
import sqlalchemy as sa  # noqa: E402

from bench.goals import Goal, concluded  # noqa: E402
from bench.kill_chain import database  # noqa: E402
from office.bootstrap import open_office  # noqa: E402
from office.cli.serving import SWITCH_SECONDS  # noqa: E402
from office.desk import intake  # noqa: E402
from office.nouns import Actor  # noqa: E402
from office.procedure import PaperState, Role  # noqa: E402
from office.rows import claims  # noqa: E402
from office.settings import Settings  # noqa: E402
from office.tables import papers  # noqa: E402
from office.value import Office  # noqa: E402
from office.work.bell import DatabaseBell  # noqa: E402
from office.work.dispatcher import carry_out  # noqa: E402
from office.work.due import ACTS, Perform, due_work  # noqa: E402
from office.work.queue_worker import QueueWorker  # noqa: E402
from storage.database import reading, writing  # noqa: E402

WORKERS = (1, 2, 4)
WAIT_SECONDS = 0.05  # of an act: about what a time-stamp on the same network takes
LEAST_GAIN, MOST_COST_MS = 3.5, 10.0
PATIENCE_SECONDS = 600
LOOK_SECONDS = 0.05
SETTLE_SECONDS = 1.0  # until workers that have begun listen


def main(arguments: Sequence[str]) -> int:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--acts", type=int, default=150, help="of each worker")
    asked.add_argument("--turns", type=int, default=3, help="of each measurement; the median counts")
    chosen = asked.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder, database("postgresql") as address:
        settings = Settings(data=Path(folder) / "house").having("database", url=address)
        house = House(open_office(settings.having("limits", workers=1), demo=False))
        rates: dict[int, list[float]] = {count: [] for count in WORKERS}
        costs = []
        for _ in range(chosen.turns):  # in turns: others may be at work on this machine
            for count in WORKERS:
                rates[count].append(house.rate(count, count * chosen.acts))
            costs.append((house.bare_cost(chosen.acts), house.queued_cost(chosen.acts)))
        house.office.engine.dispose()
    return concluded(told(rates, costs))


def told(rates: dict[int, list[float]], costs: list[tuple[float, float]]) -> list[Goal]:
    a_minute = {count: median(found) for count, found in rates.items()}
    for count, rate in a_minute.items():
        turns = ", ".join(f"{one:.0f}" for one in rates[count])
        print(f"{count} workers: {rate:.0f} acts a minute ({turns}); {rate / a_minute[1]:.2f} times one's")
    bare, queued = (median(found) for found in zip(*costs, strict=True))
    print(f"an act that waits for nothing: {bare:.2f} ms CPU without a queue, {queued:.2f} with it")
    wall = 60_000 / a_minute[1] - 1000 * WAIT_SECONDS
    print(f"one worker: {wall:.2f} ms of the time of each act are not its waiting")
    return [
        Goal(
            "acts a minute of 4 workers, times those of 1", a_minute[4] / a_minute[1], LEAST_GAIN, least=True
        ),
        Goal("the queue's own cost: ms CPU an act", queued - bare, MOST_COST_MS),
    ]


class House:
    """A house on PostgreSQL with nothing to do but what is asked for."""

    def __init__(self, office: Office) -> None:
        self.office = office
        clerk = Actor("bench", "", "", frozenset({Role.CLERK}), frozenset({office.settings.unit}))
        self._dossier = intake.open_dossier(office, clerk, intake.Intake("2.000815", "Trần Thị Bình"))

    def rate(self, count: int, acts: int) -> float:
        """Acts a minute of so many workers, from the ring to the last row."""
        with self._at_rest(count, WAIT_SECONDS) as wake:
            self._make(acts)
            begun = time.perf_counter()
            wake()
            self._wait_until_done()
            return 60 * acts / (time.perf_counter() - begun)

    def queued_cost(self, acts: int) -> float:
        """CPU milliseconds an act of a worker and the database."""
        with self._at_rest(1, 0.0) as wake:
            self._make(acts)
            begun = spent_below()
            wake()
            self._wait_until_done()
            return 1000 * (spent_below() - begun) / acts

    def bare_cost(self, acts: int) -> float:
        """CPU milliseconds an act, found and carried out one after another in this process."""
        self._make(acts)
        begun = spent_below() + time.process_time()
        mine = [one for one in due_work(self.office, acts) if one.act == "read_paper"]
        assert sum(carry_out(self.office, one, {"read_paper": act(0.0)}) for one in mine) == acts
        return 1000 * (spent_below() + time.process_time() - begun) / acts

    @contextmanager
    def _at_rest(self, count: int, wait: float) -> Iterator[Callable[[], None]]:
        """So many workers, begun and stopped where they are; yields what lets them go on, and rings."""
        forks = mp.get_context("forkserver")
        forks.set_forkserver_preload(["__main__", "office.work.queue_worker", "office.bootstrap"])
        ready = forks.Semaphore(0)
        settings = self.office.settings
        workers = [
            forks.Process(target=work, args=(settings, wait, ready), daemon=True) for _ in range(count)
        ]
        bell = DatabaseBell(self.office.engine)

        def wake() -> None:
            for worker in workers:
                signal_to(worker, signal.SIGCONT)
            bell.ring()
            bell.wait(0)

        try:
            for worker in workers:
                worker.start()
            for _ in workers:
                assert ready.acquire(timeout=PATIENCE_SECONDS)
            time.sleep(SETTLE_SECONDS)
            for worker in workers:
                signal_to(worker, signal.SIGSTOP)
            yield wake
        finally:
            for worker in workers:
                worker.kill()
                worker.join()
            bell.close()
            with writing(self.office.engine) as connection:
                connection.execute(sa.delete(papers))

    def _make(self, acts: int) -> None:
        now = self.office.clock()
        guard = {"unit": self.office.settings.unit, "sensitivity": 2, "scanned_by": "bench"}
        row = {"dossier": self._dossier, "title": "Giấy", "scan_job": "bench", "scanned_at": now, **guard}
        rows = [
            {"id": self.office.new_id(), "ordinal": number, "state": PaperState.SCANNED, **row}
            for number in range(1, acts + 1)
        ]
        with writing(self.office.engine) as connection:
            connection.execute(sa.delete(papers))
            connection.execute(sa.insert(papers), rows)

    def _wait_until_done(self) -> None:
        left = sa.select(sa.func.count()).select_from(papers).where(papers.c.state == PaperState.SCANNED)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            with reading(self.office.engine) as connection:
                if not connection.execute(left).scalar():
                    return
            assert time.monotonic() < deadline
            time.sleep(LOOK_SECONDS)


def act(wait: float) -> Perform:
    """An act that waits so long and writes its row."""

    def read_paper(office: Office, claim: claims.Claim) -> None:
        time.sleep(wait)
        with writing(office.engine) as connection:
            claims.write(connection, claim, {"state": PaperState.READ})

    return read_paper


def work(settings: Settings, wait: float, ready: Any) -> None:
    """A worker in a process of its own, until it is killed."""
    cast("dict[str, Perform]", ACTS)["read_paper"] = act(wait)
    sys.setswitchinterval(SWITCH_SECONDS)
    QueueWorker(open_office(settings)).start()
    ready.release()
    while True:
        time.sleep(PATIENCE_SECONDS)


def signal_to(worker: Any, number: signal.Signals) -> None:
    psutil.Process(worker.pid).send_signal(number)


def spent_below() -> float:
    """CPU seconds so far of all processes below this one: the workers and the database."""
    spent = 0.0
    for process in psutil.Process().children(recursive=True):
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        spent += times.user + times.system
    return spent


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
