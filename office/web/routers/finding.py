"""Tra cứu: what was archived is found again by its words, and shown where it stands on the page."""

from dataclasses import dataclass
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import Response

from office.desk.searching import Wanted, find_records
from office.typed import whole_number
from office.views.dossiers import find_dossiers
from office.web.gate import TheActor, TheOffice
from office.web.rendering import show
from storage.faults import StorageCode, StorageFault
from storage.search.index import Results
from storage.search.model import Hit

router = APIRouter()
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


@router.get("/search")
def search(request: Request, office: TheOffice, actor: TheActor) -> Response:
    """The search page: a question, and the pages of archived papers that answer it."""
    asked = request.query_params
    text, year = asked.get("q", "").strip()[:MOST_LETTERS], _year(asked.get("year", ""))
    procedure, procedures = asked.get("procedure", ""), office.rules.procedure_names(office.today)
    known = procedure if procedure in procedures else None
    results = None
    if text:
        try:
            results = find_records(office, actor, Wanted(text, LIMIT, year, known))
        except StorageFault as fault:
            if fault.code is not StorageCode.INDEX_MISSING:
                raise
            results = Results(0.0, 0, ())  # nothing has been archived yet
    values = {
        "text": text,
        "dossiers": find_dossiers(office, actor, text),
        "year": year,
        "procedure": known,
        "procedures": procedures,
        "results": results,
        "hits": [_shown(hit) for hit in results.hits] if results else [],
    }
    return show(request, "search.html", values)


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
