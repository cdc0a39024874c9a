"""Where coloured ink stands on a page: seals, signatures, whatever was written or pressed in colour.

Colour is what differs from the paper's own colour, so that coloured paper is no ink.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from digitize.pixels.raster import MM_PER_INCH, Pixels
from digitize.pixels.regions import Region, disjoint, parts_of

STEP = 2  # every second pixel is looked at
COLOURED = 20  # of 255 in Cr or Cb off the paper's own: a third of a seal's full red
NEUTRAL = 128  # Cr and Cb of grey
TINGED = 4  # of Cr or Cb: paper further off than this is coloured
NEAR_MM = 4.0  # strokes nearer than this belong together
LEAST_MM2 = 0.4  # of ink; less is a speck or a fringe
PADDING_MM = 1.0


@dataclass(frozen=True)
class Inks:
    """Where coloured ink is: a map (255 on 0) of every `STEP`th pixel, and the regions of whole pixels."""

    marked: Pixels
    regions: tuple[Region, ...]


def find_inks(colour: Pixels, dpi: float) -> Inks:
    """Find coloured ink in BGR pixels."""
    marked = _coloured(colour[::STEP, ::STEP])
    per_mm = dpi / STEP / MM_PER_INCH
    near = max(3, round(NEAR_MM * per_mm))
    padding = round(PADDING_MM * per_mm * STEP)
    regions = [
        region.scaled(STEP).grown(padding, colour.shape)
        for region, inked in parts_of(marked, near)
        if inked >= LEAST_MM2 * per_mm**2
    ]
    return Inks(marked, disjoint(regions))


def _coloured(pixels: Pixels) -> Pixels:
    light, *hues = cv2.split(cv2.cvtColor(pixels, cv2.COLOR_BGR2YCrCb))
    off = [_off_paper(np.asarray(hue, np.uint8), np.asarray(light, np.uint8)) for hue in hues]
    strongest = np.asarray(cv2.max(off[0], off[1]), np.uint8)
    return np.asarray(cv2.threshold(strongest, COLOURED, 255, cv2.THRESH_BINARY)[1], np.uint8)


def _off_paper(hue: Pixels, light: Pixels) -> Pixels:
    """How far Cr or Cb is off the paper's own, which fades with the light: black ink on pink is not pink."""
    paper, paper_light = (float(np.median(plane[::4, ::4])) for plane in (hue, light))
    if abs(paper - NEUTRAL) < TINGED:
        return np.asarray(cv2.absdiff(hue, np.full_like(hue, int(paper))), np.uint8)
    tinge = (paper - NEUTRAL) / max(paper_light, 1.0)
    expected = cv2.convertScaleAbs(light, alpha=tinge, beta=NEUTRAL)
    return np.asarray(cv2.absdiff(hue, expected), np.uint8)
