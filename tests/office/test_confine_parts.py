"""The parts that confined children are made of, each tried alone in a process of its own."""

import errno
import json
import os
import socket
import tempfile
from multiprocessing import get_context
from pathlib import Path

import pytest

from office.confined.child import Errand, Limits, errands, prepare, run_errand
from office.confined.orders import Machines, Probing, Scanning, SpoolPlace, Trial
from office.confined.reach import Reach, of_address, of_probing, of_scanning
from office.confined.server import FORK, load, main
from office.confined.tasks import SLEEP, TASKS, TRY
from office.confined.trials import ATTEMPTS, attempt
from office.confined.walls import seccomp
from office.confined.walls.environment import ROOT, child_environment, is_clean
from office.confined.walls.landlock import landlock_abi
from office.confined.walls.namespaces import fork_apart
from office.confined.walls.raising import raise_walls
from scanner_adapters.model import ScanSettings

FORKING = get_context("fork")
ROOMY = Limits(memory_mb=4000, wall_seconds=60)


def in_a_process(work, *arguments):
    """The exit code of a process that does this."""
    process = FORKING.Process(target=work, args=arguments)
    process.start()
    process.join(60)
    return process.exitcode


@pytest.mark.parametrize("machine", [False, True])
def test_behind_walls_nothing_outside_is_reached(tmp_path, machine):
    (tmp_path / "secret").write_bytes(b"secret")

    def behind():
        raise_walls(Reach(writes=(ROOT,)), machine=machine)  # where coverage is kept, when it is measured
        trials = (Trial(name, path=tmp_path / "secret", process=os.getppid(), port=9) for name in ATTEMPTS)
        ways = [name for name, trial in zip(ATTEMPTS, trials, strict=True) if not attempt(trial).refused]
        allowed = {"own environment"} | ({"udp", "signal"} if machine else set())
        assert set(ways) <= allowed, ways

    if not landlock_abi():
        pytest.skip("cannot be had here: Landlock")
    assert in_a_process(behind) == 0


def test_an_errand_is_done_and_told_line_by_line(tmp_path):
    reach = Reach(writes=(tmp_path, ROOT))
    errand = errands().dump_json(Errand(TRY.name, ROOMY, reach, tmp_path))
    trial = TRY.argument_adapter.dump_json(Trial("read", path=Path("/etc/shadow")))
    (tmp_path / "in").write_bytes(errand + b"\n" + trial)

    def child():
        os.dup2(os.open(tmp_path / "in", os.O_RDONLY), 0)
        os.dup2(os.open(tmp_path / "out", os.O_WRONLY | os.O_CREAT, 0o600), 1)
        assert run_errand() == 0

    assert in_a_process(child) == 0
    answer, end = map(json.loads, (tmp_path / "out").read_text().splitlines())
    assert answer[0] == "answer"
    assert answer[1]["refused"]
    assert end == ["end", None]


@pytest.mark.parametrize("walls", ["machine", "parser"])
def test_a_server_forks_for_each_message_and_tells_how_it_ended(tmp_path, walls):
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)

    def serve():
        ours.close()
        assert main([walls, str(theirs.detach()), "sleep"]) == 0

    server = FORKING.Process(target=serve)
    server.start()
    theirs.close()
    errand = errands().dump_json(Errand(SLEEP.name, ROOMY, Reach(), tmp_path))
    for seconds, status in ((0, 0), (600, -9)):
        lease, held = socket.socketpair()
        (tmp_path / "in").write_bytes(
            errand + b"\n" + SLEEP.argument_adapter.dump_json(Trial(seconds=seconds))
        )
        with (tmp_path / "in").open("rb") as order, tempfile.TemporaryFile() as answers:
            handles = [order.fileno(), answers.fileno(), answers.fileno(), held.fileno()]
            socket.send_fds(ours, [FORK], handles)
            held.close()
            if seconds:
                lease.shutdown(socket.SHUT_WR)
            told = b"".join(iter(lambda: lease.recv(1000), b""))  # noqa: B023 within the turn
        lease.close()
        assert json.loads(told)["status"] == status
    ours.close()
    server.join(60)
    assert server.exitcode == 0


def test_a_child_apart_is_the_first_process_that_it_sees():
    def parent():
        pid = fork_apart()
        if pid == 0:
            os._exit(0 if os.getpid() == 1 or os.getuid() else 3)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0

    assert in_a_process(parent) == 0


def test_what_is_warm_is_loaded_once():
    def loading():
        load(["take", "office.confined.child:prepare", "json:"])

    assert in_a_process(loading) == 0
    prepare()


def test_an_environment_of_allowed_names_alone_is_clean():
    ours = {"PATH": "/bin", "MOTCUA_DATABASE_URL": "postgresql://motcua:secret@db/motcua", "HOME": "/root"}
    made = child_environment(ours)
    assert is_clean(made)
    assert not is_clean(ours)
    assert "secret" not in str(made)
    assert made["PATH"] == "/bin"


def test_a_machine_task_reaches_its_job_its_folder_and_the_machines_file(tmp_path):
    place = SpoolPlace(tmp_path / "spool", 10, "job", f"folder:{tmp_path / 'scans'}", "lan")
    machines = Machines(tmp_path / "scanners" / "machines.json")
    reach = of_scanning(Scanning(place, ScanSettings(), machines))
    assert {tmp_path / "spool" / "job", tmp_path / "scans", tmp_path / "scanners"} < set(reach.writes)
    assert reach.lists == (tmp_path / "spool",)
    assert tmp_path not in of_probing(Probing(place.device, machines)).writes
    assert of_address("192.0.2.7") == Reach()
    assert len(TASKS) == len({task.target for task in TASKS.values()}) + 1  # one is tried behind both walls


def test_a_filter_that_the_kernel_has_and_refuses_ends_the_child(monkeypatch):
    monkeypatch.setattr(seccomp, "_program", lambda **_: iter(()))  # a program of no instructions

    def behind():
        try:
            seccomp.refuse_calls(network=False)
        except OSError as refused:
            os._exit(refused.errno)

    if not seccomp.can_filter():
        pytest.skip("cannot be had here: filters of system calls")
    assert in_a_process(behind) == errno.EINVAL
