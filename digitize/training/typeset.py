"""One line of text set with ink on paper, unworn, a piece of its neighbours above and below it."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from digitize.pixels.raster import Pixels
from digitize.training.faces import font

EM = 72  # pixels: larger than scans are, so that what the rasterizer fits to its grid is lost again
AROUND = 1.5  # ems of paper above the baseline; a little less below
INK = 255


@dataclass(frozen=True)
class Manner:
    """How a line is set.

    Args:
        face: the font file.
        letter_space: extra space between letters, ems.
        word_space: the space between words, of its usual width.
        leading: distance from baseline to baseline, ems.
        underline: thickness of a line below the text, ems; 0 for none.
    """

    face: Path
    letter_space: float = 0.0
    word_space: float = 1.0
    leading: float = 1.3
    underline: float = 0.0


@dataclass(frozen=True)
class SetLine:
    """Ink (255 where it covers) of a line and where it lies, in pixels of that picture.

    Args:
        ink: the drawn line with its neighbours.
        baseline: row of the baseline.
        x_height, capitals: heights of x and of H.
        left, right: where the line begins and ends.
    """

    ink: Pixels
    baseline: float
    x_height: float
    capitals: float
    left: float
    right: float


def typeset(text: str, manner: Manner, neighbours: tuple[str, str] = ("", "")) -> SetLine:
    """Set `text`, with what stands above and below it."""
    face = font(manner.face, EM)
    width = _width(text, face, manner)
    size = (int(width + 2 * EM), int(2 * AROUND * EM))
    baseline = AROUND * EM
    sheet = Image.new("L", size, 0)
    _draw(sheet, text, (EM, baseline), face, manner)
    _underline(sheet, width, baseline, manner)
    for said, way in zip(neighbours, (-1, 1), strict=True):
        _draw(sheet, said, (EM * 0.5, baseline + way * manner.leading * EM), face, manner)
    return SetLine(np.asarray(sheet), baseline, *_heights(manner.face), EM, EM + width)


def _width(text: str, face: ImageFont.FreeTypeFont, manner: Manner) -> float:
    spaces = text.count(" ") * (manner.word_space - 1) * face.getlength(" ")
    return float(face.getlength(text) + spaces + manner.letter_space * EM * max(0, len(text) - 1))


def _draw(
    sheet: Image.Image, text: str, place: tuple[float, float], face: ImageFont.FreeTypeFont, manner: Manner
) -> None:
    pen = ImageDraw.Draw(sheet)
    left, baseline = place
    parts = text if manner.letter_space else text.split(" ")
    gap = manner.letter_space * EM if manner.letter_space else face.getlength(" ") * manner.word_space
    for part in parts:
        pen.text((left, baseline), part, font=face, fill=INK, anchor="ls")
        left += face.getlength(part) + gap
        if part == " ":
            left += face.getlength(" ") * (manner.word_space - 1)


def _underline(sheet: Image.Image, width: float, baseline: float, manner: Manner) -> None:
    if manner.underline:
        top = baseline + 0.11 * EM
        box = [EM, top, EM + width, top + manner.underline * EM]
        ImageDraw.Draw(sheet).rectangle(box, fill=INK)


@cache
def _heights(path: Path) -> tuple[float, float]:
    face = font(path, EM)
    small, capital = (-face.getbbox(letter, anchor="ls")[1] for letter in "xH")
    return float(small), float(capital)
