"""Lines cut out of their scans as the line finder cuts them (reader/cut.py), small errors included."""

from dataclasses import dataclass

import cv2
import numpy as np

from digitize.pixels.raster import Pixels
from digitize.reader.network import LINE_HEIGHT, STEP
from digitize.training.dice import happens
from digitize.training.typeset import SetLine

CAPITALS_TO_SMALL = 1.43  # as the line finder takes it
ABOVE, BELOW = (2.16, 0.08), (0.5, 0.04)  # small letters above and below the baseline: mean, deviation
BESIDE = (0.5, 0.22)  # small letters of paper at both ends: mean, deviation
MISJUDGED = 0.035  # deviation of the height of small letters and of the baseline, in small letters
TILT = 0.07  # degrees, deviation
SHRUNK = 0.8  # scale: what is made smaller than that is smoothed first


@dataclass(frozen=True)
class Place:
    """Where the finder sees the line: height of small letters, baseline, ends, in pixels of the scan."""

    x_height: float
    baseline: float
    left: float
    right: float

    @classmethod
    def of(cls, line: SetLine, scan: tuple[int, ...], text: str, chance: np.random.Generator) -> "Place":
        """Where a line lies in a scan of this shape."""
        down, across = scan[0] / line.ink.shape[0], scan[1] / line.ink.shape[1]
        x_height = line.x_height
        if not any(letter.islower() for letter in text):
            x_height = line.capitals / CAPITALS_TO_SMALL
        if happens(chance, 0.02):  # the finder takes small letters for capitals
            x_height /= CAPITALS_TO_SMALL
        elif text.isupper() and happens(chance, 0.12):  # or capitals for small letters
            x_height *= CAPITALS_TO_SMALL
        x_height *= chance.normal(1, MISJUDGED)
        baseline = line.baseline + x_height * chance.normal(0, MISJUDGED)
        return cls(x_height * down, baseline * down, line.left * across, line.right * across)


def cut(grey: Pixels, place: Place, chance: np.random.Generator) -> Pixels:
    """The line out of the scan: levelled as well as the finder can, LINE_HEIGHT high, paper at its ends."""
    x_height = place.x_height
    above, below = chance.normal(*ABOVE), chance.normal(*BELOW)
    scale = LINE_HEIGHT / (x_height * (above + below))
    tilt = np.tan(np.radians(chance.normal(0, TILT)))
    before, after = np.maximum(chance.normal(*BESIDE, 2), -0.05) * x_height
    left, top = place.left - before, place.baseline - above * x_height
    width = max(2 * STEP, round((place.right + after - left) * scale))
    middle = (place.left + place.right) / 2
    turn = np.array(
        [[1 / scale, 0, left], [tilt / scale, 1 / scale, top + tilt * (left - middle)]], np.float32
    )
    if scale < SHRUNK:
        grey = np.asarray(cv2.GaussianBlur(grey, (0, 0), 0.35 / scale), np.uint8)
    how = cv2.INTER_CUBIC if happens(chance, 0.2) else cv2.INTER_LINEAR
    size, flags = (width, LINE_HEIGHT), how | cv2.WARP_INVERSE_MAP
    pixels = cv2.warpAffine(grey, turn, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(pixels, np.uint8)
