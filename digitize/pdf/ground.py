"""The quiet background of a page: its paper, shade and shadows, without text, ink and grain."""

import cv2
import numpy as np
from numpy.typing import NDArray

from digitize.pdf.upright import resized
from digitize.pixels.raster import WHITE, Pixels

GROUND_DPI = 100.0
HOLE_SIGMAS = (6.0, 30.0)  # pixels of the background: how far paper is looked for under text, then under more
LEAST_PAPER = 0.15  # of a pixel's area
QUIET = (5, 25, 5)  # bilateral filter: diameter, sigma of tone, sigma of place
EMPTY = 1e-3

Tones = NDArray[np.float32]


def quiet_ground(pixels: Pixels, covered: Pixels, dpi: float) -> Pixels:
    """The background at 100 dpi; under what is `covered` (255 on 0), paper is taken from around."""
    scale = min(1.0, GROUND_DPI / dpi)
    paper = np.asarray(cv2.bitwise_not(covered), np.uint8)
    bare = np.asarray(cv2.bitwise_and(pixels, pixels, mask=paper), np.uint8)
    seen = resized(bare, scale).astype(np.float32)
    share = resized(paper, scale).astype(np.float32) / np.float32(WHITE)
    ground = _divided(seen, share)
    known = share > LEAST_PAPER
    for sigma in HOLE_SIGMAS:
        if known.all():
            break
        far_seen, far_share = (_blurred(tones, sigma) for tones in (seen, share))
        ground[~known] = _divided(far_seen, far_share)[~known]
        known |= far_share > EMPTY
    return np.asarray(cv2.bilateralFilter(ground.astype(np.uint8), *QUIET), np.uint8)


def spread(marked: Pixels, reach: int) -> Pixels:
    """What is marked (255 on 0) and all within `reach` pixels of it."""
    return np.asarray(cv2.dilate(marked, np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)), np.uint8)


def _blurred(tones: Tones, sigma: float) -> Tones:
    return np.asarray(cv2.GaussianBlur(tones, (0, 0), sigma), np.float32)


def _divided(sums: Tones, shares: Tones) -> Tones:
    weights = np.maximum(shares, EMPTY)
    tones = sums / (weights[..., None] if sums.ndim > weights.ndim else weights)
    return np.asarray(np.minimum(tones, WHITE), np.float32)
