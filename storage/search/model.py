"""What goes into the search index and what comes out of it."""

from dataclasses import dataclass

Box = tuple[float, float, float, float]
"""Where a word stands, as fractions of the upright page; kept to 1/65535, in the order they were given."""


@dataclass(frozen=True)
class PageRecord:
    """One page as the index holds it; a page is known by paper, file and page number.

    Args:
        record: the dossier's code, which people see.
        paper: the paper's (or copy's) id.
        file: the file's logical path in the archive.
        page: counted from 1.
        title: the paper's title; it is searched on the first page.
        text: the page's text in reading order.
        words: the words with their boxes, for highlighting.
        unit: the unit whose people may see it.
        sensitivity: 0 to 9; who may see less does not find it.
        year: for narrowing down.
        procedure: the procedure's code, for narrowing down.
        change: the change number that brought this page.
    """

    record: str
    paper: str
    file: str
    page: int
    title: str
    text: str
    words: tuple[tuple[str, Box], ...]
    unit: str
    sensitivity: int
    year: int
    procedure: str
    change: int


@dataclass(frozen=True)
class Scope:
    """What the asker may see: pages of these units, up to this sensitivity. No others are counted."""

    units: frozenset[str]
    clearance: int


@dataclass(frozen=True)
class Query:
    """What is looked for: words as typed, at most `limit` pages, within `scope`."""

    text: str
    scope: Scope
    limit: int = 20
    year: int | None = None
    procedure: str | None = None


@dataclass(frozen=True)
class Hit:
    """A page found.

    Args:
        snippet: the part of the text around the match.
        marks: where the matched words stand in `snippet`, as (start, end).
        boxes: where the matched words stand on the page.
        score: higher is better; only comparable within one answer.
    """

    record: str
    paper: str
    file: str
    page: int
    title: str
    snippet: str
    marks: tuple[tuple[int, int], ...]
    boxes: tuple[Box, ...]
    score: float


@dataclass(frozen=True)
class Results:
    """The answer: how long it took, how many pages match, the best of them first."""

    took_ms: float
    total: int
    hits: tuple[Hit, ...]
