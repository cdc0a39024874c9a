"""No HTTP client is loaded where children come from that reach no network."""

import os
import subprocess
import sys
import time
from contextlib import suppress

import psutil

from office.confined.confine import ROOT
from office.confined.nursery import Nursery
from office.confined.tasks import Walls
from office.confined.walls.clients import LEFT_OUT


def in_a_new_process(script):
    words = [sys.executable, "-P", "-c", script]
    told = subprocess.run(
        words, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, check=False
    )
    assert told.returncode == 0, told.stderr.decode()
    return told.stdout.decode().split()


def mapped_by(pid):
    """What a process and those below it have mapped, as far as they are still there."""
    every = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    told = ""
    for one in every:
        with suppress(psutil.Error):
            told += " ".join(each.path for each in one.memory_maps())
    return told


def test_the_server_of_parsers_has_loaded_the_verifier_and_no_client():
    """A library in C is mapped under its own name: aiohttp and what it brings along have some."""
    own = Nursery(Walls.PARSER)
    own.load(("verify", "lxml.etree:"))  # one after the other
    try:
        pid, deadline = own._server[0].pid, time.monotonic() + 30
        while "/lxml/" not in (mapped := mapped_by(pid)) and time.monotonic() < deadline:
            time.sleep(0.05)
    finally:
        own._forget()
    assert "/lxml/" in mapped
    assert "/cryptography/" in mapped
    assert not [name for name in ("/aiohttp/", "/multidict/", "/yarl/") if name in mapped]


def test_whoever_validates_signatures_loads_without_a_client():
    loaded = in_a_new_process(
        "import sys\n"
        "from office.confined.walls.clients import leave_out_clients\n"
        "leave_out_clients()\n"
        "import certify.verification.steps\n"
        "from pyhanko.sign.timestamps import HTTPTimeStamper\n"
        "parts = [name for name in sys.modules if name.split('.')[0] == 'aiohttp']\n"
        "print(*parts, HTTPTimeStamper.__name__)\n"
    )
    assert loaded == [LEFT_OUT, "HTTPTimeStamper"]


def test_nothing_can_be_made_of_a_client_that_was_left_out():
    told = in_a_new_process(
        "from office.confined.walls.clients import leave_out_clients\n"
        "leave_out_clients()\n"
        "import aiohttp\n"
        "aiohttp.BasicAuth | None\n"
        "try: aiohttp.ClientSession()\n"
        "except PermissionError as refused: print(type(refused).__name__)\n"
        "try: import aiohttp.web\n"
        "except ModuleNotFoundError: print('no part of it')\n"
    )
    assert told == ["PermissionError", "no", "part", "of", "it"]


def test_a_client_that_is_loaded_already_stays():
    told = in_a_new_process(
        "import aiohttp\n"
        "from office.confined.walls.clients import leave_out_clients\n"
        "leave_out_clients()\n"
        "import sys\n"
        "print(sys.modules['aiohttp'] is aiohttp, aiohttp.ClientTimeout(total=5).total)\n"
    )
    assert told == ["True", "5"]
