"""A page as pixels: what every kind of source becomes before it is read and written.

`pixels` are uint8, grey (height, width) or BGR (height, width, 3), as the scan lies: not yet turned.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from digitize.model import Line

Pixels = NDArray[np.uint8]
MM_PER_INCH = 25.4
WHITE = 255
COLOUR_AXES = 3  # of an array of pixels; grey ones have two


class Coding(StrEnum):
    """How a kept stream is coded; the names are those of the PDF filters (ISO 32000-1 table 6)."""

    JPEG = "DCTDecode"
    G4 = "CCITTFaxDecode"


@dataclass(frozen=True)
class Stream:
    """Coded pixels that a PDF can hold as they are: byte for byte the scanner's own where it gave JPEG."""

    data: bytes
    coding: Coding
    width: int
    height: int
    channels: int


@dataclass(frozen=True)
class Raster:
    """One page's pixels, the paper's size as the pixels lie, and what the source told about it.

    Args:
        turn: the clockwise turn that the source asks for; `turn_told`: it says so itself.
        lines: the source's own words, those that are seen; None where there are none.
        doubted: these words look like no Vietnamese: another language, or letters in another code.
        beneath: the page without them, where it has more to read.
        all_seen: the source carries no other words than these.
        never_paper: what is seen was drawn by a program, and is no picture of paper.
        full_width: pixels across of the stored scan, when `pixels` are a reduced reading of it.
    """

    pixels: Pixels
    width_mm: float
    height_mm: float
    stream: Stream | None = None
    turn: int = 0
    size_assumed: bool = False
    lines: tuple[Line, ...] | None = None
    turn_told: bool = False
    full_width: int = 0
    doubted: bool = False
    beneath: Pixels | None = None
    all_seen: bool = True
    never_paper: bool = False

    @property
    def dpi(self) -> float:
        """Dots per inch of the stored scan, the lesser of both directions."""
        height, width = self.pixels.shape[:2]
        full = max(self.full_width, width) / width
        return float(full * min(width / self.width_mm, height / self.height_mm) * MM_PER_INCH)

    @property
    def pixels_dpi(self) -> float:
        """Dots per inch of `pixels`."""
        return float(self.pixels.shape[1] / self.width_mm * MM_PER_INCH)


def is_bilevel(pixels: Pixels) -> bool:
    """Are there only black and white?"""
    if pixels.ndim != 2:  # noqa: PLR2004 grey has no colour axis
        return False
    sample = pixels[:: max(1, pixels.shape[0] // 64)]
    return bool(np.all((sample == 0) | (sample == WHITE)) and np.all((pixels == 0) | (pixels == WHITE)))
