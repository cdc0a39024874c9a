"""Is this page one that the document has already? A feeder takes a sheet twice, a clerk scans it again.

Two filled-in forms look alike and read alike but for a few words: both the picture and nearly every word must
agree. Nothing is removed: the clerk is told.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

import cv2
import numpy as np

from digitize.model import Line, PageReport, Reason, ReasonCode, Verdict
from digitize.pixels.brightness import darkest
from digitize.pixels.geometry import turn
from digitize.pixels.raster import Pixels
from vietnamese.letters import fold

GRID = (32, 45)  # columns and rows of darkness that picture a page
EVERY = 3  # pixels: so many tell the darkness of a place as well as all
LEAST_ALIKE = 0.9  # correlation of two pictures
LEAST_WORDS = 12  # pages with fewer are told apart by their picture alone, which must agree nearly wholly
NEARLY_WHOLLY = 0.985
MOST_DIFFERENT, SOME = 0.01, 2  # of the words, and words: what two readings of one page differ by
LEAST_LETTERS, LEAST_SURE = 2, 50.0  # of a word that counts: specks read as letters are no words
LOOK_BACK = 20  # pages


@dataclass(frozen=True)
class Likeness:
    """What a page looks like and says, small enough to keep for every page."""

    grid: bytes
    words: tuple[str, ...]


def likeness(pixels: Pixels, rotation: int, lines: Iterable[Line]) -> Likeness:
    """Picture a page, once it is turned clockwise by `rotation`."""
    small = cv2.resize(
        np.ascontiguousarray(pixels[::EVERY, ::EVERY]),
        (4 * GRID[0], 4 * GRID[1]),
        interpolation=cv2.INTER_AREA,
    )
    grey = darkest(np.asarray(small, np.uint8))
    grid = cv2.resize(turn(grey, rotation), GRID, interpolation=cv2.INTER_AREA)
    words = [fold(word.text) for line in lines for word in line.words if word.confidence >= LEAST_SURE]
    told = sorted(word for word in words if sum(map(str.isalnum, word)) >= LEAST_LETTERS)
    return Likeness(np.asarray(grid, np.uint8).tobytes(), tuple(told))


class Twins:
    """The pages of a document so far."""

    def __init__(self) -> None:
        self._seen: list[Likeness] = []

    def told(self, report: PageReport, of: Likeness) -> PageReport:
        """The report, with DOUBLED added when an earlier page is the same; the page is then remembered."""
        blank = any(reason.code is ReasonCode.BLANK for reason in report.reasons)
        doubled = not blank and any(_are_twins(of, earlier) for earlier in self._seen)
        self._seen = [*self._seen[1 - LOOK_BACK :], of]
        if not doubled:
            return report
        worse = report.verdict if report.verdict is Verdict.SCAN_AGAIN else Verdict.LOOK
        return replace(report, verdict=worse, reasons=(*report.reasons, Reason(ReasonCode.DOUBLED)))


def _are_twins(one: Likeness, other: Likeness) -> bool:
    words = max(len(one.words), len(other.words))
    alike = _correlation(one.grid, other.grid)
    if words < LEAST_WORDS:
        return one.words == other.words and alike >= NEARLY_WHOLLY
    missing = Counter(one.words) - Counter(other.words)
    added = Counter(other.words) - Counter(one.words)
    return alike >= LEAST_ALIKE and max(missing.total(), added.total()) <= MOST_DIFFERENT * words + SOME


def _correlation(one: bytes, other: bytes) -> float:
    first, second = (np.frombuffer(grid, np.uint8).astype(np.float64) for grid in (one, other))
    if not first.std() or not second.std():
        return float(np.array_equal(first, second))
    return float(np.corrcoef(first, second)[0, 1])
