"""A program that is watched: it talks, or it is ended.

Rules of this watch:
1. Silence is measured while we listen, so a slow listener never takes a waiting program for a stalled one; to
   say the same again is silence.
2. A stalled program is asked to end (TERM), then made to end (KILL), with everything it started.
3. It has limits of memory, file size and open files, writes no core, and is asked to end when the thread
   that started it does.
"""

import contextlib
import os
import resource
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from scanner_adapters.model import FaultCode, ScanFault

BYTES_AT_ONCE = 65_536
POLL_SECONDS = 0.02
LIMITS = (  # bytes, bytes, bytes, files
    ("core", resource.RLIMIT_CORE, 0),
    ("data", resource.RLIMIT_DATA, 2 << 30),
    ("fsize", resource.RLIMIT_FSIZE, 2 << 30),
    ("nofile", resource.RLIMIT_NOFILE, 512),
)
LAST_SECONDS = 5.0  # for the system to clear a killed program away


@dataclass(frozen=True)
class Patience:
    """How long a silent program is waited for, how long after TERM, how often one looks (seconds)."""

    stall_seconds: float = 30.0
    term_seconds: float = 3.0
    tick_seconds: float = 0.1


class Stream(StrEnum):
    """Where a line was said."""

    OUT = "out"
    ERR = "err"


class Supervised:
    """One running program; a context manager that leaves nothing running."""

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        patience: Patience,
        inherited: tuple[int, ...] = (),
    ) -> None:
        """Start it in a process group of its own; `inherited` are handles that it keeps open."""
        self._patience = patience
        self._child = subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", "prlimit", *_limits(), *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=dict(environment),
            pass_fds=inherited,
            process_group=0,
            bufsize=0,
        )
        self.pid = self._child.pid
        self.is_waiting = False  # for a word of ours: then its silence is no stall
        self.stall_seconds = patience.stall_seconds  # shorter where only its end is waited for
        self._rest = {Stream.OUT: b"", Stream.ERR: b""}
        self._latest: dict[Stream, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_failure: object) -> None:
        self.end()
        for pipe in (self._child.stdout, self._child.stderr):
            if pipe:
                pipe.close()

    def say(self, words: str) -> None:
        """Write to its standard input; one that has ended does not hear."""
        if self._child.stdin:
            with contextlib.suppress(BrokenPipeError):
                self._child.stdin.write(words.encode())

    def lines(self, is_stopped: Callable[[], bool]) -> Iterator[tuple[Stream, str]]:
        """Each line it says, as it says it, until it has ended; one said again is told once.

        Carriage returns end lines too.

        Raises: ScanFault TIMEOUT when it is silent too long, CANCELLED when `is_stopped` says so.
        """
        with selectors.DefaultSelector() as selector:
            for stream, pipe in ((Stream.OUT, self._child.stdout), (Stream.ERR, self._child.stderr)):
                if pipe:
                    selector.register(pipe, selectors.EVENT_READ, stream)
            yield from self._heard(selector, is_stopped)
        for stream, rest in self._rest.items():
            if rest:
                yield stream, rest.decode(errors="replace")

    def end(self) -> int:
        """End it and all it started; its exit status (negative: the signal that ended it)."""
        if self._child.stdin:
            with contextlib.suppress(BrokenPipeError):
                self._child.stdin.close()
        if not self._has_ended():
            self._tell_group(signal.SIGTERM)
            self._wait(self._patience.term_seconds)
        self._tell_group(signal.SIGKILL)
        try:
            return self._child.wait(LAST_SECONDS)
        except subprocess.TimeoutExpired:  # stuck in the kernel: its lock still tells that it is there
            return -signal.SIGKILL

    def ended(self) -> int:
        """Its own exit status, once it has said its last line; one that lingers is ended."""
        self._wait(self._patience.term_seconds)
        return self.end()

    def _heard(
        self, selector: selectors.BaseSelector, is_stopped: Callable[[], bool]
    ) -> Iterator[tuple[Stream, str]]:
        silent, listening = 0.0, time.monotonic()
        while selector.get_map():
            if is_stopped():
                raise ScanFault(FaultCode.CANCELLED)
            ready = selector.select(self._patience.tick_seconds)
            for key, _ in ready:
                said = os.read(key.fd, BYTES_AT_ONCE)
                if not said:
                    selector.unregister(key.fileobj)
                for stream, line in self._news(key.data, said):
                    silent = 0.0
                    yield stream, line
                    listening = time.monotonic()
            silent = 0.0 if self.is_waiting else silent + time.monotonic() - listening
            listening = time.monotonic()
            if silent > self.stall_seconds:
                raise ScanFault(FaultCode.TIMEOUT, f"silent for {silent:.0f} s")
            if not ready and self._has_ended():  # something it started still holds its pipes
                return

    def _news(self, stream: Stream, said: bytes) -> Iterator[tuple[Stream, str]]:
        """Lines unlike the one before: the net backend says its last progress for ever, at full speed."""
        for _, line in self._split(stream, said):
            if self._latest.get(stream) != line:
                self._latest[stream] = line
                yield stream, line

    def _split(self, stream: Stream, said: bytes) -> Iterator[tuple[Stream, str]]:
        *whole, self._rest[stream] = (self._rest[stream] + said).replace(b"\r", b"\n").split(b"\n")
        for line in whole:
            if line:
                yield stream, line.decode(errors="replace")

    def _has_ended(self) -> bool:
        if self._child.returncode is not None:
            return True
        # Looked at, not cleared away: while it is there its number, which is the group's, is nobody else's.
        told = os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        return told is not None

    def _tell_group(self, what: signal.Signals) -> None:
        if self._child.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, what)

    def _wait(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not self._has_ended() and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)


def _limits() -> Iterator[str]:
    """Arguments of prlimit(1); what limits us already is not lifted."""
    for name, number, most in LIMITS:
        hard = resource.getrlimit(number)[1]
        yield f"--{name}={most if hard == resource.RLIM_INFINITY else min(most, hard)}"
