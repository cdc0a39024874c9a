"""How the page lies: which way text runs, how far it is tilted, which side is up.

The reading plane and the finished page share one frame: the upright page, whose size is the paper's own.
A place is turned and then straightened about the page's centre; nothing is cropped, nothing scaled.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from digitize.model import Box
from digitize.raster import Pixels

SMALL_SIDE = 1170  # pixels of the longer side: 100 dpi on A4, fine enough for a tilt of 0.2 degrees
INK_SHARE = 0.72  # of the paper's brightness around: darker is ink
LARGEST_PART = 0.30  # of a side: frames, table rules and black edges say little about lines of text
COARSE_REACH, COARSE_STEP = 10.0, 0.5
FINER = ((0.5, 0.1), (0.1, 0.02))  # reach and step, degrees
LEAST_GAIN = 1.05  # of the energy; measured: 1.03 by chance on straight print, 1.14 at 0.2 degrees
LEAST_ANGLE = 0.12  # degrees
LEAST_INK = 60  # pixels at the small scale; below it there is nothing to measure
PAPER_PERCENTILE = 90
LEAST_LEVEL = 0.6  # of a tilted word's height: what is left of it when level
SMOOTHING = (0.25, 0.5, 0.25)
TURNS = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}


@dataclass(frozen=True)
class Pose:
    """Turn the scan clockwise by `rotation`, then anticlockwise by `skew_degrees`, and it is upright."""

    rotation: int = 0
    skew_degrees: float = 0.0
    is_sure: bool = True


def lies_sideways_and_tilt(pixels: Pixels) -> tuple[bool, float]:
    """Say whether lines of text run down the page, and the tilt of the page once that is undone.

    The tilt is in degrees, positive when text falls to the right. It is 0 when straightening gains nothing.
    """
    ink = find_ink(pixels)
    if np.count_nonzero(ink) < LEAST_INK:
        return False, 0.0
    across, down = _Projection(ink), _Projection(np.ascontiguousarray(np.rot90(ink, -1)))
    best_across, best_down = (
        across.best(0.0, COARSE_REACH, COARSE_STEP),
        down.best(0.0, COARSE_REACH, COARSE_STEP),
    )
    sideways = down.energy(best_down) > across.energy(best_across)
    return sideways, _refine(down, best_down) if sideways else _refine(across, best_across)


def turn(pixels: Pixels, degrees: int) -> Pixels:
    """Turn clockwise by a multiple of 90 degrees."""
    code = TURNS.get(degrees % 360)
    return pixels if code is None else np.asarray(cv2.rotate(pixels, code), np.uint8)


def straighten(grey: Pixels, skew_degrees: float) -> Pixels:
    """Undo a tilt about the centre; the frame keeps its size, the corners become paper."""
    if not skew_degrees:
        return grey
    height, width = grey.shape
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), skew_degrees, 1.0)
    paper = int(np.percentile(grey[::8, ::8], PAPER_PERCENTILE))
    turned = cv2.warpAffine(
        grey, matrix, (width, height), flags=cv2.INTER_CUBIC, borderValue=(paper, paper, paper)
    )
    return np.asarray(turned, np.uint8)


def straighten_box(box: Box, skew_degrees: float, width: int, height: int) -> Box:
    """Where a box read on the tilted page of `width` by `height` pixels lies once that is straight."""
    angle = math.radians(skew_degrees)
    across, down = (box.right - box.left) * width, (box.bottom - box.top) * height
    level = max(down - across * abs(math.tan(angle)), LEAST_LEVEL * down)
    x = ((box.left + box.right) / 2 - 0.5) * width
    y = ((box.top + box.bottom) / 2 - 0.5) * height
    middle = (x * math.cos(angle) + y * math.sin(angle), y * math.cos(angle) - x * math.sin(angle))
    edges = (
        (middle[0] - across / 2) / width + 0.5,
        (middle[1] - level / 2) / height + 0.5,
        (middle[0] + across / 2) / width + 0.5,
        (middle[1] + level / 2) / height + 0.5,
    )
    return Box(*(round(min(max(edge, 0.0), 1.0), 5) for edge in edges))


def find_ink(pixels: Pixels) -> Pixels:
    """Text-like ink as 1 on 0 at a small scale: coloured ink, frames and black edges left out."""
    height, width = pixels.shape[:2]
    scale = min(1.0, SMALL_SIDE / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    light = small.max(axis=2) if small.ndim == 3 else small  # noqa: PLR2004 seals and blue ink are light in one channel
    around = cv2.medianBlur(cv2.dilate(light, np.ones((5, 5), np.uint8)), 31)
    ink = np.asarray(light < around * INK_SHARE, np.uint8)
    return _without_large_parts(ink)


def _without_large_parts(ink: Pixels) -> Pixels:
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    wide = stats[:, cv2.CC_STAT_WIDTH] > LARGEST_PART * ink.shape[1]
    high = stats[:, cv2.CC_STAT_HEIGHT] > LARGEST_PART * ink.shape[0]
    keep = ~(wide | high)
    keep[0] = False
    return np.asarray(keep[labels], np.uint8)


class _Projection:
    """Ink as points, summed along lines of any tilt: sharp sums mean that lines of text are met."""

    def __init__(self, ink: Pixels) -> None:
        rows, columns = np.nonzero(ink)
        height, width = ink.shape
        self._x: NDArray[np.float32] = (columns - width / 2).astype(np.float32)
        self._y: NDArray[np.float32] = (rows - height / 2).astype(np.float32)
        self._half = math.ceil(math.hypot(height, width) / 2) + 1

    def energy(self, tilt: float) -> float:
        """Sum of squared differences of neighbouring sums along lines falling by `tilt` degrees."""
        angle = math.radians(tilt)
        across = self._y * np.float32(math.cos(angle)) - self._x * np.float32(math.sin(angle))
        place = across + np.float32(self._half)
        low = place.astype(np.int32)
        part = place - low
        sums = np.bincount(low, 1 - part, 2 * self._half + 2) + np.bincount(low + 1, part, 2 * self._half + 2)
        even = np.convolve(sums, SMOOTHING)  # else whole-pixel tilts, 0 above all, would look sharper
        return float(np.square(np.diff(even)).sum())

    def best(self, around: float, reach: float, step: float) -> float:
        """The tilt of greatest energy within `reach` of `around`."""
        count = round(reach / step)
        return max((around + index * step for index in range(-count, count + 1)), key=self.energy)


def _refine(projection: _Projection, coarse: float) -> float:
    tilt = coarse
    for reach, step in FINER:
        tilt = projection.best(tilt, reach, step)
    gains = projection.energy(tilt) > LEAST_GAIN * projection.energy(0.0)
    return round(tilt, 2) if gains and abs(tilt) >= LEAST_ANGLE else 0.0


Confidence = Callable[[Pixels], float]


def choose_direction(upright_guess: Pixels, confidence: Confidence, sure_apart: float) -> tuple[int, bool]:
    """Read a strip both ways up: return 0 or 180, and whether the better way is better by `sure_apart`."""
    as_is, over = confidence(upright_guess), confidence(turn(upright_guess, 180))
    return (180 if over > as_is else 0), abs(over - as_is) >= sure_apart
