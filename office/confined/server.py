"""The process that confined children are forked from: loaded once, one thread, no foreign byte ever in it.

`python -m office.confined.server WALLS CONTROL WARM…` prepares what is to be warm (tasks by their names,
`module:function` to be called once, `module:`), and then waits on the socket CONTROL. Each message brings
four handles: a child's standard input, output and error, and its lease. Who closes the other end of the
lease ends the child; how the child ended is told there. When the other end of CONTROL closes, the server
ends, and every child with it.
"""

import contextlib
import gc
import json
import os
import selectors
import signal
import socket
import sys
import traceback
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from office.confined.walls.clients import leave_out_clients
from office.confined.walls.namespaces import fork_apart, stand_apart
from office.confined.walls.raising import ROOMS

FORK = b"fork"
HANDLES = 4
THREADS = Path("/proc/self/task")


class ThreadsRunning(Exception):
    """A library started a thread: a fork would copy its locks, but not who holds them."""


@dataclass(frozen=True)
class Child:
    """A child at work: its process, the handle that says when it ends, its lease."""

    pid: int
    ending: int
    lease: socket.socket


def main(arguments: list[str]) -> int:
    """Serve until nobody is there to serve."""
    walls, control, *warm = arguments
    with socket.socket(fileno=_kept_open(int(control))) as asked:
        is_apart = False
        if walls == "parser":
            leave_out_clients()
            is_apart = stand_apart()
        load(warm)
        Server(asked, is_apart=is_apart).serve()
    return 0


def _kept_open(handle: int) -> int:
    os.set_inheritable(handle, False)  # noqa: FBT003 as os has it
    return handle


def load(warm: list[str]) -> None:
    """Prepare the tasks of these names, and call "module:function"s; never looked through for waste again."""
    gc.disable()
    for room in ROOMS:  # a child may look into them, but not for them
        import_module(room)
    tasks = import_module("office.confined.tasks").TASKS
    for told in ("office.confined.child:prepare", *warm):
        module, _, function = told.partition(":")
        if told in tasks:
            tasks[told].prepare()
            continue
        loaded = import_module(module)
        if function:
            getattr(loaded, function)()
    if cv2 := sys.modules.get("cv2"):
        cv2.setNumThreads(1)
    gc.freeze()
    gc.enable()


class Server:
    """Forks a child for each message, and looks after those at work."""

    def __init__(self, control: socket.socket, *, is_apart: bool) -> None:
        self._control = control
        self._is_apart = is_apart
        self._looking = selectors.DefaultSelector()
        self._looking.register(control, selectors.EVENT_READ)
        self._children: dict[int, Child] = {}

    def serve(self) -> None:
        """Until the control socket closes; children at work die then."""
        try:
            while True:
                for ready, _ in self._looking.select():
                    if ready.fileobj is self._control:
                        if not self._take_in():
                            return
                    elif isinstance(ready.data, Child):
                        self._attend(ready.data, has_ended=ready.fileobj == ready.data.ending)
        finally:
            for child in self._children.values():
                _kill(child.pid)

    def _take_in(self) -> bool:
        message, handles, _, _ = socket.recv_fds(self._control, len(FORK), HANDLES)
        if message != FORK or len(handles) != HANDLES:
            return False
        *standard, lease = handles
        child = self._fork(standard, lease)
        for handle in standard:
            os.close(handle)
        self._children[child.pid] = child
        self._looking.register(child.ending, selectors.EVENT_READ, child)
        self._looking.register(child.lease, selectors.EVENT_READ, child)
        return True

    def _fork(self, standard: list[int], lease: int) -> Child:
        running = len(list(THREADS.iterdir()))
        if running != 1:
            raise ThreadsRunning(f"{running} threads")
        pid = fork_apart() if self._is_apart else os.fork()
        if pid == 0:
            self._become(standard)
        return Child(pid, os.pidfd_open(pid), socket.socket(fileno=lease))

    def _become(self, standard: list[int]) -> None:
        """In the child: keep nothing of the server but what is loaded, and do the errand."""
        code = 1
        try:
            for place, handle in enumerate(standard):
                os.dup2(handle, place)
            os.closerange(len(standard), 1 << 10)
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, signal.SIG_DFL)
            from office.confined.child import run_errand  # noqa: PLC0415 loaded long ago: after standing apart

            code = run_errand()
        except BaseException:  # noqa: BLE001 its last words; the server must never go on in two processes
            traceback.print_exc()
        finally:
            with contextlib.suppress(OSError, ValueError):
                sys.stderr.flush()
            os._exit(code)

    def _attend(self, child: Child, *, has_ended: bool) -> None:
        if child.pid not in self._children:
            return
        if not has_ended:  # nobody waits for it any more
            _kill(child.pid)
        del self._children[child.pid]
        self._looking.unregister(child.ending)
        self._looking.unregister(child.lease)
        _, status, used = os.wait4(child.pid, 0)
        _kill_group(child.pid)
        told = {"status": os.waitstatus_to_exitcode(status), "cpu": used.ru_utime + used.ru_stime}
        with contextlib.suppress(OSError):
            child.lease.sendall(json.dumps(told).encode())
        child.lease.close()
        os.close(child.ending)


def _kill(pid: int) -> None:
    _kill_group(pid)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _kill_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


if __name__ == "__main__":
    os._exit(main(sys.argv[1:]))  # it has nothing to write out; taking apart all that it loaded takes time
