"""Text taken apart for searching: tokens with their places, and terms at three levels.

The index and the query are analysed by this one module, and so are the words on a page that are to be
highlighted; whoever keeps terms keeps ANALYZER_VERSION beside them.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from vietnamese.syllables import exact_key, folded_key

ANALYZER_VERSION = 1  # goes up with every change of what this module or the keys return

_WORD = re.compile("(?:[^\\W_][\u0300-\u036f]*)+")  # letters and digits, each with the marks that stand apart
_LONGEST = 64  # characters; what is longer is a drawn line or damage, not a word


@dataclass(frozen=True, slots=True)
class Token:
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


@dataclass(frozen=True, slots=True)
class Terms:
    """What an index keeps of a text: each level in the order of the text."""

    folded: tuple[str, ...]
    pairs: tuple[str, ...]
    exact: tuple[str, ...]


def tokens(text: str) -> Iterator[Token]:
    """The syllables and numbers of `text`, in order."""
    for match in _WORD.finditer(text):
        word = match.group()[:_LONGEST]
        yield Token(match.start(), match.end(), exact_key(word), folded_key(word))


def terms(text: str) -> Terms:
    """The terms of `text`: folded syllables, folded pairs of neighbours, exact syllables."""
    found = tuple(tokens(text))
    folded = tuple(token.folded for token in found)
    return Terms(folded, pairs(folded), tuple(token.exact for token in found))


def pairs(folded: Sequence[str]) -> tuple[str, ...]:
    """Each two neighbours as one term; no token holds the joining underscore itself."""
    return tuple(f"{first}_{second}" for first, second in pairwise(folded))
