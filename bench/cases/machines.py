"""Machines that take one sheet a job: the given one as it answers over HTTP, and simulated ones."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from bench.cases.judging import Case
from scanner_adapters.model import JobState
from scanner_adapters.simulator.profile import Profile
from tests.scanner_adapters.escl_rig import delivered, rig, stack_of

ROOT = Path(__file__).resolve().parents[2]
READY_SECONDS = 20.0


def machine_cases() -> Iterator[Case]:
    """Stacks of every size, the machine's other habits in turn."""
    for sheets in range(4, 31, 2):
        habits = {"names_pages": sheets % 4 == 0, "counts_ahead": sheets % 3 == 0}
        yield Case("feeder of one sheet", f"{sheets} sheets", partial(_simulated, sheets, habits))


def _simulated(sheets: int, habits: dict[str, bool], folder: Path) -> str:
    profile = Profile(capacity=1, refills=False, **habits)
    outcome = rig(folder, sheets=sheets, profile=profile).scan()
    if outcome.state is not JobState.COMPLETED or delivered(outcome) != stack_of(sheets):
        return f"{outcome.state} with {len(outcome.pages)} of {sheets}"
    return ""


def scanned_whole(server: Path, sheets: int, folder: Path) -> str:
    """Run a machine's program and scan its stack by the product's own command."""
    port = _free_port()
    machine = subprocess.Popen(
        [sys.executable, server.name, str(port), str(sheets)],
        cwd=server.parent,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(port)
        told = _scan(f"escl:http://127.0.0.1:{port}/eSCL", folder)
    finally:
        machine.terminate()
        machine.wait()
    if "error" in told:
        return f"the scan ended with {told['error']}"
    if told["state"] != JobState.COMPLETED or len(told["pages"]) != sheets:
        return f"{told['state']} with {len(told['pages'])} of {sheets}"
    return ""


def _scan(address: str, folder: Path) -> dict[str, object]:
    command = [sys.executable, "-P", "-m", "office", "scan", address, "-o", str(folder / "pages")]
    command += ["--source", "adf", "--json", "--data", str(folder / "data")]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    told: dict[str, object] = json.loads(done.stdout)
    return told


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def _wait_for(port: int) -> None:
    until = time.monotonic() + READY_SECONDS
    while time.monotonic() < until:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError(f"nothing answers on port {port}")
