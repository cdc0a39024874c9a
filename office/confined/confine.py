"""Foreign bytes are parsed in a child process that can be stopped and that cannot take the machine along.

The child runs one task of `office.confined.tasks`, gets its argument as JSON on standard input and answers
with JSON lines on standard output, each checked against the task's type: no pickle crosses, so a child taken
over by a hostile file cannot run code here. Limits: data segment (RLIMIT_DATA, inherited by the child's own
children), processor seconds, file size, wall time, size of an answer. Its walls: office.confined.walls. It
dies with its parent, and what it started dies with it.
"""

import json
import signal
import tempfile
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from typing import IO, Any

from pydantic import ValidationError

from office.confined.child import Errand, Limits, errands
from office.confined.nursery import Ending, WarmChild, nursery
from office.confined.scratch import scratch_folder
from office.confined.tasks import Answer, Argument, Task, failures
from office.confined.walls.environment import ROOT
from office.faults import DeskCode, DeskFault

__all__ = ["ROOT", "ChildFault", "Limits", "run"]

MOST_BYTES = 64 << 20  # of one answer: the text of one page at most
STDERR_KEPT = 2000  # characters of a dead child's last words that are worth a log line
PRIVATE = 0o700


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
    with scratch_folder() as scratch, tempfile.TemporaryFile("w+") as last_words:
        reach = task.reach(argument).with_writes(scratch)
        for folder in reach.writes:  # what is allowed must be there to be allowed
            folder.mkdir(PRIVATE, parents=True, exist_ok=True)
        errand = errands().dump_json(Errand(task.name, limits, reach, scratch))
        with nursery(task.walls).child(task, last_words) as child, _overdue(child, limits) as overdue:
            _send(child, errand + b"\n" + told)
            for kind, value in _answers(child):
                if kind == "end":
                    return
                if kind == "fault":
                    raise _fault(value)
                yield _checked(task, value)
            raise _cause_of_death(child.wait(), limits, overdue, last_words)


class _overdue:  # noqa: N801 read as a verb: with _overdue(...)
    """Ends the child when its time is over; set once that has happened."""

    def __init__(self, child: WarmChild, limits: Limits) -> None:
        self._child = child
        self._over = threading.Event()
        self._timer = threading.Timer(limits.wall_seconds, self._end)

    def __enter__(self) -> threading.Event:
        self._timer.start()
        return self._over

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def _end(self) -> None:
        self._over.set()
        self._child.end()


def _send(child: WarmChild, told: bytes) -> None:
    with suppress(BrokenPipeError):  # its death is told by _cause_of_death
        child.order.write(told)
        child.order.close()


def _answers(child: WarmChild) -> Iterator[tuple[str, Any]]:
    while line := child.answers.readline(MOST_BYTES):
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


def _cause_of_death(
    ending: Ending, limits: Limits, overdue: threading.Event, last_words: IO[str]
) -> DeskFault:
    last_words.seek(0)
    words = last_words.read()[-STDERR_KEPT:].strip()
    spent = ending.status == -signal.SIGKILL and ending.cpu_seconds >= limits.most_cpu_seconds
    if overdue.is_set() or spent or ending.status == -signal.SIGXCPU:
        return DeskFault(DeskCode.CHILD_TOO_SLOW)
    if "MemoryError" in words or "Insufficient memory" in words or "bad_alloc" in words:
        return DeskFault(DeskCode.CHILD_TOO_LARGE)
    return DeskFault(DeskCode.CHILD_DIED, f"exit {ending.status}: {words.splitlines()[-1] if words else ''}")
