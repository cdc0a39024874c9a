"""Is there writing on a picture that no word of the file tells? Judged by the shapes of ink alone."""

import cv2
import numpy as np

from digitize.pixels.raster import MM_PER_INCH, Pixels
from digitize.sources.drawing import grey_of

LEAST_MM, MOST_MM = 0.8, 8.0  # height of a letter of print
WIDEST = 4.0  # of its height
FEWEST = 12  # letters of a row of words: emblems, rules and signatures have fewer shapes of one size in a row
ROW_MM = 1.5
LEAST_CONTRAST = 60  # of 255, between ink and its paper


def has_letters(pixels: Pixels, dpi: float) -> bool:
    """Does a row of shapes of letters' size stand anywhere on it?"""
    grey = grey_of(pixels)
    per_mm = dpi / MM_PER_INCH
    paper = cv2.medianBlur(cv2.dilate(grey, np.ones((9, 9), np.uint8)), 5)
    ink = np.asarray(cv2.absdiff(paper, grey) > LEAST_CONTRAST, np.uint8)
    count, _, stats, middles = cv2.connectedComponentsWithStats(ink, connectivity=8)
    if count <= FEWEST:
        return False
    width, height = stats[1:, cv2.CC_STAT_WIDTH], stats[1:, cv2.CC_STAT_HEIGHT]
    lettered = (height >= LEAST_MM * per_mm) & (height <= MOST_MM * per_mm) & (width <= WIDEST * height)
    rows = np.round(middles[1:, 1][lettered] / (ROW_MM * per_mm)).astype(int)
    columns = np.round(middles[1:, 0][lettered] / (ROW_MM * per_mm)).astype(int)
    filled = (rows, columns)
    return bool(max(_longest(*filled), _longest(*filled[::-1])) >= FEWEST)


def _longest(
    rows: "np.ndarray[tuple[int, ...], np.dtype[np.int_]]",
    across: "np.ndarray[tuple[int, ...], np.dtype[np.int_]]",
) -> int:
    """Shapes in the fullest row, those in one place counted once."""
    places = np.unique(np.stack([rows, across], axis=1), axis=0) if len(rows) else np.zeros((0, 2), int)
    return int(np.bincount(places[:, 0] - places[:, 0].min()).max()) if len(places) else 0
