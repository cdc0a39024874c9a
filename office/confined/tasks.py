"""What a confined child can do: one task per kind of foreign bytes, and what each is asked and answers.

A task's target is the function that the child calls with the argument. What it returns is the answer; one
that returns an iterator answers as it goes, one that `tells` is handed whom to tell besides. A target that
returns None has nothing to say.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, cached_property
from importlib import import_module
from types import NoneType
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter

from certify.question import Question
from certify.verdict import Verdict
from digitize.model import Event, Order
from office.confined.orders import (
    Drawing,
    Failure,
    Found,
    Leftover,
    Machines,
    Probing,
    ScanEnd,
    Scanning,
    ScanProgress,
    Spoken,
    Taking,
    Trial,
)
from scanner_adapters.model import ScannedPage

Argument = TypeVar("Argument")
Answer = TypeVar("Answer")


class Walls(StrEnum):
    """What a task may touch of the machine.

    PARSER: nothing but the bytes that it is given. MACHINE: also the network and devices.
    """

    PARSER = "parser"
    MACHINE = "machine"


@cache
def failures() -> TypeAdapter[Failure]:
    """What turns a fault into JSON and back."""
    return TypeAdapter(Failure)


@dataclass(frozen=True)
class Task(Generic[Argument, Answer]):
    """A kind of work for a child: `target` is "module:function", `answer` may be a union of types."""

    name: str
    target: str
    argument: type[Argument]
    answer: Any
    walls: Walls
    tells: bool = False

    @property
    def module(self) -> str:
        """Where its function is: what a warm child has loaded before it is asked."""
        return self.target.partition(":")[0]

    @cached_property
    def argument_adapter(self) -> TypeAdapter[Argument]:
        """What turns the argument into JSON and back, and refuses any other."""
        return TypeAdapter(self.argument)

    @cached_property
    def answer_adapter(self) -> TypeAdapter[Answer]:
        """What turns an answer into JSON and back, and refuses any other."""
        return TypeAdapter(self.answer)

    def carry_out(self, argument: Argument, tell: Callable[[Answer], None]) -> None:
        """Load the function, call it, tell every answer: what the child does."""
        module, _, name = self.target.partition(":")
        function = getattr(import_module(module), name)
        answer = function(argument, tell) if self.tells else function(argument)
        if isinstance(answer, Iterator):
            for each in answer:
                tell(each)
        elif answer is not None:
            tell(answer)


DIGITIZE: Task[Order, Event] = Task("digitize", "digitize.pipeline:digitize", Order, Event, Walls.PARSER)
VERIFY: Task[Question, Verdict] = Task(
    "verify", "certify.verification.steps:verify", Question, Verdict, Walls.PARSER
)
PICTURE: Task[Drawing, None] = Task(
    "picture", "office.confined.parsers:draw", Drawing, NoneType, Walls.PARSER
)
TAKE: Task[Taking, ScannedPage | Leftover] = Task(
    "take", "office.confined.parsers:take", Taking, ScannedPage | Leftover, Walls.PARSER
)
SCAN: Task[Scanning, ScanProgress | ScanEnd] = Task(
    "scan", "office.confined.machines:scan", Scanning, ScanProgress | ScanEnd, Walls.MACHINE, tells=True
)
RELEASE: Task[Scanning, ScanEnd] = Task(
    "release", "office.confined.machines:release", Scanning, ScanEnd, Walls.MACHINE
)
PROBE: Task[Probing, str] = Task("probe", "office.confined.machines:probe", Probing, str, Walls.MACHINE)
DEVICES: Task[Machines, Found] = Task(
    "devices", "office.confined.machines:devices", Machines, Found, Walls.MACHINE
)
ASK: Task[str, Spoken] = Task("ask", "office.confined.machines:ask", str, Spoken, Walls.MACHINE)
SLEEP: Task[Trial, int] = Task("sleep", "office.confined.trials:sleep", Trial, int, Walls.PARSER)
FILL: Task[Trial, int] = Task("fill", "office.confined.trials:fill", Trial, int, Walls.PARSER)

TASKS: Mapping[str, Task[Any, Any]] = {
    task.name: task
    for task in (DIGITIZE, VERIFY, PICTURE, TAKE, SCAN, RELEASE, PROBE, DEVICES, ASK, SLEEP, FILL)
}
