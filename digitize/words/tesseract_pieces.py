"""Words shown to Tesseract as well: the doubtful ones of a page in one picture, each with its neighbours.

One start for a page costs less than a tenth of a whole reading; the pieces are our reader's own level cuts.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from digitize.model import Line
from digitize.pixels.raster import WHITE, Pixels
from digitize.reader.network import LINE_HEIGHT, stretched
from digitize.reader.reading import OwnLine
from digitize.words.tesseract import BLOCK_LAYOUT, read_lines

NEIGHBOURS = 1  # words shown on each side: Tesseract too reads better in context
BESIDE = 8  # pixels around a piece
BETWEEN = 28  # pixels between pieces
PIECE_DPI = 250  # what LINE_HEIGHT means for print of 12 points
ROW = LINE_HEIGHT + BETWEEN
MOST_ROWS = 400  # of a sheet: Tesseract takes no picture of 32,768 pixels or more


@dataclass(frozen=True)
class Piece:
    """Words `first` to `end` (not included) of line `line`."""

    line: int
    first: int
    end: int


@dataclass(frozen=True)
class Heard:
    """A word as Tesseract reads it, how sure it is (0-1), and the columns of the cut where it stands."""

    text: str
    sure: float
    left: float
    right: float


def look_again(
    lines: Sequence[OwnLine], asked: Sequence[Sequence[bool]], work: Path
) -> dict[Piece, tuple[Heard, ...]]:
    """What Tesseract reads in the pieces around all words that are asked for.

    Raises: DigitizeFault OCR_MISSING; TimeoutError.
    """
    pieces = [piece for at, flags in enumerate(asked) for piece in _pieces(at, flags)]
    heard: dict[Piece, tuple[Heard, ...]] = {}
    for first in range(0, len(pieces), MOST_ROWS):
        heard |= _heard_on_a_sheet(lines, pieces[first : first + MOST_ROWS], work)
    return heard


def _heard_on_a_sheet(
    lines: Sequence[OwnLine], pieces: Sequence[Piece], work: Path
) -> dict[Piece, tuple[Heard, ...]]:
    spans = [_span(lines[piece.line], piece) for piece in pieces]
    sheet = np.full(
        (ROW * len(pieces) + BETWEEN, max(right - left for left, right in spans) + 2 * BETWEEN),
        WHITE,
        np.uint8,
    )
    for row, (piece, (left, right)) in enumerate(zip(pieces, spans, strict=True)):
        shown = _shown(lines[piece.line].cut.pixels, left, right)
        top = BETWEEN + row * ROW
        sheet[top : top + LINE_HEIGHT, BETWEEN : BETWEEN + shown.shape[1]] = shown
    heard: dict[Piece, list[Heard]] = {piece: [] for piece in pieces}
    for row, word in _placed(read_lines(sheet, PIECE_DPI, BLOCK_LAYOUT, work), sheet.shape):
        if row < len(pieces):
            left = spans[row][0] - BETWEEN
            moved = Heard(word.text, word.sure, word.left + left, word.right + left)
            heard[pieces[row]].append(moved)
    return {piece: tuple(sorted(words, key=lambda word: word.left)) for piece, words in heard.items()}


def _pieces(line: int, flags: Sequence[bool]) -> Iterator[Piece]:
    """Runs of words that are asked for, with their neighbours; runs that meet are one."""
    first = end = -1
    for at, flag in enumerate(flags):
        if not flag:
            continue
        if end >= 0 and at - NEIGHBOURS > end:
            yield Piece(line, first, min(end, len(flags)))
            first = -1
        first = max(0, at - NEIGHBOURS) if first < 0 else first
        end = at + 1 + NEIGHBOURS
    if end >= 0:
        yield Piece(line, first, min(end, len(flags)))


def _span(line: OwnLine, piece: Piece) -> tuple[int, int]:
    """The columns of the cut that show a piece."""
    left = round(line.words[piece.first].left) - BESIDE
    right = round(line.words[piece.end - 1].right) + BESIDE
    return max(0, left), min(line.cut.pixels.shape[1], max(right, left + 2 * BESIDE))


def _shown(pixels: Pixels, left: int, right: int) -> Pixels:
    return stretched(pixels)[:, left:right]


def _placed(lines: Sequence[Line], shape: tuple[int, ...]) -> Iterator[tuple[int, Heard]]:
    """Words with the row they stand in, in pixels of the sheet."""
    height, width = shape
    for line in lines:
        for word in line.words:
            middle = (word.box.top + word.box.bottom) / 2 * height
            row = int((middle - BETWEEN / 2) // ROW)
            left, right = word.box.left * width, word.box.right * width
            yield row, Heard(word.text, word.confidence / 100, left, right)
