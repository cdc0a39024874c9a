"""A demo house served by a process of its own."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from bench.check_page.sending import ADDRESSES, PATIENCE_SECONDS

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Server:
    """A served house: its port, its process, where its words go."""

    port: int
    process: subprocess.Popen[bytes]
    log: Path

    def peak_mb(self) -> float:
        """The most memory that the server's process itself ever held (VmHWM)."""
        told = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.findall(r"VmHWM:\s+(\d+)", told)[0]) / 1000

    def errors(self) -> int:
        """How many tracebacks and defects the server told of."""
        words = self.log.read_text(errors="replace")
        return words.count("Traceback") + words.count("defect ")


@contextmanager
def served(data: Path) -> Iterator[Server]:
    from office.bootstrap import open_office  # noqa: PLC0415 the clerk's and the senders' processes need none
    from office.demo.people import open_people  # noqa: PLC0415
    from office.settings import Settings  # noqa: PLC0415

    office = open_office(Settings(data=data), demo=True)
    open_people(office)
    office.engine.dispose()
    with socket.socket() as free:
        free.bind((ADDRESSES[0], 0))
        port = free.getsockname()[1]
    log = data.parent / "server.log"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MOTCUA_")}
    line = [sys.executable, "-P", "-m", "office", "serve", "--port", str(port), "--data", str(data)]
    with log.open("wb") as words:
        process = subprocess.Popen(
            line,
            stderr=words,
            stdout=words,
            env={**environment, "PYTHONPATH": str(ROOT), "OMP_THREAD_LIMIT": "1", "MOTCUA_WEB_PROXIES": ""},
        )
    try:
        until_it_answers(port)
        yield Server(port, process, log)
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def until_it_answers(port: int) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        with suppress(OSError):
            socket.create_connection((ADDRESSES[0], port), 5).close()
            return
        time.sleep(0.1)
    raise TimeoutError("the server never answered")


def settled(data: Path) -> tuple[str, ...]:
    """What still lies in the folder for uploads, once those who broke off had time to be noticed."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    left: tuple[str, ...] = ("?",)
    while left and time.monotonic() < deadline:
        left = tuple(str(path) for path in (data / "work").rglob("*"))
        time.sleep(0.2)
    return left
