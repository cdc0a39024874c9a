"""A page found, shown: which words matched, where they stand, and the text around them."""

from collections.abc import Sequence

from storage.search_model import Box, Hit
from storage.search_query import Asked
from storage.search_schema import ShownPage
from vietnamese.analysis import Token, tokens

SNIPPET_CHARACTERS = 240
_BEFORE = 60  # characters of the snippet that stand before the first match, at most


def hit(page: ShownPage, words: Asked, score: float) -> Hit:
    """The page as a hit of the query `words`."""
    found = tuple(tokens(page.text))
    snippet, marks = _snippet(page.text, found, matching(found, words))
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


def matching(found: Sequence[Token], words: Asked) -> tuple[int, ...]:
    """Which tokens answer the query: of each part the exact phrase, else the phrase, else its words."""
    places: set[int] = set()
    for part in words.parts:
        exact, folded = [t.exact for t in part], [t.folded for t in part]
        places |= (
            _runs([t.exact for t in found], exact)
            or _runs([t.folded for t in found], folded)
            or _words(found, part)
        )
    return tuple(sorted(places))


def _runs(found: Sequence[str], phrase: Sequence[str]) -> set[int]:
    length = len(phrase)
    starts = (
        n for n, one in enumerate(found) if one == phrase[0] and list(found[n : n + length]) == list(phrase)
    )
    return {place for start in starts for place in range(start, start + length)}


def _words(found: Sequence[Token], part: Sequence[Token]) -> set[int]:
    places: set[int] = set()
    for token in part:
        exact = {n for n, one in enumerate(found) if one.exact == token.exact}
        places |= exact or {n for n, one in enumerate(found) if one.folded == token.folded}
    return places


def _boxes(page: ShownPage, words: Asked) -> tuple[Box, ...]:
    placed = [(token, n) for n, (word, _box) in enumerate(page.words) for token in tokens(word)]
    matched = matching([token for token, _n in placed], words)
    return tuple(page.words[n][1] for n in sorted({placed[place][1] for place in matched}))


def _snippet(
    text: str, found: Sequence[Token], places: Sequence[int]
) -> tuple[str, tuple[tuple[int, int], ...]]:
    first = _densest(found, places)
    start = _start_of_word(found, max(found[first].start - _BEFORE, 0)) if found else 0
    end = max(
        (t.end for t in found if t.end <= start + SNIPPET_CHARACTERS), default=start + SNIPPET_CHARACTERS
    )
    marks = [(found[n].start - start, found[n].end - start) for n in places if start <= found[n].start < end]
    return " ".join(text[start:end].splitlines()), tuple(marks)


def _densest(found: Sequence[Token], places: Sequence[int]) -> int:
    """The match from which a snippet shows the most matches; the first token when there is none."""
    if not places:
        return 0
    reach = SNIPPET_CHARACTERS - _BEFORE
    within = [
        sum(found[n].end <= found[first].start + reach for n in places if n >= first) for first in places
    ]
    return places[within.index(max(within))]


def _start_of_word(found: Sequence[Token], offset: int) -> int:
    return next((token.start for token in found if token.start >= offset), 0)
