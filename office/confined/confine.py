"""Foreign bytes are parsed in a child process that can be stopped and that cannot take the machine along.

The child runs one task of `office.confined.tasks`, gets its argument as JSON on standard input and answers
with JSON lines on standard output, each checked against the task's type: no pickle crosses, so a child taken
over by a hostile file cannot run code here. Limits: data segment (RLIMIT_DATA, inherited by the child's own
children), processor seconds, file size, wall time, size of an answer; the child leads its own process group
and dies with its parent.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from pydantic import ValidationError

from office.confined.tasks import Answer, Argument, Task, failures
from office.faults import DeskCode, DeskFault

MOST_BYTES = 64 << 20  # of one answer: the text of one page at most
STDERR_KEPT = 2000  # characters of a dead child's last words that are worth a log line
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Limits:
    """What one child may use. `cpu_seconds`: 0 for no limit but that of the wall clock.

    `niceness` above 0: only what nobody else wants of the processors (nice(2)).
    """

    memory_mb: int
    wall_seconds: int
    file_mb: int = 4096
    niceness: int = 0
    cpu_seconds: int = 0


class ChildFault(Exception):
    """A room's fault that happened in the child: its family, code and detail, as the room raised it."""

    def __init__(self, family: str, code: str, **where: Any) -> None:
        """`where` holds what the room told besides: page, source, detail."""
        super().__init__(f"{family} {code}: {where}")
        self.family = family
        self.code = code
        self.page = where.get("page")
        self.source = where.get("source", "")
        self.detail = where.get("detail", "")


def run(task: Task[Argument, Answer], argument: Argument, limits: Limits) -> Iterator[Answer]:
    """Have `task` done in a child and yield its answers as they come.

    Raises: ChildFault with the room's own code; DeskFault CHILD_DIED, CHILD_TOO_SLOW or CHILD_TOO_LARGE
    when the child was ended by a limit, fell over or answered what the task never answers.
    """
    told = task.argument_adapter.dump_json(task.argument_adapter.validate_python(argument))
    with tempfile.TemporaryFile("w+") as last_words, _child(task.name, limits, last_words) as child:
        overdue = threading.Event()
        timer = threading.Timer(limits.wall_seconds, _end, (child, overdue))
        timer.start()
        try:
            _send(child, told)
            finished = False
            for kind, value in _answers(child):
                if kind == "fault":
                    raise _fault(value)
                if kind == "end":
                    finished = True
                    break
                yield _checked(task, value)
            if not finished:
                raise _cause_of_death(child, overdue, last_words)
        finally:
            timer.cancel()


def _answers(child: "subprocess.Popen[bytes]") -> Iterator[tuple[str, Any]]:
    while child.stdout is not None and (line := child.stdout.readline(MOST_BYTES)):
        try:
            kind, value = json.loads(line)
        except (ValueError, TypeError, RecursionError):  # killed in the middle of a line, or no answer at all
            return
        yield kind, value


def _checked(task: Task[Argument, Answer], value: object) -> Answer:
    try:
        return task.answer_adapter.validate_python(value)
    except ValidationError as foreign:
        raise DeskFault(DeskCode.CHILD_DIED, f"{task.name} answered: {foreign.errors()[0]['msg']}") from None


def _fault(told: object) -> Exception:
    try:
        failure = failures().validate_python(told)
    except ValidationError:
        return DeskFault(DeskCode.CHILD_DIED, "told no fault")
    return ChildFault(**asdict(failure))


@contextlib.contextmanager
def _child(name: str, limits: Limits, last_words: IO[str]) -> Iterator["subprocess.Popen[bytes]"]:
    numbers = (
        limits.memory_mb,
        limits.wall_seconds,
        limits.file_mb,
        os.getpid(),
        limits.niceness,
        limits.cpu_seconds,
    )
    child = subprocess.Popen(
        [sys.executable, "-P", "-m", "office.confined.child", name, *map(str, numbers)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=last_words,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_THREAD_LIMIT": "1"},
    )
    try:
        yield child
    finally:
        _kill_group(child)
        child.communicate()


def _send(child: "subprocess.Popen[bytes]", argument: bytes) -> None:
    if child.stdin is None:
        return
    with contextlib.suppress(BrokenPipeError):  # its death is told by _cause_of_death
        child.stdin.write(argument)
        child.stdin.close()
    child.stdin = None


def _end(child: subprocess.Popen[bytes], overdue: threading.Event) -> None:
    overdue.set()
    _kill_group(child)


def _kill_group(child: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)


def _cause_of_death(
    child: subprocess.Popen[bytes], overdue: threading.Event, last_words: IO[str]
) -> DeskFault:
    code = child.wait()
    last_words.seek(0)
    words = last_words.read()[-STDERR_KEPT:].strip()
    if overdue.is_set() or code == -signal.SIGXCPU:
        return DeskFault(DeskCode.CHILD_TOO_SLOW)
    if "MemoryError" in words or "Insufficient memory" in words or "bad_alloc" in words:
        return DeskFault(DeskCode.CHILD_TOO_LARGE)
    return DeskFault(DeskCode.CHILD_DIED, f"exit {code}: {words.splitlines()[-1] if words else ''}")
