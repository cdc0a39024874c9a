"""A file's own lines in reading order, those too that run up or down the page, where one turns the head.

What runs to the left, or up or down in words that stand alone, only the file itself knows the order of.
A word alone goes where the page's letters run, if that is known: its place does not tell its beginning.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from enum import Enum
from itertools import pairwise

from digitize.model import Line, Word
from digitize.pixels.geometry import turned_box
from digitize.words.reading_order import in_reading_order

ON_ITS_SIDE = 1.5  # times as high as wide: a word of that shape runs up or down the page
ENOUGH_LETTERS = 3  # to tell a word's shape by


class Way(Enum):
    """Where a line runs; the number is how far the page is turned clockwise until it is level."""

    RIGHT = 0
    UP = 90
    LEFT = 180
    DOWN = 270
    UP_OR_DOWN = -1  # of a single word, which does not tell its beginning
    UNTOLD = -2  # of a letter or two


TOLD_BY_FILE = (Way.LEFT, Way.UP_OR_DOWN)  # only the file itself knows the order of such lines


def in_order_as_written(
    lines: Sequence[Line], page_ratio: float, letters: Way = Way.UNTOLD
) -> tuple[Line, ...]:
    """Order a file's own lines, the commonest way of writing first; `letters` is where most letters run."""
    by_way: dict[Way, list[Line]] = {}
    for line, way in zip(lines, _ways(lines, page_ratio, letters), strict=True):
        by_way.setdefault(way, []).append(line)
    ordered: list[Line] = []
    for way, found in sorted(by_way.items(), key=lambda each: (-len(each[1]), each[0].value)):
        ordered += found if way in TOLD_BY_FILE else _in_order(found, way, page_ratio)
    return tuple(ordered)


def _in_order(lines: Sequence[Line], way: Way, page_ratio: float) -> list[Line]:
    level = [_turned(line, way.value) for line in lines]
    ratio = page_ratio if way is Way.RIGHT else 1 / page_ratio
    return [_turned(line, -way.value) for line in in_reading_order(level, ratio)]


def _turned(line: Line, degrees: int) -> Line:
    def turn(word: Word) -> Word:
        return replace(word, box=turned_box(word.box, degrees))

    return replace(line, words=tuple(map(turn, line.words))) if degrees else line


def _ways(lines: Sequence[Line], page_ratio: float, letters: Way) -> list[Way]:
    """The way of each line; one that does not tell goes with the commonest."""
    told = [_way(line, page_ratio, letters) for line in lines]
    up_or_down = _commonest([way for way in told if way in (Way.UP, Way.DOWN)], Way.UP_OR_DOWN)
    ways = [up_or_down if way is Way.UP_OR_DOWN else way for way in told]
    commonest = _commonest([way for way in ways if way is not Way.UNTOLD], Way.RIGHT)
    return [commonest if way is Way.UNTOLD else way for way in ways]


def _commonest(ways: Sequence[Way], otherwise: Way) -> Way:
    return Counter(ways).most_common(1)[0][0] if ways else otherwise


def _way(line: Line, page_ratio: float, letters: Way) -> Way:
    longest = max(line.words, key=lambda word: len(word.text))
    if len(longest.text) < ENOUGH_LETTERS:
        return Way.UNTOLD
    high, wide = longest.box.bottom - longest.box.top, (longest.box.right - longest.box.left) * page_ratio
    first, last = line.words[0].box, line.words[-1].box
    if high > ON_ITS_SIDE * wide:
        alone = letters if letters in (Way.UP, Way.DOWN) else Way.UP_OR_DOWN
        return alone if first is last else Way.DOWN if last.top > first.top else Way.UP
    goes_left = [after.box.left < before.box.left for before, after in pairwise(line.words)]
    runs_left = all(goes_left) if goes_left else letters is Way.LEFT
    return Way.LEFT if runs_left else Way.RIGHT
