"""Ink of a reading plane taken apart: rules, and the connected parts that letters are made of.

All of it happens on a small picture of FINDING_DPI: enough to tell letters from marks, and cheap.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from digitize.pixels.raster import Pixels

FINDING_DPI = 150.0
INK_SHARE = (0.5, 0.82)  # of the paper's brightness: the bounds of the threshold between ink and paper
THIN_STROKES = 0.35  # of the way from the usual threshold to paper: strokes thinner than a pixel are grey
PAPER_PERCENTILE = 90
RULE_LENGTH = 45  # pixels: 7.6 mm, longer than any stroke of a letter
RULE_SIDE, RULE_TOUCHED = 4, 0.4  # rows looked at on each side, and share of them that ink may touch
USUAL = 0.35  # of the letters, wide ones counting more, are no higher than the usual one
RULE_BREAK = 4  # pixels: gaps of a thin rule that the threshold made
LETTER_HEIGHTS = (7, 60)  # pixels, for the usual letter: x-heights from 7 points, capitals to 40 points

Integers = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Parts:
    """Connected parts of ink, each with its box in pixels: right and bottom lie just outside.

    Args:
        labels: for each pixel the number of its part, 0 for paper.
        left, top, right, bottom, area: one entry a part; entry 0 is the paper.
    """

    labels: Integers
    left: Integers
    top: Integers
    right: Integers
    bottom: Integers
    area: Integers

    @property
    def width(self) -> Integers:
        """Width of each part."""
        return self.right - self.left

    @property
    def height(self) -> Integers:
        """Height of each part."""
        return self.bottom - self.top


@dataclass(frozen=True, eq=False)
class Ink:
    """A page's ink at a small scale.

    Args:
        scale: pixels here for one pixel of the plane.
        parts: what is left when the rules are taken away.
        upright_rules: 1 where a rule runs down the page.
        letter: height in pixels of the usual letter, 0 when there is none.
    """

    scale: float
    parts: Parts
    upright_rules: Pixels
    letter: float


def take_apart(plane: Pixels, dpi: float) -> Ink:
    """Find ink, rules and parts of an upright reading plane."""
    scale = FINDING_DPI / dpi
    ink = _darker_than_paper(_sized(plane, scale))
    across, down = _rules(ink)
    ink[(across | down) > 0] = 0
    parts = _parts(ink)
    return Ink(scale, parts, down, _usual_letter(parts))


def _sized(plane: Pixels, scale: float) -> Pixels:
    size = (max(1, round(plane.shape[1] * scale)), max(1, round(plane.shape[0] * scale)))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(plane, size, interpolation=how), np.uint8)


def _darker_than_paper(small: Pixels) -> Pixels:
    paper = float(np.percentile(small[::4, ::4], PAPER_PERCENTILE))
    otsu, _ = cv2.threshold(small, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    least, most = (share * paper for share in INK_SHARE)
    between = otsu + THIN_STROKES * (paper - otsu)
    return np.asarray(small < min(max(between, least), most), np.uint8)


def _rules(ink: Pixels) -> tuple[Pixels, Pixels]:
    """Rules across and down the page; serifs that touch each other along a line of text are none."""
    across = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((1, RULE_LENGTH), np.uint8))
    joined = cv2.morphologyEx(ink, cv2.MORPH_CLOSE, np.ones((RULE_BREAK, 1), np.uint8))
    down = cv2.morphologyEx(joined, cv2.MORPH_OPEN, np.ones((RULE_LENGTH, 1), np.uint8))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(across, connectivity=8, ltype=cv2.CV_16U)
    keeps = np.array([number > 0 and _is_clear(ink, box) for number, box in enumerate(stats)])
    return np.asarray(keeps[labels], np.uint8), np.asarray(down, np.uint8)


def _is_clear(ink: Pixels, stats: Integers) -> bool:
    """Is there mostly paper on both sides of what may be a rule across?"""
    left, top, width, height = (int(value) for value in stats[:4])
    above = ink[max(0, top - RULE_SIDE) : max(0, top - 1), left : left + width]
    below = ink[top + height + 1 : top + height + RULE_SIDE, left : left + width]
    return all(not len(side) or float(side.any(axis=0).mean()) <= RULE_TOUCHED for side in (above, below))


def _parts(ink: Pixels) -> Parts:
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8, ltype=cv2.CV_32S)
    left, top, width, height, area = stats.T
    return Parts(np.asarray(labels, np.int32), left, top, left + width, top + height, area)


def _usual_letter(parts: Parts) -> float:
    """A common height of what may be letters, wide ones counting more: words of a bad copy hang together."""
    height, width = parts.height, parts.width
    least, most = LETTER_HEIGHTS
    may_be = (height >= least) & (height <= most) & (width <= 12 * height) & (width * 4 >= height)
    may_be[0] = False
    heights, weights = height[may_be], width[may_be]
    if not len(heights):
        return 0.0
    order = np.argsort(heights)
    half = np.searchsorted(np.cumsum(weights[order]), weights.sum() * USUAL)
    return float(heights[order][half])
