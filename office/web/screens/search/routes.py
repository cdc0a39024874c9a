"""Tra cứu: what was archived is found again by its words, and shown where it stands on the page."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from office.web.gate import TheActor, TheOffice
from office.web.rendering import show
from office.web.screens.search.view import found_shown

router = APIRouter()


@router.get("/search")
def search(request: Request, office: TheOffice, actor: TheActor) -> Response:
    """The search page: a question, and the pages of archived papers that answer it."""
    return show(request, "search/search.html", found_shown(office, actor, request.query_params))
