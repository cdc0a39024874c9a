"""Where photographs are printed on a page: areas of many tones that are neither lines nor even shade.

Looked for at 50 dpi: there, closing by 3 mm takes text, rules and seals away, and leaves what has area.
"""

import cv2
import numpy as np

from digitize.pixels.brightness import lightest
from digitize.pixels.raster import MM_PER_INCH, WHITE, Pixels
from digitize.pixels.regions import Region, disjoint, parts_of

COARSE_DPI = 50.0
CLOSED_MM = 3.0  # strokes are thinner
AROUND_MM = 30.0  # how far away the paper's own tone is looked for
OFF_PAPER = 0.10  # of the paper's tone: darker, or more coloured, belongs to a picture
LEAST_MM = 8.0  # of each side; a portrait on an identity card is 20 mm wide
FILLED = 0.45  # of its rectangle
MANY_TONES = 7.0  # standard deviation of the closed picture; a shaded cell or a shadow is even
NEAR_MM = 1.0


def find_photographs(pixels: Pixels, dpi: float) -> tuple[Region, ...]:
    """Regions of the pixels (grey or BGR) that hold a photograph."""
    scale = min(1.0, COARSE_DPI / dpi)
    height, width = pixels.shape[:2]
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    per_mm = COARSE_DPI / MM_PER_INCH if scale < 1 else dpi / MM_PER_INCH
    closed = _closed(small, per_mm)
    marked = _off_paper(closed, per_mm)
    found = [
        region.scaled(1 / scale).grown(2, pixels.shape)
        for region, inked in parts_of(marked, max(1, round(NEAR_MM * per_mm)))
        if _is_photograph(closed, region, inked, per_mm)
    ]
    return disjoint(found)


def _closed(small: Pixels, per_mm: float) -> Pixels:
    side = max(3, round(CLOSED_MM * per_mm)) | 1
    return np.asarray(cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((side, side), np.uint8)), np.uint8)


def _off_paper(closed: Pixels, per_mm: float) -> Pixels:
    """Areas darker in any channel than the paper around."""
    side = max(3, round(AROUND_MM * per_mm)) | 1
    around = cv2.blur(cv2.dilate(closed, np.ones((side, side), np.uint8)), (side, side))
    off = np.asarray(closed < around * (1 - OFF_PAPER), np.uint8)
    return lightest(off) * np.uint8(WHITE)


def _is_photograph(closed: Pixels, region: Region, inked: int, per_mm: float) -> bool:
    across, down = region.right - region.left, region.bottom - region.top
    if min(across, down) < LEAST_MM * per_mm or inked < FILLED * region.area:
        return False
    return float(closed[region.window].std(axis=(0, 1)).max()) >= MANY_TONES
