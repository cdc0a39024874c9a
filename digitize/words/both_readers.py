"""A page read by our reader first, by Tesseract where ours is in doubt and for numbers, as lines of words."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from digitize.model import Box, Line, Word
from digitize.pixels.raster import Pixels
from digitize.reader.calibration import Calibration
from digitize.reader.cut import Cut
from digitize.reader.lines import CAPITALS_TO_SMALL
from digitize.reader.reading import OwnLine
from digitize.reader.spacing import spaced
from digitize.words.opinions import Judged, judge, judged_alone, must_ask, pieces_unsure, side_by_side
from digitize.words.tesseract_pieces import Heard, Piece, look_again
from vietnamese.statistics import Statistics

DESCENT = 0.47  # of a small letter: tails below the baseline
PERCENT = 100


def weighed(
    lines: Sequence[OwnLine], work: Path, curves: Calibration, language: Statistics
) -> list[tuple[Judged, ...]]:
    """The words of each line, Tesseract asked where needed; without it where it takes too long.

    Raises: DigitizeFault OCR_MISSING.
    """
    asked = [[must_ask(word, curves, language) for word in line.words] for line in lines]
    heard: Mapping[Piece, tuple[Heard, ...]] = {}
    with suppress(TimeoutError):
        heard = heard_around(lines, asked, work, language)
    by_line: dict[int, list[Piece]] = {}
    for piece in heard:
        by_line.setdefault(piece.line, []).append(piece)
    return [
        tuple(
            pieces_unsure(
                tuple(_line(line, [(piece, heard[piece]) for piece in by_line.get(at, [])], curves, language))
            )
        )
        for at, line in enumerate(lines)
    ]


def heard_around(
    lines: Sequence[OwnLine], asked: Sequence[Sequence[bool]], work: Path, language: Statistics
) -> dict[Piece, tuple[Heard, ...]]:
    """What Tesseract reads in the pieces around all words that are asked for, spaced as ours are.

    Raises: DigitizeFault OCR_MISSING; TimeoutError.
    """
    found = look_again(lines, asked, work)
    return {piece: tuple(_spaced(words, language)) for piece, words in found.items()}


def _spaced(words: Sequence[Heard], language: Statistics) -> Iterator[Heard]:
    """Tesseract's words, syllables parted from figures as ours are."""
    for word in words:
        parts = spaced(word.text, language).split()
        step = (word.right - word.left) / max(1, len(word.text))
        at = word.left
        for part in parts:
            yield Heard(part, word.sure, at, at + step * len(part))
            at += step * len(part)


def _line(
    line: OwnLine,
    pieces: Sequence[tuple[Piece, tuple[Heard, ...]]],
    curves: Calibration,
    language: Statistics,
) -> Iterator[Judged]:
    at = 0
    for piece, heard in sorted(pieces, key=lambda found: found[0].first):
        yield from (judged_alone(word, curves, language) for word in line.words[at : piece.first])
        before = line.words[piece.first - 1].text if piece.first else None
        for place in side_by_side(line.words[piece.first : piece.end], heard):
            words = judge(place, before, curves, language)
            before = words[-1].text if words else before
            yield from words
        at = piece.end
    yield from (judged_alone(word, curves, language) for word in line.words[at:])


def as_line(words: Sequence[Judged], cut: Cut, plane: Pixels) -> Line:
    """Words of a cut as a line of the page."""
    height, width = plane.shape
    high = CAPITALS_TO_SMALL * cut.line.x_height
    low = DESCENT * cut.line.x_height
    placed = []
    for word in words:
        left, right = cut.column(word.left), cut.column(word.right)
        row = cut.line.baseline_at((left + right) / 2)
        edges = left / width, (row - high) / height, right / width, (row + low) / height
        box = Box(*(round(min(max(edge, 0.0), 1.0), 5) for edge in edges))
        placed.append(Word(word.text, box, round(PERCENT * word.chance, 1), word.sure, word.readings))
    return Line(tuple(placed), round(low / (high + low), 3))
