"""The turnstile before the public check page: so many checks a minute for each address, so many at a time."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

MOST_A_WINDOW = 20
WINDOW = timedelta(minutes=1)
MOST_AT_ONCE = 2  # each check runs a child with its own memory
MOST_ADDRESSES = 4096


class TooManyChecks(Exception):
    """This address, or everybody together, has to wait."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"wait {seconds} s")
        self.seconds = seconds


class Turnstile:
    """Counts checks in memory; a restart forgets, which harms nobody."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._seen: OrderedDict[str, tuple[datetime, int]] = OrderedDict()
        self._turns = threading.BoundedSemaphore(MOST_AT_ONCE)

    @contextmanager
    def passed(self, source: str) -> Iterator[None]:
        """Let one check from this address through. Raises: TooManyChecks."""
        self._count(source)
        if not self._turns.acquire(timeout=WINDOW.total_seconds() / 4):
            raise TooManyChecks(int(WINDOW.total_seconds() / 4))
        try:
            yield
        finally:
            self._turns.release()

    def _count(self, source: str) -> None:
        now = self._clock()
        with self._lock:
            begun, count = self._seen.pop(source, (now, 0))
            if now - begun >= WINDOW:
                begun, count = now, 0
            self._seen[source] = (begun, count + 1)
            while len(self._seen) > MOST_ADDRESSES:
                self._seen.popitem(last=False)
        if count >= MOST_A_WINDOW:
            raise TooManyChecks(max(1, int((begun + WINDOW - now).total_seconds())))
