"""A scan's pixels as the finished page shows them, for renditions that are coded anew."""

import math

import cv2
import numpy as np

from digitize.model import Box
from digitize.pdf.compose import WHOLE
from digitize.pixels.geometry import Pose, turn
from digitize.pixels.raster import MM_PER_INCH, Pixels, Raster

PAPER_PERCENTILE = 90
SAMPLE_STEP = 8  # pixels; the paper's tone needs no more


def upright_pixels(raster: Raster, pose: Pose, crop: Box | None = None) -> Pixels:
    """Turn, straighten and cut the scan's pixels as `compose.write_page` places its stream.

    Corners that straightening uncovers become paper. Pixels are copied only where something is done.
    """
    turned = turn(raster.pixels, pose.rotation)
    height, width = turned.shape[:2]
    shown = crop or WHOLE
    left, top = shown.left * width, shown.top * height
    size = (
        max(1, round((shown.right - shown.left) * width)),
        max(1, round((shown.bottom - shown.top) * height)),
    )
    if not pose.skew_degrees and (crop is None or _lies_inside(crop)):
        rows, columns = slice(round(top), round(top) + size[1]), slice(round(left), round(left) + size[0])
        return turned[rows, columns]
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), pose.skew_degrees, 1.0)
    matrix[:, 2] -= (left, top)
    paper = np.percentile(turned[::SAMPLE_STEP, ::SAMPLE_STEP], PAPER_PERCENTILE, axis=(0, 1))
    fill = tuple(float(value) for value in np.atleast_1d(paper))
    moved = cv2.warpAffine(turned, matrix, size, flags=cv2.INTER_LINEAR, borderValue=fill)
    return np.asarray(moved, np.uint8)


def dpi_of(pixels: Pixels, width_mm: float) -> float:
    """Dots per inch of upright pixels on a page of that width."""
    return float(pixels.shape[1] / width_mm * MM_PER_INCH)


def resized(pixels: Pixels, scale: float) -> Pixels:
    """Smaller by `scale`, every pixel taken into account."""
    if scale >= 1:
        return pixels
    height, width = pixels.shape[:2]
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def _lies_inside(box: Box) -> bool:
    return min(box.left, box.top) >= 0 and max(box.right, box.bottom) <= 1 and math.isfinite(box.left)
