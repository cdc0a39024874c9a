"""Which walls hold here: found by trying to get out, from inside a child."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory

from office.confined.confine import Limits, run
from office.confined.orders import Trial
from office.confined.tasks import TRY

TRYING = Limits(memory_mb=900, wall_seconds=60)


class Wall(StrEnum):
    """What a child that parses foreign bytes is kept from."""

    NETWORK = "network"
    FILES = "files"
    ENVIRONMENT = "environment"


WAYS = {
    Wall.NETWORK: ("tcp", "unix"),
    Wall.FILES: ("read", "create", "list"),
    Wall.ENVIRONMENT: ("own environment", "environment of"),
}


@dataclass(frozen=True)
class _Outside:
    """Something that a child must not reach: a file, a socket by its path, a port of this machine."""

    file: Path
    socket: Path
    port: int


def walls_that_hold() -> frozenset[Wall]:
    """The walls that no attempt got over. Raises: DeskFault when not even a child can be started."""
    with _outside() as outside:
        return frozenset(
            wall for wall, ways in WAYS.items() if all(_is_refused(way, outside) for way in ways)
        )


def _is_refused(way: str, outside: _Outside) -> bool:
    path = outside.socket if way == "unix" else outside.file
    trial = Trial(way, path=path, process=os.getpid(), port=outside.port)
    return all(answer.refused for answer in run(TRY, trial, TRYING))


@contextmanager
def _outside() -> Iterator[_Outside]:
    with (
        TemporaryDirectory(prefix="motcua-watch-") as name,
        socket.create_server(("127.0.0.1", 0)) as listening,
        socket.socket(socket.AF_UNIX) as door,
    ):
        file = Path(name, "secret")
        file.write_bytes(b"secret")
        door.bind(str(Path(name, "door")))
        door.listen()
        yield _Outside(file, Path(name, "door"), listening.getsockname()[1])
