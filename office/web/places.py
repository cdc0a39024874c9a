"""Places: so many at once, so many waiting, of one visitor and of all together.

1. Waiting costs no thread: who waits is a future in the event loop, which alone touches what is counted here.
2. A free place goes to the visitor who holds the fewest; of equals, to the one who came first. So one address
   that sends much never keeps out another that sends little.
3. Who waits too long, or is more than may wait, is told when to come again; who went away is out of the line.
"""

import asyncio
import math
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from starlette.requests import ClientDisconnect

from office.web.refusals import DoorCode, DoorFault

LOOK_SECONDS = 0.25  # how often it is looked whether who waits is still there


@dataclass(frozen=True)
class Bounds:
    """How many have a place and how many may wait, of all and of each visitor; how long (seconds)."""

    at_once: int
    each: int
    waiting: int
    waiting_each: int
    wait_seconds: float


@dataclass(frozen=True, eq=False)
class _Waiter:
    whom: str
    called: asyncio.Future[None]


class Places:
    """The places of one kind; lives in one event loop."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._held: Counter[str] = Counter()
        self._line: list[_Waiter] = []

    @property
    def held(self) -> int:
        """How many places are taken now."""
        return self._held.total()

    @property
    def waiting(self) -> int:
        """How many stand in line now."""
        return len(self._line)

    @asynccontextmanager
    async def taken(self, whom: str, is_gone: Callable[[], bool]) -> AsyncIterator[None]:
        """A place for this visitor, waited for where need be.

        Raises: DoorFault(TOO_BUSY) when too many wait, or for too long; ClientDisconnect when `is_gone`.
        """
        if self._has_room(whom):
            self._held[whom] += 1
        else:
            await self._wait_in_line(whom, is_gone)
        try:
            yield
        finally:
            self._leave(whom)

    def _has_room(self, whom: str) -> bool:
        return self.held < self._bounds.at_once and self._held[whom] < self._bounds.each

    async def _wait_in_line(self, whom: str, is_gone: Callable[[], bool]) -> None:
        bounds = self._bounds
        of_this_one = sum(waiter.whom == whom for waiter in self._line)
        if len(self._line) >= bounds.waiting or of_this_one >= bounds.waiting_each:
            raise self._too_busy()
        waiter = _Waiter(whom, asyncio.get_running_loop().create_future())
        self._line.append(waiter)
        try:
            await self._until_called(waiter, is_gone)
        except BaseException:
            if waiter.called.done():  # called in the very moment in which it was given up
                self._leave(whom)
            else:
                self._line.remove(waiter)
            raise

    async def _until_called(self, waiter: _Waiter, is_gone: Callable[[], bool]) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._bounds.wait_seconds
        while not waiter.called.done():
            left = deadline - loop.time()
            if left <= 0:
                raise self._too_busy()
            await asyncio.wait({waiter.called}, timeout=min(left, LOOK_SECONDS))
            if not waiter.called.done() and is_gone():
                raise ClientDisconnect

    def _leave(self, whom: str) -> None:
        self._held[whom] -= 1
        self._held += Counter()  # forgets who holds nothing
        while entitled := [waiter for waiter in self._line if self._has_room(waiter.whom)]:
            chosen = min(entitled, key=lambda waiter: self._held[waiter.whom])
            self._line.remove(chosen)
            self._held[chosen.whom] += 1
            chosen.called.set_result(None)

    def _too_busy(self) -> DoorFault:
        return DoorFault(DoorCode.TOO_BUSY, math.ceil(self._bounds.wait_seconds))
