"""Which spellings of a line's words fit together: the network's say and the language's, weighed.

The spellings of neighbouring words form a lattice; its probabilities are summed exactly, forwards and
backwards, so that each word's spelling is chosen for all that stands before and after it.
Only words of letters are weighed so. Letters of a number and sign (12/QĐ-UBND) are likelier where they are
known ones; its figures, other numbers and abbreviations stay as the network reads them.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, takewhile

import numpy as np
from numpy.typing import NDArray

from digitize.reader.spellings import Spelling, Spelt
from vietnamese.document_signs import is_known_sign
from vietnamese.letters import fold
from vietnamese.statistics import Statistics, runs

LANGUAGE_WEIGHT = 0.75  # of the language against the network; 0.4 to 1.1 differ by a thousandth of the words
UNKNOWN = -1  # the syllable before or after: none that was ever counted
VOWELS = frozenset("aeiouy")
NEAR = 8.0  # natural logarithm: spellings less likely by more are not weighed against a syllable
SIGN_STROKE = "/"
KNOWN_SIGN = 5.0  # natural logarithm: how much likelier known letters of a sign are than others
CODE_SIGNS = frozenset("/-.&")

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Chosen:
    """A word as read.

    Args:
        text: the spelling chosen; a space inside makes it two words.
        raw: what the network alone reads.
        raw_sure: probability of `raw` among the word's spellings, the network alone asked.
        network: the same of `text`.
        together: the same with the language asked too.
    """

    text: str
    raw: str
    raw_sure: float
    network: float
    together: float


@dataclass(frozen=True, eq=False)
class _Column:
    """A word's spellings in the lattice: log-probability, first and last syllable of each."""

    spellings: tuple[Spelling, ...]
    logs: Floats
    firsts: Integers
    lasts: Integers
    is_weighed: bool


def choose(words: Sequence[Spelt], language: Statistics) -> list[Chosen]:
    """Choose a spelling for each word of a line."""
    if not words:
        return []
    columns = [_column(word, language) for word in words]
    steps = [_step(before, after, language) for before, after in pairwise([None, *columns])]
    chances = _chances([column.logs for column in columns], steps)
    return [_chosen(*found) for found in zip(words, columns, chances, strict=True)]


def _chosen(word: Spelt, column: _Column, chances: Floats) -> Chosen:
    place = int(chances.argmax())
    spelling = column.spellings[place]
    network = np.exp([each.log_probability for each in word.spellings])
    raw, said = (math.exp(each.log_probability) / network.sum() for each in (word.spellings[0], spelling))
    return Chosen(spelling.text, word.raw, float(raw), float(said), float(chances[place]))


def _column(word: Spelt, language: Statistics) -> _Column:
    if not is_weighed(word.raw):
        return _fixed(word)
    spellings = _near(word, language)
    syllables = [_syllables(spelling.text, language) or [UNKNOWN] for spelling in spellings]
    own = np.array([spelling.log_probability for spelling in spellings])
    inside = np.array([_inside(numbers, language) for numbers in syllables])
    firsts, lasts = (np.array([numbers[end] for numbers in syllables]) for end in (0, -1))
    return _Column(spellings, own + LANGUAGE_WEIGHT * inside, firsts, lasts, is_weighed=True)


def _near(word: Spelt, language: Statistics) -> tuple[Spelling, ...]:
    """All spellings of what looks like a syllable and is none; of others those within `NEAR`."""
    if UNKNOWN in _syllables(word.raw, language):
        return word.spellings
    least = word.spellings[0].log_probability - NEAR
    return tuple(spelling for spelling in word.spellings if spelling.log_probability > least)


def _syllables(text: str, language: Statistics) -> list[int]:
    return [language.number(syllable) for run in runs(text) for syllable in run]


def _fixed(word: Spelt) -> _Column:
    """A word that the language says nothing of: as the network reads it, or a sign's spellings."""
    spellings, logs = word.spellings[:1], np.zeros(1)
    if SIGN_STROKE in word.raw and _figures(word.raw):
        spellings = tuple(each for each in word.spellings if _figures(each.text) == _figures(word.raw))
        known = np.array([is_known_sign(each.text) for each in spellings])
        logs = np.array([each.log_probability for each in spellings]) + KNOWN_SIGN * known
    none = np.full(len(spellings), UNKNOWN)
    return _Column(spellings, logs, none, none, is_weighed=False)


def _figures(text: str) -> str:
    """The figures of a number, its sign left out: a figure among the sign's letters is a misreading."""
    return "".join(filter(str.isdigit, takewhile(lambda letter: not letter.isalpha(), text)))


def _inside(numbers: Sequence[int], language: Statistics) -> float:
    """The language's say between the syllables of a spelling that is two words."""
    return sum(
        float(language.log_probabilities(np.array([first]), np.array([second]))[0, 0])
        for first, second in pairwise(numbers)
    )


def _step(before: _Column | None, after: _Column | None, language: Statistics) -> Floats:
    """The language's say from each spelling of a word to each of the next."""
    lasts = np.full(1, UNKNOWN) if before is None else before.lasts
    if after is None or not after.is_weighed or len(lasts) == len(after.firsts) == 1:
        return np.zeros((1, 1))  # the same for all: it would change nothing
    return LANGUAGE_WEIGHT * language.log_probabilities(lasts, after.firsts)


def _chances(logs: Sequence[Floats], steps: Sequence[Floats]) -> list[Floats]:
    """The probability of each spelling of each word, over all readings of the line."""
    forward = [_summed(steps[0], 0) + logs[0]]
    for own, step in zip(logs[1:], steps[1:], strict=True):
        forward.append(_summed(forward[-1][:, None] + step, 0) + own)
    backward = [np.zeros(len(logs[-1]))]
    for own, step in zip(logs[:0:-1], steps[:0:-1], strict=True):
        backward.append(_summed(step + (own + backward[-1])[None, :], 1))
    both = [ahead + back for ahead, back in zip(forward, backward[::-1], strict=True)]
    return [np.asarray(np.exp(word - _summed(word, 0)), np.float64) for word in both]


def _summed(logs: Floats, axis: int) -> Floats:
    """Logarithm of the sum of what the logarithms stand for."""
    most = logs.max(axis=axis, keepdims=True)
    return np.asarray(np.log(np.exp(logs - most).sum(axis=axis)) + most.squeeze(axis), np.float64)


def is_weighed(raw: str) -> bool:
    """Does the language have a say: is it a word of letters, and no code or abbreviation?"""
    bare = "".join(letter for letter in raw if letter.isalnum())
    return bare.isalpha() and not VOWELS.isdisjoint(fold(bare).lower()) and not _is_code(raw, bare)


def _is_code(raw: str, bare: str) -> bool:
    """Is it capitals joined by strokes, dashes or points: QĐ-UBND, NĐ-CP?"""
    return bare.isupper() and not CODE_SIGNS.isdisjoint(raw.strip(".,;:()-"))
