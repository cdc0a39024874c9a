"""Lines of words read from the reading plane, and how surely a strip of it reads."""

from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from digitize.model import Line
from digitize.pixels.raster import Pixels
from digitize.words.own_reader import is_understood, own_reader
from digitize.words.tesseract import BLOCK_LAYOUT, PAGE_LAYOUT, read_lines

SMALLER_DPI = 200.0  # a page that takes too long is tried once more, smaller and as one block
LEAST_DPI, MOST_DPI, READING_DPI, ENLARGED_DPI = 140.0, 340.0, 300.0, 200.0
STRIP_ROWS = 160
STRIP_DPI = 180.0
STRIP_MARGIN = 12
STRIP_INK = 0.72  # of the paper's brightness
SOLID = 0.4  # of a row: a black edge or a bar, not letters


@dataclass(frozen=True)
class Reading:
    """Lines as read, top to bottom by block.

    Args:
        is_complete: did the reader come to the end of the page?
        is_weighed: was a second reader asked already for what the first one doubted?
    """

    lines: tuple[Line, ...]
    is_complete: bool = True
    is_weighed: bool = False


def read_page(plane: Pixels, dpi: float, work: Path) -> Reading:
    """Read a whole upright page: our own reader first, Tesseract where that is in doubt or absent.

    Raises: DigitizeFault OCR_MISSING when Tesseract or its Vietnamese data is not installed.
    """
    own = own_reader()
    if own is not None:
        reading = own.read(plane, dpi)
        if is_understood(reading):
            return Reading(own.lines(reading, plane, work), is_weighed=True)
    return read_by_tesseract(plane, dpi, work)


def readers() -> str:
    """Who reads here, with the making of our reader: what was read is read anew when this changes."""
    own = own_reader()
    return "Tesseract" if own is None else f"Motcua {own.curves.weights_sha256[:12]}"


def read_by_tesseract(plane: Pixels, dpi: float, work: Path) -> Reading:
    """Read a whole upright page by Tesseract alone.

    Raises: DigitizeFault OCR_MISSING.
    """
    scale = _reading_scale(dpi)
    try:
        return _read(plane, dpi, scale, PAGE_LAYOUT, work)
    except TimeoutError:
        with suppress(TimeoutError):
            return replace(
                _read(plane, dpi, min(scale, SMALLER_DPI / dpi), BLOCK_LAYOUT, work), is_complete=False
            )
        return Reading((), is_complete=False)


def _read(plane: Pixels, dpi: float, scale: float, layout: int, work: Path) -> Reading:
    sized = _scaled(plane, scale)
    return Reading(read_lines(sized, dpi * scale, layout, work))


def read_strip(strip: Pixels, dpi: float, work: Path) -> tuple[Line, ...]:
    """Read lines that were laid one below the other as one block; none when that takes too long."""
    with suppress(TimeoutError):
        return _read(strip, dpi, _reading_scale(dpi), BLOCK_LAYOUT, work).lines
    return ()


def strip_confidence(plane: Pixels, dpi: float, work: Path) -> float:
    """How surely the densest strip of text reads as Vietnamese (0-100), long words counting more."""
    strip = _densest_strip(_scaled(plane, min(1.0, STRIP_DPI / dpi)))
    try:
        return mean_confidence(read_lines(strip, min(dpi, STRIP_DPI), BLOCK_LAYOUT, work))
    except TimeoutError:
        return 0.0


def mean_confidence(lines: tuple[Line, ...]) -> float:
    """Mean confidence of the words, weighted by their letters; 0 when there is none."""
    weighed = [
        (sum(letter.isalpha() for letter in word.text), word.confidence)
        for line in lines
        for word in line.words
    ]
    letters = sum(weight for weight, _ in weighed)
    return round(sum(weight * sure for weight, sure in weighed) / letters, 2) if letters else 0.0


def _reading_scale(dpi: float) -> float:
    if dpi > MOST_DPI:
        return READING_DPI / dpi
    return ENLARGED_DPI / dpi if dpi < LEAST_DPI else 1.0


def _scaled(plane: Pixels, scale: float) -> Pixels:
    if scale == 1.0:
        return plane
    size = (max(1, round(plane.shape[1] * scale)), max(1, round(plane.shape[0] * scale)))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(plane, size, interpolation=how), np.uint8)


def _densest_strip(plane: Pixels) -> Pixels:
    """The rows that hold the most ink, cut where a row is lightest so that no line of text is split."""
    if plane.shape[0] <= STRIP_ROWS:
        return plane
    paper = float(np.percentile(plane[::4, ::4], 90))
    ink = (plane < paper * STRIP_INK).mean(axis=1)
    ink[ink > SOLID] = 0.0
    dense = np.convolve(ink, np.ones(STRIP_ROWS), "valid")
    top = int(dense.argmax())
    lowest = max(0, top - STRIP_MARGIN)
    top = lowest + int(ink[lowest : top + STRIP_MARGIN].argmin())
    return np.ascontiguousarray(plane[top : top + STRIP_ROWS])
