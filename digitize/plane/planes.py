"""The reading plane: a grey picture for the reader alone. Light is evened, coloured ink dropped, noise gated.

The visible page never passes through here: what people see stays the scan's own pixels.
Numbers were chosen on the pages of `bench stress` unless said otherwise.
"""

from collections.abc import Sequence

import cv2
import numpy as np

from digitize.model import Box
from digitize.paper.overview import Overview
from digitize.pixels.brightness import median
from digitize.pixels.raster import MM_PER_INCH, Pixels, is_bilevel

INK_MARGIN = 28  # of 255: a red or blue ink's channel above the stronger of the other two
INK_SCALE = 4  # the mask is made on every fourth pixel
INK_LEAST = 0.0002  # share of the page; below it there is no seal and no signature
INK_PAPER = 235
INK_REACH = 0.86  # of the 60th percentile: where the ink's own channel becomes paper
BLUE, RED = 0, 2  # channels of BGR
LIGHT_SCALE = 8
LIGHT_SPREAD = (10, 95)  # percentiles: a black edge is no shade
LIGHT_RANGE = 25  # of 255: a background flatter than this stays as it is
LIGHT_PAPER = 242
WHITE_PAPER = 250
HOLE_MM = (4.5, 8.5)  # an office punch makes 5.5 to 6 mm
HOLE_OVAL, HOLE_FILLED = 0.25, 0.66  # of its box: a disc fills 0.79
HOLE_EDGE_MM = 22.0  # its middle lies no farther inside
HOLE_MARGIN = 1.15  # of its radius: the rim's shadow goes too
PAPER_PERCENTILE = 90
INK_BLACK, PAPER_WHITE = 0.16, 0.91  # of the paper's brightness; measured by bench/recall.py
SHARPEN_REACH, SHARPEN_BY = 2.0, 1.5  # pixels; measured
NOISY = 16.0  # sigma
MEDIAN_TO_SIGMA = 0.954


def reading_plane(pixels: Pixels, holes: Sequence[Box] = ()) -> Pixels:
    """Make the grey plane for reading from grey or BGR pixels of the same size.

    `holes` are punched holes (fractions of the picture): they are filled with paper.
    """
    if is_bilevel(pixels):
        return _filled(pixels, holes)  # no light, no colour, no noise to speak of
    grey = drop_inks(pixels) if pixels.ndim == 3 else pixels  # noqa: PLR2004 a colour axis
    even = even_light(grey)
    calm = np.asarray(cv2.medianBlur(even, 3), np.uint8) if noise_sigma(even) > NOISY else even
    return _filled(calm, holes)


def punched_holes(overview: Overview) -> tuple[Box, ...]:
    """Dark round spots of a punch's size near the edges, as fractions of the scan."""
    height, width = overview.ink.shape
    per_mm = overview.dpi / MM_PER_INCH
    left, top, wide, high, area = overview.parts.T
    round_ = (np.minimum(wide, high) >= HOLE_MM[0] * per_mm) & (np.maximum(wide, high) <= HOLE_MM[1] * per_mm)
    round_ &= (np.abs(wide - high) <= HOLE_OVAL * wide) & (area >= HOLE_FILLED * wide * high)
    middle = np.stack([left + wide / 2, top + high / 2])
    gaps = np.minimum(middle, np.array([[width], [height]]) - middle).min(axis=0)
    found = overview.parts[round_ & (gaps <= HOLE_EDGE_MM * per_mm)]
    return tuple(
        Box(x / width, y / height, (x + w) / width, (y + h) / height) for x, y, w, h, _ in found.tolist()
    )


def whiten(pixels: Pixels) -> Pixels:
    """The visible page on white paper, its colours kept: only where a person asks for it."""
    channels = [
        cv2.divide(channel, _full_background(np.asarray(channel, np.uint8)), scale=WHITE_PAPER)
        for channel in cv2.split(pixels)
    ]
    return np.asarray(channels[0] if pixels.ndim == 2 else cv2.merge(channels), np.uint8)  # noqa: PLR2004


def _filled(plane: Pixels, holes: Sequence[Box]) -> Pixels:
    if not holes:
        return plane
    height, width = plane.shape
    filled = plane.copy()
    paper = int(np.percentile(plane[::8, ::8], PAPER_PERCENTILE))
    for hole in holes:
        middle = round((hole.left + hole.right) / 2 * width), round((hole.top + hole.bottom) / 2 * height)
        radius = HOLE_MARGIN * max((hole.right - hole.left) * width, (hole.bottom - hole.top) * height) / 2
        cv2.circle(filled, middle, round(radius), (paper,), thickness=-1)
    return filled


def drop_inks(colour: Pixels) -> Pixels:
    """Grey of BGR pixels in which red and blue ink is lifted to paper while dark text under it stays."""
    grey = np.asarray(cv2.cvtColor(colour, cv2.COLOR_BGR2GRAY), np.uint8)
    small = cv2.split(colour[::INK_SCALE, ::INK_SCALE])
    for ink, others in ((RED, (BLUE, 1)), (BLUE, (1, RED))):
        excess = cv2.subtract(small[ink], cv2.max(small[others[0]], small[others[1]]))
        mask = np.asarray(excess > INK_MARGIN, np.uint8)
        if np.count_nonzero(mask) >= INK_LEAST * mask.size:
            _drop(grey, colour[..., ink], mask)
    return grey


def _drop(grey: Pixels, channel: Pixels, mask: Pixels) -> None:
    """Lift `grey` in place where the mask is set: seen in its own channel, an ink is light."""
    spread = np.asarray(cv2.dilate(mask, np.ones((3, 3), np.uint8)), np.uint8)
    height, width = grey.shape
    full = cv2.resize(spread, (width, height), interpolation=cv2.INTER_NEAREST).astype(bool)
    inked = channel[full]
    grey[full] = np.maximum(grey[full], _lift(inked)[inked])


def _lift(channel: Pixels) -> Pixels:
    """Table that stretches a channel between its darkest text and the ink's own tone, up to paper."""
    dark, usual = np.percentile(channel, (1, 60))
    values = np.arange(256, dtype=np.float32)
    lifted = (values - dark) * (INK_PAPER - dark) / max(INK_REACH * usual - dark, 1.0) + dark
    return np.asarray(np.clip(lifted, 0, 255), np.uint8)


def even_light(grey: Pixels) -> Pixels:
    """Divide by the paper's own brightness where it varies across the page."""
    background = _background(grey)
    darkest, brightest = np.percentile(background, LIGHT_SPREAD)
    if brightest - darkest < LIGHT_RANGE:
        return grey
    return np.asarray(cv2.divide(grey, _enlarged(background, grey), scale=LIGHT_PAPER), np.uint8)


def sharpen_contrast(grey: Pixels) -> Pixels:
    """Pull ink to black and paper to white: gives resampled letters back what they lost."""
    paper = float(np.percentile(grey[::8, ::8], PAPER_PERCENTILE))
    black, white = INK_BLACK * paper, PAPER_WHITE * paper
    values = np.arange(256, dtype=np.float32)
    table = np.clip((values - black) * 255 / max(white - black, 1.0), 0, 255).astype(np.uint8)
    return np.asarray(cv2.LUT(grey, table), np.uint8)


def sharpen_edges(grey: Pixels) -> Pixels:
    """Give soft edges, as of a page slightly out of focus, back some steepness."""
    soft = cv2.GaussianBlur(grey, (0, 0), SHARPEN_REACH)
    return np.asarray(cv2.addWeighted(grey, 1 + SHARPEN_BY, soft, -SHARPEN_BY, 0), np.uint8)


def _background(grey: Pixels) -> Pixels:
    """The paper's brightness, text closed away, at a coarse scale."""
    height, width = grey.shape
    size = (max(1, width // LIGHT_SCALE), max(1, height // LIGHT_SCALE))
    whole = grey[: LIGHT_SCALE * size[1], : LIGHT_SCALE * size[0]]  # squares of whole pixels are quick
    small = cv2.resize(whole, size, interpolation=cv2.INTER_AREA)
    closed = cv2.dilate(small, np.ones((7, 7), np.uint8))
    return np.asarray(cv2.GaussianBlur(cv2.medianBlur(closed, 21), (0, 0), 5), np.uint8)


def _full_background(grey: Pixels) -> Pixels:
    return _enlarged(_background(grey), grey)


def _enlarged(background: Pixels, like: Pixels) -> Pixels:
    height, width = like.shape
    return np.asarray(cv2.resize(background, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def noise_sigma(grey: Pixels) -> float:
    """Noise as the standard deviation of brightness, from neighbours' differences; page ends left out."""
    eighth = grey.shape[0] // 8
    middle = grey[eighth : max(eighth + 1, 7 * eighth) : 4]
    if middle.shape[1] < 2:  # noqa: PLR2004 no neighbours
        return 0.0
    steps = cv2.absdiff(np.ascontiguousarray(middle[:, 1:]), np.ascontiguousarray(middle[:, :-1]))
    return median(np.asarray(steps, np.uint8)) / MEDIAN_TO_SIGMA
