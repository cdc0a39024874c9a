"""Print of the back that shines through, taken out of the reading plane where the back was scanned too.

The back is mirrored, laid where it fits best, and lifted off by as much as it really darkens the paper.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from digitize.pixels.raster import Pixels

SMALL_SIDE = 600  # pixels: where the fit is sought
INK = 150  # of 255: darker is the front's own print
MOST_FAINT = 70.0  # of 255: what shines through darkens no more
SPREAD = 1.5  # pixels of blur: paper scatters what comes through
LEAST_STRENGTH, MOST_STRENGTH = 0.015, 0.35  # of the back's darkness
MOST_SHIFT = 0.03  # of the longer side
LEAST_MATCH = 0.06  # response of phase correlation; noise gives 0.02

Floats = NDArray[np.float32]


def lift_bleed(plane: Pixels, back: Pixels) -> Pixels:
    """The plane without what shines through from `back`, the reading plane of the sheet's other side.

    Both lie as they were scanned. The same plane comes back where nothing shines through.
    """
    behind = _ink(_sized(np.ascontiguousarray(back[:, ::-1]), plane.shape))
    paper = _paper(plane)
    shift = _shift(_faint(plane, paper), behind)
    if shift is None:
        return plane
    height, width = plane.shape
    move = np.array([[1, 0, shift[0]], [0, 1, shift[1]]], np.float32)
    laid = np.asarray(cv2.warpAffine(behind, move, (width, height)), np.float32)
    laid = np.asarray(cv2.GaussianBlur(laid, (0, 0), SPREAD), np.float32)
    strength = _strength(plane, laid, paper)
    if strength < LEAST_STRENGTH:
        return plane
    lifted = plane.astype(np.float32) + laid * np.float32(min(strength, MOST_STRENGTH) * paper)
    # The front's own ink keeps its tone: nothing shines through black.
    return np.where(plane > INK, np.clip(lifted, plane, np.maximum(plane, paper)), plane).astype(np.uint8)


def _paper(plane: Pixels) -> float:
    """The tone of bare paper: what most of a page shows."""
    return float(np.median(plane[::8, ::8]))


def _ink(plane: Pixels) -> Floats:
    """Darkness of print, 0 to 1."""
    paper = max(_paper(plane), 1.0)
    return np.asarray(np.clip((paper - plane.astype(np.float32)) / paper, 0, 1), np.float32)


def _faint(plane: Pixels, paper: float) -> Floats:
    """How much darker than paper each pixel is, the front's own print left out."""
    darker = np.clip(paper - plane.astype(np.float32), 0, MOST_FAINT)
    return np.asarray(np.where(_own_print(plane) > 0, 0, darker), np.float32)


def _own_print(plane: Pixels) -> Pixels:
    """1 on the front's own print and its soft edges."""
    return np.asarray(cv2.dilate(np.asarray(plane < INK, np.uint8), np.ones((7, 7), np.uint8)), np.uint8)


def _sized(plane: Pixels, shape: tuple[int, ...]) -> Pixels:
    size = (shape[1], shape[0])
    if plane.shape == shape:
        return plane
    return np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), np.uint8)


def _shift(faint: Floats, behind: Floats) -> tuple[float, float] | None:
    scale = min(1.0, SMALL_SIDE / max(faint.shape))
    size = (max(1, round(faint.shape[1] * scale)), max(1, round(faint.shape[0] * scale)))
    one, other = (
        np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), np.float64)
        for plane in (behind, faint)
    )
    window = cv2.createHanningWindow(size, cv2.CV_64F)
    (across, down), response = cv2.phaseCorrelate(one, other, window)
    if response < LEAST_MATCH or max(abs(across), abs(down)) > MOST_SHIFT * max(size):
        return None
    return across / scale, down / scale


def _strength(plane: Pixels, laid: Floats, paper: float) -> float:
    """By what share of the back's darkness the paper is darker where print lies behind it."""
    sample = (slice(None, None, 4), slice(None, None, 4))
    faint, behind = _faint(plane, paper)[sample], laid[sample]
    free = _own_print(plane)[sample] == 0
    weight = behind[free]
    spread = weight - weight.mean() if weight.size else weight
    power = float((spread * spread).sum())
    return float((faint[free] * spread).sum()) / power / max(paper, 1.0) if power > 1.0 else 0.0
