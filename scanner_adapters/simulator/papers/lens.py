"""What a lens, a lamp or a careless hand takes away: focus, stillness, print under glare or off the glass.

Pixels are height x width x 3, RGB, 0-255.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from scanner_adapters.simulator.papers.lettering import MM_PER_INCH

Pixels = NDArray[np.uint8]
LID = (244, 245, 243)  # the white lid of a flatbed, where no paper lies
GLARE_EDGE = 0.35  # of the spot's radius: where light falls off
WHITE = 255.0
SEAL_MARGIN = 60  # of 255: red above green and blue in the ink of a seal


@dataclass(frozen=True)
class Lens:
    """How a page was pictured badly.

    Args:
        defocus: radius of the disc that a point becomes, pixels.
        motion: how far the page moved while it was pictured, pixels.
        glare_mm: diameter of a lamp's reflection, blinding white; it lies somewhere on the text.
        shift_mm: how far the paper lay off the glass, right and down; what lay beyond the glass is lost.
        cut_seal: share of the red seal's height that lay beyond the lower edge of the glass.
    """

    defocus: float = 0.0
    motion: float = 0.0
    glare_mm: float = 0.0
    shift_mm: tuple[float, float] = (0.0, 0.0)
    cut_seal: float = 0.0


def picture(image: Pixels, lens: Lens, seed: int, dpi: int) -> Pixels:
    """The page as it was pictured; the same seed gives the same pixels.

    Raises: ValueError when a seal is to be cut and there is none.
    """
    chance = np.random.default_rng(seed)
    right, down = lens.shift_mm
    page = _shifted(image, (right, down + _down_to_cut(image, lens.cut_seal, dpi)), dpi)
    if lens.glare_mm:
        page = _glared(page, lens.glare_mm, chance, dpi)
    if lens.defocus:
        page = np.asarray(cv2.filter2D(page, -1, _disc(lens.defocus)), np.uint8)
    if lens.motion:
        page = np.asarray(cv2.filter2D(page, -1, _streak(lens.motion, chance.uniform(0, math.pi))), np.uint8)
    return page


def _down_to_cut(image: Pixels, share: float, dpi: int) -> float:
    """How far down (mm) the page must lie for the lower edge to run through its seal."""
    if not share:
        return 0.0
    height = image.shape[0]
    apart = image[..., 0].astype(np.int16) - image[..., 1:].max(axis=2)
    rows = np.flatnonzero((apart > SEAL_MARGIN).any(axis=1))
    if not rows.size:
        raise ValueError("there is no red seal to cut")
    kept = rows[0] + (1 - share) * (rows[-1] - rows[0])
    return float(height - kept) * MM_PER_INCH / dpi


def _shifted(image: Pixels, shift_mm: tuple[float, float], dpi: int) -> Pixels:
    if shift_mm == (0.0, 0.0):
        return image
    right, down = (length * dpi / MM_PER_INCH for length in shift_mm)
    height, width = image.shape[:2]
    move = np.array([[1, 0, right], [0, 1, down]], np.float32)
    moved = cv2.warpAffine(image, move, (width, height), borderMode=cv2.BORDER_CONSTANT, borderValue=LID)
    return np.asarray(moved, np.uint8)


def _glared(page: Pixels, diameter_mm: float, chance: np.random.Generator, dpi: int) -> Pixels:
    height, width = page.shape[:2]
    middle = (chance.uniform(0.35, 0.65) * width, chance.uniform(0.22, 0.5) * height)
    stretch, radius = chance.uniform(1.0, 1.5), diameter_mm / 2 * dpi / MM_PER_INCH
    across = ((np.arange(width, dtype=np.float32) - middle[0]) / (radius * stretch))[None, :]
    down = ((np.arange(height, dtype=np.float32) - middle[1]) / radius)[:, None]
    light = np.clip((1 + GLARE_EDGE - np.hypot(across, down)) / GLARE_EDGE, 0, 1)
    soft = (light * light * (3 - 2 * light))[..., None]
    return np.asarray(page + (WHITE - page) * soft, np.uint8)


def _disc(radius: float) -> NDArray[np.float32]:
    """A round aperture's blur, its edge smooth."""
    reach = math.ceil(radius + 1)
    places = np.arange(-reach, reach + 1, dtype=np.float32)
    weight = np.clip(radius + 0.5 - np.hypot(places[None, :], places[:, None]), 0, 1)
    return np.asarray(weight / weight.sum(), np.float32)


def _streak(length: float, angle: float) -> NDArray[np.float32]:
    reach = math.ceil(length / 2 + 1)
    streak = np.zeros((2 * reach + 1,) * 2, np.float32)
    half = (length / 2 * math.cos(angle), length / 2 * math.sin(angle))
    for share in np.linspace(-1, 1, 8 * reach):
        streak[round(reach + share * half[1]), round(reach + share * half[0])] += 1
    return np.asarray(streak / streak.sum(), np.float32)
