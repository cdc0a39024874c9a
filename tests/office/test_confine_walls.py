"""No way leads out of a child that parses foreign bytes: each is tried from inside one."""

import json
import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from office.confined.confine import ROOT, Limits, run
from office.confined.orders import Trial
from office.confined.tasks import SLEEP, TRY, TRY_AS_MACHINE
from office.confined.trials import ATTEMPTS
from office.confined.trials import attempt as try_it
from office.confined.walls.environment import child_environment
from office.confined.walls.landlock import SCOPED_FROM, landlock_abi
from office.confined.walls.seccomp import can_filter

ROOMY = Limits(memory_mb=900, wall_seconds=60)
BY_LANDLOCK = (
    "read",
    "write",
    "create",
    "by link",
    "make link",
    "hard link",
    "rename",
    "remove",
    "list",
    "environment of",
    "memory of",
)
BY_FILTER = ("truncate", "mode", "trace", "new space", "tcp", "udp", "unix", "abstract", "through pair")
REFUSALS = ("PermissionError", "ProcessLookupError", "OSError: Invalid cross-device")  # links: landlock(7)
ALSO = ("own environment", "signal")


@dataclass(frozen=True)
class House:
    """A data directory as a child must not see it, and what listens beside it."""

    database: Path
    key: Path
    other: Path
    work: Path
    port: int
    socket: Path


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    data = tmp_path_factory.mktemp("data")
    for folder in ("keys", "work/mine", "work/other"):
        (data / folder).mkdir(parents=True)
    database, key, other = data / "motcua.db", data / "keys" / "agency.pem", data / "work/other/0001.jpg"
    for path in (database, key, other):
        path.write_bytes(b"secret")
    work = data / "work" / "mine"
    (work / "link").symlink_to(database)
    with listening(data / "door") as port:
        yield House(database, key, other, work, port, data / "door")


@contextmanager
def listening(path):
    """Somebody to connect to: by TCP, by UDP, by a path, by an abstract name."""
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(socket.AF_UNIX) as unix:
        port = tcp.getsockname()[1]
        unix.bind(str(path))
        unix.listen()
        with socket.socket(socket.AF_UNIX) as abstract, socket.socket(type=socket.SOCK_DGRAM) as udp:
            abstract.bind(f"\0motcua-trial-{port}")
            abstract.listen()
            udp.bind(("127.0.0.1", port))
            yield port


def tried(house, attempt, path, task=TRY):
    trial = Trial(attempt, path=path, process=os.getpid(), port=house.port, folder=house.work)
    (answer,) = run(task, trial, ROOMY)
    return answer


def require(attempt):
    if attempt in BY_LANDLOCK and not landlock_abi():
        pytest.skip(f"cannot be had here: Landlock, which refuses {attempt!r}")
    if attempt in BY_FILTER and not can_filter():
        pytest.skip(f"cannot be had here: a filter of system calls, which refuses {attempt!r}")
    if attempt == "signal" and landlock_abi() < SCOPED_FROM and os.getuid():
        pytest.skip("cannot be had here: a wall for signals")


@pytest.mark.parametrize("attempt", [*BY_LANDLOCK, *BY_FILTER, *ALSO])
def test_no_way_leads_out_of_a_parser(house, attempt):
    require(attempt)
    paths = (house.database, house.key, house.other) if attempt in ("read", "write") else (house.database,)
    if attempt in ("unix", "through pair"):
        paths = (house.socket,)
    for path in paths:
        answer = tried(house, attempt, path)
        assert answer.refused, answer
        assert answer.detail.startswith(REFUSALS), answer
    for path in (house.database, house.key, house.other):
        assert path.read_bytes() == b"secret"
    assert not list(house.database.parent.rglob("left-by-a-child"))


@pytest.mark.parametrize("attempt", ["read", "write", "by link", "list", "tcp", "udp", "unix", "abstract"])
def test_without_walls_the_same_ways_are_open(house, attempt):
    """Else a test above would show nothing."""
    path = house.socket if attempt == "unix" else house.database
    answer = try_it(Trial(attempt, path=path, process=os.getpid(), port=house.port, folder=house.work))
    assert not answer.refused, answer


def test_every_way_is_tried():
    assert {*BY_LANDLOCK, *BY_FILTER, *ALSO} == set(ATTEMPTS)


@pytest.mark.parametrize(
    "attempt", ["read", "write", "list", "environment of", "own environment", "trace", "mode", "truncate"]
)
def test_a_child_for_a_machine_sees_no_database_no_key_and_nobodys_environment(house, attempt):
    require(attempt)
    for path in (house.database, house.key, house.other):
        answer = tried(house, attempt, path, TRY_AS_MACHINE)
        assert answer.refused, answer


def test_a_child_for_a_machine_has_the_network(house):
    assert not tried(house, "tcp", house.database, TRY_AS_MACHINE).refused


def test_what_a_child_is_given_it_may_read_and_write(house, tmp_path):
    (tmp_path / "mine").write_bytes(b"mine")
    trial = Trial("write", path=tmp_path / "mine", folder=tmp_path)
    assert not next(run(TRY, trial, ROOMY)).refused


def test_nothing_of_one_task_is_seen_by_the_next(house):
    first = run(SLEEP, Trial(seconds=60), ROOMY)
    assert next(first)
    children = descendants("office.confined.server")
    first.close()
    second = run(SLEEP, Trial(seconds=60), ROOMY)
    next(second)
    again = descendants("office.confined.server")
    second.close()
    assert len(children) == len(again)
    assert children != again
    scratches = list(Path("/dev/shm").glob(f"motcua-child-{os.getpid()}-*"))
    assert not scratches


def descendants(name):
    found = set()
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            if name in process.cmdline():
                found.add(process.pid)
    return found


def test_a_server_that_dies_is_replaced():
    answers = run(SLEEP, Trial(seconds=60), ROOMY)
    next(answers)
    before = descendants("office.confined.server")
    answers.close()
    for pid in before:
        with suppress(ProcessLookupError):
            os.kill(pid, 9)
    deadline = time.monotonic() + 20
    while descendants("office.confined.server") & before and time.monotonic() < deadline:
        time.sleep(0.05)
        for process in psutil.Process().children():
            if process.pid in before and process.status() == psutil.STATUS_ZOMBIE:
                break
    assert next(run(SLEEP, Trial(), ROOMY))


def test_children_and_their_server_die_with_who_asked_for_them():
    script = (
        "import os, sys, psutil\n"
        "from office.confined.confine import Limits, run\n"
        "from office.confined.orders import Trial\n"
        "from office.confined.tasks import SLEEP\n"
        "answers = run(SLEEP, Trial(seconds=600), Limits(300, 600))\n"
        "next(answers)\n"
        "print(*(one.pid for one in psutil.Process().children(recursive=True)), flush=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    line = [sys.executable, "-P", "-c", script]
    told = subprocess.run(line, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, check=False)
    pids = [int(word) for word in told.stdout.split()]
    assert len(pids) >= 2
    deadline = time.monotonic() + 20
    while any(map(is_alive, pids)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not [pid for pid in pids if is_alive(pid)]


def is_alive(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def test_what_a_server_loads_starts_no_thread():
    script = (
        "import json, os\n"
        "from office.confined.server import load\n"
        "from office.confined.tasks import TASKS\n"
        "from office.confined.nursery import LATE\n"
        "load([*TASKS, *LATE])\n"
        "print(json.dumps(os.listdir('/proc/self/task')))\n"
    )
    told = subprocess.run(
        [sys.executable, "-P", "-c", script],
        env=child_environment(os.environ),
        capture_output=True,
        check=True,
    )
    assert len(json.loads(told.stdout)) == 1
