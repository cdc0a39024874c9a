"""How well a page was read: edit distance per truth block, wherever on the page the reader put it.

Each printed line (or table cell) of the truth is looked for in the page's text; what it is found as is taken
out, so that one reading never serves two lines. Lines found exactly are taken first, whole words before parts
of words, long ones before short ones; then lines read with more and more errors. A line more than half wrong
counts as not read at all. So header cells, columns and closings may come in any order, even interleaved, but
every misread, lost or doubled letter within a line counts. Text that belongs to no line is told as stray.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scanner_adapters.simulator.papers.truth import Block
from vietnamese.letters import nfc

TAKEN = "\0"  # stands where a line was taken out
TOLERANCES = (0.1, 0.25, 0.5)  # of a line's letters that may be wrong, pass by pass
SHORTEST_FUZZY = 4  # letters; anything shorter is found as a whole word or not at all

Codes = NDArray[np.uint32]
Distances = NDArray[np.int32]


@dataclass(frozen=True)
class Score:
    """Wrong letters among the printed `letters` of a page, and letters read that were printed nowhere."""

    errors: int
    letters: int
    stray: int

    @property
    def cer(self) -> float:
        """Share of printed letters that were read wrong."""
        return self.errors / self.letters if self.letters else 0.0


@dataclass(frozen=True)
class Match:
    """Where in a text something stands that differs least from what was looked for: start and end."""

    distance: int
    start: int
    end: int


def score_page(blocks: Iterable[Block], text: str) -> Score:
    """Compare what was printed with what was read; both composed (NFC), white space as one space."""
    lines = [collapsed(line) for block in blocks for line in block.lines]
    open_lines = sorted((line for line in lines if line), key=len, reverse=True)
    letters = sum(map(len, open_lines))
    rest, open_lines = _take_words(collapsed(text), open_lines)
    errors = 0
    for tolerance in TOLERANCES:
        rest, open_lines, wrong = _take_nearly(rest, open_lines, tolerance)
        errors += wrong
    stray = sum(not letter.isspace() for letter in rest.replace(TAKEN, ""))
    return Score(errors + sum(map(len, open_lines)), letters, stray)


def collapsed(text: str) -> str:
    """The text in NFC with one space for any white space."""
    return " ".join(nfc(text).split())


def locate(wanted: str, text: str) -> Match:
    """Find the part of `text` nearest to `wanted` by edit distance, the first such, as short as can be."""
    needle, hay = _codes(wanted), _codes(text)
    ends = _distances(needle, hay, np.zeros(len(hay) + 1, np.int32))
    end = int(np.argmin(ends))
    behind = hay[max(0, end - 2 * len(needle)) : end][::-1]
    starts = _distances(needle[::-1], behind, np.arange(len(behind) + 1, dtype=np.int32))
    return Match(int(ends[end]), end - int(np.argmin(starts)), end)


def _take_words(text: str, lines: list[str]) -> tuple[str, list[str]]:
    """Take out lines that stand in the text letter for letter, between spaces."""
    rest, missed = f" {text} ", []
    for line in lines:
        place = rest.find(f" {line} ")
        if place < 0:
            missed.append(line)
        else:
            rest = f"{rest[: place + 1]}{TAKEN}{rest[place + 1 + len(line) :]}"
    return rest, missed


def _take_nearly(rest: str, lines: list[str], tolerance: float) -> tuple[str, list[str], int]:
    """Take out lines that are read with at most this share of errors: what is left, lines missed, errors."""
    missed, errors = [], 0
    for line in lines:
        found = locate(line, rest) if len(line) >= SHORTEST_FUZZY else None
        if found is None or found.distance > tolerance * len(line):
            missed.append(line)
        else:
            errors += found.distance
            rest = rest[: found.start] + TAKEN + rest[found.end :]
    return rest, missed, errors


def _codes(text: str) -> Codes:
    return np.frombuffer(text.encode("utf-32-le"), np.uint32)


def _distances(needle: Codes, hay: Codes, row: Distances) -> Distances:
    """Last row of the edit distance table that starts with `row`: one value for each end in `hay`."""
    places = np.arange(len(hay) + 1, dtype=np.int32)
    for letter in needle:
        best = np.empty_like(row)
        best[0] = row[0] + 1
        np.minimum(row[:-1] + (hay != letter), row[1:] + 1, out=best[1:])
        row = np.minimum.accumulate(best - places) + places  # inserted letters cost one each
    return row
