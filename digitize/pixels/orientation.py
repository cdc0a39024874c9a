"""How a picture asks to be shown: the eight orientations of EXIF and TIFF, as a mirroring and a turn."""

from dataclasses import dataclass

import numpy as np

from digitize.pixels.raster import Pixels

MIRRORED = frozenset((2, 4, 5, 7))
TURNS = {3: 180, 4: 180, 5: 270, 6: 90, 7: 90, 8: 270}  # clockwise, after the mirroring
ORIENTATIONS = range(1, 9)


@dataclass(frozen=True)
class Orientation:
    """Mirror the stored picture left to right, if so; then turn it clockwise by `turn` degrees.

    `told` is False where the picture says nothing: then the text on it decides alone.
    """

    mirrored: bool = False
    turn: int = 0
    told: bool = False


UNTOLD = Orientation()
AS_IT_LIES = Orientation(told=True)


def orientation_of(tag: object) -> Orientation:
    """The orientation that tag 0x0112 (TIFF 6.0, EXIF 2.3) tells; UNTOLD for any other value."""
    if not isinstance(tag, int) or tag not in ORIENTATIONS:
        return UNTOLD
    return Orientation(tag in MIRRORED, TURNS.get(tag, 0), told=True)


def mirror(pixels: Pixels) -> Pixels:
    """Left becomes right."""
    return np.ascontiguousarray(pixels[:, ::-1])
