"""How like real lines ours are: strokes, edges and marks in numbers, and both side by side in one picture."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import cv2
import numpy as np

from digitize.pixels.raster import Pixels
from digitize.reader.network import stretched
from digitize.training.pictures import LinePicture

INK = 0.5  # of the way from ink to paper: what is darker is ink
SOFT = (0.2, 0.8)  # of the way: neither ink nor paper
ABOVE = 14  # rows at the top of a line, where only marks and capitals reach
SHORTEST = 300  # pixels: shorter lines tell little
QUANTILES = (5, 25, 50, 75, 95)
SHEET_WIDTH = 1700  # pixels
FRAME, FRAME_GREY = 2, 128


@dataclass(frozen=True)
class Look:
    """What a line looks like: strokes in pixels, the rest as shares.

    Args:
        across, down: mean length of ink along rows and along columns.
        soft: grey pixels by inked ones.
        ink: of all pixels.
        above: of the pixels where only marks and capitals reach.
    """

    across: float
    down: float
    soft: float
    ink: float
    above: float


def look_of(line: Pixels) -> Look:
    """Measure one line, LINE_HEIGHT x width."""
    level = stretched(line).astype(np.float32) / 255
    ink = (level < INK).astype(np.int8)
    inked = max(1, int(ink.sum()))
    across, down = (inked / max(1, int((np.diff(ink, axis=axis) == 1).sum())) for axis in (1, 0))
    soft = ((level > SOFT[0]) & (level < SOFT[1])).sum() / inked
    return Look(across, down, float(soft), float(ink.mean()), float(ink[:ABOVE].mean()))


def quantiles(lines: Sequence[LinePicture]) -> Mapping[str, list[float]]:
    """Each measure's quantiles over all lines that are long enough."""
    looks = [asdict(look_of(line.pixels)) for line in lines if line.pixels.shape[1] >= SHORTEST]
    return {
        name: [round(float(value), 3) for value in np.percentile([look[name] for look in looks], QUANTILES)]
        for name in looks[0]
    }


def sheet(real: Sequence[LinePicture], ours: Sequence[LinePicture]) -> Pixels:
    """Lines of both kinds in turn, one below the other."""
    turns = [line for pair in zip(real, ours, strict=False) for line in pair]
    return np.vstack([_framed(stretched(line.pixels)[:, :SHEET_WIDTH]) for line in turns])


def _framed(line: Pixels) -> Pixels:
    beside = SHEET_WIDTH - line.shape[1]
    framed = cv2.copyMakeBorder(line, FRAME, FRAME, 0, beside, cv2.BORDER_CONSTANT, value=(FRAME_GREY,))
    return np.asarray(framed, np.uint8)
