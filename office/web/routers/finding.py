"""Tra cứu: what was archived is found again by its words."""

from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import Response

from office.desk.searching import find_records
from office.web.gate import TheActor, TheOffice
from office.web.rendering import show

router = APIRouter()
LIMIT = 20


@router.get("/search")
def search(request: Request, office: TheOffice, actor: TheActor) -> Response:
    """The search page: a question, and the pages that answer it."""
    return show(request, "search.html", {})
