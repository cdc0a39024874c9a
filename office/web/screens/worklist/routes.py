"""Việc cần làm: what this person has to do, and where everything else is."""

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from office.views.viewing import list_papers
from office.web.gate import TheActor, TheOffice
from office.web.rendering import show
from office.web.screens.worklist.view import list_shown, stamp

router = APIRouter()


@router.get("/")
def work_list(request: Request, office: TheOffice, actor: TheActor) -> Response:
    """The list, perhaps only one view of it or one state."""
    asked = request.query_params
    values = list_shown(office, actor, asked.get("view", ""), asked.get("state", ""))
    return show(request, "worklist/list.html", values)


@router.get("/live/list")
def list_stamp(office: TheOffice, actor: TheActor) -> Response:
    """Has the list changed for this person? The answer is short and keeps no session alive."""
    return JSONResponse({"stamp": stamp(office, actor, list_papers(office, actor))})
