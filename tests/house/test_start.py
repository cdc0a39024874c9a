"""The one command: it sets up once, starts quickly, and imports its own rooms wherever the user stands."""

import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SHELL_CHECK_SECONDS = 0.2
TELL_WHERE = """
import sys
import certify, digitize, foundation, office, scanner_adapters, storage, vietnamese
rooms = (certify, digitize, foundation, office, scanner_adapters, storage, vietnamese)
print(*(room.__file__ for room in rooms), sep="\\n")
sys.exit(int(sys.argv[1]) if sys.argv[1:] else 0)
"""
RECORD_CALLS = """#!/bin/sh
echo "$1" >>"$(dirname "$0")/calls"
exit "$(cat "$(dirname "$0")/answer")"
"""


@pytest.fixture
def small_house(tmp_path, root, rooms):
    """A house with the real `motcua`, rooms and libraries, whose office tells where the rooms came from."""
    house = tmp_path / "house with space"
    for folder in ("deploy", "office", ".venv"):
        (house / folder).mkdir(parents=True)
    shutil.copy(root / "motcua", house / "motcua")
    shutil.copytree(root / "requirements", house / "requirements")
    for room in set(rooms) - {"office"}:
        (house / room).symlink_to(root / room)
    (house / "office" / "__init__.py").touch()
    (house / "office" / "__main__.py").write_text(TELL_WHERE)
    for part in ("bin", "lib", "pyvenv.cfg"):
        (house / ".venv" / part).symlink_to(Path(sys.prefix) / part)
    (house / "deploy" / "answer").write_text("0")
    (house / "deploy" / "set-up").write_text(RECORD_CALLS)
    (house / "deploy" / "set-up").chmod(0o755)
    return house


def start(house, *words, where=None):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return subprocess.run(
        [house / "motcua", *words],
        cwd=where or house,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def calls_of_set_up(house):
    calls = house / "deploy" / "calls"
    return calls.read_text().split() if calls.exists() else []


def test_rooms_are_imported_from_the_house_not_from_where_the_user_stands(small_house, tmp_path, rooms):
    decoy = tmp_path / "decoy"
    for room in (*rooms, "json", "pathlib"):
        (decoy / room).mkdir(parents=True)
        (decoy / room / "__init__.py").write_text('raise RuntimeError("a namesake was imported")')
    done = start(small_house, where=decoy)
    assert done.returncode == 0, done.stderr
    assert [Path(line).parent.parent for line in done.stdout.splitlines()] == [small_house] * len(rooms)


def test_the_command_works_through_a_link_from_anywhere(small_house, tmp_path):
    link = tmp_path / "bin" / "motcua"
    link.parent.mkdir()
    link.symlink_to(small_house / "motcua")
    done = subprocess.run([link], cwd="/", capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_exit_status_is_that_of_the_office(small_house):
    assert start(small_house, "3").returncode == 3


def test_the_first_start_sets_up_and_the_next_does_not(small_house):
    start(small_house)
    assert calls_of_set_up(small_house) == ["run"]
    start(small_house)
    assert calls_of_set_up(small_house) == ["run"]


def test_peers_are_set_up_when_asked_for_and_once(small_house):
    (small_house / ".venv-bench").mkdir()
    for _ in range(2):
        assert start(small_house, "set-up", "bench").returncode == 0
    assert calls_of_set_up(small_house) == ["bench"]
    shutil.rmtree(small_house / ".venv-bench")
    start(small_house, "set-up", "bench")
    assert calls_of_set_up(small_house) == ["bench", "bench"]


@pytest.mark.parametrize("changed", ["deploy/set-up", "requirements/run.txt"])
def test_what_decides_the_installation_makes_it_run_again(small_house, changed):
    start(small_house)
    with (small_house / changed).open("a") as file:
        file.write("# another line\n")
    start(small_house)
    assert calls_of_set_up(small_house) == ["run", "run"]


def test_a_failed_set_up_ends_the_start_and_is_tried_again(small_house):
    (small_house / "deploy" / "answer").write_text("69")
    done = start(small_house)
    assert done.returncode == 69
    assert not done.stdout
    (small_house / "deploy" / "answer").write_text("0")
    assert start(small_house).returncode == 0
    assert calls_of_set_up(small_house) == ["run", "run"]


def quickest(command, house):
    """Processor seconds of the quickest of five starts, however busy this machine is."""

    def once():
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(
            command, cwd=house, env=os.environ | {"PYTHONPATH": str(house)}, capture_output=True, check=True
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    return min(once() for _ in range(5))


def test_a_second_start_costs_little_more_than_python_itself(small_house):
    start(small_house)
    bare = quickest([small_house / ".venv" / "bin" / "python", "-P", "-m", "office"], small_house)
    assert quickest([small_house / "motcua"], small_house) - bare <= SHELL_CHECK_SECONDS
