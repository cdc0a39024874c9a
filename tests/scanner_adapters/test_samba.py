"""What a device saves through a real Samba is taken when its upload has ended, and never before."""

import os
import time
from datetime import UTC, datetime

import pytest

from scanner_adapters.folder.watched import Manners, WatchedFolder
from scanner_adapters.folder.writers import Writers, writers_of
from scanner_adapters.model import ScanSettings
from scanner_adapters.queue.spool import Spool
from tests.scanner_adapters.samba_server import SambaServer
from tests.scanner_adapters.scan_files import jpeg

LARGE = jpeg(1, 1200, 900)
QUIET_SECONDS = 0.3


def now():
    return datetime.now(UTC)


@pytest.fixture(scope="module")
def share(tmp_path_factory):
    return tmp_path_factory.mktemp("share")


@pytest.fixture(scope="module")
def samba(share):
    server = SambaServer(share)
    yield server
    server.stop()


@pytest.fixture
def inbox(share):
    for left in share.glob("*.jpg"):
        left.unlink()
    return WatchedFolder(share, now, Manners(quiet_seconds=QUIET_SECONDS))


@pytest.fixture
def job(tmp_path):
    return Spool(tmp_path / "spool", now).open_job("job", "folder", "lan", ScanSettings())


def take_until(inbox, job, pages: int, seconds: float = 20.0):
    deadline = time.monotonic() + seconds
    while len(job.pages()) < pages and time.monotonic() < deadline:
        inbox.take(job)
        time.sleep(0.05)
    return job.pages()


def test_an_upload_becomes_a_page_of_the_same_bytes(samba, inbox, job, tmp_path):
    source = tmp_path / "large.jpg"
    source.write_bytes(LARGE)
    samba.upload(source, "Tờ khai 1.jpg")
    (page,) = take_until(inbox, job, 1)
    assert page.path.read_bytes() == LARGE
    assert page.source_name == "Tờ khai 1.jpg"


def half_sent(samba, share, name: str):
    """An upload whose sender pauses in the middle: smbclient reads the rest from a pipe."""
    client = samba.client(f'put - "{name}"', stdin=-1)
    client.stdin.write(LARGE[: len(LARGE) // 2])
    client.stdin.flush()
    deadline = time.monotonic() + 20
    while not (share / name).exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    return client


def test_while_the_upload_pauses_its_writer_is_seen_and_nothing_is_taken(samba, share, inbox, job):
    client = half_sent(samba, share, "slow.jpg")
    time.sleep(3 * QUIET_SECONDS)
    assert writers_of(share / "slow.jpg") is Writers.SOME
    assert inbox.take(job).waiting == ("slow.jpg",)
    client.communicate(LARGE[len(LARGE) // 2 :], timeout=30)
    (page,) = take_until(inbox, job, 1)
    assert page.path.read_bytes() == LARGE


def test_an_upload_whose_sender_was_killed_is_never_a_page(samba, share, inbox, job):
    client = half_sent(samba, share, "cut.jpg")
    client.kill()
    client.communicate()
    take_until(inbox, job, 1, seconds=4 * QUIET_SECONDS)
    assert job.pages() == ()
    assert inbox.take(job).waiting == ("cut.jpg",)
    assert (share / "cut.jpg").stat().st_uid == os.getuid()
