"""Turning and straightening: how a page that lies in some way becomes upright.

The reading plane and the finished page share one frame: the upright page, whose size is the paper's own.
A place is turned and then straightened about the page's centre; nothing is cropped, nothing scaled.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from digitize.model import Box
from digitize.pixels.raster import Pixels

PAPER_PERCENTILE = 90
LEAST_LEVEL = 0.6  # of a tilted word's height: what is left of it when level
TURNS = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}


@dataclass(frozen=True)
class Pose:
    """Turn the scan clockwise by `rotation`, then anticlockwise by `skew_degrees`, and it is upright."""

    rotation: int = 0
    skew_degrees: float = 0.0
    is_sure: bool = True


def turn(pixels: Pixels, degrees: int) -> Pixels:
    """Turn clockwise by a multiple of 90 degrees."""
    code = TURNS.get(degrees % 360)
    return pixels if code is None else np.asarray(cv2.rotate(pixels, code), np.uint8)


def straighten(grey: Pixels, skew_degrees: float) -> Pixels:
    """Undo a tilt about the centre; the frame keeps its size, the corners become paper."""
    if not skew_degrees:
        return grey
    height, width = grey.shape
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), skew_degrees, 1.0)
    paper = int(np.percentile(grey[::8, ::8], PAPER_PERCENTILE))
    turned = cv2.warpAffine(
        grey, matrix, (width, height), flags=cv2.INTER_CUBIC, borderValue=(paper, paper, paper)
    )
    return np.asarray(turned, np.uint8)


def straighten_box(box: Box, skew_degrees: float, width: int, height: int) -> Box:
    """Where a box read on the tilted page of `width` by `height` pixels lies once that is straight."""
    angle = math.radians(skew_degrees)
    across, down = (box.right - box.left) * width, (box.bottom - box.top) * height
    level = max(down - across * abs(math.tan(angle)), LEAST_LEVEL * down)
    x = ((box.left + box.right) / 2 - 0.5) * width
    y = ((box.top + box.bottom) / 2 - 0.5) * height
    middle = (x * math.cos(angle) + y * math.sin(angle), y * math.cos(angle) - x * math.sin(angle))
    edges = (
        (middle[0] - across / 2) / width + 0.5,
        (middle[1] - level / 2) / height + 0.5,
        (middle[0] + across / 2) / width + 0.5,
        (middle[1] + level / 2) / height + 0.5,
    )
    return Box(*(round(min(max(edge, 0.0), 1.0), 5) for edge in edges))


def turned_box(box: Box, rotation: int) -> Box:
    """Where a box lies once the page has been turned clockwise by `rotation` degrees."""
    for _ in range(rotation // 90 % 4):
        box = Box(1 - box.bottom, box.left, 1 - box.top, box.right)
    return Box(*(round(edge, 5) for edge in (box.left, box.top, box.right, box.bottom)))


Confidence = Callable[[Pixels], float]


def choose_direction(upright_guess: Pixels, confidence: Confidence, sure_apart: float) -> tuple[int, bool]:
    """Read a strip both ways up: return 0 or 180, and whether the better way is better by `sure_apart`."""
    as_is, over = confidence(upright_guess), confidence(turn(upright_guess, 180))
    return (180 if over > as_is else 0), abs(over - as_is) >= sure_apart
