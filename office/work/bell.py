"""What wakes a dispatcher: somebody rings when there may be work.

In one process it is an event. A house of several processes on PostgreSQL has the database's own bell behind
the same two verbs: NOTIFY rings, LISTEN waits. A bell that nobody hears costs a sweep's pause, never work.
"""

import contextlib
import logging
import os
import select
import threading
import time
from typing import Any, Protocol

import psycopg
from sqlalchemy.engine import Engine

logger = logging.getLogger(__name__)
CHANNEL = "motcua_work"
LINE_SECONDS = 1.0  # before a lost line is opened again


class Bell(Protocol):
    """Rung by whoever made work, waited for by whoever does it."""

    def ring(self) -> None:
        """Say that there may be work; never blocks."""

    def wait(self, seconds: float) -> bool:
        """Wait until it is rung, or so long; one ring before the wait counts. Returns: was it rung?"""


class HouseBell:
    """A bell that is heard in this process."""

    def __init__(self) -> None:
        self._rung = threading.Event()

    def ring(self) -> None:
        """Say that there may be work; never blocks."""
        self._rung.set()

    def wait(self, seconds: float) -> bool:
        """Wait until it is rung, or so long."""
        rung = self._rung.wait(seconds)
        self._rung.clear()  # whoever waits looks at the rows now, so a ring in between is heard as well
        return rung


class DatabaseBell:
    """A bell that every process on the same PostgreSQL hears; one thread waits for it.

    Whoever rings leaves a mark in a pipe and goes on: the thread that waits tells the other processes.
    Where the database cannot be reached, rings of this process are heard all the same.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._line: psycopg.Connection | None = None
        self._rung, self._ring = os.pipe()
        for end in (self._rung, self._ring):
            os.set_blocking(end, False)

    def ring(self) -> None:
        """Say that there may be work; never blocks."""
        with contextlib.suppress(BlockingIOError):  # a full pipe has rung often enough
            os.write(self._ring, b"!")

    def wait(self, seconds: float) -> bool:
        """Wait until it is rung here or elsewhere, or so long; the thread that waits is always the same."""
        deadline = time.monotonic() + seconds
        try:
            return self._wait_on_line(self._open_line(), deadline)
        except psycopg.Error as lost:
            logger.warning("the bell's line to the database is lost, and opened again: %s", lost)
            self._hang_up()
            return self._wait_here(min(deadline, time.monotonic() + LINE_SECONDS))

    def close(self) -> None:
        """Hear nothing any more."""
        self._hang_up()
        os.close(self._rung)
        os.close(self._ring)

    def _wait_on_line(self, line: psycopg.Connection, deadline: float) -> bool:
        while True:
            if self._was_rung_here():
                line.execute("SELECT pg_notify(%s, '')", [CHANNEL])
                return True
            if any(told.pid != line.info.backend_pid for told in line.notifies(timeout=0)):
                return True
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            select.select([self._rung, line.fileno()], [], [], left)

    def _wait_here(self, deadline: float) -> bool:
        select.select([self._rung], [], [], max(0.0, deadline - time.monotonic()))
        return self._was_rung_here()

    def _was_rung_here(self) -> bool:
        try:
            return bool(os.read(self._rung, select.PIPE_BUF))
        except BlockingIOError:
            return False

    def _open_line(self) -> psycopg.Connection:
        """A connection of its own, kept for listening alone."""
        if self._line is None:
            self._line = psycopg.connect(**address_of(self._engine), autocommit=True)
            self._line.execute(f"LISTEN {CHANNEL}")
        return self._line

    def _hang_up(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            line.close()


def address_of(engine: Engine) -> dict[str, Any]:
    """How the driver reaches the database of this engine."""
    _, address = engine.dialect.create_connect_args(engine.url)
    return {name: value for name, value in address.items() if name != "context"}  # SQLAlchemy's own types
