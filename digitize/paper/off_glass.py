"""A sheet that slid off the glass: at one end the lid shows across the whole width, so the other end is lost.

Text may be lost between two lines, and nothing at that edge then looks cut. But a sheet as wide as the glass
whose end lies 20 to 70 mm inside of it is as long as no paper that is made: its other end lay beyond.
Margins have 20 mm at the least (NĐ 30/2020 PL I).
"""

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from digitize.paper.overview import Overview
from digitize.pixels.raster import MM_PER_INCH, Pixels

SIDES = 4  # 0 the top, then clockwise
SLID_MM = (20.0, 70.0)  # a sheet that slid by less than its margin has lost no text
BANDS = 24  # strips across the end, each of which must show the sheet's edge
RIM_MM = (0.8, 4.0)  # on both sides of the edge, where sheet and lid are compared
LEAST_STEP = 4.0  # of 255
TOP_OF_STEP = 0.6  # of its height
WITHIN_MM = 1.2  # the bands' edges from one straight line
MOST_INK = 0.0008  # share of ink on the lid: more is no lid

Floats = NDArray[np.float64]


def lost_sides(overview: Overview) -> Iterator[int]:
    """Sides of the picture beyond which part of the sheet lay."""
    per_mm = overview.dpi / MM_PER_INCH
    for side in range(SIDES):
        paper, ink = (np.rot90(plane, side) for plane in (overview.paper, overview.ink))
        if _end_shows(paper, ink, per_mm):
            yield (side + 2) % SIDES


def _end_shows(paper: Pixels, ink: Pixels, per_mm: float) -> bool:
    """Does the sheet end 20 to 70 mm below the top of this picture, with nothing but the lid above it?"""
    first, last = (round(mm * per_mm) for mm in SLID_MM)
    near, far = (max(1, round(mm * per_mm)) for mm in RIM_MM)
    if last + far >= len(paper):
        return False
    end = np.ascontiguousarray(paper[: last + far + 1])
    bands = cv2.resize(end, (BANDS, len(end)), interpolation=cv2.INTER_AREA)
    steps = _steps(np.asarray(bands, np.float64), near, far)[first : last + 1]
    way = np.sign(np.median(steps[np.abs(np.median(steps, axis=1)).argmax()]))
    highest = (steps * way).max(axis=0)
    if highest.min() < LEAST_STEP:
        return False
    weights = np.maximum(steps * way - TOP_OF_STEP * highest, 0)  # the step is as long as what is compared
    rows = np.arange(len(steps)) @ weights / weights.sum(axis=0)
    if not _is_straight(rows, per_mm):
        return False
    return bool(ink[: first + int(rows.min()) - near].mean() <= MOST_INK)


def _steps(bands: Floats, near: int, far: int) -> Floats:
    """By how much each row's lower neighbourhood is brighter than its upper one, band by band."""
    above = np.stack([np.roll(bands, by, axis=0) for by in range(near, far + 1)])
    below = np.stack([np.roll(bands, -by, axis=0) for by in range(near, far + 1)])
    return np.asarray(np.median(below, axis=0) - np.median(above, axis=0), np.float64)


def _is_straight(rows: Floats, per_mm: float) -> bool:
    across = np.arange(BANDS)
    fitted = np.polyval(np.polyfit(across, rows, 1), across)
    return bool(np.abs(rows - fitted).max() <= WITHIN_MM * per_mm)
