"""The turnstile: who may send and check how much at once; the public and the staff have a lane each.

1. A turn is counted, and a place for the upload taken, before the first byte of a body is read.
2. The public's pages and checks run in threads of their own number, so they never take the staff's.
3. The staff's uploads and checks are bounded too, by account.
"""

import functools
import ipaddress
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

import anyio.to_thread
from anyio import CapacityLimiter

from office.web.places import Bounds, Places
from office.web.refusals import DoorCode, DoorFault

T = TypeVar("T")
MOST_A_WINDOW = 20
WINDOW = timedelta(minutes=1)
MOST_VISITORS = 4096  # whose counts are remembered
NETWORK_BITS = 64  # an IPv6 visitor owns at least a /64 (RFC 6177), so addresses in it are one visitor
KILOBYTE = 1 << 10
MEGABYTE = 1 << 20


@dataclass(frozen=True)
class Pace:
    """How slowly a body may come: `grace` seconds, one more per `bytes_a_second`, `most_seconds` in all."""

    grace: float
    bytes_a_second: int
    most_seconds: float


@dataclass(frozen=True)
class Terms:
    """What one lane grants: uploads, checks and log-ins at once, threads for pages, size and pace of bodies.

    `threads` None: those that every page of the staff shares. `niceness` is what its checks' children add to
    theirs, so that they work when nobody else does.
    """

    uploads: Bounds
    checks: Bounds
    log_ins: Bounds
    threads: int | None
    form_bytes: int  # everything but the files
    pace: Pace
    niceness: int


PUBLIC = Terms(
    uploads=Bounds(at_once=8, each=2, waiting=16, waiting_each=4, wait_seconds=15),
    checks=Bounds(at_once=2, each=1, waiting=8, waiting_each=2, wait_seconds=60),
    log_ins=Bounds(at_once=2, each=1, waiting=64, waiting_each=8, wait_seconds=15),
    threads=2,
    form_bytes=64 * KILOBYTE,
    pace=Pace(grace=10, bytes_a_second=16 * KILOBYTE, most_seconds=300),
    niceness=19,
)
STAFF = Terms(
    uploads=Bounds(at_once=8, each=3, waiting=32, waiting_each=6, wait_seconds=60),
    checks=Bounds(at_once=2, each=1, waiting=16, waiting_each=4, wait_seconds=60),
    log_ins=Bounds(at_once=2, each=1, waiting=64, waiting_each=8, wait_seconds=15),
    threads=None,
    form_bytes=MEGABYTE,
    pace=Pace(grace=30, bytes_a_second=4 * KILOBYTE, most_seconds=3600),
    niceness=0,
)


class Lane:
    """The places and threads of the public or of the staff."""

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self.uploads = Places(terms.uploads)
        self.checks = Places(terms.checks)
        self.log_ins = Places(terms.log_ins)
        self._threads = None if terms.threads is None else CapacityLimiter(terms.threads)
        self._check_threads = CapacityLimiter(terms.checks.at_once)

    async def run(self, act: Callable[[], T]) -> T:
        """Make a page, or anything else that is short, in a thread of this lane."""
        return await anyio.to_thread.run_sync(act, limiter=self._threads)

    async def run_check(self, act: Callable[[], T]) -> T:
        """Check a file, in a thread for checks alone; a place of `checks` is held by who calls."""
        return await anyio.to_thread.run_sync(act, limiter=self._check_threads)


class Turnstile:
    """Both lanes, and how often each visitor checked; a restart forgets, which harms nobody."""

    def __init__(self, clock: Callable[[], datetime], public: Terms = PUBLIC, staff: Terms = STAFF) -> None:
        self.public = Lane(public)
        self.staff = Lane(staff)
        self._clock = clock
        self._seen: OrderedDict[str, tuple[datetime, int]] = OrderedDict()

    def count_check(self, visitor: str) -> None:
        """Count one check more of this visitor. Raises: DoorFault(TOO_MANY_CHECKS)."""
        now = self._clock()
        begun, count = self._seen.pop(visitor, (now, 0))
        if now - begun >= WINDOW:
            begun, count = now, 0
        self._seen[visitor] = (begun, count + 1)
        while len(self._seen) > MOST_VISITORS:
            self._seen.popitem(last=False)
        if count >= MOST_A_WINDOW:
            seconds = max(1, int((begun + WINDOW - now).total_seconds()))
            raise DoorFault(DoorCode.TOO_MANY_CHECKS, seconds)


@functools.lru_cache(maxsize=MOST_VISITORS)
def visitor_at(address: str) -> str:
    """Whom an address belongs to: itself, or its network for IPv6."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(known, ipaddress.IPv4Address):
        return str(known)
    if known.ipv4_mapped is not None:
        return str(known.ipv4_mapped)
    return str(ipaddress.ip_network((int(known), NETWORK_BITS), strict=False))
