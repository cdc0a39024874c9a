"""Scans without transcription become training lines: those that two models of Tesseract surely read alike.

`vie` and `Vietnamese` err on different words, so what both say is nearly always right.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytesseract
from PIL import Image

from digitize.model import DigitizeFault
from digitize.paper.direction import find_lay
from digitize.paper.overview import look_over
from digitize.pixels import geometry
from digitize.pixels.raster import Pixels
from digitize.plane import planes
from digitize.reader.alphabet import can_write
from digitize.reader.cut import cut_page
from digitize.reader.lines import TextLine
from digitize.sources.sources import PageSource, load, survey_source
from digitize.training.agreed import AgreedLine
from digitize.training.pictures import LinePicture, has_room
from vietnamese.letters import nfc, with_real_d

MODELS = ("vie", "Vietnamese")
LEAST_SURE, MEAN_SURE = 55.0, 85.0  # of 100: of the doubtful word, of all words of a line
LOW, REACH = 0.6, 0.75  # small letters: a word's middle above the baseline, and how far it may be off
ENDS = 1.2  # small letters: how far the words may end from the line's ends
STRAIGHTENED = 1.0  # degrees of tilt that the reader bears


@dataclass(frozen=True)
class _Word:
    """A word as Tesseract reads it, in pixels of the plane."""

    text: str
    left: float
    right: float
    middle: float
    sure: float


def agreed_lines(scans: Path, left_out: Sequence[str]) -> Iterator[AgreedLine]:
    """The agreed lines of all scans in a folder but those whose names contain one of `left_out`."""
    for path in sorted(path for path in scans.rglob("*") if path.is_file()):
        if not any(name in path.name for name in left_out):
            yield from _of_document(path)


def _of_document(path: Path) -> Iterator[AgreedLine]:
    try:
        survey = survey_source(path)
    except DigitizeFault:
        return  # no scan
    for index in range(survey.pages):
        for picture in _of_page(PageSource(path, survey.kind, index)):
            yield AgreedLine(picture, path.stem)


def _of_page(page: PageSource) -> Iterator[LinePicture]:
    raster = load(page)
    lay = find_lay(look_over(raster))
    if raster.lines is not None or lay.sideways:
        return  # born digital, or lying
    plane = geometry.turn(planes.reading_plane(raster.pixels), raster.turn)
    if abs(lay.tilt) > STRAIGHTENED:
        plane = planes.sharpen_contrast(geometry.straighten(plane, lay.tilt))
    _, cuts = cut_page(plane, raster.pixels_dpi)
    readings = [_words(plane, raster.pixels_dpi, model) for model in MODELS]
    for cut in cuts:
        texts = {_said(cut.line, words) for words in readings}
        text = texts.pop()
        picture = LinePicture(cut.pixels, text)
        if not texts and text and can_write(text) and has_room(picture):
            yield picture


def _words(plane: Pixels, dpi: float, model: str) -> list[_Word]:
    told = pytesseract.image_to_data(
        Image.fromarray(plane), lang=model, config=f"--psm 3 --dpi {round(dpi)}", output_type="dict"
    )
    columns = zip(*(told[name] for name in ("text", "left", "top", "width", "height", "conf")), strict=True)
    return [
        _Word(with_real_d(nfc(text)), left, left + width, top + height / 2, float(sure))
        for text, left, top, width, height, sure in columns
        if text.strip()
    ]


def _said(line: TextLine, words: list[_Word]) -> str:
    """The line's words with spaces between them; nothing when they are unsure or do not fill it."""
    inside = sorted((word for word in words if _stands_on(line, word)), key=lambda word: word.left)
    if not inside:
        return ""
    sure = [word.sure for word in inside]
    off = max(abs(inside[0].left - line.left), abs(inside[-1].right - line.right))
    is_whole = off <= ENDS * line.x_height and min(sure) >= LEAST_SURE and np.mean(sure) >= MEAN_SURE
    return " ".join(word.text for word in inside) if is_whole else ""


def _stands_on(line: TextLine, word: _Word) -> bool:
    centre = (word.left + word.right) / 2
    off = word.middle - line.baseline_at(centre) + LOW * line.x_height
    beside = line.left - line.x_height < centre < line.right + line.x_height
    return beside and abs(off) < REACH * line.x_height
