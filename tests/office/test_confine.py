"""Foreign bytes are parsed in a child that can be stopped; its death is told, never guessed."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from inspect import signature
from pathlib import Path
from typing import get_args, get_origin, get_type_hints

import psutil
import pytest
from pydantic import ValidationError

from certify.question import Question
from office.confined.confine import ROOT, ChildFault, Limits, run
from office.confined.orders import Trial
from office.confined.tasks import FILL, SLEEP, TASKS, VERIFY, named
from office.faults import DeskCode, DeskFault

ROOMY = Limits(memory_mb=900, wall_seconds=60)


def question(path):
    return Question(path, (), None, datetime(2026, 11, 24, tzinfo=UTC))


def test_what_is_no_document_is_told_by_its_own_family(tmp_path):
    (tmp_path / "letter.pdf").write_bytes(b"just words")
    with pytest.raises(ChildFault) as told:
        list(run(VERIFY, question(tmp_path / "letter.pdf"), ROOMY))
    assert told.value.family == "NotADocument"


def test_a_child_that_takes_too_long_is_ended_and_told_as_too_slow():
    begun = time.monotonic()
    with pytest.raises(DeskFault) as told:
        list(run(SLEEP, Trial(seconds=60), Limits(memory_mb=300, wall_seconds=1)))
    assert told.value.code is DeskCode.CHILD_TOO_SLOW
    assert time.monotonic() - begun < 10


def test_a_child_that_wants_too_much_memory_is_told_as_too_large():
    with pytest.raises(DeskFault) as told:
        list(run(FILL, Trial(megabytes=4000), Limits(memory_mb=200, wall_seconds=30)))
    assert told.value.code is DeskCode.CHILD_TOO_LARGE


def test_a_child_that_falls_over_is_told_as_died():
    with pytest.raises(DeskFault) as told:
        list(run(replace(SLEEP, name="no-such-task"), Trial(), ROOMY))
    assert told.value.code is DeskCode.CHILD_DIED


def test_a_reader_that_stops_listening_leaves_no_child_behind():
    answers = run(SLEEP, Trial(seconds=600), ROOMY)
    assert next(answers)
    pid = max(children_of(os.getpid()), key=started)
    assert is_running(pid)
    answers.close()
    assert not is_running(pid)


def test_a_child_dies_with_its_parent():
    script = (
        "import os, sys, psutil\n"
        "from office.confined.confine import Limits, run\n"
        "from office.confined.orders import Trial\n"
        "from office.confined.tasks import SLEEP\n"
        "answers = run(SLEEP, Trial(seconds=600), Limits(300, 600))\n"
        "next(answers)\n"
        "print(max(one.pid for one in psutil.Process().children(recursive=True)), flush=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    line = [sys.executable, "-P", "-c", script]
    told = subprocess.run(line, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, check=False)
    pid = int(told.stdout)
    deadline = time.monotonic() + 10
    while is_running(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_running(pid)


def test_a_child_finds_every_room_although_the_folder_around_them_was_written_to(tmp_path):
    """Python lists a folder again once its time has changed; that one folder is closed to children."""
    (tmp_path / "letter.pdf").write_bytes(b"just words")
    script = (
        "import os, sys\n"
        "from datetime import UTC, datetime\n"
        "from pathlib import Path\n"
        "from certify.question import Question\n"
        "from office.confined.confine import ROOT, ChildFault, Limits, run\n"
        "from office.confined.orders import Trial\n"
        "from office.confined.tasks import SLEEP, VERIFY\n"
        "list(run(SLEEP, Trial(), Limits(900, 60)))\n"
        "os.utime(ROOT)\n"
        "question = Question(Path(sys.argv[1]), (), None, datetime(2026, 11, 24, tzinfo=UTC))\n"
        "try: list(run(VERIFY, question, Limits(900, 60)))\n"
        "except ChildFault as told: print(told.family)\n"
    )
    line = [sys.executable, "-P", "-c", script, str(tmp_path / "letter.pdf")]
    told = subprocess.run(line, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, check=False)
    assert told.stdout.split() == [b"NotADocument"], told.stderr.decode()


def test_what_a_task_is_not_asked_is_refused_before_a_child_starts(tmp_path):
    with pytest.raises(ValidationError):
        list(run(VERIFY, Trial(), ROOMY))


def test_an_answer_that_the_task_never_gives_is_refused():
    lying = replace(SLEEP, answer="office.confined.orders:Trial")
    with pytest.raises(DeskFault) as told:
        list(run(lying, Trial(), ROOMY))
    assert told.value.code is DeskCode.CHILD_DIED


@pytest.mark.parametrize("task", TASKS.values(), ids=lambda task: task.name)
def test_a_task_names_a_function_that_takes_its_argument(task):
    function = named(task.target)
    hints = get_type_hints(function)
    first = next(iter(signature(function).parameters))
    assert hints[first] == named(task.argument)
    told = get_args(hints["tell"])[0][0] if task.tells else hints["return"]
    assert answers_of(told) == answers_of(named(task.answer))
    assert answers_of(hints["return"]) <= answers_of(told)


def answers_of(told):
    """The types that a function returns, or yields one by one."""
    kind = get_args(told)[0] if get_origin(told) is Iterator else told
    return set(get_args(kind) or [kind])


def children_of(pid):
    """Everything below this process that confined children are forked from, or are."""
    found = psutil.Process(pid).children(recursive=True)
    return {one.pid for one in found if is_running(one.pid)}


def started(pid):
    return psutil.Process(pid).create_time(), pid


def command_of(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


def is_running(pid):
    return "office.confined.server" in command_of(pid)
