"""The same client and the same machine over real connections: cut, stalled, reset, secured."""

import socket
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from scanner_adapters.escl.connection import HttpTransport
from scanner_adapters.escl.device import Clockwork, Device
from scanner_adapters.escl.opening import open_escl, split_address
from scanner_adapters.escl.scanner import EsclScanner
from scanner_adapters.escl.wire import Break, Broken, Request
from scanner_adapters.known import KnownMachines
from scanner_adapters.model import FaultCode, JobState, ScanFault
from scanner_adapters.queue.spool import Spool
from scanner_adapters.scanner import Watch
from scanner_adapters.simulator.certificate import self_signed
from scanner_adapters.simulator.machine import Machine
from scanner_adapters.simulator.profile import Profile
from scanner_adapters.simulator.script import Act, Fault
from scanner_adapters.simulator.server import Place, serving
from tests.scanner_adapters.escl_rig import ADF, DUPLEX, GLASS, code_of, delivered, leaves, stack_of
from tests.scanner_adapters.escl_scripts import random_script, wrongs
from tests.scanner_adapters.scan_files import Clock

HASTE = 25  # how much faster than the wall the client's and the machine's time run here
IDLE = 0.3  # seconds
SCRIPTS = 50
HASTY = Clockwork(lambda: time.monotonic() * HASTE, lambda seconds: time.sleep(seconds / HASTE))


@contextmanager
def at_socket(*faults, sheets=4, profile=None, tls=None):
    machine = Machine(leaves(sheets), profile or Profile(refills=False), faults)
    with serving(machine, Place(tls=tls)) as url:
        base, root = split_address(f"escl:{url}")
        transport = HttpTransport(base, idle_seconds=IDLE)
        yield EsclScanner(f"escl:{url}", Device(transport, HASTY, root, base.partition("//")[2]))
        transport.rest()


def scanned(scanner, folder: Path, settings=ADF, name="job"):
    return scanner.scan(settings, Spool(folder, Clock()).open_job(name, "escl", "lan", settings), Watch())


@pytest.mark.parametrize("settings", [ADF, DUPLEX, GLASS], ids=lambda settings: settings.source)
def test_every_source_comes_over_the_network(tmp_path, settings):
    with at_socket() as scanner:
        done = scanned(scanner, tmp_path, settings)
    assert (done.state, delivered(done)) == (JobState.COMPLETED, stack_of(1 if settings is GLASS else 4))


@pytest.mark.parametrize("act", [Act.CUT, Act.STALL, Act.TLS_CLOSE], ids=str)
def test_a_page_cut_on_the_wire_is_asked_again(tmp_path, act):
    with at_socket(Fault(act, 3)) as scanner:
        done = scanned(scanner, tmp_path)
    assert (done.state, delivered(done), done.pages[2].retries) == (JobState.COMPLETED, stack_of(4), 1)


def test_a_machine_gone_in_the_middle_of_a_page_is_told(tmp_path):
    with at_socket(Fault(Act.DISCONNECT, 3, 200)) as scanner:
        done = scanned(scanner, tmp_path)
    assert (code_of(done), delivered(done)) == (FaultCode.DISCONNECTED, stack_of(2))
    assert not [path for path in tmp_path.rglob("*") if "part" in path.name]


@pytest.mark.parametrize("part", range(10))
def test_random_scripts_on_real_sockets(tmp_path, part):
    wrong = {}
    for seed in range(part, SCRIPTS, 10):
        script = random_script(seed, seconds=0.1)
        with at_socket(*script.faults, sheets=script.sheets, profile=script.profile) as scanner:
            done = scanned(scanner, tmp_path / str(seed))
        if found := wrongs(script, done):
            wrong[seed] = found
    assert wrong == {}


def test_the_key_of_the_first_meeting_is_wanted_ever_after(tmp_path):
    known = KnownMachines(tmp_path / "machines.json")
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first, other = (self_signed(tmp_path / name, datetime.now(UTC)) for name in "ab")
    machine = Machine(leaves(2), Profile())
    with serving(machine, Place(tls=first)) as url:
        address, port = f"escl:{url}", int(url.split(":")[2].split("/")[0])
        assert scanned(open_escl(address, known), tmp_path / "1").state is JobState.COMPLETED
        assert scanned(open_escl(address, known), tmp_path / "2").state is JobState.COMPLETED
    asked = []
    whole = machine.handle
    machine.handle = lambda request, now: asked.append(request) or whole(request, now)
    with serving(machine, Place(port=port, tls=other)):
        again = KnownMachines(tmp_path / "machines.json")
        assert code_of(scanned(open_escl(address, again), tmp_path / "3")) == FaultCode.PIN_CHANGED
        assert asked == []  # not one byte of ours was sent
        again.forget(Profile().uuid)
        assert scanned(open_escl(address, again), tmp_path / "4").state is JobState.COMPLETED


def test_a_known_machine_with_another_key_at_another_address_is_refused(tmp_path):
    known = KnownMachines(tmp_path / "machines.json")
    for place, name in enumerate(("a", "b")):
        (tmp_path / name).mkdir()
        tls = self_signed(tmp_path / name, datetime.now(UTC))
        with serving(Machine(leaves(1), Profile()), Place(tls=tls)) as url:
            if place == 0:
                open_escl(f"escl:{url}", known).capabilities()
                continue
            with pytest.raises(ScanFault) as changed:
                open_escl(f"escl:{url}", known).capabilities()
            assert changed.value.code is FaultCode.PIN_CHANGED


@contextmanager
def speaking(*answers: bytes):
    """A server that says these bytes, one connection each, and closes."""
    listening = socket.create_server(("127.0.0.1", 0))

    def talk() -> None:
        for answer in answers:
            with listening.accept()[0] as line:
                line.recv(1 << 16)
                line.sendall(answer)

    thread = threading.Thread(target=talk, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        listening.close()
        thread.join(5)


def asked(base: str) -> Break | None:
    transport = HttpTransport(base, idle_seconds=IDLE)
    try:
        transport.ask(Request("GET", "/eSCL/ScannerStatus", patience=IDLE))
    except Broken as broken:
        return broken.how
    finally:
        transport.rest()
    return None


@pytest.mark.parametrize(
    ("answer", "how"),
    [
        (b"", Break.CLOSED),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", Break.CLOSED),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nha", Break.CLOSED),
        (b"nonsense\r\n\r\n", Break.CLOSED),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 1_100_000, Break.TOO_LONG),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", None),
    ],
)
def test_whatever_a_server_does_is_told_by_name(answer, how):
    with speaking(answer) as base:
        assert asked(base) is how


def test_nobody_there_and_nobody_speaking_are_told_apart():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert asked(f"http://127.0.0.1:{silent.getsockname()[1]}") is Break.SILENT
    assert asked("http://127.0.0.1:1") is Break.UNREACHABLE


def test_a_machine_that_wants_tls_is_followed_to_itself_and_nowhere_else(tmp_path):
    tls = self_signed(tmp_path, datetime.now(UTC))
    with serving(Machine(leaves(1), Profile()), Place(tls=tls)) as url:
        moved = f"HTTP/1.1 301 Moved\r\nLocation: {url}/\r\nContent-Length: 0\r\n\r\n".encode()
        with speaking(moved) as base:
            transport = HttpTransport(base, idle_seconds=2)
            assert transport.ask(Request("GET", "/eSCL/ScannerStatus")).status == 200
            assert transport.key_sha256
            transport.rest()
    away = b"HTTP/1.1 301 Moved\r\nLocation: https://elsewhere.example/\r\nContent-Length: 0\r\n\r\n"
    with speaking(away) as base:
        transport = HttpTransport(base, idle_seconds=2)
        assert transport.ask(Request("GET", "/eSCL/ScannerStatus")).status == 301
        transport.rest()


@pytest.mark.parametrize(
    "address",
    ["escl:ftp://a/eSCL", "escl:", "escl:http://", "escl:http://a:99999/eSCL", "escl:http://[fe80/"],
)
def test_what_is_no_address_is_told(address):
    with pytest.raises(ScanFault) as wrong:
        split_address(address)
    assert wrong.value.code is FaultCode.OFFLINE
    assert split_address("escl:http://a:80/") == ("http://a:80", "/eSCL")
    assert split_address("escl:https://user:secret@a/x/") == ("https://a", "/x")
