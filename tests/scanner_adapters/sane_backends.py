"""Debian's SANE with its test backends, in a configuration of the test's own; nothing outside is touched."""

import shutil
from pathlib import Path

import numpy as np

from scanner_adapters.model import ScanSettings, ScanSource
from scanner_adapters.queue.spool import Spool
from scanner_adapters.sane.scanner import SaneScanner, SaneSetup
from scanner_adapters.sane.supervised import Patience
from tests.conftest import skip_for_want_of
from tests.scanner_adapters.scan_files import Clock

STOCK = Path("/etc/sane.d")
PATIENT = Patience(tick_seconds=0.02)  # a busy machine may take seconds to start a program
QUICK = Patience(stall_seconds=1.5, term_seconds=0.5, tick_seconds=0.02)  # where a stall is what is tested
ADF = ScanSettings(ScanSource.ADF, dpi=30)
FLATBED = ScanSettings(ScanSource.FLATBED, dpi=30)


def require_sane(*programs: str) -> None:
    for program in ("scanimage", *programs):
        if shutil.which(program) is None and not Path("/usr/sbin", program).exists():
            skip_for_want_of("SANE", f"no {program}")


def configuration(folder: Path, **told: str) -> Path:
    """A folder of backends' files: `test` with A4, and whatever else is told."""
    folder.mkdir()
    stock = (STOCK / "test.conf").read_text()
    wide = stock.replace("geometry_max 200.0", "geometry_max 300.0")
    (folder / "test.conf").write_text(wide)
    for backend, content in told.items():
        (folder / f"{backend}.conf").write_text(content)
    return folder


def scanner(tmp_path: Path, name: str = "test:0", *extra: str, **options) -> SaneScanner:
    folder = tmp_path / "sane"
    stock = folder if folder.exists() else configuration(folder)
    chosen = {"configuration": stock, "locks": tmp_path, "patience": PATIENT, "extra": extra} | options
    return SaneScanner(name, SaneSetup(**chosen))


def job(tmp_path: Path, settings: ScanSettings = ADF, name: str = "job", **options):
    return Spool(tmp_path / "spool", Clock(), **options).open_job(name, "sane", "lan", settings)


def ppm(path: Path, seed: int = 1, width: int = 37, height: int = 29) -> Path:
    """A raster of noise."""
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    path.write_bytes(f"P6\n{width} {height}\n255\n".encode() + pixels.tobytes())
    return path


def raster_of(path: Path) -> bytes:
    return path.read_bytes().split(b"\n255\n", 1)[1]
