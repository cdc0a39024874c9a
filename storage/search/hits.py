"""A page found, shown: the text around the match, and where the matched words stand on the page."""

import re
from bisect import bisect_right
from collections.abc import Sequence

from storage.search.marks import Marker, Span
from storage.search.model import Hit
from storage.search.schema import ShownPage

SNIPPET_CHARACTERS = 240
_BEFORE = 60  # characters of the snippet that stand before the first match, at most
_WORD_START = re.compile(r"(?<!\S)\S")
_BETWEEN = "\x1f"  # ASCII's unit separator; words on a page hold none
_SPACE = re.compile(r"\s")


def hit(page: ShownPage, marker: Marker, score: float) -> Hit:
    """The page as a hit of the query that `marker` was made of."""
    spans = marker.spans(page.text)
    snippet, marks = _snippet(page.text, spans)
    return Hit(
        record=page.record,
        paper=page.paper,
        file=page.file,
        page=page.page,
        title=page.title,
        snippet=snippet,
        marks=marks,
        boxes=tuple(page.box(number) for number in _word_numbers(page, marker, spans)),
        score=score,
    )


def _word_numbers(page: ShownPage, marker: Marker, spans: Sequence[Span]) -> list[int]:
    if page.words is None:
        return sorted({len(page.text[: start + 1].split()) - 1 for start, _end in spans})
    joined = _BETWEEN.join(page.words)
    return sorted({joined.count(_BETWEEN, 0, start) for start, _end in marker.spans(joined)})


def _snippet(text: str, spans: Sequence[Span]) -> tuple[str, tuple[Span, ...]]:
    """At most SNIPPET_CHARACTERS around the match, cut between words, on one line."""
    start = _start_of_snippet(text, spans)
    end = start + SNIPPET_CHARACTERS
    if end < len(text) and not text[end].isspace():
        end = max((match.start() for match in _SPACE.finditer(text, start, end)), default=end)
    marks = tuple((first - start, last - start) for first, last in spans if start <= first and last <= end)
    return _SPACE.sub(" ", text[start:end]), marks


def _start_of_snippet(text: str, spans: Sequence[Span]) -> int:
    earliest = max(_densest(spans) - _BEFORE, 0)
    found = _WORD_START.search(text, earliest)
    return min(found.start(), _densest(spans)) if found and spans else 0


def _densest(spans: Sequence[Span]) -> int:
    """Where the match begins from which a snippet shows the most matches; 0 when there is none."""
    ends = [end for _start, end in spans]
    reach = SNIPPET_CHARACTERS - _BEFORE
    shown = [bisect_right(ends, start + reach) - n for n, (start, _end) in enumerate(spans)]
    return spans[shown.index(max(shown))][0] if spans else 0
