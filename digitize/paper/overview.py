"""A page at a glance: a small picture of it, where its paper is, where its ink.

Made once per page, at about 100 dpi for A4, and shared by everything that judges the page as a whole.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from digitize.paper.dark_grounds import Mask, as_positive, dark_grounds
from digitize.pixels.brightness import lightest
from digitize.pixels.raster import Pixels, Raster

LONGER_SIDE = 1170  # pixels: 100 dpi on A4
NEARLY = 6  # pixels more or less, where whole squares of the scan become a pixel: that costs a third
INK_SHARES = (
    0.72,
    0.86,
)  # of the paper's brightness around: darker is ink, or, where that finds little, pencil
MUCH_MORE = 4  # times the ink: then the page is written in pencil
LARGEST_PART = 0.30  # of a side: frames, table rules and black edges say little about lines of text
PAPER_SPREAD, PAPER_SMOOTHING = 5, 31  # pixels: closes strokes, then evens what is left


@dataclass(frozen=True)
class Overview:
    """The small picture of a page as the scan lies.

    Args:
        colour: BGR or grey, as the scan is.
        light: the strongest channel, so that seals and blue ink hardly show.
        paper: brightness of the paper around each pixel, text closed away.
        ink: 1 where text-like ink is; frames, long rules and black edges are left out.
        parts: left, top, width, height and area of each connected part of the ink.
        ink_share: of the paper's brightness below which something is ink.
        scale: pixels here for one pixel of the scan.
        dpi: dots per inch here.
        grounds: where there is white print on black; there `light` and what follows are of the negative.
    """

    colour: Pixels
    light: Pixels
    paper: Pixels
    ink: Pixels
    parts: NDArray[np.int32]
    ink_share: float
    scale: float
    dpi: float
    grounds: Mask | None = None

    @property
    def darkness(self) -> NDArray[np.float32]:
        """How far each pixel lies below the threshold of ink; negative where there is none."""
        return self.paper.astype(np.float32) * np.float32(self.ink_share) - self.light


def look_over(raster: Raster) -> Overview:
    """Make the overview of a page."""
    small, scale = _reduced(raster.pixels)
    grounds = dark_grounds(small, raster.pixels_dpi * scale)
    positive = as_positive(small, grounds)
    light = lightest(positive)
    closed = cv2.dilate(light, np.ones((PAPER_SPREAD, PAPER_SPREAD), np.uint8))
    paper = np.asarray(cv2.medianBlur(closed, PAPER_SMOOTHING), np.uint8)
    ink, parts, share = _ink(light, paper)
    return Overview(small, light, paper, ink, parts, share, scale, raster.pixels_dpi * scale, grounds)


def _reduced(pixels: Pixels) -> tuple[Pixels, float]:
    """The picture in small, and the pixels there for one pixel here."""
    height, width = pixels.shape[:2]
    side = round(max(height, width) / LONGER_SIDE)
    if side > 1 and min(height, width) >= side and abs(max(height, width) // side - LONGER_SIDE) <= NEARLY:
        size, scale = (width // side, height // side), 1 / side
        pixels = pixels[: side * size[1], : side * size[0]]
    else:
        scale = min(1.0, LONGER_SIDE / max(height, width))
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8), scale


def _ink(light: Pixels, paper: Pixels) -> tuple[Pixels, NDArray[np.int32], float]:
    usual, faint = (np.asarray(light < paper * share, np.uint8) for share in INK_SHARES)
    pencil = np.count_nonzero(faint) > MUCH_MORE * np.count_nonzero(usual)
    ink, parts = _without_large_parts(faint if pencil else usual)
    return ink, parts, INK_SHARES[1 if pencil else 0]


def _without_large_parts(ink: Pixels) -> tuple[Pixels, NDArray[np.int32]]:
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    wide = stats[:, cv2.CC_STAT_WIDTH] > LARGEST_PART * ink.shape[1]
    high = stats[:, cv2.CC_STAT_HEIGHT] > LARGEST_PART * ink.shape[0]
    keep = ~(wide | high)
    keep[0] = False
    return np.asarray(keep[labels], np.uint8), np.asarray(stats[keep], np.int32)
