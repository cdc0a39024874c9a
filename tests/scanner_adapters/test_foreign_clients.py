"""Debian's own eSCL clients read the simulated machine: what we take for a scanner is one to others too."""

import os
import shutil
import subprocess
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from PIL import Image

from scanner_adapters.simulator.certificate import self_signed
from scanner_adapters.simulator.machine import Machine
from scanner_adapters.simulator.papers.paper import A4_INCHES, scanned
from scanner_adapters.simulator.profile import Profile
from scanner_adapters.simulator.script import Act, Fault
from scanner_adapters.simulator.server import Place, serving
from tests.conftest import skip_for_want_of

INKS = [(200, 30, 30), (30, 200, 30), (30, 30, 200), (200, 200, 30)]
GRAYS = [round(0.299 * red + 0.587 * green + 0.114 * blue) for red, green, blue in INKS]  # BT.601
NO_PNG = Profile(formats=("image/jpeg", "application/pdf"))
GRAY = "--mode=Gray"
SECONDS = 120
BACKENDS = ("airscan", "escl")


def inked(ink):
    return lambda ticket: scanned(Image.new("RGB", (210, 297), ink), A4_INCHES, ticket)


@pytest.fixture(params=BACKENDS)
def backend(request):
    if shutil.which("scanimage") is None or not list(
        Path("/usr/lib").glob(f"*/sane/libsane-{request.param}.so.1")
    ):
        skip_for_want_of("SANE's eSCL clients", "sane-utils, sane-airscan")
    return request.param


@contextmanager
def machine(tls=None, *faults, profile=None):
    simulated = Machine([inked(ink) for ink in INKS], profile or Profile(), faults)
    with serving(simulated, Place(tls=tls)) as url:
        yield url


def gray_profile(backend):
    """Most machines offer no PNG; SANE's escl cannot read one in grey (the last test here)."""
    return NO_PNG if backend == "escl" else Profile()


def read_by(backend, url, folder, *options):
    """Let scanimage read the whole source in colour; the pages' inks in order, and what it said."""
    pages, told = pages_by(backend, url, folder, "--mode=Color", *options)
    return [
        min(range(4), key=lambda n: sum(abs(a - b) for a, b in zip(middle, INKS[n], strict=True)))
        for middle in pages
    ], told


def grays_by(backend, url, folder, *options):
    """The same in grey: SANE's escl tells grey as three equal parts, airscan as one."""
    pages, told = pages_by(backend, url, folder, GRAY, *options)
    assert all(max(middle) - min(middle) <= 2 for middle in pages), pages
    return [min(range(4), key=lambda n: abs(middle[0] - GRAYS[n])) for middle in pages], told


def pages_by(backend, url, folder, *options):
    """Let scanimage read the whole source; the colour in the middle of each page, and what it said."""
    folder.mkdir(exist_ok=True)
    root = url.removesuffix("/eSCL")
    (folder / "dll.conf").write_text(f"{backend}\n")
    quiet = "[options]\ndiscovery = disable\nws-discovery = off\n"
    (folder / "airscan.conf").write_text(f'[devices]\n"Ward Sim" = {url}, eSCL\n{quiet}')
    (folder / "escl.conf").write_text(f'device {root} "WardSim"\n')
    device = "airscan:e0:Ward Sim" if backend == "airscan" else f"escl:{root}"
    resolution = () if any("resolution" in option for option in options) else ("--resolution=75",)
    done = subprocess.run(
        [
            *("scanimage", "-d", device, "--format=pnm", *resolution),
            *(f"--batch={folder}/%04d.pnm", *options),
        ],
        env={**os.environ, "SANE_CONFIG_DIR": str(folder)},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    middles = []
    for path in sorted(folder.glob("*.pnm")):
        with Image.open(path) as page:
            middles.append(page.convert("RGB").getpixel((page.width // 2, page.height // 2)))
    return middles, done.stderr


@pytest.mark.parametrize("source", ["ADF", "ADF Duplex"])
def test_a_foreign_client_reads_every_page_in_order(backend, source, tmp_path):
    with machine() as url:
        inks, told = read_by(backend, url, tmp_path / "read", f"--source={source}")
    assert inks == [0, 1, 2, 3], told


def test_a_foreign_client_reads_the_glass(backend, tmp_path):
    with machine() as url:
        inks, told = read_by(backend, url, tmp_path / "read", "--source=Flatbed", "--batch-count=1")
    assert inks == [0], told


def test_a_foreign_client_reads_over_tls(backend, tmp_path):
    tls = self_signed(tmp_path, datetime.now(UTC))
    with machine(tls) as url:
        assert urlsplit(url).scheme == "https"
        inks, told = read_by(backend, url, tmp_path / "read", "--source=ADF")
    assert inks == [0, 1, 2, 3], told


def test_a_foreign_client_sees_the_jam(backend, tmp_path):
    with machine(None, Fault(Act.JAM, 3)) as url:
        inks, told = read_by(backend, url, tmp_path / "read", "--source=ADF")
    assert inks == [0, 1]
    assert ("jam" in told.lower()) == (backend == "airscan"), told  # SANE's escl takes it for the end


@pytest.mark.parametrize("source", ["ADF", "ADF Duplex"])
@pytest.mark.parametrize("resolution", [75, 300])
def test_a_foreign_client_reads_every_grey_page_in_order(backend, source, resolution, tmp_path):
    options = (f"--source={source}", f"--resolution={resolution}")
    with machine(profile=gray_profile(backend)) as url:
        grays, told = grays_by(backend, url, tmp_path / "read", *options)
    assert grays == [0, 1, 2, 3], told


def test_a_foreign_client_reads_the_glass_in_grey(backend, tmp_path):
    with machine() as url:
        grays, told = grays_by(backend, url, tmp_path / "read", "--source=Flatbed", "--batch-count=1")
    assert grays == [0], told


def test_a_foreign_client_reads_grey_over_tls(backend, tmp_path):
    with machine(self_signed(tmp_path, datetime.now(UTC)), profile=gray_profile(backend)) as url:
        grays, told = grays_by(backend, url, tmp_path / "read", "--source=ADF")
    assert grays == [0, 1, 2, 3], told


def test_only_sanes_escl_cannot_read_a_grey_png(backend, tmp_path):
    """The same machine, the same PNG files: the backend takes colour, and calls grey a lack of memory."""
    with machine(profile=Profile(formats=("image/png",))) as url:
        inks, _ = read_by(backend, url, tmp_path / "color", "--source=ADF")
        grays, told = grays_by(backend, url, tmp_path / "gray", "--source=ADF")
    assert inks == [0, 1, 2, 3]
    assert ("Out of memory" in told, grays == []) == ((backend == "escl"),) * 2, told
