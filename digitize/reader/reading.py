"""A page read by our own reader: its lines found, cut, read and spelt."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from digitize.pixels.brightness import percentiles
from digitize.pixels.raster import Pixels
from digitize.reader.cut import Cut, cut_lines, cut_page
from digitize.reader.lattice import Chosen, choose
from digitize.reader.lines import CAPITALS_TO_SMALL, TextLine
from digitize.reader.network import INK_PERCENTILE, PAPER_PERCENTILE, STEP, LineReader
from digitize.reader.spacing import are_one, spaced
from digitize.reader.spellings import LogProbabilities, Spelt, spell
from vietnamese.statistics import Statistics

INK_SHARE = 0.35  # of the way from paper to ink: darker columns hold letters
LETTERS_TO_TELL, CONTRARY = 6, 0.75  # of a line's letters: so many of the other case speak against its height
DOUBTFUL = 0.8  # probability: a line with a word below it is read more than once
MOVES = (-0.8, 0.8)  # rows by which such a line is moved for another reading
NOBODY_AROUND = 0.5  # probability: nothing is known


@dataclass(frozen=True)
class OwnWord:
    """A word as our reader reads it.

    Args:
        text: as spelt with the language's help.
        raw: as the network alone reads it; of two words in one doubtful piece, both.
        raw_sure: probability that the network gives `raw`.
        network: probability that it gives `text`.
        together: the same with the language asked too.
        left, right: columns of the line's cut between which it stands.
        around: `together` of the other words of its line, each letter counted; a half where there is none.
    """

    text: str
    raw: str
    raw_sure: float
    network: float
    together: float
    left: float
    right: float
    around: float = NOBODY_AROUND

    @property
    def is_lone(self) -> bool:
        """Is it the only word of its line, as seals, logos and handwriting make them?"""
        return self.around == NOBODY_AROUND


@dataclass(frozen=True, eq=False)
class OwnLine:
    """A line's cut and its words, left to right."""

    cut: Cut
    words: tuple[OwnWord, ...]


@dataclass(frozen=True, eq=False)
class OwnReading:
    """The lines of a page that hold words, top to bottom, and how doubtful its layout is (0-1)."""

    lines: tuple[OwnLine, ...]
    doubt: float


def read_plane(plane: Pixels, dpi: float, reader: LineReader, language: Statistics) -> OwnReading:
    """Read an upright reading plane; lines whose letters contradict their measured height once more."""
    layout, cuts = cut_page(plane, dpi)
    lines = tuple(read_cuts(cuts, reader, language))
    resized = {line.cut.line: case for line in lines if (case := other_case(line)) is not None}
    if resized:
        changed = replace(layout, lines=tuple(resized.get(line, line) for line in layout.lines))
        again = read_cuts([*cut_lines(plane, changed, [*resized.values()])], reader, language)
        by_line = {line.cut.line: line for line in again}
        lines = tuple(_surer(line, by_line.get(resized.get(line.cut.line, line.cut.line))) for line in lines)
    return OwnReading(lines, layout.doubt)


def other_case(read: OwnLine) -> TextLine | None:
    """The line as one of small letters, or of capitals, where most of its letters say so; else None."""
    letters = [letter for word in read.words for letter in word.text if letter.isalpha()]
    line, small = read.cut.line, sum(map(str.islower, letters))
    contrary = small if line.is_capitals else len(letters) - small
    if len(letters) < LETTERS_TO_TELL or contrary <= CONTRARY * len(letters):
        return None
    ratio = CAPITALS_TO_SMALL if line.is_capitals else 1 / CAPITALS_TO_SMALL
    return replace(line, x_height=line.x_height * ratio, is_capitals=not line.is_capitals)


def _surer(one: OwnLine, other: OwnLine | None) -> OwnLine:
    """The first reading, unless the other is half as doubtful: two that hardly read tell nothing."""
    return one if other is None or _doubt(other.words) > _doubt(one.words) / 2 else other


def _doubt(words: Sequence[OwnWord]) -> float:
    """How doubtful the letters are to the network, in the mean: the language is sure of any code."""
    letters = sum(len(word.text) for word in words)
    return sum(len(word.text) * (1 - word.raw_sure) for word in words) / letters


def read_cuts(cuts: Sequence[Cut], reader: LineReader, language: Statistics) -> Iterator[OwnLine]:
    """Read lines that are cut out, doubtful ones three times; those without a word are left out."""
    tables = reader.read([cut.pixels for cut in cuts])
    lines = [tuple(words_of(cut.pixels, table, language)) for cut, table in zip(cuts, tables, strict=True)]
    doubtful = [place for place, words in enumerate(lines) if _is_doubtful(words)]
    again = reader.read([moved(cuts[place].pixels, by) for by in MOVES for place in doubtful])
    for at, place in enumerate(doubtful):
        table = averaged([tables[place], *again[at :: len(doubtful)]])
        lines[place] = tuple(words_of(cuts[place].pixels, table, language))
    for cut, words in zip(cuts, lines, strict=True):
        if words:
            yield OwnLine(cut, words)


def _is_doubtful(words: Sequence[OwnWord]) -> bool:
    return any(word.together < DOUBTFUL and len(word.text) > 1 for word in words)


def moved(pixels: Pixels, rows: float) -> Pixels:
    """A cut line moved down by `rows`: its baseline is never known to the pixel."""
    down = np.array([[1, 0, 0], [0, 1, rows]], np.float32)
    height, width = pixels.shape
    return np.asarray(
        cv2.warpAffine(pixels, down, (width, height), borderMode=cv2.BORDER_REPLICATE), np.uint8
    )


def averaged(tables: Sequence[LogProbabilities]) -> LogProbabilities:
    """The mean of the probabilities of tables of one line."""
    return np.asarray(np.logaddexp.reduce(tables, axis=0) - np.log(len(tables)), np.float32)


def words_of(pixels: Pixels, table: LogProbabilities, language: Statistics) -> Iterator[OwnWord]:
    """The words of a cut line, each between the gaps that part it from its neighbours."""
    spelt = spell(table)
    spans = _spans(spelt, _inked(pixels))
    words: list[OwnWord] = []
    for said, (left, right) in zip(choose(spelt, language), spans, strict=True):
        for word in _parted(replace(said, text=spaced(said.text, language)), left, right):
            goes_on = bool(words) and are_one(words[-1].text, word.text)
            words.append(_joined(words.pop(), word) if goes_on else word)
    yield from _with_around(words)


def _with_around(words: Sequence[OwnWord]) -> Iterator[OwnWord]:
    letters = sum(len(word.text) for word in words)
    weight = sum(word.together * len(word.text) for word in words)
    for word in words:
        others = letters - len(word.text)
        if others:
            yield replace(word, around=(weight - word.together * len(word.text)) / others)
        else:
            yield word


def _parted(chosen: Chosen, left: float, right: float) -> Iterator[OwnWord]:
    """One word, or those that a doubtful space parts, by their letters' share of the width."""
    parts = chosen.text.split()
    step = (right - left) / max(1, len(chosen.text))
    at = left
    for part in parts:
        end = at + step * len(part)
        yield OwnWord(part, chosen.raw, chosen.raw_sure, chosen.network, chosen.together, at, end)
        at = end + step


def _joined(before: OwnWord, after: OwnWord) -> OwnWord:
    """One word of two, as sure as the less sure of them."""
    return OwnWord(
        before.text + after.text,
        before.raw + after.raw,
        min(before.raw_sure, after.raw_sure),
        min(before.network, after.network),
        min(before.together, after.together),
        before.left,
        after.right,
    )


def _inked(pixels: Pixels) -> NDArray[np.bool_]:
    ink, paper = percentiles(pixels, INK_PERCENTILE, PAPER_PERCENTILE)
    return np.asarray((pixels < paper - INK_SHARE * (paper - ink)).any(axis=0), np.bool_)


def _spans(spelt: Sequence[Spelt], inked: NDArray[np.bool_]) -> Iterator[tuple[float, float]]:
    """Where each word begins and ends: at the widest gap between its letters and the neighbour's."""
    if not spelt:
        return
    filled = np.flatnonzero(inked)
    first, last = (int(filled[0]), int(filled[-1]) + 1) if len(filled) else (0, len(inked))
    gaps = [_gap(inked, before.last, after.first) for before, after in pairwise(spelt)]
    lefts = [min(first, spelt[0].first * STEP), *(end for _, end in gaps)]
    rights = [*(start for start, _ in gaps), max(last, spelt[-1].last * STEP)]
    yield from zip(map(float, lefts), map(float, rights), strict=True)


def _gap(inked: NDArray[np.bool_], before: int, after: int) -> tuple[int, int]:
    """The widest run of empty columns between two steps of the table; their middle when there is none."""
    start, end = before * STEP, min((after + 1) * STEP, len(inked))
    empty = np.flatnonzero(np.diff(np.concatenate(([0], ~inked[start:end], [0]))))
    if not len(empty):
        middle = (start + end) // 2
        return middle, middle
    widths = empty[1::2] - empty[::2]
    widest = int(widths.argmax())
    return start + int(empty[2 * widest]), start + int(empty[2 * widest + 1])
