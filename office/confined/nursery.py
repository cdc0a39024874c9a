"""Where warm children come from: one server of them for each class of walls, started when first needed.

A server dies with this process and is replaced when it dies. Short commands load only what their first task
needs; who serves for long says so (`keep_warm`) and loads everything at once.
"""

import atexit
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from typing import IO, Any

from office.confined.scratch import sweep
from office.confined.tasks import TASKS, Task, Walls
from office.confined.walls.environment import child_environment, hide_from_children
from office.confined.walls.landlock import landlock_abi
from office.settings import process_environment

FORK = b"fork"
STATUS_BYTES = 1 << 10
END_SECONDS = 5
LATE = (  # what libraries and rooms would make in each child anew, when first asked
    "digitize.reading_cache:sights",
    "digitize.pdf.glyphless:font_program",
    "digitize.words.own_reader:own_reader",
    "lxml.etree:",
    "numpy.ma:",
    "cryptography.hazmat.backends.openssl.backend:",
    "certify.verification.seen.dots:",
    "pyhanko.pdf_utils.filters:",
    "encodings.utf_16_le:",
)


@dataclass(frozen=True)
class Ending:
    """How a child ended: its exit code or minus its signal, and the processor seconds it used.

    None: the server itself died, and the child with it.
    """

    status: int | None
    cpu_seconds: float


class WarmChild:
    """A child at work, as this process sees it."""

    def __init__(self, lease: socket.socket, order: IO[bytes], answers: IO[bytes]) -> None:
        self._lease = lease
        self.order = order
        self.answers = answers

    def end(self) -> None:
        """Have it killed; also when it ended already."""
        try:
            self._lease.shutdown(socket.SHUT_WR)
        except OSError:
            return

    def close(self) -> None:
        """Forget it."""
        self._lease.close()

    def wait(self) -> Ending:
        """Wait until it and all that it started are gone."""
        told = b""
        while block := self._lease.recv(STATUS_BYTES):
            told += block
        if not told:
            return Ending(None, 0.0)
        ended = json.loads(told)
        return Ending(ended["status"], ended["cpu"])


class Nursery:
    """A server of children with the same walls, from the side of who asks for them."""

    def __init__(self, walls: Walls) -> None:
        self._walls = walls
        self._changing = threading.Lock()
        self._warm: tuple[str, ...] = ()
        self._server: tuple[subprocess.Popen[bytes], socket.socket] | None = None
        self._turns = {
            task.name: threading.BoundedSemaphore(task.together) for task in TASKS.values() if task.together
        }

    def load(self, warm: tuple[str, ...]) -> None:
        """Start the server now, with these tasks prepared and these functions called."""
        with self._changing:
            self._warm = warm
            self._started()

    @contextmanager
    def child(self, task: Task[Any, Any], last_words: IO[Any]) -> Iterator[WarmChild]:
        """A child for one task; at the end it is gone. Of some tasks only so many run at once: wait."""
        with ExitStack() as held:
            if task.name in self._turns:
                held.enter_context(self._turns[task.name])
            child = self._fork(task, last_words)
            try:
                yield child
            finally:
                child.end()
                child.order.close()
                child.answers.close()
                child.wait()
                child.close()

    def _fork(self, task: Task[Any, Any], last_words: IO[Any]) -> WarmChild:
        in_read, in_write = os.pipe()
        out_read, out_write = os.pipe()
        ours, theirs = socket.socketpair()
        try:
            self._send(task, [in_read, out_write, last_words.fileno(), theirs.fileno()])
        finally:
            theirs.close()
            os.close(in_read)
            os.close(out_write)
        return WarmChild(ours, os.fdopen(in_write, "wb"), os.fdopen(out_read, "rb"))

    def _send(self, task: Task[Any, Any], handles: list[int]) -> None:
        with self._changing:
            self._warm = self._warm or (task.name,)
            try:
                socket.send_fds(self._started(), [FORK], handles)
            except OSError:  # it died since it was last asked
                self._forget()
                socket.send_fds(self._started(), [FORK], handles)

    def _started(self) -> socket.socket:
        if self._server and self._server[0].poll() is not None:
            self._forget()
        if self._server is None:
            if not landlock_abi():
                hide_from_children()
            ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            with theirs:
                command = [sys.executable, "-P", "-m", "office.confined.server"]
                process = subprocess.Popen(
                    [*command, self._walls, str(theirs.fileno()), *self._warm],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    pass_fds=[theirs.fileno()],
                    env=child_environment(process_environment()),
                    start_new_session=True,
                )
            self._server = process, ours
            sweep()
            atexit.register(self._forget)
        return self._server[1]

    def _forget(self) -> None:
        if self._server:
            process, control = self._server
            control.close()  # it ends by itself, and its children with it
            try:
                process.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._server = None
        atexit.unregister(self._forget)


@cache
def nursery(walls: Walls) -> Nursery:
    """This process's one server of children with these walls."""
    return Nursery(walls)


def keep_warm() -> None:
    """Load now what any task may need: for processes that serve for long."""
    for walls in Walls:
        tasks = (task.name for task in TASKS.values() if task.walls is walls)
        nursery(walls).load((*tasks, *(LATE if walls is Walls.PARSER else ())))
