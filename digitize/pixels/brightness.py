"""Brightness of pixels: medians and percentiles by counting, which beats sorting; a pixel's extremes."""

import cv2
import numpy as np
from numpy.typing import NDArray

from digitize.pixels.raster import COLOUR_AXES, Pixels

LEVELS = 256
PERCENT = 100


def lightest(pixels: Pixels) -> Pixels:
    """Each pixel's strongest channel; grey pixels as they are."""
    if pixels.ndim != COLOUR_AXES:
        return pixels
    blue, green, red = cv2.split(pixels)  # an axis of three is slow to go along
    return np.asarray(cv2.max(cv2.max(blue, green), red), np.uint8)


def darkest(pixels: Pixels) -> Pixels:
    """Each pixel's weakest channel; grey pixels as they are."""
    if pixels.ndim != COLOUR_AXES:
        return pixels
    blue, green, red = cv2.split(pixels)
    return np.asarray(cv2.min(cv2.min(blue, green), red), np.uint8)


def median(values: Pixels) -> float:
    """The median of all values; the mean of the middle two when their number is even."""
    reached = _reached(values)
    middle = [
        int(np.searchsorted(reached, place + 1)) for place in ((values.size - 1) // 2, values.size // 2)
    ]
    return sum(middle) / 2


def percentiles(values: Pixels, *shares: float) -> tuple[float, ...]:
    """For each share the value that so many per cent of all values do not exceed."""
    reached = _reached(values)
    return tuple(float(np.searchsorted(reached, values.size * share / PERCENT)) for share in shares)


def _reached(values: Pixels) -> NDArray[np.int64]:
    """How many values are not above each level."""
    counts = cv2.calcHist([np.ascontiguousarray(values)], [0], None, [LEVELS], [0, LEVELS])
    return np.asarray(counts.ravel().astype(np.int64).cumsum(), np.int64)
