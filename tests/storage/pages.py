"""Pages for the search tests: the words of a text, each with a box of its own."""

from typing import Any

from storage.search.index import PageRecord, Scope

UNIT = "phuong-mau"
EVERYBODY = Scope(frozenset({UNIT}), 4)


def boxes_of(text: str) -> tuple[tuple[str, tuple[float, float, float, float]], ...]:
    """Every word in a box whose left edge tells its number (in hundredths)."""
    return tuple((word, (n / 100, 0.5, n / 100 + 0.01, 0.52)) for n, word in enumerate(text.split()))


def page(record: str, text: str, **other: Any) -> PageRecord:
    """A page of the dossier `record`."""
    values: dict[str, Any] = {
        "record": record,
        "paper": f"paper of {record}",
        "file": f"du-lieu/{record}.1.pdf",
        "page": 1,
        "title": "",
        "text": text,
        "words": boxes_of(text),
        "unit": UNIT,
        "sensitivity": 2,
        "year": 2026,
        "procedure": "1.004884",
        "change": 1,
    }
    return PageRecord(**{**values, **other})
