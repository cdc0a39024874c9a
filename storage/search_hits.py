"""A page found, shown: which words matched, where they stand, and the text around them."""

from bisect import bisect_right
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain

from storage.search_model import Box, Hit
from storage.search_query import Asked
from storage.search_schema import ShownPage
from vietnamese.analysis import Token, analyse

Span = tuple[int, int]
SNIPPET_CHARACTERS = 240
_BEFORE = 60  # characters of the snippet that stand before the first match, at most


def hit(page: ShownPage, words: Asked, score: float) -> Hit:
    """The page as a hit of the query `words`."""
    found = analyse(page.text)
    snippet, marks = _snippet(page.text, found.spans, matching(found.exact, found.folded, words))
    return Hit(
        record=page.record,
        paper=page.paper,
        file=page.file,
        page=page.page,
        title=page.title,
        snippet=snippet,
        marks=marks,
        boxes=_boxes(page, words),
        score=score,
    )


def matching(exact: list[str], folded: list[str], words: Asked) -> tuple[int, ...]:
    """Which places answer the query: of each part the exact phrase, else the phrase, else its words.

    `exact` and `folded` are the tokens of a page at the two levels.
    """
    return tuple(sorted(set().union(*(_answering(exact, folded, part) for part in words.parts))))


def _answering(exact: list[str], folded: list[str], part: Sequence[Token]) -> set[int]:
    phrase = _runs(exact, [token.exact for token in part]) or _runs(folded, [token.folded for token in part])
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


def _boxes(page: ShownPage, words: Asked) -> tuple[Box, ...]:
    keys = list(map(_keys, page.words))
    places = [number for number, key in enumerate(keys) for _ in key[0]]
    exact, folded = (list(chain.from_iterable(key[level] for key in keys)) for level in (0, 1))
    matched = {places[place] for place in matching(exact, folded, words)}
    return tuple(page.box(number) for number in sorted(matched))


@lru_cache(1 << 16)
def _keys(word: str) -> tuple[list[str], list[str]]:
    """The exact and folded keys of the tokens in a word as it was read, punctuation and all."""
    found = analyse(word)
    return found.exact, found.folded


def _snippet(
    text: str, spans: Sequence[Span], places: Sequence[int]
) -> tuple[str, tuple[tuple[int, int], ...]]:
    if not spans:
        return " ".join(text.split())[:SNIPPET_CHARACTERS], ()
    earliest = max(spans[_densest(spans, places)][0] - _BEFORE, 0)
    start = next(start for start, _end in spans if start >= earliest)
    end = max((end for _start, end in spans if end <= start + SNIPPET_CHARACTERS), default=start)
    end = end if end > start else start + SNIPPET_CHARACTERS  # a single token longer than that
    marks = [(spans[n][0] - start, spans[n][1] - start) for n in places if start <= spans[n][0] < end]
    return "".join(" " if letter.isspace() else letter for letter in text[start:end]), tuple(marks)


def _densest(spans: Sequence[Span], places: Sequence[int]) -> int:
    """The match from which a snippet shows the most matches; the first token when there is none."""
    if not places:
        return 0
    reach = SNIPPET_CHARACTERS - _BEFORE
    ends = [spans[place][1] for place in places]
    shown = [bisect_right(ends, spans[place][0] + reach) - n for n, place in enumerate(places)]
    return places[shown.index(max(shown))]
