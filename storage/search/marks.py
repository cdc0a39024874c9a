"""Where in a text a query's words stand, to be highlighted.

Of each part of the query: the phrase with the marks it was typed with, if any, else the phrase without marks,
else its words one by one.
Nearly every text folds letter for letter, so that patterns find the places without taking it apart; any
other text is analysed. Both ways give the same places.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from storage.search.query import Asked, has_marks
from vietnamese.analysis import Token, analyse
from vietnamese.letters import fold_in_place
from vietnamese.syllables import exact_key, spellings

Span = tuple[int, int]
_WORD = re.compile(r"[^\W_]+", re.ASCII)
_UNFOLDED = re.compile("[^\\W\x00-\x7f]|[\u0300-\u036f]")  # letters that did not fold, marks that stand apart


@dataclass(frozen=True)
class Part:
    """Words of a query that stand in a row there."""

    words: tuple[Token, ...]

    def spans(self, text: str, folded: str) -> list[Span]:
        """The words' places in `text`, whose letters stand at the same places in `folded`."""
        found = [_words_in(folded, start, end) for start, end in self._occurrences(folded)]
        if found or len(self.words) == 1:
            as_typed = [spans for spans in found if self._is_as_typed(text, spans)]
            return [span for spans in as_typed or found for span in spans]
        return [span for one in self._singly for span in one.spans(text, folded)]

    @cached_property
    def _singly(self) -> tuple["Part", ...]:
        return tuple(Part((word,)) for word in self.words)

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        words = (list(map(re.escape, spellings(word.folded))) for word in self.words)
        phrase = r"[\W_]+".join(word[0] if len(word) == 1 else f"(?:{'|'.join(word)})" for word in words)
        return re.compile(rf"{phrase}(?![^\W_])", re.ASCII)

    def _occurrences(self, folded: str) -> Iterator[Span]:
        match = self._pattern.search(folded)
        while match is not None:
            start, end = match.span()
            if not _WORD.match(folded[start - 1 : start]):  # a look-behind would be asked at every letter
                yield start, end
            match = self._pattern.search(folded, start + 1)

    def _is_as_typed(self, text: str, spans: Iterable[Span]) -> bool:
        if not has_marks(self.words):
            return True
        return [exact_key(text[start:end]) for start, end in spans] == [word.exact for word in self.words]


@dataclass(frozen=True)
class Marker:
    """A query, made ready to be found again in the texts of its hits."""

    parts: tuple[Part, ...]

    @classmethod
    def of(cls, words: Asked) -> "Marker":
        """The marker of a query."""
        return cls(tuple(map(Part, words.parts)))

    def spans(self, text: str) -> list[Span]:
        """Start and end of every word of `text` that answers the query, in order."""
        folded = fold_in_place(text)
        if not folded.isascii() and _UNFOLDED.search(folded):
            return self._analysed_spans(text)
        return sorted({span for part in self.parts for span in part.spans(text, folded)})

    def _analysed_spans(self, text: str) -> list[Span]:
        found = analyse(text)
        places = (_answering(found.exact, found.folded, part.words) for part in self.parts)
        return [found.spans[place] for place in sorted(set().union(*places))]


def _words_in(folded: str, start: int, end: int) -> list[Span]:
    return [match.span() for match in _WORD.finditer(folded, start, end)]


def _answering(exact: list[str], folded: list[str], part: Sequence[Token]) -> set[int]:
    phrase = _runs(exact, [token.exact for token in part]) if has_marks(part) else set()
    phrase = phrase or _runs(folded, [token.folded for token in part])
    if phrase or len(part) == 1:
        return phrase
    return set().union(*(_answering(exact, folded, [token]) for token in part))


def _runs(found: list[str], phrase: list[str]) -> set[int]:
    """The places where all of `phrase` stands in a row."""
    places: set[int] = set()
    start, length = -1, len(phrase)
    for _ in range(found.count(phrase[0])):
        start = found.index(phrase[0], start + 1)
        if found[start : start + length] == phrase:
            places.update(range(start, start + length))
    return places
