"""The order in which a person reads the lines of an upright page.

Office papers put two cells side by side at the head (issuing body | national title) and at the foot
(recipients | signer). A line that runs across such cells is cut at the gap, and the left cell is read
before the right one; everything else is read from top to bottom.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from digitize.model import Line, Word

WIDE_GAP = 2.2  # of the line's height: between cells, not between words
GUTTER_BAND = (0.25, 0.75)  # of the page's width: where the gap between two cells may lie
LEAST_GUTTER = 0.008  # of the page's width
SAME_ROW = 0.5  # of the smaller height
ROWS_OF_A_ZONE = 2


def in_reading_order(lines: Sequence[Line], page_ratio: float) -> tuple[Line, ...]:
    """Order lines; `page_ratio` is the page's width over its height, to compare gaps with heights."""
    rows = _rows([part for line in lines for part in _cut_at_gaps(line, page_ratio)])
    ordered: list[Line] = []
    at = 0
    while at < len(rows):
        size, gutter = _zone(rows, at)
        ordered += _left_then_right(rows[at : at + size], gutter)
        at += size
    return tuple(ordered)


def _cut_at_gaps(line: Line, page_ratio: float) -> Iterator[Line]:
    box = line.box
    wide = WIDE_GAP * (box.bottom - box.top) / page_ratio
    words = sorted(line.words, key=lambda word: word.box.left)
    start = 0
    for index, (left, right) in enumerate(pairwise(words), start=1):
        if right.box.left - left.box.right > wide:
            yield replace(line, words=tuple(words[start:index]))
            start = index
    yield replace(line, words=tuple(words[start:]))


def _rows(parts: Sequence[Line]) -> list[list[Line]]:
    """Parts whose heights overlap stand in one row, left to right; rows from top to bottom."""
    rows: list[list[Line]] = []
    for part in sorted(parts, key=_middle):
        if rows and _same_row(rows[-1][-1], part):
            rows[-1].append(part)
        else:
            rows.append([part])
    return [sorted(row, key=lambda part: part.box.left) for row in rows]


def _middle(part: Line) -> float:
    return (part.box.top + part.box.bottom) / 2


def _same_row(one: Line, other: Line) -> bool:
    shared = min(one.box.bottom, other.box.bottom) - max(one.box.top, other.box.top)
    return shared > SAME_ROW * min(one.box.bottom - one.box.top, other.box.bottom - other.box.top)


def _zone(rows: Sequence[Sequence[Line]], at: int) -> tuple[int, float]:
    """The longest run of rows from `at` that one gutter divides in two cells; 1 row when there is none."""
    left, right = GUTTER_BAND
    size = 0
    gutter = 0.0
    sides = [False, False]
    for row in rows[at:]:
        free = _free(row, left, right)
        if free is None:
            break
        left, right = free
        gutter = (left + right) / 2
        size += 1
        sides = [
            sides[0] or row[0].box.right <= gutter,
            sides[1] or row[-1].box.left >= gutter,
        ]
    return (size, gutter) if size >= ROWS_OF_A_ZONE and all(sides) else (1, 1.0)


def _free(row: Sequence[Line], left: float, right: float) -> tuple[float, float] | None:
    """The widest part of left..right that no line of the row covers."""
    edges = [left]
    for part in row:
        edges += [min(max(part.box.left, left), right), min(max(part.box.right, left), right)]
    edges.append(right)
    gaps = [(edges[index], edges[index + 1]) for index in range(0, len(edges), 2)]
    widest = max(gaps, key=lambda gap: gap[1] - gap[0])
    return widest if widest[1] - widest[0] >= LEAST_GUTTER else None


def _left_then_right(rows: Sequence[Sequence[Line]], gutter: float) -> Iterator[Line]:
    for row in rows:
        yield from (part for part in row if _centre(part) < gutter)
    for row in rows:
        yield from (part for part in row if _centre(part) >= gutter)


def _centre(part: Line | Word) -> float:
    return (part.box.left + part.box.right) / 2
