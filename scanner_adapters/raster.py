"""The rasters that scanimage writes: every row there, turned into the files that pages are kept as."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from PIL import Image

from scanner_adapters.container import MOST_PIXELS
from scanner_adapters.model import ColorMode, FaultCode, ScanFault
from scanner_adapters.parts import Part

HEAD_BYTES = 512
GAP = rb"(?:\s|#[^\n]*\n)+"
SIZE = GAP + rb"(\d+)" + GAP + rb"(\d+)"
HEAD = re.compile(rb"P4" + SIZE + rb"\s|P[56]" + SIZE + GAP + rb"(\d+)\s")  # netpbm(5)
COLORS = {b"P4": ColorMode.BW, b"P5": ColorMode.GRAY, b"P6": ColorMode.COLOR}
ONE_BYTE = 255  # the greatest value of a sample that fits
QUALITY = 92  # of 100: at 300 dpi no letter of 6 points changes its reading
QUICK = 1  # of 9: PNG's packing at its quickest keeps pace with the scanner
MM_PER_INCH = 25.4
SHORTER = 0.03  # a page this much shorter than its area ended where the paper ended


@dataclass(frozen=True)
class Raster:
    """A whole raster file: pixels, and what one sample holds."""

    path: Path
    width: int
    height: int
    color: ColorMode

    def resolution(self, area_mm: tuple[float, float]) -> tuple[float, float]:
        """Dots per inch across and down, from the area that was scanned."""
        across, down = self.width * MM_PER_INCH / area_mm[0], self.height * MM_PER_INCH / area_mm[1]
        return round(across, 1), round(across if down < across * (1 - SHORTER) else down, 1)


def measure(path: Path) -> Raster:
    """The raster in the file.

    Raises: ScanFault INCOMPLETE_FILE when its rows are not all there or too many, PROTOCOL, TOO_LARGE.
    """
    with path.open("rb") as source:
        head = HEAD.match(source.read(HEAD_BYTES))
    if not head:
        raise ScanFault(FaultCode.PROTOCOL, "no raster")
    width, height, *greatest = (int(number) for number in head.groups() if number)
    color = COLORS[head[0][:2]]
    if width * height > MOST_PIXELS:
        raise ScanFault(FaultCode.TOO_LARGE, f"{width}x{height}")
    needed = height * _row_bytes(color, width, max(greatest, default=1))
    there = path.stat().st_size - head.end()
    if there != needed or not needed:
        raise ScanFault(FaultCode.INCOMPLETE_FILE, f"{there} of {needed} bytes")
    return Raster(path, width, height, color)


def _row_bytes(color: ColorMode, width: int, greatest: int) -> int:
    """Bytes of one row; `greatest` is the greatest value of a sample (netpbm(5))."""
    if color is ColorMode.BW:
        return (width + 7) // 8
    samples = 3 * width if color is ColorMode.COLOR else width
    return samples if greatest <= ONE_BYTE else 2 * samples


def write_page(raster: Raster, part: Part, dpi: tuple[float, float], *, lossless: bool) -> None:
    """Write the raster as a page's file: PNG for black and white and where nothing may be lost, else JPEG."""
    target = cast("IO[bytes]", part)
    with Image.open(raster.path, formats=("PPM",)) as opened:
        picture = _of_one_byte(opened)
        if lossless or raster.color is ColorMode.BW:
            picture.save(target, format="PNG", dpi=dpi, compress_level=QUICK)
        else:
            picture.save(target, format="JPEG", dpi=_whole(dpi), quality=QUALITY, subsampling=0)


def _of_one_byte(picture: Image.Image) -> Image.Image:
    """Grey of two bytes a sample in one; colour is given so already."""
    return picture.point(lambda value: value * (1 / 257)).convert("L") if picture.mode[0] == "I" else picture


def _whole(dpi: tuple[float, float]) -> tuple[int, int]:
    return round(dpi[0]), round(dpi[1])
