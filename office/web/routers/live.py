"""What a page asks while it lies open: has anything changed? Answers are short and keep no session alive."""

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from office.views.viewing import list_papers, stamp_of_paper
from office.web.gate import TheActor, TheOffice
from office.web.routers.worklist import stamp

router = APIRouter()


@router.get("/live/list")
def list_stamp(office: TheOffice, actor: TheActor) -> Response:
    """The stamp of the list as this person sees it."""
    return JSONResponse({"stamp": stamp(office, actor, list_papers(office, actor))})


@router.get("/live/papers/{paper_id}")
def paper_stamp(office: TheOffice, actor: TheActor, paper_id: str) -> Response:
    """The stamp of one paper's page."""
    return JSONResponse({"stamp": stamp_of_paper(office, actor, paper_id)})
