"""Counters in names: after 9999 a machine begins anew at 1, and some begin anew whenever they are turned on.

By their names alone the pages after such a turn would come first. Rules:
1. Pages whose last numbers turn over (9998, 9999, 1, 2) come in that order, unless their times say plainly
   that the small numbers were made first.
2. Pages whose small numbers were made after all the larger ones, without such a turn, keep the order of their
   numbers: somebody may have scanned a stack's end first.
3. In both cases the first page after the turn is marked, so that a person looks at the order.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby, pairwise
from pathlib import PurePath

from scanner_adapters.folder.naming import page_order

LAST_NUMBER = re.compile(r"^(?P<before>.*?)(?P<number>[0-9]{1,9})(?P<after>[^0-9]*)$", re.DOTALL)
LEAST_DIGITS = 3  # of a counter that turns over; shorter ones do only if the files' times say so
LEAST_FILES = 3  # with fewer, times that contradict numbers tell nothing
FIRST = 1  # a counter begins at 0 or 1
HALF = 2


class Turn(StrEnum):
    """Why the order of pages wants a look; also the flag that a page carries."""

    WRAPPED = "COUNTER_WRAPPED"
    RESTARTED = "COUNTER_RESTARTED"


@dataclass(frozen=True)
class Ordered:
    """Names in the order in which they are taken, and those before which a counter began anew."""

    names: tuple[str, ...]
    turns: Mapping[str, Turn]


@dataclass(frozen=True)
class _Counted:
    name: str
    series: str
    number: int
    time: int

    @property
    def digits(self) -> int:
        """Without the zeros before it: they are part of what a machine writes before its counter."""
        return len(str(self.number))


def in_order(files: Mapping[str, int]) -> Ordered:
    """Put files in the order of their pages; `files` tells when each was written, in any unit."""
    names: list[str] = []
    turns: dict[str, Turn] = {}
    counted = [_counted(name, files[name]) for name in sorted(files, key=page_order)]
    for _, found in groupby(counted, key=lambda one: one.series):
        series = list(found)
        start, turn = _turn(series)
        if turn is Turn.WRAPPED:
            series = series[start:] + series[:start]
            turns[series[len(series) - start].name] = turn
        elif turn is Turn.RESTARTED:
            turns[series[0].name] = turn
        names += [one.name for one in series]
    return Ordered(tuple(names), turns)


def _counted(name: str, time: int) -> _Counted:
    path = PurePath(name)
    found = LAST_NUMBER.match(path.stem)
    if found is None:
        return _Counted(name, name, 0, time)
    return _Counted(name, found["before"].casefold(), int(found["number"]), time)


def _turn(series: Sequence[_Counted]) -> tuple[int, Turn | None]:
    """Where in the order of numbers the series really begins, and what happened to its counter."""
    by_time = _beginning_by_time(series)
    by_number = _beginning_by_number(series)
    if by_number and (by_time == by_number or (by_time is None and series[-1].digits >= LEAST_DIGITS)):
        return by_number, Turn.WRAPPED
    if by_time and len(series) >= LEAST_FILES and series[0].number <= FIRST:
        return by_time, Turn.RESTARTED
    return 0, None


def _beginning_by_time(series: Sequence[_Counted]) -> int | None:
    """0 where numbers rise with time, a later place where they do from there on; None where neither holds."""
    drops = [place for place, (one, other) in enumerate(pairwise(series), 1) if other.time < one.time]
    if not drops:
        return 0 if series[0].time < series[-1].time else None
    return drops[0] if len(drops) == 1 and series[-1].time < series[0].time else None


def _beginning_by_number(series: Sequence[_Counted]) -> int:
    """The place after the only wide gap, where the numbers reach from the counter's first to its last."""
    size: int = 10 ** series[-1].digits
    if series[0].number > FIRST or series[-1].number != size - 1:
        return 0
    gaps = [other.number - one.number for one, other in pairwise(series)]
    widest = max(gaps, default=0)
    return gaps.index(widest) + 1 if widest > size // HALF else 0
