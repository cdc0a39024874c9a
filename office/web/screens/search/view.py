"""What a search shows: the pages found, each with its words in their place, and the dossiers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from office.desk.searching import Wanted, find_records
from office.nouns import Actor
from office.typed import whole_number
from office.value import Office
from office.views.dossiers import find_dossiers
from storage.faults import StorageCode, StorageFault
from storage.search.index import Results
from storage.search.model import Hit

LIMIT = 30
MOST_LETTERS = 500
MOST_BOXES = 60
FIRST_YEAR, LAST_YEAR = 1900, 2200


@dataclass(frozen=True)
class HitShown:
    """A page found: its line, its text cut into matched and other pieces, and where it opens."""

    hit: Hit
    pieces: tuple[tuple[str, bool], ...]
    address: str


def found_shown(office: Office, actor: Actor, asked: Mapping[str, str]) -> dict[str, Any]:
    """What answers the question that the address asks."""
    text, year = asked.get("q", "").strip()[:MOST_LETTERS], _year(asked.get("year", ""))
    procedure, procedures = asked.get("procedure", ""), office.rules.procedure_names(office.today)
    known = procedure if procedure in procedures else None
    results = _results(office, actor, Wanted(text, LIMIT, year, known)) if text else None
    return {
        "text": text,
        "dossiers": find_dossiers(office, actor, text),
        "year": year,
        "procedure": known,
        "procedures": procedures,
        "results": results,
        "hits": [_shown(hit) for hit in results.hits] if results else [],
    }


def _results(office: Office, actor: Actor, wanted: Wanted) -> Results:
    try:
        return find_records(office, actor, wanted)
    except StorageFault as fault:
        if fault.code is not StorageCode.INDEX_MISSING:
            raise
        return Results(0.0, 0, ())  # nothing has been archived yet


def _shown(hit: Hit) -> HitShown:
    boxes = ";".join(",".join(f"{side:.4f}" for side in box) for box in hit.boxes[:MOST_BOXES])
    query = urlencode({"page": hit.page, "boxes": boxes}, safe=",;")
    return HitShown(hit, _pieces(hit), f"/papers/{hit.paper}?{query}#trang-{hit.page}")


def _pieces(hit: Hit) -> tuple[tuple[str, bool], ...]:
    pieces, at = [], 0
    for start, end in hit.marks:
        if start < at:
            continue
        pieces += [(hit.snippet[at:start], False), (hit.snippet[start:end], True)]
        at = end
    return (*((text, marked) for text, marked in pieces if text), (hit.snippet[at:], False))


def _year(text: str) -> int | None:
    return whole_number(text.strip(), FIRST_YEAR, LAST_YEAR)
