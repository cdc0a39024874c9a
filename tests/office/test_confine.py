"""Foreign bytes are parsed in a child that can be stopped; its death is told, never guessed."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from office.confined.confine import ROOT, ChildFault, Limits, run_confined
from office.faults import DeskCode, DeskFault

ROOMY = Limits(memory_mb=900, wall_seconds=60)


def question(path):
    return {"path": str(path), "trust": [], "register": None, "now": "2026-11-24T00:00:00Z"}


def test_what_is_no_document_is_told_by_its_own_family(tmp_path):
    (tmp_path / "letter.pdf").write_bytes(b"just words")
    with pytest.raises(ChildFault) as told:
        list(run_confined("verify", question(tmp_path / "letter.pdf"), ROOMY))
    assert told.value.family == "NotADocument"


def test_a_child_that_takes_too_long_is_ended_and_told_as_too_slow():
    begun = time.monotonic()
    with pytest.raises(DeskFault) as told:
        list(run_confined("sleep", {"seconds": 60}, Limits(memory_mb=300, wall_seconds=1)))
    assert told.value.code is DeskCode.CHILD_TOO_SLOW
    assert time.monotonic() - begun < 10


def test_a_child_that_wants_too_much_memory_is_told_as_too_large():
    with pytest.raises(DeskFault) as told:
        list(run_confined("fill", {"megabytes": 4000}, Limits(memory_mb=200, wall_seconds=30)))
    assert told.value.code is DeskCode.CHILD_TOO_LARGE


def test_a_child_that_falls_over_is_told_as_died():
    with pytest.raises(DeskFault) as told:
        list(run_confined("no-such-task", {}, ROOMY))
    assert told.value.code is DeskCode.CHILD_DIED


def test_a_reader_that_stops_listening_leaves_no_child_behind():
    answers = run_confined("sleep", {"seconds": 600, "tell": True}, ROOMY)
    pid = next(answers)
    assert is_running(pid)
    answers.close()
    assert not is_running(pid)


def test_a_child_dies_with_its_parent():
    script = (
        "import os, sys\n"
        "from office.confined.confine import Limits, run_confined\n"
        "answers = run_confined('sleep', {'seconds': 600, 'tell': True}, Limits(300, 600))\n"
        "print(next(answers), flush=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    line = [sys.executable, "-P", "-c", script]
    told = subprocess.run(line, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, check=False)
    pid = int(told.stdout)
    deadline = time.monotonic() + 10
    while is_running(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_running(pid)


def command_of(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


def is_running(pid):
    return "office.confined.tasks" in command_of(pid)
