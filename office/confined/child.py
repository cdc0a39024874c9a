"""What runs in a confined child: limits first, then the one task it was started for.

`python -m office.confined.child TASK MEMORY_MB WALL_SECONDS FILE_MB PARENT NICENESS` takes one JSON argument
on standard input, writes JSON lines `["answer", …]`, at the end `["end", null]` or `["fault", {…}]`.
"""

import ctypes
import os
import resource
import signal
import sys
from typing import Any

from office.confined.orders import Failure
from office.confined.tasks import TASKS, Task, failures

PR_SET_PDEATHSIG = 1  # prctl(2)
MEGABYTE = 1 << 20


def main(arguments: list[str]) -> int:
    """Limit this process, then carry out the task it was started for."""
    name, memory_mb, wall_seconds, file_mb, parent, niceness, cpu_seconds = arguments
    os.nice(int(niceness))
    _limit(int(memory_mb), int(cpu_seconds) or int(wall_seconds), int(file_mb))
    _die_with(int(parent))
    return carry_out(TASKS[name], sys.stdin.buffer.read())


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
        family=type(fault).__name__,
        code=str(code or "NOT_A_DOCUMENT"),
        page=page if isinstance(page, int) else None,
        source=str(getattr(fault, "source", "") or ""),
        detail=str(getattr(fault, "detail", "") or ""),
    )


def _write(kind: str, told: bytes) -> None:
    sys.stdout.buffer.write(b'["%s",%s]\n' % (kind.encode(), told))
    sys.stdout.buffer.flush()


def _limit(memory_mb: int, cpu_seconds: int, file_mb: int) -> None:
    resource.setrlimit(resource.RLIMIT_DATA, (memory_mb * MEGABYTE,) * 2)
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 5))
    resource.setrlimit(resource.RLIMIT_FSIZE, (file_mb * MEGABYTE,) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _die_with(parent: int) -> None:
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # the parent died before the line above
        os._exit(1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
