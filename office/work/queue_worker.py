"""Who does what is due on PostgreSQL: a worker of the queue that all machines share, in `serve` and `work`.

Two threads: one runs procrastinate's worker, which listens, takes jobs up and sends heart-beats; one sweeps:
it hears the bell, and defers what is due and stands in no job. A worker whose database is gone begins anew
until it is there.
"""

import asyncio
import contextlib
import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from office.value import Office
from office.work import queue
from office.work.bell import DatabaseBell
from office.work.chores import enrol
from office.work.dispatcher import SWEEP_SECONDS, carry_out
from office.work.due import Due
from storage.faults import StorageFault

logger = logging.getLogger(__name__)
BREATH_SECONDS = 0.2  # between two sweeps: rings in between cost one sweep together
THOROUGH_SECONDS = (
    1.0  # within which the rows are looked at though enough is queued: some work is bound to us
)
AGAIN_SECONDS = 1.0  # before a worker that lost its database begins anew
SPARE_THREADS = 2  # one waits for the end, one looks up the database's address


class QueueWorker:
    """One more worker for the rows of a house on PostgreSQL, with as many hands as `limits.workers` says."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._bell = DatabaseBell(office.engine)
        self._stop = threading.Event()
        self._sweeper = threading.Thread(target=self._sweep, name="sweeper", daemon=True)
        self._taker = threading.Thread(target=self._take_jobs, name="queue", daemon=True)

    def start(self) -> None:
        """Begin to take up jobs and to look after the rows."""
        self._sweeper.start()
        self._taker.start()

    def announce(self) -> None:
        """Say to all machines that there may be work; never blocks."""
        self._bell.ring()

    def stop(self) -> None:
        """Finish the acts under way, begin no more."""
        self._stop.set()
        self._bell.ring()
        self._sweeper.join()
        self._taker.join()
        self._bell.close()

    def _sweep(self) -> None:
        is_enrolled, looked_at = False, -THOROUGH_SECONDS
        while not self._stop.is_set():
            try:
                if not is_enrolled:
                    enrol(self._office)
                    is_enrolled = True
                always = time.monotonic() - looked_at >= THOROUGH_SECONDS
                queue.fill(self._office, always=always)
                looked_at = time.monotonic() if always else looked_at
            except Exception:
                logger.exception("the queue could not be filled from the rows; it is tried again")
            self._stop.wait(BREATH_SECONDS)
            if not self._stop.is_set():
                self._bell.wait(SWEEP_SECONDS)

    def _take_jobs(self) -> None:
        asyncio.run(self._work_until_stopped())

    async def _work_until_stopped(self) -> None:
        threads = self._office.settings.limits.workers + SPARE_THREADS
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(threads, thread_name_prefix="act"))
        stopped = asyncio.create_task(asyncio.to_thread(self._stop.wait))
        while not self._stop.is_set():
            working = asyncio.create_task(self._work())
            await asyncio.wait({working, stopped}, return_when=asyncio.FIRST_COMPLETED)
            working.cancel()  # the acts under way are finished all the same
            try:
                await working
            except asyncio.CancelledError:
                pass
            except Exception as lost:  # noqa: BLE001 whatever ended a worker, the next one begins
                logger.warning("the queue's worker begins anew: %s", lost)
            await asyncio.wait({stopped}, timeout=AGAIN_SECONDS)

    async def _work(self) -> None:
        app = queue.new_app(self._office.engine)
        app.task(name=queue.TASK)(self._take_up)
        # beside its own use, a schedule keeps procrastinate watching its side tasks: a worker without one
        # does not notice that it listens no more
        pruning = app.task(name=queue.PRUNING, queue=queue.ANYBODYS)(self._prune)
        app.periodic(cron=queue.EVERY_TEN_SECONDS)(pruning)
        async with app.open_async():
            await app.run_worker_async(
                queues=[queue.ANYBODYS, queue.own_queue(self._office)],
                name=self._office.owner,
                concurrency=self._office.settings.limits.workers,
                install_signal_handlers=False,
                delete_jobs="always",  # the row says how it went
                update_heartbeat_interval=queue.HEARTBEAT_SECONDS,
                stalled_worker_timeout=queue.STALLED_SECONDS,
            )

    def _prune(self, timestamp: int) -> None:
        """Every few seconds one worker of the house throws away what is left in the queue."""
        del timestamp
        try:
            queue.prune(self._office)
        except StorageFault as fault:
            logger.warning("the queue could not be pruned; it is tried again: %s", fault)

    def _take_up(self, **ids: Any) -> None:
        """One job: whatever comes of it stands in the row, so the job itself always succeeds."""
        try:
            carry_out(self._office, Due(**ids))
        except Exception:
            logger.exception("an act could not even be put aside; its claim runs out by itself")
        finally:
            with contextlib.suppress(OSError):
                self._bell.ring()  # there may be a next step
