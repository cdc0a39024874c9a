"""The paper within the picture: a photograph is cut out and rectified, a small paper on the glass is framed.

A photograph whose paper cannot be told for sure stays whole: a person then shows its corners. A scan keeps
its pixels; only a paper of a known format that surely lies apart from the lid around it gets a frame.
"""

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np

from digitize.model import Box, Corners
from digitize.paper.glass import CARD_MM, find_small_paper
from digitize.paper.overview import Overview, look_over
from digitize.paper.paper_edges import Quad, find_paper
from digitize.pixels.raster import COLOUR_AXES, MM_PER_INCH, Pixels, Raster

A4_MM = (210.0, 297.0)  # ISO 216
A_RATIO, A_TOLERANCE = math.sqrt(2), 0.06
CARD_RATIO, CARD_TOLERANCE = CARD_MM[0] / CARD_MM[1], 0.045
RECTIFIED_DPI = 300.0  # a photograph seldom holds more


@dataclass(frozen=True)
class Framed:
    """A page's pixels after framing.

    Args:
        raster: the paper itself where it was cut out of a photograph, else the scan as it came.
        overview: of that raster.
        corners: where in the picture the paper was cut out.
        unsure: it is a photograph, but nobody knows where its paper is.
        paper: corners of a small paper on the glass, as fractions of the scan.
    """

    raster: Raster
    overview: Overview
    corners: Corners | None = None
    unsure: bool = False
    paper: Quad | None = None


def frame(raster: Raster, shown: Corners | None) -> Framed:
    """Find the paper; `shown` are the corners that a person gave."""
    if shown is not None:
        return _rectified(raster, Quad(shown))
    overview = look_over(raster)
    if raster.pixels.ndim != COLOUR_AXES or raster.lines is not None:
        return Framed(raster, overview)
    if not raster.size_assumed:
        return Framed(raster, overview, paper=find_small_paper(overview))
    found = find_paper(raster.pixels)
    if found is not None:
        return _rectified(raster, found)
    return Framed(raster, overview, unsure=not _fits_a4(raster))


def rectify(pixels: Pixels, corners: Corners) -> Pixels:
    """The paper between four corners, seen from straight above, its longer side at 300 dpi of A4 at most."""
    height, width = pixels.shape[:2]
    places = Quad(corners).points(width, height)
    wide, high = _rectified_size(places)
    target = np.array([(0, 0), (wide, 0), (wide, high), (0, high)], np.float32)
    lens = cv2.getPerspectiveTransform(places, target)
    seen = cv2.warpPerspective(
        pixels, lens, (wide, high), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(seen, np.uint8)


def crop_of(paper: Quad, rotation: int, skew_degrees: float, size: tuple[int, int]) -> Box:
    """The box that the paper fills once a scan of `size` (width, height) stands upright."""
    width, height = size
    x, y = (paper.points(width, height) - np.array([width / 2, height / 2], np.float32)).T
    for _ in range(rotation // 90 % 4):
        x, y = -y, x
        width, height = height, width
    angle = math.radians(skew_degrees)
    across, down = x * math.cos(angle) + y * math.sin(angle), y * math.cos(angle) - x * math.sin(angle)
    left, right = np.sort(across)[:2].mean(), np.sort(across)[2:].mean()
    top, bottom = np.sort(down)[:2].mean(), np.sort(down)[2:].mean()
    edges = (left / width + 0.5, top / height + 0.5, right / width + 0.5, bottom / height + 0.5)
    return Box(*(round(float(min(max(edge, 0.0), 1.0)), 5) for edge in edges))


def _rectified(raster: Raster, quad: Quad) -> Framed:
    pixels = rectify(raster.pixels, quad.corners)
    height, width = pixels.shape[:2]
    size = _paper_mm(width, height)
    sure = size is not None
    width_mm, height_mm = size or (width / RECTIFIED_DPI * MM_PER_INCH, height / RECTIFIED_DPI * MM_PER_INCH)
    paper = Raster(pixels, width_mm, height_mm, turn=raster.turn, size_assumed=not sure)
    paper = replace(paper, turn_told=raster.turn_told)
    return Framed(paper, look_over(paper), quad.corners)


def _rectified_size(places: "np.ndarray[tuple[int, ...], np.dtype[np.float32]]") -> tuple[int, int]:
    sides = np.linalg.norm(np.roll(places, -1, axis=0) - places, axis=1)
    across, down = float(sides[0] + sides[2]) / 2, float(sides[1] + sides[3]) / 2
    most = A4_MM[1] / MM_PER_INCH * RECTIFIED_DPI
    scale = min(1.0, most / max(across, down))
    return max(1, round(across * scale)), max(1, round(down * scale))


def _paper_mm(width: int, height: int) -> tuple[float, float] | None:
    """The paper's size by its proportion: a card, or an A4 sheet; None for any other."""
    ratio = max(width, height) / min(width, height)
    if abs(ratio / CARD_RATIO - 1) <= CARD_TOLERANCE:
        long, short = CARD_MM
    elif abs(ratio / A_RATIO - 1) <= A_TOLERANCE:
        short, long = A4_MM
    else:
        return None
    return (long, short) if width > height else (short, long)


def _fits_a4(raster: Raster) -> bool:
    return {round(raster.width_mm), round(raster.height_mm)} == {round(side) for side in A4_MM}
