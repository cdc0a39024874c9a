"""From a recipe to a page as a desk's machine delivers it: paper drawn, handled, scanned or photographed.

The same recipe gives the same pixels. What was printed, how the page lies and, for photographs, where its
corners are, stays known.
"""

from dataclasses import dataclass
from io import BytesIO

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from scanner_adapters.simulator.desks import Desk, photograph
from scanner_adapters.simulator.handling import Handling, handle
from scanner_adapters.simulator.papers.lens import Lens, picture
from scanner_adapters.simulator.papers.papers import Paper, draw_paper
from scanner_adapters.simulator.papers.truth import Block
from scanner_adapters.simulator.papers.wear import Wear, wear_down

Pixels = NDArray[np.uint8]
DRAWN_DPI = 300
SCANNER = Wear(noise_sigma=3.0, blur=0.7, texture=2.0)  # an office scanner in good order
UNTOUCHED, FLATBED = Handling(), Lens()
CAMERA_QUALITY = 92


@dataclass(frozen=True)
class Recipe:
    """All that makes a page: which paper, what happened to it, how it was taken.

    Two scans of one paper differ in `take` alone.
    """

    paper: Paper
    seed: int
    dpi: int = DRAWN_DPI
    handling: Handling = UNTOUCHED
    wear: Wear = SCANNER
    lens: Lens = FLATBED
    desk: Desk | None = None
    quality: int = 88
    take: int = 0


@dataclass(frozen=True, eq=False)
class Scan:
    """A page as delivered: pixels, its resolution (None: a photograph does not know), the truth about it."""

    image: Pixels
    dpi: int | None
    blocks: tuple[Block, ...]
    corners: tuple[tuple[float, float], ...] | None
    quality: int


def make_scan(recipe: Recipe) -> Scan:
    """Draw, handle and scan or photograph a page."""
    sheet = draw_paper(recipe.paper, recipe.seed, DRAWN_DPI)
    back = draw_paper(Paper.REPORT, recipe.seed + 1, DRAWN_DPI).image if recipe.handling.bleed else None
    chance = recipe.seed * 31 + recipe.take
    page = handle(sheet.image, recipe.handling, recipe.seed, DRAWN_DPI, back)
    if recipe.desk is not None:
        taken = photograph(page, recipe.desk, chance)
        return Scan(taken.image, None, sheet.blocks, taken.corners, CAMERA_QUALITY)
    page = picture(_resampled(page, recipe.dpi), recipe.lens, chance, recipe.dpi)
    page = wear_down(page, recipe.wear, chance, recipe.dpi)
    return Scan(page, recipe.dpi, sheet.blocks, None, recipe.quality)


def as_jpeg(scan: Scan) -> bytes:
    """The page's file, with its resolution where it is known."""
    held = BytesIO()
    resolution = {} if scan.dpi is None else {"dpi": (scan.dpi, scan.dpi)}
    Image.fromarray(scan.image).save(held, format="JPEG", quality=scan.quality, **resolution)
    return held.getvalue()


def _resampled(page: Pixels, dpi: int) -> Pixels:
    if dpi == DRAWN_DPI:
        return page
    height, width = page.shape[:2]
    size = (round(width * dpi / DRAWN_DPI), round(height * dpi / DRAWN_DPI))
    return np.asarray(cv2.resize(page, size, interpolation=cv2.INTER_AREA), np.uint8)
