"""SANE's own test backends read by us: every page, every status, and nothing that hangs."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest
from PIL import Image

from scanner_adapters.model import (
    ColorMode,
    DpiSource,
    FaultCode,
    JobState,
    ScanFault,
    ScanSettings,
    ScanSource,
    Side,
)
from scanner_adapters.queue.device_lock import DeviceLock
from scanner_adapters.queue.spool import Caps
from scanner_adapters.sane.scanner import find_devices
from scanner_adapters.scanner import Presence, ScanEvent, Watch
from tests.conftest import ROOT
from tests.scanner_adapters import sane_backends
from tests.scanner_adapters.sane_backends import ADF, FLATBED, QUICK, job, ppm, raster_of, scanner

STATUSES = {
    "UNSUPPORTED": FaultCode.BAD_SETTINGS,
    "CANCELLED": FaultCode.CANCELLED,
    "DEVICE_BUSY": FaultCode.BUSY,
    "INVAL": FaultCode.DEVICE_ERROR,
    "EOF": FaultCode.PAGE_LOST,
    "JAMMED": FaultCode.JAM,
    "NO_DOCS": FaultCode.NO_DOCS,
    "COVER_OPEN": FaultCode.COVER_OPEN,
    "IO_ERROR": FaultCode.DISCONNECTED,
    "NO_MEM": FaultCode.DEVICE_ERROR,
    "ACCESS_DENIED": FaultCode.AUTH,
}
SLOW = ("--read-delay=yes", "--read-delay-duration=200000", "--read-limit=yes", "--read-limit-size=100")


@pytest.fixture(autouse=True)
def _sane():
    sane_backends.require_sane()


def heard() -> tuple[list[tuple[ScanEvent, str]], Watch]:
    events: list[tuple[ScanEvent, str]] = []
    return events, Watch(tell=lambda event, detail: events.append((event, detail)))


def nothing_half_made(tmp_path: Path) -> bool:
    left = [
        path.name for path in (tmp_path / "spool").rglob("*") if "part" in path.name or "pnm" in path.name
    ]
    return left == []


def test_a_feeder_is_scanned_to_its_last_sheet(tmp_path):
    events, watch = heard()
    held = job(tmp_path)
    outcome = scanner(tmp_path).scan(ADF, held, watch)
    assert (outcome.state, outcome.fault) == (JobState.COMPLETED, None)
    assert [page.sequence for page in outcome.pages] == list(range(1, 11))
    assert outcome.pages == held.pages()
    assert [event for event, _ in events] == [ScanEvent.STARTED, *[ScanEvent.PAGE] * 10]
    assert {page.media_type for page in outcome.pages} == {"image/jpeg"}
    assert nothing_half_made(tmp_path)
    assert held.device_job == ""


def test_the_glass_gives_one_page_of_a4_with_its_true_resolution(tmp_path):
    outcome = scanner(tmp_path).scan(FLATBED, job(tmp_path, FLATBED), Watch())
    (page,) = outcome.pages
    assert outcome.state is JobState.COMPLETED
    assert (page.width, page.height) == (248, 350)
    assert page.dpi == pytest.approx((30, 30), abs=0.2)
    assert (page.dpi_source, page.effective, page.flags) == (DpiSource.PIXELS, FLATBED, ())


@pytest.mark.parametrize(
    ("color", "media_type"),
    [(ColorMode.BW, "image/png"), (ColorMode.GRAY, "image/jpeg"), (ColorMode.COLOR, "image/jpeg")],
)
def test_each_colour_is_kept_as_what_suits_it(tmp_path, color, media_type):
    asked = ScanSettings(ScanSource.FLATBED, color, 30)
    (page,) = scanner(tmp_path).scan(asked, job(tmp_path, asked), Watch()).pages
    assert (page.color, page.media_type, page.flags) == (color, media_type, ())


def test_where_nothing_may_be_lost_the_pixels_are_those_of_the_device(tmp_path):
    source = ppm(tmp_path / "in.ppm")
    reader = scanner(tmp_path, "pnm:0", f"--filename={source}", lossless=True)
    asked = ScanSettings(ScanSource.FLATBED, dpi=300)
    (page,) = reader.scan(asked, job(tmp_path, asked), Watch()).pages
    with Image.open(page.path) as picture:
        assert picture.tobytes() == raster_of(source)
    assert (page.dpi, page.dpi_source) == ((300.0, 300.0), DpiSource.REQUEST)


def test_the_same_raster_as_scanimage_by_itself(tmp_path):
    reader = scanner(tmp_path, "test:0", "--test-picture=Color pattern", lossless=True)
    (page,) = reader.scan(FLATBED, job(tmp_path, FLATBED), Watch()).pages
    folder = tmp_path / "plain"
    folder.mkdir()
    (folder / "dll.conf").write_text("test\n")
    (folder / "test.conf").write_text((tmp_path / "sane" / "test.conf").read_text())
    words = ["-d", "test:0", "--test-picture=Color pattern", "--mode=Color", "--depth=8", "--resolution=30"]
    plain = subprocess.run(
        ["scanimage", *words, "-x", "210", "-y", "297", "--format=pnm"],
        env={**os.environ, "SANE_CONFIG_DIR": str(folder)},
        capture_output=True,
        check=True,
    ).stdout
    with Image.open(page.path) as picture:
        assert picture.tobytes() == plain.split(b"\n255\n", 1)[1]


@pytest.mark.parametrize("status", STATUSES)
def test_every_status_of_the_device_is_told_by_its_name(tmp_path, status):
    reader = scanner(tmp_path, "test:0", f"--read-return-value=SANE_STATUS_{status}")
    held = job(tmp_path)
    outcome = reader.scan(ADF, held, Watch())
    assert outcome.fault is not None
    assert outcome.fault.code is STATUSES[status]
    assert (outcome.pages, held.pages(), held.device_job) == ((), (), "")
    assert outcome.state is (JobState.CANCELLED if status == "CANCELLED" else JobState.FAILED)
    assert nothing_half_made(tmp_path)


@pytest.mark.parametrize("status", ["JAMMED", "IO_ERROR", "NO_MEM"])
def test_a_backend_that_hangs_after_a_failed_page_keeps_nobody_and_its_words_stand(
    tmp_path, monkeypatch, status
):
    hanging = tmp_path / "scanimage"
    hanging.write_text('#!/bin/sh\nscanimage "$@"\ncase "$*" in *--batch=*) exec sleep 60;; esac\n')
    hanging.chmod(0o755)
    monkeypatch.setattr("scanner_adapters.sane.scanner.PROGRAM", str(hanging))
    began = time.monotonic()
    reader = scanner(tmp_path, "test:0", f"--read-return-value=SANE_STATUS_{status}")
    outcome = reader.scan(ADF, job(tmp_path), Watch())
    assert outcome.fault is not None
    assert outcome.fault.code is STATUSES[status]
    assert time.monotonic() - began < 25
    assert not DeviceLock(tmp_path, "sane:test:0").is_taken()


@pytest.mark.parametrize("status", ["jammed", "nodocs", "coveropen", "ioerror", "nomem", "accessdenied"])
def test_the_other_test_backend_says_the_same(tmp_path, status):
    source = ppm(tmp_path / "in.ppm")
    reader = scanner(tmp_path, "pnm:0", f"--filename={source}", "--status=no", f"--status-{status}=yes")
    outcome = reader.scan(FLATBED, job(tmp_path, FLATBED), Watch())
    codes = {
        "jammed": FaultCode.JAM,
        "nodocs": FaultCode.NO_DOCS,
        "coveropen": FaultCode.COVER_OPEN,
        "ioerror": FaultCode.DISCONNECTED,
        "nomem": FaultCode.DEVICE_ERROR,
        "accessdenied": FaultCode.AUTH,
    }
    assert outcome.fault is not None
    assert outcome.fault.code is codes[status]


def test_a_page_whose_rows_end_early_is_lost_though_the_child_calls_it_done(tmp_path):
    source = ppm(tmp_path / "in.ppm", width=200, height=200)
    source.write_bytes(source.read_bytes()[:-30_000])
    held = job(tmp_path, FLATBED)
    outcome = scanner(tmp_path, "pnm:0", f"--filename={source}").scan(FLATBED, held, Watch())
    assert outcome.fault is not None
    assert (outcome.fault.code, outcome.fault.page) == (FaultCode.PAGE_LOST, 1)
    assert held.pages() == ()


@pytest.mark.parametrize("name", ["test:9", "nothing:0"])
def test_a_device_that_is_not_there_is_offline(tmp_path, name):
    reader = scanner(tmp_path, name)
    assert reader.probe() is Presence.OFFLINE
    outcome = reader.scan(FLATBED, job(tmp_path, FLATBED), Watch())
    assert outcome.fault is not None
    assert outcome.fault.code is FaultCode.OFFLINE


def test_without_sane_every_device_is_offline(tmp_path, monkeypatch):
    monkeypatch.setattr("scanner_adapters.sane.scanner.PROGRAM", "no-such-scanimage")
    reader = scanner(tmp_path)
    assert reader.probe() is Presence.OFFLINE
    assert reader.scan(FLATBED, job(tmp_path), Watch()).state is JobState.FAILED


def test_what_it_can_do_is_told_source_by_source(tmp_path):
    reader = scanner(tmp_path)
    assert reader.probe() is Presence.READY
    told = reader.capabilities()
    assert [one.source for one in told.sources] == [ScanSource.FLATBED, ScanSource.ADF]
    for one in told.sources:
        assert one.colors == (ColorMode.COLOR, ColorMode.GRAY, ColorMode.BW)
        assert (one.resolution_range, one.largest_mm) == ((1, 1200), (300, 300))
    assert told.id == "sane:test:0"


def test_a_source_that_is_not_there_is_refused_before_paper_moves(tmp_path):
    asked = ScanSettings(ScanSource.ADF_DUPLEX, dpi=30)
    outcome = scanner(tmp_path).scan(asked, job(tmp_path, asked), Watch())
    assert outcome.fault is not None
    assert outcome.fault.code is FaultCode.BAD_SETTINGS


def test_a_resolution_beyond_the_device_is_adjusted_and_flagged(tmp_path):
    source = ppm(tmp_path / "in.ppm")
    events, watch = heard()
    asked = ScanSettings(ScanSource.FLATBED, dpi=600)
    (page,) = scanner(tmp_path, "pnm:0", f"--filename={source}").scan(asked, job(tmp_path), watch).pages
    assert (ScanEvent.ADJUSTED, "rgb24 300 dpi") in events
    assert page.effective == ScanSettings(ScanSource.FLATBED, dpi=300)
    assert "dpi_differs" in page.flags


def test_both_sides_alternate_where_the_device_turns_sheets(tmp_path):
    told = {ScanSource.ADF_DUPLEX: "Automatic Document Feeder"}
    asked = ScanSettings(ScanSource.ADF_DUPLEX, dpi=30)
    outcome = scanner(tmp_path, sources=told).scan(asked, job(tmp_path, asked), Watch())
    assert [page.side for page in outcome.pages] == [Side.FRONT, Side.BACK] * 5


def test_another_stack_into_the_same_job_goes_on_after_the_last_page(tmp_path):
    held = job(tmp_path)
    for _ in range(2):
        assert scanner(tmp_path).scan(ADF, held, Watch()).state is JobState.COMPLETED
    assert [page.sequence for page in held.pages()] == list(range(1, 21))


def test_a_stopped_scan_keeps_its_pages_and_frees_the_device(tmp_path):
    held = job(tmp_path)
    stopped = Watch(is_stopped=lambda: len(held.pages()) >= 3)
    began = time.monotonic()
    outcome = scanner(tmp_path).scan(ADF, held, stopped)
    assert outcome.state is JobState.CANCELLED
    assert len(outcome.pages) >= 3
    assert time.monotonic() - began < 10
    assert not DeviceLock(tmp_path, "sane:test:0").is_taken()
    assert scanner(tmp_path).scan(FLATBED, job(tmp_path, name="next"), Watch()).state is JobState.COMPLETED


def test_a_full_spool_makes_the_machine_wait_and_loses_nothing(tmp_path):
    held = job(tmp_path, caps=Caps(4000))
    waits = []

    def make_room(event: ScanEvent, _detail: str) -> None:
        if event is ScanEvent.WAITING:
            waits.append(len(held.pages()))
            held.release(len(held.pages()))

    outcome = scanner(tmp_path).scan(ADF, held, Watch(tell=make_room))
    assert outcome.state is JobState.COMPLETED, outcome.fault
    assert len(outcome.pages) == 10
    assert waits


def child_of(folder: Path) -> int:
    """The child that scans, as its lock tells."""
    for _ in range(500):
        for path in folder.glob("motcua-*.lock"):
            with suppress(ValueError, IndexError, OSError):
                driver = json.loads(path.read_text())["driver"].rsplit(":", 2)[1]
                if "--progress" in Path("/proc", driver, "cmdline").read_text():
                    return int(driver)
        time.sleep(0.02)
    raise AssertionError("nothing drives the device")


def test_a_stalled_device_is_released_in_time(tmp_path):
    held = job(tmp_path, FLATBED)
    stopper = threading.Thread(target=lambda: os.kill(child_of(tmp_path), signal.SIGSTOP))
    stopper.start()
    began = time.monotonic()
    outcome = scanner(tmp_path, "test:0", *SLOW, patience=QUICK).scan(FLATBED, held, Watch())
    stopper.join()
    assert outcome.fault is not None
    assert outcome.fault.code is FaultCode.TIMEOUT
    assert time.monotonic() - began < 15
    assert not DeviceLock(tmp_path, "sane:test:0").is_taken()
    assert nothing_half_made(tmp_path)
    assert scanner(tmp_path).scan(FLATBED, held, Watch()).state is JobState.COMPLETED


def test_two_processes_never_drive_one_device(tmp_path):
    with DeviceLock(tmp_path, "sane:test:0").held():
        reader = scanner(tmp_path)
        assert reader.probe() is Presence.BUSY
        outcome = reader.scan(FLATBED, job(tmp_path), Watch())
        assert outcome.fault is not None
        assert outcome.fault.code is FaultCode.BUSY
    assert scanner(tmp_path).probe() is Presence.READY


SCAN_SLOWLY = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from scanner_adapters.model import ScanSettings, ScanSource
from scanner_adapters.sane.scanner import SaneScanner, SaneSetup
from scanner_adapters.scanner import Watch
from scanner_adapters.queue.spool import Spool
folder, *extra = Path(sys.argv[1]), *sys.argv[2:]
asked = ScanSettings(ScanSource.FLATBED, dpi=30)
job = Spool(folder / "spool", lambda: datetime.now(UTC)).open_job("job", "sane", "lan", asked)
setup = SaneSetup(configuration=folder / "sane", locks=folder, extra=tuple(extra))
SaneScanner("test:0", setup).scan(asked, job, Watch())
"""


@pytest.mark.parametrize("is_deaf", [False, True])
def test_what_a_killed_scan_left_driving_the_device_is_ended(tmp_path, is_deaf):
    sane_backends.configuration(tmp_path / "sane")
    owner = subprocess.Popen(
        [sys.executable, "-P", "-c", SCAN_SLOWLY, str(tmp_path), *SLOW],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    card = tmp_path / "spool" / "job" / "job.json"
    while not (card.exists() and json.loads(card.read_text())["device_job"]):
        assert owner.poll() is None
        time.sleep(0.01)
    child = child_of(tmp_path)
    if is_deaf:
        os.kill(child, signal.SIGSTOP)  # it does not hear that its owner has died
    owner.kill()
    owner.wait()
    held = job(tmp_path, FLATBED)
    assert held.device_job
    reader = scanner(tmp_path)
    reader.release(held)
    assert held.device_job == ""
    assert reader.probe() is Presence.READY
    assert reader.scan(FLATBED, held, Watch()).state is JobState.COMPLETED
    assert nothing_half_made(tmp_path)


def test_devices_are_found_with_their_names(tmp_path):
    folder = sane_backends.configuration(tmp_path / "sane")
    (folder / "dll.conf").write_text("test\n")
    found = dict(find_devices(scanner(tmp_path)._setup))
    assert found == {"test:0": "Noname frontend-tester", "test:1": "Noname frontend-tester"}


def test_a_fault_of_the_spool_is_the_outcome_too(tmp_path):
    held = job(tmp_path)
    held.close(JobState.CANCELLED)
    outcome = scanner(tmp_path).scan(ADF, held, Watch())
    assert isinstance(outcome.fault, ScanFault)
    assert outcome.fault.code is FaultCode.JOB_CLOSED
