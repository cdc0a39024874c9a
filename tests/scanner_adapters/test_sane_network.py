"""A device reached through saned: the same pages, and an end in bounded time when saned dies in a page."""

import os
import signal
import socket
import subprocess
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest
from PIL import Image

from scanner_adapters.model import FaultCode, JobState
from scanner_adapters.queue.device_lock import DeviceLock
from scanner_adapters.scanner import Watch
from tests.conftest import skip_for_want_of
from tests.scanner_adapters import sane_backends
from tests.scanner_adapters.sane_backends import FLATBED, QUICK, job, ppm, raster_of, scanner

PORT = 6566  # the client has no setting for another
SLOW = ("--read-delay=yes", "--read-delay-duration=200000", "--read-limit=yes", "--read-limit-size=100")


@pytest.fixture
def saned(tmp_path):
    sane_backends.require_sane("saned")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", PORT))
        except OSError as taken:
            skip_for_want_of("saned", f"its port is taken: {taken.strerror}")
    folder = sane_backends.configuration(
        tmp_path / "sane", net="connect_timeout = 5\n127.0.0.1\n", saned="127.0.0.1\nlocalhost\n"
    )
    server = tmp_path / "server"
    sane_backends.configuration(server, saned="127.0.0.1\nlocalhost\n")
    (server / "dll.conf").write_text("test\npnm\n")
    process = subprocess.Popen(
        ["/usr/sbin/saned", "-l", "-b", "127.0.0.1", "-p", str(PORT), "-e", "-d", "2"],
        env={**os.environ, "SANE_CONFIG_DIR": str(server)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        process_group=0,
    )
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with suppress(OSError), socket.create_connection(("127.0.0.1", PORT), timeout=1):
            break
        time.sleep(0.05)
    assert folder.is_dir()
    yield process
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def test_a_page_over_the_network_is_the_same_raster(tmp_path, saned):
    source = ppm(tmp_path / "in.ppm")
    reader = scanner(tmp_path, "net:127.0.0.1:pnm:0", f"--filename={source}", lossless=True)
    outcome = reader.scan(FLATBED, job(tmp_path, FLATBED), Watch())
    assert outcome.state is JobState.COMPLETED, outcome.fault
    with Image.open(outcome.pages[0].path) as picture:
        assert picture.tobytes() == raster_of(source)


def test_saned_killed_in_a_page_ends_the_scan_and_frees_the_device(tmp_path, saned):
    held = job(tmp_path, FLATBED)

    def kill_in_the_page() -> None:
        for _ in range(1000):
            if held_scratch(tmp_path):
                time.sleep(0.3)
                os.killpg(saned.pid, signal.SIGKILL)
                return
            time.sleep(0.01)

    killer = threading.Thread(target=kill_in_the_page)
    killer.start()
    began = time.monotonic()
    outcome = scanner(tmp_path, "net:127.0.0.1:test:0", *SLOW, patience=QUICK).scan(FLATBED, held, Watch())
    killer.join()
    assert outcome.fault is not None
    assert outcome.fault.code in (FaultCode.TIMEOUT, FaultCode.DISCONNECTED, FaultCode.PAGE_LOST)
    assert (outcome.pages, time.monotonic() - began < 30) == ((), True)
    assert not DeviceLock(tmp_path, "sane:net:127.0.0.1:test:0").is_taken()


def held_scratch(tmp_path: Path) -> list[Path]:
    with suppress(OSError):
        return list((tmp_path / "spool").rglob("*.pnm.part"))
    return []
