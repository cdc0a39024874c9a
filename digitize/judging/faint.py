"""Writing too faint to be read, where no stroke is sharp enough to count: such a page is not blank.

Told from the print of the back that shines through: paper softens that, a pencil's edge is as steep as the
scanner can show.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from digitize.pixels.raster import MM_PER_INCH, Pixels

WORKING_DPI = 150.0
SMOOTHING = 0.8  # pixels, as all lengths here at 150 dpi
PAPER_AROUND, PAPER_SMOOTHING = 41, 8.0
BORDER = 8  # shadows at the edge
LEAST_DEPTH, DEPTHS_OF_GRAIN = 6.0, 5.0  # of 255; times the paper's own unevenness
TO_SIGMA = 1.4826  # from the median of absolute values
LETTER_HIGH_MM, LETTER_WIDE_MM = (1.0, 8.0), (0.4, 40.0)
LEAST_AREA = 8
LEAST_LETTERS, MOST_LOOKED_AT = 8, 300
# Depth over steepness, pixels; measured: pencil of 150 to 230 of 255 has 2.2 to 2.3, print that shines
# through 3.0 to 3.2.
SOFT = 2.6
SOBEL_GAIN = 8
UPPER = 90  # percentile

Floats = NDArray[np.float32]
Numbers = NDArray[np.int32]


def shows_faint_writing(plane: Pixels, dpi: float) -> bool:
    """Are there letters on the reading plane, however pale, that do not belong to the back of the sheet?"""
    small = _sized(plane, WORKING_DPI / dpi)
    if min(small.shape) <= PAPER_AROUND:
        return False
    smooth = np.asarray(cv2.GaussianBlur(small.astype(np.float32), (0, 0), SMOOTHING), np.float32)
    paper = cv2.GaussianBlur(cv2.medianBlur(small, PAPER_AROUND).astype(np.float32), (0, 0), PAPER_SMOOTHING)
    depth = np.asarray(paper - smooth, np.float32)
    grain = float(np.median(np.abs(depth))) * TO_SIGMA
    ink = np.asarray(depth > max(LEAST_DEPTH, DEPTHS_OF_GRAIN * grain), np.uint8)
    _, _, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    letters = _letters(np.asarray(stats, np.int32))
    if len(letters) < LEAST_LETTERS:
        return False
    slopes = (cv2.Sobel(smooth, cv2.CV_32F, *axes) for axes in ((1, 0), (0, 1)))
    steep = np.asarray(np.hypot(*slopes) / SOBEL_GAIN, np.float32)
    boxes = np.asarray(stats, np.int32)[letters[:MOST_LOOKED_AT]]
    return float(np.median([_softness(depth, steep, box) for box in boxes])) < SOFT


def _sized(plane: Pixels, scale: float) -> Pixels:
    height, width = plane.shape
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    sized = np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), np.uint8)
    return np.ascontiguousarray(sized[BORDER:-BORDER, BORDER:-BORDER])


def _letters(stats: Numbers) -> NDArray[np.intp]:
    per_mm = WORKING_DPI / MM_PER_INCH
    wide, high = stats[:, cv2.CC_STAT_WIDTH] / per_mm, stats[:, cv2.CC_STAT_HEIGHT] / per_mm
    fits = (high >= LETTER_HIGH_MM[0]) & (high <= LETTER_HIGH_MM[1])
    fits &= (wide >= LETTER_WIDE_MM[0]) & (wide <= LETTER_WIDE_MM[1])
    fits &= stats[:, cv2.CC_STAT_AREA] >= LEAST_AREA
    fits[0] = False  # the paper itself
    return np.flatnonzero(fits)


def _softness(depth: Floats, steep: Floats, box: Numbers) -> float:
    left, top, wide, high = (int(value) for value in box[:4])
    spot = slice(max(0, top - 1), top + high + 1), slice(max(0, left - 1), left + wide + 1)
    deep, steepest = (float(np.percentile(plane[spot], UPPER)) for plane in (depth, steep))
    return deep / max(steepest, 0.1)
