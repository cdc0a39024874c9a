"""Text as a bilevel mask: every pixel that is ink, found by the tone around it (Sauvola, Pietikäinen 2000).

A mask made like this keeps thin Vietnamese marks (`bench reading_copy`).
"""

import cv2
import numpy as np

from digitize.pixels.raster import WHITE, Pixels, is_bilevel

WINDOW_INCHES = 0.25
K = 0.12
RANGE = 128.0  # of the standard deviation
SOFTENING = 0.5  # sigma, pixels
STATISTICS_STEP = 3  # mean and deviation are smooth: every third pixel tells them
SPECK = 8  # pixels at 300 dpi; smaller is grain
SPECK_DPI = 300.0


def text_mask(grey: Pixels, dpi: float) -> Pixels:
    """0 where there is ink, 255 elsewhere, from grey pixels of the same size."""
    if is_bilevel(grey):
        return grey
    soft = np.asarray(cv2.GaussianBlur(grey, (3, 3), SOFTENING), np.uint8)
    ink = np.asarray(cv2.compare(soft, _threshold(soft, dpi), cv2.CMP_LT), np.uint8)
    return np.asarray(cv2.bitwise_not(without_specks(ink, dpi)), np.uint8)


def without_specks(ink: Pixels, dpi: float) -> Pixels:
    """`ink` (255 on 0) without parts smaller than grain."""
    least = max(2, round(SPECK * (dpi / SPECK_DPI) ** 2))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8, ltype=cv2.CV_32S)
    keep = np.zeros(count, np.uint8)
    keep[1:][stats[1:, cv2.CC_STAT_AREA] >= least] = WHITE
    return np.asarray(keep[labels], np.uint8)


def _threshold(grey: Pixels, dpi: float) -> Pixels:
    height, width = grey.shape
    few = grey[::STATISTICS_STEP, ::STATISTICS_STEP].astype(np.float32)
    side = max(3, round(dpi * WINDOW_INCHES / STATISTICS_STEP)) | 1
    mean = cv2.blur(few, (side, side))
    deviation = np.sqrt(np.maximum(cv2.sqrBoxFilter(few, cv2.CV_32F, (side, side)) - mean * mean, 0))
    coarse = (mean * (1 + K * (deviation / RANGE - 1))).astype(np.uint8)
    return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)
