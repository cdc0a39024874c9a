"""What is wrong with a scan at single spots: text that runs off the glass, a cut seal, a lamp's reflection.

Found on the overview, as the scan lies; boxes are fractions of the scan.
"""

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from digitize.model import Box, Reason, ReasonCode
from digitize.paper.off_glass import lost_sides
from digitize.paper.overview import Overview
from digitize.pixels.brightness import darkest
from digitize.pixels.raster import COLOUR_AXES, MM_PER_INCH, Pixels

SIDES = 4
LETTER_HIGH_MM = (1.0, 8.0)
LETTER_WIDE_MM = (0.5, 40.0)  # letters of a line may have grown together
EDGE_MM = 0.7  # text nearer to the edge of the glass than this was cut there
LEAST_CUT = 4  # such pieces of text on one side: one is a speck
TOUCHING_MM = 5.0  # a line of text this near to the edge has lost its neighbours: margins are 15 mm or more
LEAST_TOUCHING = 8
PRINT_MM = 2.6  # height that a quarter of a line's pieces reach in 11 points; signing programs print smaller
TALLER = 75  # percentile
LOST_SPOT_MM = 6.0  # along an edge beyond which part of the sheet lay: what is framed for the clerk
SEAL_MARGIN = 28  # of 255: red above green and blue
LEAST_SEAL_MM = 9.0  # a seal has 30 to 36
LEAST_SEAL_SHARE = 0.03  # of its box that is inked
SEAL_JOIN_MM = 1.5  # gaps in an uneven imprint
FULL = 252.5  # of 255, in every channel: what is left of full light under a sensor's noise
EVENED = 7  # pixels: a sensor's noise is averaged
MOST_PAPER = 250.5  # of 255: on whiter paper nothing dazzles visibly
LEAST_GLARE_MM = 12.0
MOST_GLARE = 0.7  # of the page's sides
FILLED = 0.45  # of its box: a reflection is a blob
BESIDE_MM = 25.0  # where its rows must hold text
CROSSED_ROWS = 0.25  # of a reflection's rows have text beside it

Numbers = NDArray[np.int32]


def find_defects(overview: Overview) -> tuple[Reason, ...]:
    """What the clerk should see, each with its spot."""
    return (*_clipped(overview), *_cut_seals(overview), *_glare(overview))


def _clipped(overview: Overview) -> Iterator[Reason]:
    per_mm = overview.dpi / MM_PER_INCH
    boxes = overview.parts
    wide, high = boxes[:, 2] / per_mm, boxes[:, 3] / per_mm
    letters = (high >= LETTER_HIGH_MM[0]) & (high <= LETTER_HIGH_MM[1])
    letters &= (wide >= LETTER_WIDE_MM[0]) & (wide <= LETTER_WIDE_MM[1])
    lost = set(lost_sides(overview))
    for side in range(SIDES):
        # A sideways page has its upper edge at a side: the same rule holds for all four.
        gaps = _gaps(boxes, side, overview.ink.shape)
        cut = letters & (gaps <= EDGE_MM * per_mm)
        near = letters & (gaps <= TOUCHING_MM * per_mm) & ~cut  # what is left of a line lies in nobody's row
        if np.count_nonzero(cut) >= LEAST_CUT or _is_a_line(boxes[near], side, per_mm):
            yield Reason(ReasonCode.CLIPPED, _around(boxes[cut if cut.any() else near], overview.ink.shape))
        elif side in lost and letters.any():
            yield Reason(ReasonCode.CLIPPED, _along(side, LOST_SPOT_MM * per_mm, overview.ink.shape))


def _is_a_line(boxes: Numbers, side: int, per_mm: float) -> bool:
    """Do pieces of text stand side by side along this edge, as one line of a document's text does?"""
    if len(boxes) < LEAST_TOUCHING:
        return False
    if np.percentile(boxes[:, 3 if side % 2 == 0 else 2], TALLER) < PRINT_MM * per_mm:
        return False
    axis = 1 if side % 2 == 0 else 0
    middles = boxes[:, axis] + boxes[:, axis + 2] / 2
    return float(np.ptp(middles)) <= LETTER_HIGH_MM[1] / 2 * per_mm


def _cut_seals(overview: Overview) -> Iterator[Reason]:
    if overview.colour.ndim != COLOUR_AXES:
        return
    blue, green, red = cv2.split(overview.colour)
    per_mm = overview.dpi / MM_PER_INCH
    inked = np.asarray(cv2.subtract(red, cv2.max(blue, green)) > SEAL_MARGIN, np.uint8)
    reach = 2 * max(1, round(SEAL_JOIN_MM * per_mm / 2)) + 1
    joined = cv2.morphologyEx(inked, cv2.MORPH_CLOSE, np.ones((reach, reach), np.uint8))
    boxes = _parts(np.asarray(joined, np.uint8))
    large = boxes[boxes[:, 2:4].max(axis=1) >= LEAST_SEAL_MM * per_mm]
    for side in range(SIDES):
        touching = large[_gaps(large, side, inked.shape) <= EDGE_MM * per_mm]
        cut = [box for box in touching if _inked_share(inked, box) >= LEAST_SEAL_SHARE]
        if cut:
            yield Reason(ReasonCode.SEAL_CUT, _around(np.stack(cut), inked.shape))


def _inked_share(inked: Pixels, box: Numbers) -> float:
    left, top, wide, high = (int(value) for value in box[:4])
    return float(inked[top : top + high, left : left + wide].mean())


def _glare(overview: Overview) -> Iterator[Reason]:
    colour = overview.colour
    even = cv2.blur(darkest(colour), (EVENED, EVENED))
    paper = float(np.median(even))
    if paper > MOST_PAPER:
        return
    dazzled = np.asarray(even >= FULL, np.uint8)
    per_mm = overview.dpi / MM_PER_INCH
    height, width = dazzled.shape
    boxes = _parts(dazzled)
    large = (boxes[:, 2:4].min(axis=1) >= LEAST_GLARE_MM * per_mm) & (
        boxes[:, 4] >= FILLED * boxes[:, 2] * boxes[:, 3]
    )
    large &= (boxes[:, 2] <= MOST_GLARE * width) & (boxes[:, 3] <= MOST_GLARE * height)
    for box in boxes[large]:
        if _interrupts_text(overview.ink, box, round(BESIDE_MM * per_mm)):
            yield Reason(ReasonCode.GLARE, _around(box[None], dazzled.shape))


def _interrupts_text(ink: Pixels, box: Numbers, beside: int) -> bool:
    """Is there text left or right of the spot, above or below it, but none within?"""
    left, top, wide, high = (int(value) for value in box[:4])
    rows, columns = slice(top, top + high), slice(left, left + wide)
    across = ink[rows, max(0, left - beside) : left + wide + beside].any(axis=1).mean()
    down = ink[max(0, top - beside) : top + high + beside, columns].any(axis=0).mean()
    return float(max(across, down)) >= CROSSED_ROWS


def _parts(mask: Pixels) -> Numbers:
    """Left, top, width, height and area of each connected part."""
    if not mask.any():
        return np.zeros((0, 5), np.int32)
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    return np.asarray(stats[1:], np.int32)


def _gaps(boxes: Numbers, side: int, shape: tuple[int, ...]) -> NDArray[np.int32]:
    """Pixels between each box and the edge: 0 the top, then clockwise."""
    height, width = shape[:2]
    edges = (
        boxes[:, 1],
        width - boxes[:, 0] - boxes[:, 2],
        height - boxes[:, 1] - boxes[:, 3],
        boxes[:, 0],
    )
    return np.asarray(edges[side], np.int32)


def _along(side: int, deep: float, shape: tuple[int, ...]) -> Box:
    """The part of the picture within so many pixels of one edge."""
    height, width = shape[:2]
    high, wide = round(deep / height, 5), round(deep / width, 5)
    boxes = (Box(0, 0, 1, high), Box(1 - wide, 0, 1, 1), Box(0, 1 - high, 1, 1), Box(0, 0, wide, 1))
    return boxes[side]


def _around(boxes: Numbers, shape: tuple[int, ...]) -> Box:
    height, width = shape[:2]
    left, top = float(boxes[:, 0].min()), float(boxes[:, 1].min())
    right = float((boxes[:, 0] + boxes[:, 2]).max())
    bottom = float((boxes[:, 1] + boxes[:, 3]).max())
    told = (left / width, top / height, right / width, bottom / height)
    return Box(*(round(value, 5) for value in told))
