"""`serve` and `work` as processes: they begin, do what waits, and end when told to."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest
import sqlalchemy as sa

from office.confined.confine import ROOT
from office.procedure import PaperState
from office.tables import papers
from storage.database import reading

PATIENCE_SECONDS = 60


@pytest.fixture
def running():
    """Starts commands; what still runs at the end is ended."""
    begun = []

    def start(*words, **settings):
        given = {name: value for name, value in os.environ.items() if not name.startswith("MOTCUA_")}
        given |= {f"MOTCUA_{name.upper()}": value for name, value in settings.items()}
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "office", *map(str, words)],
            env={**given, "PYTHONPATH": str(ROOT), "OMP_THREAD_LIMIT": "1"},
            stderr=subprocess.PIPE,
            text=True,
        )
        begun.append(process)
        return process

    yield start
    for process in begun:
        process.kill()
        process.communicate()


def wait_for(holds):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def states(house):
    with reading(house.office.engine) as connection:
        return set(connection.execute(sa.select(papers.c.state)).scalars())


def place_of(house):
    """Where the house is: its directory, and the address of its rows where they lie elsewhere."""
    settings = house.office.settings
    told = {"database_url": settings.database.url} if settings.database.url else {}
    return settings.data, told


def test_a_worker_reads_what_waits_and_ends_when_told(house_on_each, page, running):
    house = house_on_each
    house.scanned(page)
    data, settings = place_of(house)
    worker = running("work", "--data", data, **settings)
    assert f":{worker.pid}:" in worker.stderr.readline()
    wait_for(lambda: states(house) == {PaperState.READ})
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(PATIENCE_SECONDS) == 0


def test_the_pages_are_served_with_their_own_workers(house_on_each, page, running):
    house = house_on_each
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    house.scanned(page)
    data, settings = place_of(house)
    server = running("serve", "--port", port, "--data", data, **settings)
    assert server.stderr.readline().strip() == f"http://127.0.0.1:{port}/"
    wait_for(lambda: answers(port))
    wait_for(lambda: states(house) == {PaperState.READ})
    server.send_signal(signal.SIGINT)
    assert server.wait(PATIENCE_SECONDS) in (0, 130)


def answers(port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10) as page:
            return page.status == 200
    except urllib.error.HTTPError as refused:
        return refused.code < 500
    except OSError:
        return False
