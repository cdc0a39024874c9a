"""Text taken apart for searching: tokens with their places, and terms at three levels.

The index and the query are analysed by this one module, and so are the words on a page that are to be
highlighted; whoever keeps terms keeps ANALYZER_VERSION beside them.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from vietnamese.syllables import exact_key, folded_key

ANALYZER_VERSION = 1  # goes up with every change of what this module or the keys return

_WORD = re.compile("(?:[^\\W_]+[\u0300-\u036f]*)+")  # letters and digits, with the marks that stand apart
_LONGEST = 64  # characters; what is longer is a drawn line or damage, not a word


class Token(NamedTuple):
    """One syllable or number of a text.

    `start` and `end` are offsets in the text as given, whatever its normal form.
    """

    start: int
    end: int
    exact: str
    folded: str

    @property
    def has_marks(self) -> bool:
        """Was it written with marks?"""
        return self.exact != self.folded


class Analysed(NamedTuple):
    """The tokens of a text in columns, which is several times faster to make than token by token.

    `spans` are the tokens' offsets (start, end) in the text as given.
    """

    spans: list[tuple[int, int]]
    exact: list[str]
    folded: list[str]


class Terms(NamedTuple):
    """What an index keeps of a text: each level in the order of the text."""

    folded: tuple[str, ...]
    pairs: tuple[str, ...]
    exact: tuple[str, ...]


def analyse(text: str) -> Analysed:
    """The syllables and numbers of `text`, in order, in columns."""
    spans = [match.span() for match in _WORD.finditer(text)]
    words = [text[start : min(end, start + _LONGEST)] for start, end in spans]
    return Analysed(spans, list(map(exact_key, words)), list(map(folded_key, words)))


def tokens(text: str) -> Iterator[Token]:
    """The syllables and numbers of `text`, in order."""
    for (start, end), exact, folded in zip(*analyse(text), strict=True):
        yield Token(start, end, exact, folded)


def terms(text: str) -> Terms:
    """The terms of `text`: folded syllables, folded pairs of neighbours, exact syllables."""
    found = analyse(text)
    return Terms(tuple(found.folded), pairs(found.folded), tuple(found.exact))


def pairs(folded: Sequence[str]) -> tuple[str, ...]:
    """Each two neighbours as one term; no token holds the joining underscore itself."""
    return tuple(f"{first}_{second}" for first, second in pairwise(folded))
