"""Whatever a watched program does, it ends, and so does everything it started."""

import os
import sys
import time
from itertools import count
from pathlib import Path

import pytest

from foundation.processes import is_alive, name_process
from scanner_adapters.model import FaultCode, ScanFault
from scanner_adapters.sane.supervised import Patience, Stream, Supervised
from scanner_adapters.scanner import never

PATIENT = Patience(tick_seconds=0.02)  # a busy machine may take seconds to start a program
QUICK = Patience(stall_seconds=0.5, term_seconds=0.3, tick_seconds=0.02)  # where a stall is what is tested
DEAF = "trap '' TERM; echo $$; "


def run(script: str, patience: Patience = PATIENT) -> Supervised:
    return Supervised(["sh", "-c", script], {"PATH": os.environ["PATH"]}, patience)


def all_lines(child: Supervised) -> list[tuple[Stream, str]]:
    return list(child.lines(never))


def test_lines_come_as_they_are_said_and_carriage_returns_end_them():
    with run(r"printf 'a\rb\n\nc'; echo d >&2; exit 3") as child:
        said = all_lines(child)
        assert child.ended() == 3
    assert [line for stream, line in said if stream is Stream.OUT] == ["a", "b", "c"]
    assert [line for stream, line in said if stream is Stream.ERR] == ["d"]


@pytest.mark.parametrize(
    "script",
    ["sleep 60", "echo a; exec sleep 60", "trap '' TERM; while :; do :; done", "while :; do echo a; done"],
)
def test_a_silent_program_is_ended(script):
    began = time.monotonic()
    with run(script, QUICK) as child, pytest.raises(ScanFault) as stalled:
        all_lines(child)
    assert stalled.value.code is FaultCode.TIMEOUT
    assert time.monotonic() - began < 10


def test_what_is_said_again_without_end_is_told_once():
    with run("yes again", Patience(1.5, 0.3, 0.02)) as child:
        heard = child.lines(never)
        assert next(heard) == (Stream.OUT, "again")
        with pytest.raises(ScanFault) as stalled:
            next(heard)
    assert stalled.value.code is FaultCode.TIMEOUT


def test_a_program_that_goes_on_saying_something_is_not_stalled():
    with run("for n in 1 2 3 4 5 6; do echo $n; sleep 0.5; done", Patience(2.0, 0.3, 0.02)) as child:
        assert len(all_lines(child)) == 6


def test_a_program_that_waits_for_us_is_not_stalled_however_long():
    with run("read word; echo $word", QUICK) as child:
        child.is_waiting = True
        looks = count()

        def answer_late() -> bool:
            if next(looks) == 50:
                child.say("yes\n")
            return False

        assert list(child.lines(answer_late)) == [(Stream.OUT, "yes")]


def test_who_listens_slowly_does_not_take_it_for_a_stall():
    with run("echo a; echo b; sleep 0.3; echo c", Patience(1.5, 0.3, 0.02)) as child:
        said = []
        for _, line in child.lines(never):
            said.append(line)
            time.sleep(1.7)
    assert said == ["a", "b", "c"]


def test_what_it_started_is_ended_with_it(tmp_path):
    told = tmp_path / "pid"
    with run(f"sleep 60 & echo $! > {told}; echo started") as child:
        assert all_lines(child) == [(Stream.OUT, "started")]
    started = name_process(int(told.read_text()))
    until = time.monotonic() + 10
    while is_alive(started) and time.monotonic() < until:  # a signal sent is not yet a process gone
        time.sleep(0.02)
    assert not is_alive(started)


def test_a_stopped_scan_ends_the_program_at_once():
    began = time.monotonic()
    with run("sleep 60") as child, pytest.raises(ScanFault) as stopped:
        list(child.lines(lambda: True))
    assert stopped.value.code is FaultCode.CANCELLED
    assert time.monotonic() - began < 5


def test_it_ends_when_its_owner_is_killed(tmp_path):
    told = tmp_path / "pid"
    owner = os.fork()
    if owner == 0:
        run("sleep 60 & wait")
        while not told.exists():
            kids = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()
            told.write_text(name_process(int(kids[0])))
        os._exit(0)
    os.waitpid(owner, 0)
    deadline = time.monotonic() + 5
    while is_alive(told.read_text()) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not is_alive(told.read_text())


def test_its_memory_is_limited():
    script = "import sys; sys.exit(len(bytearray(3 << 30)) == 0)"
    with Supervised([sys.executable, "-c", script], {}, PATIENT) as child:
        assert any("MemoryError" in line for _, line in all_lines(child))
