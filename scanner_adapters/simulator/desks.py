"""A paper photographed on a desk: perspective, uneven light, a shadow beside the paper, known true corners.

Pixels are height x width x 3, RGB, 0-255; the picture is 3000 x 4000, as a phone of 12 megapixels takes it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Chance = np.random.Generator
WIDTH, HEIGHT = 3000, 4000
FILLS = (0.84, 0.93)  # of the picture's width, the wider the paper is seen
TILT = 0.035  # of the paper's side: how far perspective moves a corner
TURN_DEGREES = 4.0
SHADOW_PIXELS = 14
SHADOW = 0.55  # light left right beside the paper
LIGHT_LEFT = (0.62, 0.85)  # where the lamp reaches least
FOCUS = 0.8  # standard deviation of the blur, pixels
NOISE = 3.5
BOARD, JOINT = 31.0, 0.8  # of wood, in waves of its grain
CLOTHS = (
    ((186, 60, 58), (236, 228, 220)),
    ((62, 92, 150), (226, 230, 236)),
    ((70, 120, 84), (230, 226, 208)),
)
TILED = 0.5  # share of the checked cloths
COARSE = 8  # pixels: the desk's pattern is drawn at this scale and enlarged


class Desk(StrEnum):
    """What the paper lies on."""

    DARK = "dark"
    WOOD = "wood"
    CHECKER = "checker"
    WHITE = "white"


@dataclass(frozen=True, eq=False)
class Photograph:
    """A picture of a paper on a desk; corners in its pixels, clockwise from the top left."""

    image: Pixels
    corners: tuple[tuple[float, float], ...]


def photograph(page: Pixels, desk: Desk, seed: int) -> Photograph:
    """Take a picture of an upright page from above, a little askew; the same seed gives the same pixels."""
    chance = np.random.default_rng(seed)
    height, width = page.shape[:2]
    corners = _corners(width / height, chance)
    sides = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    lens = cv2.getPerspectiveTransform(sides, corners)
    seen = cv2.warpPerspective(page, lens, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR)
    place = cv2.warpPerspective(
        np.full((height, width), 255, np.uint8), lens, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR
    )
    share = np.asarray(place, np.float32)[..., None] / 255
    around = DESKS[desk](chance) * _shadow(np.asarray(place, np.uint8), chance)
    lit = (seen * share + around * (1 - share)) * _light(chance)
    lit = np.asarray(cv2.GaussianBlur(lit, (0, 0), FOCUS), np.float32)
    lit += chance.standard_normal((HEIGHT, WIDTH, 1), dtype=np.float32) * np.float32(NOISE)
    return Photograph(np.clip(lit, 0, 255).astype(np.uint8), tuple((float(x), float(y)) for x, y in corners))


def _corners(proportion: float, chance: Chance) -> NDArray[np.float32]:
    wide = WIDTH * chance.uniform(*FILLS)
    high = min(wide / proportion, HEIGHT * FILLS[1])
    wide = high * proportion
    corners = np.array([(-wide, -high), (wide, -high), (wide, high), (-wide, high)]) / 2
    corners += chance.uniform(-TILT, TILT, (4, 2)) * wide / 2
    angle = np.radians(chance.uniform(-TURN_DEGREES, TURN_DEGREES))
    turn = np.array([(np.cos(angle), -np.sin(angle)), (np.sin(angle), np.cos(angle))])
    corners = corners @ turn.T
    room = np.array([WIDTH, HEIGHT]) / 2 - np.abs(corners).max(axis=0)
    middle = np.array([WIDTH, HEIGHT]) / 2 + chance.uniform(-0.5, 0.5, 2) * np.maximum(room, 0)
    fits = min(1.0, *((np.array([WIDTH, HEIGHT]) / 2 - 25) / np.abs(corners).max(axis=0)))
    return np.asarray(corners * fits + middle, np.float32)


def _shadow(place: Pixels, chance: Chance) -> NDArray[np.float32]:
    """The paper's shadow on the desk: on one side of it, soft."""
    move = np.array([[1, 0, chance.uniform(-1, 1) * SHADOW_PIXELS], [0, 1, SHADOW_PIXELS]], np.float32)
    cast = cv2.GaussianBlur(cv2.warpAffine(place, move, (WIDTH, HEIGHT)), (0, 0), SHADOW_PIXELS / 2)
    return np.asarray(1 - (1 - SHADOW) * np.asarray(cast, np.float32) / 255, np.float32)[..., None]


def _light(chance: Chance) -> NDArray[np.float32]:
    """Light falls off to one side and into the corners."""
    angle, least = chance.uniform(0, 2 * np.pi), chance.uniform(*LIGHT_LEFT)
    across = np.linspace(-1, 1, WIDTH, dtype=np.float32)[None, :]
    down = np.linspace(-1, 1, HEIGHT, dtype=np.float32)[:, None]
    ramp = (across * np.cos(angle) + down * np.sin(angle) + 1.42) / 2.84
    corner = 1 - 0.12 * (across**2 + down**2) / 2
    return np.asarray((least + (1 - least) * ramp) * corner, np.float32)[..., None]


def _dark(chance: Chance) -> NDArray[np.float32]:
    return _speckled((48.0, 46.0, 44.0), 5.0, chance)


def _white(chance: Chance) -> NDArray[np.float32]:
    return _speckled((238.0, 237.0, 232.0), 2.0, chance)


def _wood(chance: Chance) -> NDArray[np.float32]:
    """Brown boards with a grain that runs across the picture."""
    rows, columns = HEIGHT // COARSE, WIDTH // COARSE
    wander = cv2.GaussianBlur(chance.standard_normal((rows, columns), dtype=np.float32), (0, 0), 40, sigmaY=9)
    down = np.arange(rows, dtype=np.float32)[:, None] * np.float32(chance.uniform(0.25, 0.5))
    grain = np.sin(down + np.asarray(wander, np.float32) * 90) * 0.5
    fine = cv2.GaussianBlur(chance.standard_normal((rows, columns), dtype=np.float32), (0, 0), 20, sigmaY=0.6)
    light = 1 + 0.16 * grain + 0.9 * np.asarray(fine, np.float32)
    joints = (down % BOARD > BOARD - JOINT).astype(np.float32) * 0.35
    tone = np.array((152.0, 104.0, 66.0), np.float32)
    return _enlarged((light - joints)[..., None] * tone)


def _checker(chance: Chance) -> NDArray[np.float32]:
    """A checked table-cloth: woven in three tones, or tiles of two."""
    side = int(chance.integers(150, 260))
    across = (np.arange(WIDTH) // side % 2)[None, :]
    down = (np.arange(HEIGHT) // side % 2)[:, None]
    dark, light = (np.array(tone, np.float32) for tone in CLOTHS[int(chance.integers(len(CLOTHS)))])
    tiles = (across + down) % 2
    weave = (tiles if chance.random() < TILED else (across + down) / 2)[..., None]
    return np.asarray(dark * (1 - weave) + light * weave, np.float32)


def _speckled(tone: tuple[float, ...], spread: float, chance: Chance) -> NDArray[np.float32]:
    cells = chance.standard_normal((HEIGHT // COARSE, WIDTH // COARSE, 1), dtype=np.float32)
    return _enlarged(cells * np.float32(spread) + np.array(tone, np.float32))


def _enlarged(cells: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(cv2.resize(cells, (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR), np.float32)


DESKS: Mapping[Desk, Callable[[Chance], NDArray[np.float32]]] = MappingProxyType(
    {
        Desk.DARK: _dark,
        Desk.WOOD: _wood,
        Desk.CHECKER: _checker,
        Desk.WHITE: _white,
    }
)
