"""Processes of this machine, named so that a later one with the same number is not taken for them."""

import contextlib
import os
import signal
import socket
import time
from pathlib import Path

ENDED = ("Z", "X")  # proc(5), field 3: a zombie is no process any more
POLL_SECONDS = 0.02


def name_process(pid: int) -> str:
    """host:pid:start time, which no later process on this machine shares; no start time: there is none."""
    return f"{socket.gethostname()}:{pid}:{_started(pid)}"


def name_this_process() -> str:
    """The name of the process that asks."""
    return name_process(os.getpid())


def is_alive(name: str) -> bool:
    """May the process of this name still be at work? One on another machine may always."""
    host, pid, started = name.rsplit(":", 2)
    return host != socket.gethostname() or bool(started and _started(int(pid)) == started)


def end_group(name: str, seconds: float) -> None:
    """End the group that the process of this name leads: ask it (TERM), after `seconds` make it (KILL)."""
    pid = int(name.rsplit(":", 2)[1])
    for asked in (signal.SIGTERM, signal.SIGKILL):
        if not is_alive(name):
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, asked)
        _wait_for_end(name, seconds)


def _wait_for_end(name: str, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while is_alive(name) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)


def _started(pid: int) -> str:
    """Clock ticks since boot at which the process began (proc(5), field 22); empty when there is none."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
    fields = stat.rpartition(")")[2].split()
    return "" if fields[0] in ENDED else fields[19]
