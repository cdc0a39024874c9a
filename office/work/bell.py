"""What wakes a dispatcher: somebody rings when there may be work.

In one process it is an event. A house of several processes can put the database's own bell behind the same
two verbs (PostgreSQL's NOTIFY rings, LISTEN waits). A bell that nobody hears costs a sweep's pause, never
work.
"""

import threading
from typing import Protocol


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
