"""What hands did to a paper before it was scanned: ink, seals, holes, a folded corner, print from the back.

Pixels are height x width x 3, RGB, 0-255. Ink darkens what lies under it and hides nothing.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from scanner_adapters.simulator.papers.lettering import MM_PER_INCH, Canvas
from scanner_adapters.simulator.papers.marks import PEN_BLUE, SEAL_RED, press_seal

Pixels = NDArray[np.uint8]
SEAL_WORDS = "ỦY BAN NHÂN DÂN PHƯỜNG MẪU"
PRINTED = 24  # of 255: the print of a laser printer
GRAIN = 0.3  # a pencil covers 0.7 to 1 of what it runs over
SHINES_SOFTLY_MM = 0.3  # standard deviation of print seen through paper
HOLE_RADIUS_MM, HOLES_APART_MM, HOLE_FROM_EDGE_MM = 3.0, 80.0, 12.0  # ISO 838
HOLE_TONES = (38, 70, 214)  # of the scanner's lid: black, dark, grey
FLAP_TONE = 0.965  # the back of the paper lies in its own shade
SHADOW = 0.72
CORNERS = ((0, 0), (1, 0), (0, 1), (1, 1))


@dataclass(frozen=True)
class Handling:
    """What was done to a paper.

    Args:
        ink_level: how dark its print is, 0-255: 24 a laser printer, 110-170 a pencil.
        pencil: ink lies in grains.
        paper_tone: brightness of the paper itself, 1.0 white, 0.8 recycled grey.
        bleed: share of the ink of the back page that shines through.
        red_seals: red seals pressed over the text.
        blue_seals: blue ones.
        straddling_seal: half a red seal at the right edge (giáp lai): it was pressed over several sheets.
        punch_holes: two holes at the left edge.
        folded_corner_mm: how far from its corner the paper is folded over; 0 not at all.
    """

    ink_level: int = PRINTED
    pencil: bool = False
    paper_tone: float = 1.0
    bleed: float = 0.0
    red_seals: int = 0
    blue_seals: int = 0
    straddling_seal: bool = False
    punch_holes: bool = False
    folded_corner_mm: float = 0.0


def handle(image: Pixels, handling: Handling, seed: int, dpi: int, back: Pixels | None = None) -> Pixels:
    """The paper afterwards; `back` is the page on its other side. The same seed gives the same pixels.

    Raises: ValueError when print is to shine through and there is no back.
    """
    chance = np.random.default_rng(seed)
    page = _inked(image, handling, chance, dpi)
    if handling.bleed:
        page = _shone_through(page, handling.bleed, back, dpi)
    if handling.paper_tone != 1.0:
        page = np.asarray(page * np.float32(handling.paper_tone), np.uint8)
    for ink, count in ((SEAL_RED, handling.red_seals), (PEN_BLUE, handling.blue_seals)):
        page = _sealed(page, (ink, count), chance, dpi)
    if handling.straddling_seal:
        page = _straddled(page, chance, dpi)
    if handling.punch_holes:
        page = _punched(page, chance, dpi)
    return _folded(page, handling.folded_corner_mm, chance, dpi) if handling.folded_corner_mm else page


def _inked(image: Pixels, handling: Handling, chance: np.random.Generator, dpi: int) -> Pixels:
    if handling.ink_level == PRINTED and not handling.pencil:
        return image
    cover = (255 - image.astype(np.float32)) * np.float32((255 - handling.ink_level) / (255 - PRINTED))
    if handling.pencil:
        grain = chance.random(image.shape[:2], dtype=np.float32)
        grain = np.asarray(cv2.GaussianBlur(grain, (0, 0), max(0.5, dpi / 300)), np.float32)
        spread = np.clip(0.5 + (grain - grain.mean()) / (4 * max(float(grain.std()), 1e-6)), 0, 1)
        cover *= (1 - GRAIN * spread)[..., None]
    return np.asarray(255 - cover, np.uint8)


def _shone_through(page: Pixels, bleed: float, back: Pixels | None, dpi: int) -> Pixels:
    if back is None:
        raise ValueError("print shines through from a back page")
    height, width = page.shape[:2]
    mirrored = cv2.resize(np.fliplr(back), (width, height), interpolation=cv2.INTER_AREA)
    soft = cv2.GaussianBlur(mirrored, (0, 0), SHINES_SOFTLY_MM * dpi / MM_PER_INCH)
    light = 1 - np.float32(bleed) * (255 - soft.astype(np.float32)) / 255
    return np.asarray(page * light, np.uint8)


def _sealed(
    page: Pixels, seals: tuple[tuple[int, int, int], int], chance: np.random.Generator, dpi: int
) -> Pixels:
    ink, count = seals
    if not count:
        return page
    canvas = Canvas(Image.fromarray(page), dpi)
    width, height = (length * MM_PER_INCH / dpi for length in canvas.image.size)
    for _ in range(count):
        centre = (chance.uniform(0.2, 0.8) * width, chance.uniform(0.1, 0.8) * height)
        press_seal(canvas, centre, SEAL_WORDS, int(chance.integers(1 << 30)), ink)
    return np.asarray(canvas.image)


def _straddled(page: Pixels, chance: np.random.Generator, dpi: int) -> Pixels:
    canvas = Canvas(Image.fromarray(page), dpi)
    width, height = (length * MM_PER_INCH / dpi for length in canvas.image.size)
    centre = (width + chance.uniform(-6, 6), height * chance.uniform(0.25, 0.6))
    press_seal(canvas, centre, SEAL_WORDS, int(chance.integers(1 << 30)))
    return np.asarray(canvas.image)


def _punched(page: Pixels, chance: np.random.Generator, dpi: int) -> Pixels:
    """Two holes through which the scanner's lid is seen, a thin shadow along their edge."""
    holed = page.copy()
    tone = int(chance.choice(HOLE_TONES))
    middle = page.shape[0] / 2 + chance.uniform(-3, 3) * dpi / MM_PER_INCH
    across = round((HOLE_FROM_EDGE_MM + chance.uniform(-1.5, 1.5)) * dpi / MM_PER_INCH)
    radius = round(HOLE_RADIUS_MM * dpi / MM_PER_INCH)
    for side in (-0.5, 0.5):
        centre = (across, round(middle + side * HOLES_APART_MM * dpi / MM_PER_INCH))
        cv2.circle(holed, centre, radius, (tone,) * 3, cv2.FILLED, cv2.LINE_AA)
        shadow = round(tone * SHADOW)
        cv2.circle(holed, centre, radius, (shadow,) * 3, max(1, radius // 6), cv2.LINE_AA)
    return holed


def _folded(page: Pixels, reach_mm: float, chance: np.random.Generator, dpi: int) -> Pixels:
    """One corner folded over: the lid shows where it was, the back of the paper where it lies now."""
    across, down = CORNERS[int(chance.integers(len(CORNERS)))]
    turned = page[:: -1 if down else 1, :: -1 if across else 1].copy()  # the corner is now at the top left
    x, y = (reach_mm * dpi / MM_PER_INCH * chance.uniform(0.85, 1.0) for _ in "xy")
    crease = ((x, 0.0), (0.0, y))
    scale = 2 * x * y / (x * x + y * y)
    tip = (scale * y, scale * x)  # the corner mirrored at the crease
    paper = np.percentile(turned[::8, ::8], 90, axis=(0, 1)) * FLAP_TONE
    soft = round(dpi / MM_PER_INCH)
    _fill(turned, [*crease, (tip[0] + soft, tip[1] + soft)], tuple(paper * SHADOW))
    _fill(turned, [*crease, tip], tuple(paper))
    _fill(turned, [*crease, (0.0, 0.0)], (float(chance.choice(HOLE_TONES)),) * 3)
    return np.ascontiguousarray(turned[:: -1 if down else 1, :: -1 if across else 1])


def _fill(picture: Pixels, outline: list[tuple[float, float]], tone: tuple[float, ...]) -> None:
    corners = np.array([(math.floor(x), math.floor(y)) for x, y in outline], np.int32)
    cv2.fillPoly(picture, [corners], tone, cv2.LINE_AA)
