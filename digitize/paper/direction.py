"""How text lies on a page: which way its lines run, how far they are tilted, which side is up.

The tilt is measured on the lower edges of strokes, at a fraction of a pixel: whole pixels would make 0 look
sharper than it is. Which side is up is told by the marks: Vietnamese carries far more ink above its small
letters (circumflex, horn, tone marks, ascenders) than below them. Where the lean is small, somebody has to
read.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from digitize.paper.overview import Overview
from digitize.pixels.raster import Pixels

COARSE_REACH, COARSE_STEP = 10.0, 0.5  # degrees
FINER = ((0.5, 0.1), (0.1, 0.02))  # reach and step, degrees
LEAST_ANGLE = 0.08  # degrees; less is left alone
LEAST_GAIN = 1.15  # of the energy; measured: 1.25 or more at 0.08 degrees, exactly 1 on straight print
FEW_EDGES, GAIN_OF_FEW = 1500, 1.6  # points; a single line may look a little better tilted by chance
LEAST_EDGES = 120  # points; below it there is nothing to measure
BINS_PER_PIXEL = 2
SMOOTHING = (0.25, 0.5, 0.25)

COLUMNS = ((0.0, 0.5), (0.5, 1.0))  # of the width: the two cells of a head are no one line
CORE_SHARE = 0.45  # of the strongest row around: rows between baseline and x-height
CORE_AROUND = 41  # rows
LEAST_CORE = 0.02  # of the width, in ink pixels
CORE_ROWS = (4, 22)  # height of small letters at 100 dpi: 7 to 40 point
MARK_REACH = 0.7  # of that height: where marks and tails are looked for
SURE_LEAN = 0.12
LEAST_MARKS = 120  # pixels of ink above and below; fewer prove nothing

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Lay:
    """How a scan lies.

    Args:
        sideways: lines of text run down the scan.
        tilt: degrees by which they then fall to the right; 0 when straightening gains nothing.
        lean: ink above letters against ink below, -1 to 1, once sideways pages are turned clockwise.
        marks: pixels of ink which that rests on.
    """

    sideways: bool
    tilt: float
    lean: float
    marks: int

    @property
    def upside_down(self) -> bool | None:
        """Does the text stand on its head? None when the marks do not tell."""
        if self.marks < LEAST_MARKS or abs(self.lean) < SURE_LEAN:
            return None
        return self.lean < 0


def find_lay(overview: Overview) -> Lay:
    """Measure how text lies on the page."""
    darkness = overview.darkness
    across = _Edges(overview.ink, darkness)
    turned = np.asarray(cv2.rotate(overview.ink, cv2.ROTATE_90_CLOCKWISE), np.uint8)
    down = _Edges(turned, np.asarray(cv2.rotate(darkness, cv2.ROTATE_90_CLOCKWISE), np.float32))
    if min(across.count, down.count) < LEAST_EDGES:
        return Lay(sideways=False, tilt=0.0, lean=0.0, marks=0)
    best_across, best_down = across.best(), down.best()
    sideways = down.sharpness(best_down) > across.sharpness(best_across)
    tilt = down.worth(best_down) if sideways else across.worth(best_across)
    lean, marks = _lean(turned if sideways else overview.ink, tilt)
    return Lay(sideways, tilt, lean, marks)


class _Edges:
    """Lower edges of strokes as points, summed along lines of any tilt: sharp sums are lines of text."""

    def __init__(self, ink: Pixels, darkness: NDArray[np.float32]) -> None:
        rows, columns = np.nonzero((ink[:-1] > 0) & (darkness[1:] <= 0))
        inside, outside = darkness[rows, columns], darkness[rows + 1, columns]
        height, width = ink.shape
        self._x = (columns - width / 2).astype(np.float32)
        self._y = (rows + inside / (inside - outside) - height / 2).astype(np.float32)
        self._half = math.ceil(math.hypot(height, width) / 2) + 2
        self.count = len(rows)

    def energy(self, tilt: float) -> float:
        """Sum of squared differences of neighbouring sums along lines falling by `tilt` degrees."""
        angle = math.radians(tilt)
        place = self._y * np.float32(math.cos(angle)) - self._x * np.float32(math.sin(angle))
        bins = ((place + np.float32(self._half)) * BINS_PER_PIXEL).astype(np.int32)
        sums = np.bincount(bins, minlength=2 * BINS_PER_PIXEL * self._half + 2).astype(np.float64)
        return float(np.square(np.diff(np.convolve(sums, SMOOTHING))).sum())

    def sharpness(self, tilt: float) -> float:
        """Energy, the number of points made up for: thin pencil has more upright edges than lying."""
        return self.energy(tilt) / self.count**2

    def best(self) -> float:
        """The tilt of most energy to 0.02 degrees."""
        tilt = 0.0
        for reach, step in ((COARSE_REACH, COARSE_STEP), *FINER):
            tilt = self._best(tilt, reach, step)
        return tilt

    def worth(self, tilt: float) -> float:
        """That tilt; 0 unless it is worth straightening."""
        least = LEAST_GAIN if self.count >= FEW_EDGES else GAIN_OF_FEW
        gains = self.energy(tilt) > least * self.energy(0.0)
        return round(tilt, 2) if gains and abs(tilt) >= LEAST_ANGLE - 1e-6 else 0.0

    def _best(self, around: float, reach: float, step: float) -> float:
        count = round(reach / step)
        return max((around + index * step for index in range(-count, count + 1)), key=self.energy)


def _lean(ink: Pixels, tilt: float) -> tuple[float, int]:
    """Ink above against ink below the small letters, and how much of both there is."""
    height, width = ink.shape
    rows, columns = np.nonzero(ink)
    angle = math.radians(tilt)
    half = math.ceil(math.hypot(height, width) / 2) + 2
    place = (rows - height / 2) * math.cos(angle) - (columns - width / 2) * math.sin(angle) + half
    above = below = 0.0
    for left, right in COLUMNS:
        inside = (columns >= left * width) & (columns < right * width)
        sums = np.bincount(place[inside].astype(np.int64), minlength=2 * half + 2).astype(np.float64)
        for top, bottom in _cores(sums, LEAST_CORE * width):
            reach = max(2, round(MARK_REACH * (bottom - top)))
            above += float(sums[max(0, top - reach) : top].sum())
            below += float(sums[bottom : bottom + reach].sum())
    return (above - below) / max(above + below, 1.0), round(above + below)


def _cores(sums: Floats, least: float) -> list[tuple[int, int]]:
    """Rows from x-height to baseline of each line of text."""
    around = cv2.dilate(sums.astype(np.float32).reshape(-1, 1), np.ones((CORE_AROUND, 1), np.uint8)).ravel()
    core = (sums > CORE_SHARE * around) & (sums > least)
    edges = np.flatnonzero(np.diff(np.concatenate(([0], core.astype(np.int8), [0]))))
    runs = zip(edges[::2], edges[1::2], strict=True)
    return [(int(top), int(end)) for top, end in runs if CORE_ROWS[0] <= end - top <= CORE_ROWS[1]]
