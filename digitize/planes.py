"""The reading plane: a grey picture for the reader alone. Light is evened, seal ink dropped, noise gated.

The visible page never passes through here: what people see stays the scan's own pixels.
Numbers are those of facts/digitize.md §6 unless said otherwise.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from digitize.raster import Pixels, is_bilevel

RED_MARGIN = 28  # of 255: red above the stronger of green and blue
RED_SCALE = 4  # the mask is made on every fourth pixel
RED_LEAST = 0.0002  # share of the page; below it there is no seal
RED_PAPER = 235
RED_REACH = 0.86  # of the 60th percentile: where the seal's red becomes paper
LIGHT_SCALE = 8
LIGHT_SPREAD = (10, 95)  # percentiles: a black edge is no shade
LIGHT_RANGE = 25  # of 255: a background flatter than this stays as it is
LIGHT_PAPER = 242
PAPER_PERCENTILE = 90
INK_BLACK, PAPER_WHITE = 0.16, 0.91  # of the paper's brightness; measured by bench/recall.py
NOISY = 16.0  # sigma
MEDIAN_TO_SIGMA = 0.954


def reading_plane(pixels: Pixels) -> Pixels:
    """Make the grey plane for reading from grey or BGR pixels of the same size."""
    if is_bilevel(pixels):
        return pixels  # no light, no colour, no noise to speak of
    grey = drop_seals(pixels) if pixels.ndim == 3 else pixels  # noqa: PLR2004 a colour axis
    even = even_light(grey)
    return np.asarray(cv2.medianBlur(even, 3), np.uint8) if noise_sigma(even) > NOISY else even


def drop_seals(colour: Pixels) -> Pixels:
    """Grey of BGR pixels in which red ink is lifted to paper while dark text under it stays."""
    grey = np.asarray(cv2.cvtColor(colour, cv2.COLOR_BGR2GRAY), np.uint8)
    small = colour[::RED_SCALE, ::RED_SCALE]
    blue, green, red = cv2.split(small)
    excess = cv2.subtract(red, cv2.max(green, blue))
    mask = np.asarray(excess > RED_MARGIN, np.uint8)
    if np.count_nonzero(mask) < RED_LEAST * mask.size:
        return grey
    mask = np.asarray(cv2.dilate(mask, np.ones((3, 3), np.uint8)), np.uint8)
    height, width = grey.shape
    full = cv2.resize(mask, (width, height), interpolation=cv2.INTER_NEAREST).astype(bool)
    inked = colour[..., 2][full]
    grey[full] = _lift(inked)[inked]
    return np.asarray(grey, np.uint8)


def _lift(red: Pixels) -> Pixels:
    """Table that stretches the red channel between its darkest ink and the seal's own red, up to paper."""
    dark, usual = np.percentile(red, (1, 60))
    values = np.arange(256, dtype=np.float32)
    lifted = (values - dark) * (RED_PAPER - dark) / max(RED_REACH * usual - dark, 1.0) + dark
    return np.asarray(np.clip(lifted, 0, 255), np.uint8)


def even_light(grey: Pixels) -> Pixels:
    """Divide by the paper's own brightness where it varies across the page."""
    background = _background(grey)
    darkest, brightest = np.percentile(background, LIGHT_SPREAD)
    if brightest - darkest < LIGHT_RANGE:
        return grey
    height, width = grey.shape
    full = cv2.resize(background, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.divide(grey, full, scale=LIGHT_PAPER), np.uint8)


def sharpen_contrast(grey: Pixels) -> Pixels:
    """Pull ink to black and paper to white: gives resampled letters back what they lost."""
    paper = float(np.percentile(grey[::8, ::8], PAPER_PERCENTILE))
    black, white = INK_BLACK * paper, PAPER_WHITE * paper
    values = np.arange(256, dtype=np.float32)
    table = np.clip((values - black) * 255 / max(white - black, 1.0), 0, 255).astype(np.uint8)
    return np.asarray(cv2.LUT(grey, table), np.uint8)


def _background(grey: Pixels) -> Pixels:
    """The paper's brightness, text closed away, at a coarse scale."""
    height, width = grey.shape
    size = (max(1, width // LIGHT_SCALE), max(1, height // LIGHT_SCALE))
    small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    closed = cv2.dilate(small, np.ones((7, 7), np.uint8))
    return np.asarray(cv2.GaussianBlur(cv2.medianBlur(closed, 21), (0, 0), 5), np.uint8)


def noise_sigma(grey: Pixels) -> float:
    """Noise as the standard deviation of brightness, from neighbours' differences; page ends left out."""
    eighth = grey.shape[0] // 8
    middle: NDArray[np.int16] = grey[eighth : max(eighth + 1, 7 * eighth) : 4].astype(np.int16)
    if middle.shape[1] < 2:  # noqa: PLR2004 no neighbours
        return 0.0
    return float(np.median(np.abs(np.diff(middle, axis=1))) / MEDIAN_TO_SIGMA)
