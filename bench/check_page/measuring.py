"""A clerk at work while others load the check page; what it costs, and what is left."""

import http.client
import json
import multiprocessing
import os
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.queues import Queue
from pathlib import Path
from typing import Any

from bench.check_page.sending import (
    ADDRESSES,
    PATIENCE_SECONDS,
    Answers,
    ask,
    break_off_all,
    drip_all,
    form,
    send_all,
)
from bench.check_page.serving import Server, served, settled

LOOK_SECONDS = 0.1
QUIET_LOOKS = 40
LINES_EACH = 40  # connections that drip, of each address
CONTEXT = multiprocessing.get_context("spawn")


@dataclass(frozen=True)
class Phase:
    """One kind of load: the clerk's milliseconds meanwhile, and what the senders got."""

    name: str
    clerk_ms: tuple[float, ...]
    answers: Answers

    @property
    def p95(self) -> float:
        """95 of 100 pages came within so many milliseconds."""
        return statistics.quantiles(self.clerk_ms, n=20)[-1] if len(self.clerk_ms) > 1 else float("inf")


@dataclass(frozen=True)
class Measured:
    """The bench's result."""

    phases: tuple[Phase, ...]
    server_mb: float
    left: tuple[str, ...]
    tracebacks: int


def run(paths: Sequence[Path], files: int, seconds: float, data: Path) -> Measured:
    """Serve a house, load it in all ways with `files` uploads of `paths`, and look at what is left."""
    with served(data) as server:
        password = json.loads((data / "demo" / "accounts.json").read_text())["canbo"]
        work = [(ADDRESSES[at % len(ADDRESSES)], paths[at % len(paths)]) for at in range(files)]
        brief = min(seconds, 25)
        phases = (
            quiet(server, password, "alone"),
            loaded("slow files", server, password, (send_all, work, seconds)),
            loaded("drops", server, password, (drip_all, LINES_EACH, brief)),
            loaded("broken off", server, password, (break_off_all, files, brief)),
            quiet(server, password, "alone again"),
        )
        time.sleep(1)
        return Measured(phases, server.peak_mb(), settled(data), server.errors())


def quiet(server: Server, password: str, name: str) -> Phase:
    """The clerk alone: what the machine's other work does to a page; the first pages fill caches."""
    with clerk_at_work(server, password) as times:
        while len(times) < QUIET_LOOKS:
            time.sleep(LOOK_SECONDS)
    return Phase(name, tuple(times[10:]), Answers())


def loaded(name: str, server: Server, password: str, load: tuple[Any, ...]) -> Phase:
    """The clerk while a process of its own sends what `load` says."""
    act, *given = load
    answers: Queue[Answers] = CONTEXT.Queue()
    sender = CONTEXT.Process(target=_send_nicely, args=(act, server.port, given, answers))
    with clerk_at_work(server, password) as times:
        sender.start()
        got = answers.get(timeout=30 * PATIENCE_SECONDS)
        sender.join()
    return Phase(name, tuple(times), got)


def _send_nicely(act: Callable[..., None], port: int, given: list[Any], answers: "Queue[Answers]") -> None:
    os.nice(19)
    got = Answers()
    act(port, *given, got)
    answers.put(got)


@contextmanager
def clerk_at_work(server: Server, password: str) -> Iterator[list[float]]:
    """A clerk in a process of their own; the times of their pages (ms) come while the context is open."""
    times: list[float] = []
    told, done = CONTEXT.Queue(), CONTEXT.Event()
    clerk = CONTEXT.Process(target=look_steadily, args=(server.port, password, told, done))
    clerk.start()
    listener = threading.Thread(target=lambda: times.extend(iter(told.get, None)))
    told.get(timeout=PATIENCE_SECONDS)  # logged in
    listener.start()
    try:
        yield times
    finally:
        done.set()
        listener.join(PATIENCE_SECONDS)
        clerk.join(PATIENCE_SECONDS)


def look_steadily(port: int, password: str, told: Any, done: Any) -> None:
    """Log in, then ask for the worklist ten times a second and tell how long each page took."""
    line = http.client.HTTPConnection(ADDRESSES[0], port, timeout=PATIENCE_SECONDS)
    cookie, token = form(line, "/login")
    body = f"form_token={token}&name=canbo&password={password}"
    kind = "application/x-www-form-urlencoded"
    answer = ask(line, "/login", body.encode(), {"Cookie": cookie, "Content-Type": kind})
    session = next(one for one in answer.headers.get_all("set-cookie", []) if one.startswith("motcua="))
    answer.read()
    told.put(0.0)
    while not done.is_set():
        begun = time.perf_counter()
        line.request("GET", "/", headers={"Cookie": session.split(";")[0]})
        page = line.getresponse()
        page.read()
        took = time.perf_counter() - begun
        told.put(1000 * took if page.status == 200 else float("inf"))
        time.sleep(max(0, LOOK_SECONDS - took))
    told.put(None)
