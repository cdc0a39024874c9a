"""What a line may say: from the network's table of probabilities to words with their likely spellings.

The best path gives the letters (connectionist temporal classification: equal neighbours are one, blanks
none). Where the network was in two minds a letter keeps its other choices, and so does a space.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digitize.reader.alphabet import BLANK, character_of, columns_of

LEAST_CHOICE = 0.0001  # probability of a choice that is kept
LEAST_HIDDEN, LEAST_SPACE = 0.15, 0.02  # probability of a letter, of a space, where the blank is likelier
LOG_LEAST_CHOICE, NEARLY_BLANK = math.log(LEAST_CHOICE), math.log1p(-LEAST_SPACE)
MOST_CHOICES = 6  # of a letter
MOST_SPELLINGS = 24  # of a word
SURE_SPACE = 0.9  # probability; a space below it may be none, and the words beside it one

(SPACE,) = columns_of(" ")

LogProbabilities = NDArray[np.float32]


@dataclass(frozen=True)
class Spelling:
    """One way to read a word, and the natural logarithm of its probability."""

    text: str
    log_probability: float


@dataclass(frozen=True)
class Spelt:
    """A word between sure spaces, its likeliest spelling first.

    Args:
        spellings: never empty; one with a space inside stands for two words.
        first, last: steps of the table where its first and last letters were seen.
    """

    spellings: tuple[Spelling, ...]
    first: int
    last: int

    @property
    def raw(self) -> str:
        """What the network alone reads."""
        return self.spellings[0].text


@dataclass(frozen=True)
class _Slot:
    """One letter, or none, at a step of the table."""

    step: int
    choices: tuple[Spelling, ...]

    @property
    def parts_words(self) -> bool:
        best = self.choices[0]
        return best.text == " " and best.log_probability >= math.log(SURE_SPACE)


def spell(table: LogProbabilities) -> list[Spelt]:
    """The words of a line. `table` has one row for each step and one column for each of the alphabet's."""
    words: list[Spelt] = []
    held: list[_Slot] = []
    for slot in _slots(table):
        if not slot.parts_words:
            held.append(slot)
        elif held:
            words.append(_word(held))
            held = []
    if held:
        words.append(_word(held))
    return [word for word in words if word.raw.strip()]


def _slots(table: LogProbabilities) -> Iterator[_Slot]:
    best = table.argmax(axis=1)
    starts = np.flatnonzero(np.concatenate(([True], best[1:] != best[:-1])))
    ends = np.append(starts[1:], len(best))
    runs = _runs(table, best, starts)
    for run, kind, start, end in zip(runs, best[starts], starts, ends, strict=True):
        if kind != BLANK:
            peak = int(start + table[start:end, kind].argmax())
            yield _Slot(peak, _choices(run))
        elif run[BLANK] <= NEARLY_BLANK:
            yield from _hidden(table, int(start), int(end))


def _runs(table: LogProbabilities, best: NDArray[np.int64], starts: NDArray[np.int64]) -> LogProbabilities:
    """Each run of steps with the same best column: every column as at its surest, the blank as at its least.

    The flanks of the letters before and after are no choice.
    """
    strongest = np.maximum.reduceat(table, starts, axis=0)
    kinds, places = best[starts], np.arange(len(starts))
    strongest[places[1:], kinds[:-1]] = -np.inf
    strongest[places[:-1], kinds[1:]] = -np.inf
    strongest[:, BLANK] = np.minimum.reduceat(table[:, BLANK], starts)
    return strongest


def _hidden(table: LogProbabilities, start: int, end: int) -> Iterator[_Slot]:
    """A letter or a space that nearly was: not the flank of a letter beside."""
    letters = table[start:end].copy()
    letters[:, BLANK] = -np.inf
    if start:
        letters[0, table[start - 1].argmax()] = -np.inf
    if end < len(table):
        letters[-1, table[end].argmax()] = -np.inf
    step, column = np.unravel_index(int(letters.argmax()), letters.shape)
    least = LEAST_SPACE if column == SPACE else LEAST_HIDDEN
    if letters[step, column] >= math.log(least):
        yield _Slot(start + int(step), _choices(table[start + step]))


def _choices(row: NDArray[np.float32]) -> tuple[Spelling, ...]:
    """The choices worth keeping, the likeliest first; together they are certain."""
    kept = np.flatnonzero(row > LOG_LEAST_CHOICE)
    if len(kept) <= 1:
        return (Spelling(character_of(int(row.argmax())), 0.0),)
    ordered = kept[np.argsort(-row[kept])][:MOST_CHOICES]
    total = math.log(float(np.exp(row[ordered]).sum()))
    return tuple(Spelling(character_of(int(column)), float(row[column]) - total) for column in ordered)


def _word(slots: Sequence[_Slot]) -> Spelt:
    """The likeliest spellings that the choices of a word's letters allow."""
    spellings = [(0.0, "")]
    for slot in slots:
        longer = [
            (likely + choice.log_probability, text + choice.text)
            for likely, text in spellings
            for choice in slot.choices
        ]
        if len(slot.choices) > 1:
            longer.sort(reverse=True)
        spellings = longer[:MOST_SPELLINGS]
    return Spelt(tuple(_distinct(spellings)), slots[0].step, slots[-1].step)


def _distinct(spellings: Sequence[tuple[float, str]]) -> Iterator[Spelling]:
    """Spellings with single spaces inside and none around, each once."""
    seen = set()
    for log_probability, said in spellings:
        text = " ".join(said.split())
        if text not in seen:
            seen.add(text)
            yield Spelling(text, log_probability)
