"""White print on black: a bar, a table's head or a whole page is read as its negative.

What people see stays as it is. Text, however dense, covers less than half of its paper: where more is dark,
the ground is, and what is light on it is print if it has the size of letters.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from digitize.pixels.raster import MM_PER_INCH, WHITE, Pixels

DARK = 110  # of 255: a ground's tone; paler print on paler ink is read as it stands
APART = 80  # of 255, between a ground and what is printed on it
AROUND_MM = 5.0  # what is looked at around each place
HALF = 0.5  # of it
LEAST_MM = (10.0, 4.0)  # width and height of a bar with a line of print on it
LARGEST_LETTER_MM = 20.0  # what is light and larger is paper or a picture
LETTER_MM = (1.0, 12.0)  # height
FEWEST_LETTERS = 4  # in a row on a bar; on a page that is dark for the most part a number alone counts
ROW_MM = 0.6  # between the feet of letters of one row
SPECK, LETTERED = 2, 0.25  # pixels; what is light is letters and their marks, not the grain of a picture
EVEN = 16.0  # of 255, standard deviation: grounds are printed or painted, pictures have shades
MOST_PRINT = 0.4  # of a ground
DENT_MM = 3.0  # in the outline of a bar, where letters stand near its edge

Mask = NDArray[np.bool_]


def dark_grounds(small: Pixels, dpi: float) -> Mask | None:
    """Where a small picture of a page has print on a dark ground; None where it has none."""
    grey = small if small.ndim == 2 else np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), np.uint8)  # noqa: PLR2004
    dark = np.asarray(grey < DARK, np.uint8)
    side = round(AROUND_MM / MM_PER_INCH * dpi)
    if side < 2 or not dark.any():  # noqa: PLR2004 pixels
        return None
    much = np.asarray(cv2.blur(dark * WHITE, (side, side)) > HALF * WHITE, np.uint8)
    if not much.any():
        return None
    count, labels, stats, _ = cv2.connectedComponentsWithStats(_filled(much, dpi), connectivity=4)
    wide, high = (length / MM_PER_INCH * dpi for length in LEAST_MM)
    found = np.zeros(labels.shape, np.bool_)
    for part in range(1, count):
        left, top, width, height, area = (int(value) for value in stats[part])
        if width >= wide and height >= high:
            spot = slice(top, top + height), slice(left, left + width)
            fewest = 1 if area > HALF * grey.size else FEWEST_LETTERS
            ground = labels[spot] == part
            if _is_printed(grey[spot], ground, dpi, fewest):
                found[spot] |= ground | _is_bar(ground, dpi)
    return found if found.any() else None


def as_positive(pixels: Pixels, grounds: Mask | None) -> Pixels:
    """The pixels to be read, of any size: the grounds turned about, all else as it is."""
    if grounds is None:
        return pixels
    height, width = pixels.shape[:2]
    there = np.asarray(grounds, np.uint8)
    mask = cv2.resize(there, (width, height), interpolation=cv2.INTER_NEAREST)
    return np.asarray(cv2.bitwise_not(pixels, pixels.copy(), mask=mask), np.uint8)


def _filled(much: Pixels, dpi: float) -> Pixels:
    """Without the holes that large letters make."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(1 - much, connectivity=4)
    most = LARGEST_LETTER_MM / MM_PER_INCH * dpi
    left, top, width, height = (stats[:, column] for column in range(4))
    inside = (left > 0) & (top > 0) & (left + width < much.shape[1]) & (top + height < much.shape[0])
    holes = inside & (width <= most) & (height <= most)
    holes[0] = False  # what is dark itself
    return np.asarray(much | holes[labels], np.uint8)


def _is_bar(ground: Mask, dpi: float) -> bool:
    """Does it fill its box, but for dents?"""
    side = max(2, round(DENT_MM / MM_PER_INCH * dpi))
    rest = np.asarray(~ground, np.uint8)
    return not cv2.morphologyEx(rest, cv2.MORPH_OPEN, np.ones((side, side), np.uint8)).any()


def _is_printed(grey: Pixels, ground: Mask, dpi: float, fewest: int) -> bool:
    """Are there shapes of letters' size on this ground, and nothing else that is large?"""
    tone = float(np.median(grey[ground]))
    light = np.asarray(grey > tone + APART, np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(light, connectivity=8)
    height = stats[:, cv2.CC_STAT_HEIGHT] * MM_PER_INCH / dpi
    letters = (height >= LETTER_MM[0]) & (height <= LETTER_MM[1])
    letters[np.unique(labels[~ground])] = False  # paper around, which reaches in
    letters[0] = False
    left, top, width, high, _ = stats[letters].T
    feet = [side * MM_PER_INCH / dpi for side in (top + high, top, left, left + width)]  # whichever way is up
    within = np.bincount(labels[ground], minlength=count)[1:].sum()
    specks = int((stats[1:, cv2.CC_STAT_AREA] >= SPECK).sum())
    return (
        max(map(_in_a_row, feet)) >= fewest
        and letters.sum() >= LETTERED * specks
        and within <= MOST_PRINT * ground.sum()
        and _is_even(grey, ground & ~cv2.dilate(light, np.ones((3, 3), np.uint8)).astype(np.bool_))
    )


def _in_a_row(feet: "NDArray[np.float64]") -> int:
    """How many letters at most stand on one line."""
    ordered = np.sort(feet)
    ends = np.searchsorted(ordered, ordered + ROW_MM, side="right")
    return int((ends - np.arange(len(ordered))).max(initial=0))


def _is_even(grey: Pixels, bare: Mask) -> bool:
    return bool(bare.any()) and float(grey[bare].std()) <= EVEN
