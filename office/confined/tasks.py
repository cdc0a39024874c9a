"""What a confined child can do: one task per kind of foreign bytes, and what each is asked and answers.

A task's target is the function that the child calls with the argument. What it returns is the answer; one
that returns an iterator answers as it goes, one that `tells` is handed whom to tell besides. A target that
returns None has nothing to say. Functions and types stand here by name, as "module:name": a process loads
those of the tasks that it has to do with.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pydantic import TypeAdapter

from office.confined import reach
from office.confined.reach import Reach

if TYPE_CHECKING:
    from certify.key_holders.returned import Judged, Return
    from certify.question import Question
    from certify.verdict import Verdict
    from digitize.model import Event, Order
    from office.confined.orders import (
        Drawing,
        Found,
        Machines,
        Probing,
        ScanEnd,
        Scanning,
        ScanTold,
        Spoken,
        Taken,
        Taking,
        Trial,
        Tried,
    )

Argument = TypeVar("Argument")
Answer = TypeVar("Answer")


class Walls(StrEnum):
    """What a task may touch of the machine.

    PARSER: nothing but the bytes that it is given. MACHINE: also the network and devices.
    """

    PARSER = "parser"
    MACHINE = "machine"


@dataclass(frozen=True)
class Failure:
    """A room's fault as it travels out of a child: its family and code, and where it was."""

    family: str
    code: str
    page: int | None = None
    source: str = ""
    detail: str = ""


@cache
def failures() -> TypeAdapter[Failure]:
    """What turns a fault into JSON and back."""
    return TypeAdapter(Failure)


def named(told: str) -> Any:
    """What "module:name" stands for, loaded now."""
    module, _, name = told.partition(":")
    return getattr(import_module(module), name)


@dataclass(frozen=True)
class Task(Generic[Argument, Answer]):
    """A kind of work for a child: its function, the type of its argument, that of its answers, by name.

    `reach` says what of the files an argument needs; `together` how many may run at once (0: any number).
    """

    name: str
    target: str
    argument: str
    answer: str
    walls: Walls
    reach: Callable[[Argument], Reach]
    tells: bool = False
    together: int = 0

    @property
    def module(self) -> str:
        """Where its function is: what a warm child has loaded before it is asked."""
        return self.target.partition(":")[0]

    @cached_property
    def argument_adapter(self) -> TypeAdapter[Argument]:
        """What turns the argument into JSON and back, and refuses any other."""
        return TypeAdapter(named(self.argument))

    @cached_property
    def answer_adapter(self) -> TypeAdapter[Answer]:
        """What turns an answer into JSON and back, and refuses any other."""
        return TypeAdapter(named(self.answer))

    def prepare(self) -> None:
        """Load and make all that doing it needs."""
        import_module(self.module)
        _ = self.argument_adapter, self.answer_adapter

    def carry_out(self, argument: Argument, tell: Callable[[Answer], None]) -> None:
        """Load the function, call it, tell every answer: what the child does."""
        function = named(self.target)
        answer = function(argument, tell) if self.tells else function(argument)
        if isinstance(answer, Iterator):
            for each in answer:
                tell(each)
        elif answer is not None:
            tell(answer)


PARSER, MACHINE = Walls.PARSER, Walls.MACHINE
PICTURES_TOGETHER = 2

ORDERS = "office.confined.orders"
DIGITIZE: "Task[Order, Event]" = Task(
    "digitize",
    "digitize.pipeline:digitize",
    "digitize.model:Order",
    "digitize.model:Event",
    PARSER,
    reach.of_order,
)
VERIFY: "Task[Question, Verdict]" = Task(
    "verify",
    "certify.verification.steps:verify",
    "certify.question:Question",
    "certify.verdict:Verdict",
    PARSER,
    reach.of_question,
)
RETURN: "Task[Return, Judged]" = Task(
    "return",
    "certify.key_holders.returned:judge_return",
    "certify.key_holders.returned:Return",
    "certify.key_holders.returned:Judged",
    PARSER,
    reach.of_return,
)
PICTURE: "Task[Drawing, None]" = Task(
    "picture",
    "office.confined.parsers:draw",
    f"{ORDERS}:Drawing",
    "types:NoneType",
    PARSER,
    reach.of_drawing,
    together=PICTURES_TOGETHER,
)
TAKE: "Task[Taking, Taken]" = Task(
    "take", "office.confined.parsers:take", f"{ORDERS}:Taking", f"{ORDERS}:Taken", PARSER, reach.of_taking
)
SCAN: "Task[Scanning, ScanTold]" = Task(
    "scan",
    "office.confined.machines:scan",
    f"{ORDERS}:Scanning",
    f"{ORDERS}:ScanTold",
    MACHINE,
    reach.of_scanning,
    tells=True,
)
RELEASE: "Task[Scanning, ScanEnd]" = Task(
    "release",
    "office.confined.machines:release",
    f"{ORDERS}:Scanning",
    f"{ORDERS}:ScanEnd",
    MACHINE,
    reach.of_scanning,
)
PROBE: "Task[Probing, str]" = Task(
    "probe", "office.confined.machines:probe", f"{ORDERS}:Probing", "builtins:str", MACHINE, reach.of_probing
)
DEVICES: "Task[Machines, Found]" = Task(
    "devices",
    "office.confined.machines:devices",
    f"{ORDERS}:Machines",
    f"{ORDERS}:Found",
    MACHINE,
    reach.of_machines,
)
ASK: "Task[str, Spoken]" = Task(
    "ask", "office.confined.machines:ask", "builtins:str", f"{ORDERS}:Spoken", MACHINE, reach.of_address
)
TRIAL = f"{ORDERS}:Trial"
SLEEP: "Task[Trial, int]" = Task(
    "sleep", "office.confined.trials:sleep", TRIAL, "builtins:int", PARSER, reach.of_trial
)
FILL: "Task[Trial, int]" = Task(
    "fill", "office.confined.trials:fill", TRIAL, "builtins:int", PARSER, reach.of_trial
)
TRY: "Task[Trial, Tried]" = Task(
    "try", "office.confined.trials:attempt", TRIAL, f"{ORDERS}:Tried", PARSER, reach.of_trial
)
TRY_AS_MACHINE: "Task[Trial, Tried]" = Task(
    "try-as-machine", "office.confined.trials:attempt", TRIAL, f"{ORDERS}:Tried", MACHINE, reach.of_trial
)
EVERY: tuple[Task[Any, Any], ...] = (
    *(DIGITIZE, VERIFY, RETURN, PICTURE, TAKE, SCAN, RELEASE, PROBE, DEVICES, ASK),
    *(SLEEP, FILL, TRY, TRY_AS_MACHINE),
)

TASKS: Mapping[str, Task[Any, Any]] = {task.name: task for task in EVERY}
