"""The queue before the time-stamp authorities: a few are asked at once by all processes of this machine.

Rules of this module:
1. Who asks takes a ticket, a file with a number that it holds a lock on; the lock goes with its process.
2. The first `at_once` tickets that are held are at work, the others wait in the order of their numbers.
3. What each authority said last is kept beside the tickets, for people to look at.
"""

import asyncio
import hashlib
import json
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from foundation.durable import write_whole
from foundation.locks import alone, open_lock, take_if_free

LOOK_AGAIN_SECONDS = 0.05
TICKET = "ticket-"
SAID = "said-"


@dataclass(frozen=True)
class Said:
    """What an authority said last: how long it took, and what was wrong (empty: nothing)."""

    address: str
    at: datetime
    seconds: float
    wrong: str = ""


@dataclass(frozen=True)
class QueueState:
    """How many are being asked now, how many wait for their turn, and what each authority said last."""

    at_work: int
    waiting: int
    said: tuple[Said, ...]


class StampQueue:
    """Who may ask a time-stamp authority now, known to every process through a folder."""

    def __init__(self, folder: Path, at_once: int) -> None:
        self._folder = folder
        self._at_once = at_once

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Wait for a turn, and keep it for the block."""
        ticket, handle = self._take_ticket()
        try:
            while self._before(ticket) >= self._at_once:  # noqa: ASYNC110 others are in other processes
                await asyncio.sleep(LOOK_AGAIN_SECONDS)
            yield
        finally:
            with suppress(FileNotFoundError):
                ticket.unlink()
            os.close(handle)

    def keep(self, said: Said) -> None:
        """Keep what an authority said last."""
        name = hashlib.sha256(said.address.encode()).hexdigest()[:16]
        told = {**asdict(said), "at": said.at.isoformat()}
        write_whole(self._folder / f"{SAID}{name}.json", json.dumps(told, ensure_ascii=False).encode())

    def state(self) -> QueueState:
        """How it stands now, without joining the queue."""
        if not self._folder.is_dir():
            return QueueState(0, 0, ())
        held = sum(1 for _ in self._held_tickets())
        said = [self._read(path) for path in sorted(self._folder.glob(f"{SAID}*.json"))]
        at_work = min(held, self._at_once)
        return QueueState(at_work, held - at_work, tuple(one for one in said if one is not None))

    def _take_ticket(self) -> tuple[Path, int]:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with alone(self._folder / ".numbers"):
            last = max((_number(path) for path in self._tickets()), default=0)
            ticket = self._folder / f"{TICKET}{last + 1:012d}"
            handle = open_lock(ticket)
            if not take_if_free(handle):
                raise AssertionError(f"{ticket.name} is new, and nobody else's")
            return ticket, handle

    def _before(self, ticket: Path) -> int:
        return sum(1 for path in self._held_tickets() if _number(path) < _number(ticket))

    def _held_tickets(self) -> Iterator[Path]:
        """Tickets of living processes; those of dead ones go."""
        with alone(self._folder / ".numbers"):
            for path in self._tickets():
                if _is_held(path):
                    yield path
                else:
                    with suppress(FileNotFoundError):
                        path.unlink()

    def _tickets(self) -> list[Path]:
        return sorted(self._folder.glob(f"{TICKET}*"))

    def _read(self, path: Path) -> Said | None:
        try:
            told = json.loads(path.read_bytes())
            return Said(told["address"], datetime.fromisoformat(told["at"]), told["seconds"], told["wrong"])
        except (OSError, ValueError, LookupError, TypeError):  # half a disk is no state worth showing
            return None


def _number(ticket: Path) -> int:
    return int(ticket.name.removeprefix(TICKET))


def _is_held(ticket: Path) -> bool:
    try:
        handle = os.open(ticket, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        return not take_if_free(handle)
    finally:
        os.close(handle)
