"""A small paper on a scanner's glass: where it lies, if nothing but the lid lies around it.

Sought from outside inwards: the lid shows in three corners of the glass at least and is even; what differs
from it must be a single piece with straight sides, as large as a format that is made. The paper may lie
anywhere, pushed against the edges of the glass too, and may bear photographs. In doubt there is none.
"""

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from digitize.paper.overview import Overview
from digitize.paper.paper_edges import Quad
from digitize.pixels.brightness import median
from digitize.pixels.raster import MM_PER_INCH, Pixels

CARD_MM = (85.6, 53.98)  # ISO/IEC 7810 ID-1
FORMATS_MM = (
    (148.0, 210.0),
    (105.0, 148.0),
    CARD_MM,
    (176.0, 250.0),
    (125.0, 176.0),
)  # A5 A6 ID-1 B5 B6
SMALLEST_MM2 = 0.9 * CARD_MM[0] * CARD_MM[1]
FORMAT_WITHIN = 2.0  # mm, each side
CORNER_MM = 5.0  # of the glass, in which the lid's tone is taken
GRAIN = 5  # pixels of the overview: noise and print within it say nothing of the lid
SPECK_MM = 1.2  # narrower things on the lid are dust, and narrower parts of a paper its print
RIM_MM = 1.5  # around the paper: its shadow
LEAST_STEP = 7.0  # of 255, in the channel that differs most: between a lid and the paper
LEAST_FILL = 0.93  # of the rectangle around it, holes included: a paper with a folded corner
LEAST_APART = 0.5  # of that rectangle must itself differ from the lid: a printed frame does not
BEYOND_MM = 1.0  # outside the glass: by less no text is lost
STREWN = 20.0  # of 255: what differs so from the lid lies on it
MOST_OUTSIDE = 0.0008  # share of the lid that is strewn: more is no empty lid

Points = NDArray[np.float32]


def find_small_paper(overview: Overview) -> Quad | None:
    """Corners of the one small paper on a glass of known size, as fractions of it; None when in doubt.

    The scan is in colour. One no wider than a card is the card.
    """
    per_mm = overview.dpi / MM_PER_INCH
    if min(overview.light.shape) <= min(CARD_MM) * per_mm:
        return None
    colour = np.asarray(cv2.medianBlur(overview.colour, GRAIN), np.uint8)
    for lid in _lids(colour, max(1, round(CORNER_MM * per_mm))):
        quad = _piece_upon(lid, colour, per_mm)
        if quad is not None and _lies_alone(quad, lid, overview):
            return quad
    return None


def _lids(colour: Pixels, side: int) -> Iterator[Pixels]:
    """The empty lid, as bright as three corners of the glass tell: a paper covers one of them at most."""
    height, width = colour.shape[:2]
    places = [(x, y) for y in (side / 2, height - side / 2) for x in (side / 2, width - side / 2)]
    tones = [_tone(colour[_near(y, side), _near(x, side)]) for x, y in places]
    for left_out in reversed(range(len(places))):
        kept = [corner for corner in range(len(places)) if corner != left_out]
        known = np.array([(1.0, *places[corner]) for corner in kept])
        plane = np.linalg.solve(known, np.array([tones[corner] for corner in kept]))
        yield _evenly(plane, (height, width))
        if np.abs((1.0, *places[left_out]) @ plane - tones[left_out]).max() < LEAST_STEP:
            return  # all four corners agree


def _near(middle: float, side: int) -> slice:
    start = round(middle - side / 2)
    return slice(start, start + side)


def _tone(pixels: Pixels) -> NDArray[np.float64]:
    return np.array([median(channel) for channel in pixels.reshape(-1, pixels.shape[-1]).T])


def _evenly(plane: NDArray[np.float64], size: tuple[int, int]) -> Pixels:
    """A tone that changes evenly across a picture: (1, x, y) @ plane, channel by channel."""
    height, width = size
    along, down = np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)
    even = [
        np.add.outer(np.float32(per_row) * down, np.float32(start) + np.float32(per_column) * along)
        for start, per_column, per_row in plane.T
    ]
    return np.asarray(cv2.merge([np.clip(channel, 0, 255).astype(np.uint8) for channel in even]), np.uint8)


def _apart(colour: Pixels, lid: Pixels) -> Pixels:
    """By how much each pixel differs from the lid, in the channel that differs most."""
    blue, green, red = cv2.split(cv2.absdiff(colour, lid))
    return np.asarray(cv2.max(cv2.max(blue, green), red), np.uint8)


def _piece_upon(lid: Pixels, colour: Pixels, per_mm: float) -> Quad | None:
    """The largest piece that differs from the lid, if it has the shape and size of a paper."""
    apart = _apart(colour, lid)
    piece = _largest(apart > LEAST_STEP, per_mm)
    if piece is None or cv2.countNonZero(piece) < SMALLEST_MM2 * per_mm**2:
        return None
    step = max(median(apart[piece > 0]), LEAST_STEP)
    piece = _largest(apart > step / 2, per_mm)  # half-way up lies the edge itself
    return None if piece is None else _as_paper(piece, per_mm)


def _largest(differs: NDArray[np.bool_], per_mm: float) -> Pixels | None:
    """The largest connected piece, without what is narrower than a speck."""
    speck = np.ones((max(3, round(SPECK_MM * per_mm)),) * 2, np.uint8)
    opened = cv2.morphologyEx(differs.astype(np.uint8), cv2.MORPH_OPEN, speck)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(opened, connectivity=4)
    if count == 1:
        return None
    return np.asarray(labels == 1 + stats[1:, cv2.CC_STAT_AREA].argmax(), np.uint8)


def _as_paper(piece: Pixels, per_mm: float) -> Quad | None:
    (outline, *_), _ = cv2.findContours(piece, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    middle, size, angle = cv2.minAreaRect(outline)
    size = (size[0] + 1, size[1] + 1)  # from the first pixel's outer edge to the last one's
    area = size[0] * size[1]
    if cv2.contourArea(outline) < LEAST_FILL * area or cv2.countNonZero(piece) < LEAST_APART * area:
        return None
    if not _is_known(size, per_mm):
        return None
    middle = (middle[0] + 0.5, middle[1] + 0.5)
    corners = np.asarray(cv2.boxPoints((middle, size, angle)), np.float32)
    glass = np.array(piece.shape[::-1], np.float32)
    return None if _reaches_beyond(corners, glass, per_mm) else _clockwise(corners / glass)


def _is_known(size: tuple[float, float], per_mm: float) -> bool:
    found = sorted(side / per_mm for side in size)
    return any(
        max(abs(one - other) for one, other in zip(found, sorted(known), strict=True)) <= FORMAT_WITHIN
        for known in FORMATS_MM
    )


def _reaches_beyond(corners: Points, glass: Points, per_mm: float) -> bool:
    """Part of the paper lay beside the glass, its text perhaps with it."""
    by = BEYOND_MM * per_mm
    return bool((corners < -by).any() or (corners > glass + by).any())


def _clockwise(corners: Points) -> Quad:
    """From the top left of the glass; `corners` go round it."""
    if cv2.contourArea(corners, oriented=True) < 0:
        corners = corners[::-1]
    corners = np.clip(np.roll(corners, -int(corners.sum(axis=1).argmin()), axis=0), 0.0, 1.0)
    return Quad(tuple((round(float(x), 5), round(float(y), 5)) for x, y in corners))


def _lies_alone(paper: Quad, lid: Pixels, overview: Overview) -> bool:
    """Is there nothing else on the lid?"""
    height, width = overview.light.shape
    around = np.zeros((height, width), np.uint8)
    cv2.fillConvexPoly(around, np.rint(paper.points(width, height)).astype(np.int32), (1,))
    by = max(1, round(RIM_MM * overview.dpi / MM_PER_INCH))
    around = np.asarray(cv2.dilate(around, np.ones((2 * by + 1,) * 2, np.uint8)), np.uint8)
    strewn = _apart(overview.colour, lid)[around == 0] > STREWN
    return bool(strewn.mean() <= MOST_OUTSIDE) if strewn.size else False
