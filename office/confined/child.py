"""What runs in a confined child, forked from a server that never saw a foreign byte.

On standard input stands one line of JSON, the Errand, then the argument of its task. Limits come first, then
the walls, then the task. The answers are JSON lines `["answer", …]`, at the end `["end", null]` or
`["fault", {…}]`.
"""

import ctypes
import os
import resource
import signal
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from office.confined.reach import Reach
from office.confined.tasks import TASKS, Failure, Task, Walls, failures
from office.confined.walls.raising import raise_walls

PR_SET_PDEATHSIG = 1  # prctl(2)
MEGABYTE = 1 << 20
IN, OUT = 0, 1
CHUNK = 1 << 20


@dataclass(frozen=True)
class Limits:
    """What one child may use; processor seconds are those of the wall clock unless `cpu_seconds` says fewer.

    `niceness` above 0: only what nobody else wants of the processors (nice(2)).
    """

    memory_mb: int
    wall_seconds: int
    file_mb: int = 4096
    niceness: int = 0
    cpu_seconds: int = 0

    @property
    def most_cpu_seconds(self) -> int:
        """The processor seconds after which the child is ended."""
        return self.cpu_seconds or self.wall_seconds


@dataclass(frozen=True)
class Errand:
    """What a child is started for: task, limits, reach, and a folder of its own for what it half makes."""

    task: str
    limits: Limits
    reach: Reach
    scratch: Path


@cache
def errands() -> TypeAdapter[Errand]:
    """What turns an errand into JSON and back."""
    return TypeAdapter(Errand)


def prepare() -> None:
    """Make what every child needs, before any is forked."""
    errands()
    failures()


def run_errand() -> int:
    """Do what standard input says; the exit code."""
    _die_with_parent()
    told, _, argument = _all_of(IN).partition(b"\n")
    errand = errands().validate_json(told)
    task = TASKS[errand.task]
    _limit(errand.limits)
    is_machine = task.walls is Walls.MACHINE
    if not is_machine:
        os.environ["TMPDIR"] = tempfile.tempdir = str(errand.scratch)
    os.chdir(errand.scratch)
    raise_walls(errand.reach, machine=is_machine)
    return carry_out(task, argument)


def carry_out(task: Task[Any, Any], argument: bytes) -> int:
    """Do the task and tell its answers, then how it ended; the exit code."""
    adapter = task.answer_adapter

    def tell(answer: object) -> None:
        _write("answer", adapter.dump_json(adapter.validate_python(answer)))

    try:
        task.carry_out(task.argument_adapter.validate_json(argument), tell)
    except Exception as fault:
        described = _described(fault)
        if described is None:
            raise
        _write("fault", failures().dump_json(described))
        return 1
    _write("end", b"null")
    return 0


def _described(fault: Exception) -> Failure | None:
    code = getattr(fault, "code", None)
    if code is None and type(fault).__name__ != "NotADocument":
        return None
    page = getattr(fault, "page", None)
    return Failure(
        family=str(getattr(fault, "family", "") or type(fault).__name__),
        code=str(code or "NOT_A_DOCUMENT"),
        page=page if isinstance(page, int) else None,
        source=str(getattr(fault, "source", "") or ""),
        detail=str(getattr(fault, "detail", "") or ""),
    )


def _all_of(handle: int) -> bytes:
    read = bytearray()
    while block := os.read(handle, CHUNK):
        read += block
    return bytes(read)


def _write(kind: str, told: bytes) -> None:
    line = memoryview(b'["%s",%s]\n' % (kind.encode(), told))
    while line:
        line = line[os.write(OUT, line) :]


def _limit(limits: Limits) -> None:
    os.nice(limits.niceness)
    resource.setrlimit(resource.RLIMIT_DATA, (limits.memory_mb * MEGABYTE,) * 2)
    resource.setrlimit(resource.RLIMIT_CPU, (limits.most_cpu_seconds, limits.most_cpu_seconds + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits.file_mb * MEGABYTE,) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _die_with_parent() -> None:
    os.setsid()
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
