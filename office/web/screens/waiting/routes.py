"""Trang chờ nhận: pages that arrived and lie in no paper are looked at, received, set aside, put back."""

from collections.abc import Callable

from fastapi import APIRouter, Request
from starlette.responses import FileResponse, Response

from office.desk import sorting
from office.desk.sorting import Target
from office.faults import DeskFault
from office.nouns import Actor
from office.value import Office
from office.views.dossiers import dossier_of_code
from office.views.waiting import loose_picture, open_refused
from office.web.acting import carry_out
from office.web.failing import is_told, sentence_of
from office.web.gate import TheActor, TheOffice, TheVisit
from office.web.posting import Posted
from office.web.screens.waiting.view import show_waiting
from office.web.site import words_of
from office.web.strips import COLLECT, collected, nothing_chosen

router = APIRouter()


@router.get("/waiting")
def waiting(request: Request) -> Response:
    """Everything that lies in no paper."""
    return show_waiting(request, Posted(), [])


@router.post("/waiting")
def sort(request: Request, office: TheOffice, actor: TheActor, visit: TheVisit) -> Response:
    """Receive the chosen pages into a dossier's paper, set them aside, or put them back."""
    form = visit.posted
    how = form.one("how")
    if how == COLLECT:
        return show_waiting(request, form, collected(request))
    if how not in ("receive", "aside", "back"):
        return show_waiting(request, form, [])
    problems = [] if form.all("page") else nothing_chosen(request)
    target = _target(office, actor, form) if how == "receive" else Target()
    if target is None:
        problems.append(words_of(request).say("intake.missing.dossier"))
    if how == "receive" and not form.one("title"):
        problems.append(words_of(request).say("intake.missing.title"))
    if problems or target is None:
        return show_waiting(request, form, problems, 422)
    try:
        return carry_out(request, lambda: ACTS[how](office, actor, form, target))
    except Exception as fault:
        if not is_told(fault):
            raise
        sentence, status = sentence_of(request, fault)
        return show_waiting(request, form, [sentence], status)


@router.get("/waiting/refused/{file}")
def refused(office: TheOffice, actor: TheActor, file: str) -> Response:
    """A file that was no page, as it came."""
    path = open_refused(office, actor, file)
    return FileResponse(path, media_type="application/octet-stream", filename=file)


@router.get("/pages/{page_id}/{width}.jpg")
def picture(office: TheOffice, actor: TheActor, page_id: str, width: int) -> Response:
    """The picture of a page that came, wherever it lies."""
    return FileResponse(loose_picture(office, actor, page_id, width), media_type="image/jpeg")


def _receive(office: Office, actor: Actor, form: Posted, target: Target) -> str:
    return f"/papers/{sorting.receive_pages(office, actor, form.all('page'), target)}?done=received"


def _aside(office: Office, actor: Actor, form: Posted, _target: Target) -> str:
    sorting.set_aside_pages(office, actor, form.all("page"))
    return "/waiting?done=taken-out"


def _back(office: Office, actor: Actor, form: Posted, _target: Target) -> str:
    for page in form.all("page"):
        sorting.put_back_page(office, actor, page)
    return "/waiting?done=put-back"


ACTS: dict[str, Callable[[Office, Actor, Posted, Target], str]] = {
    "receive": _receive,
    "aside": _aside,
    "back": _back,
}


def _target(office: Office, actor: Actor, form: Posted) -> Target | None:
    try:
        dossier = dossier_of_code(office, actor, form.one("code"))
    except DeskFault:
        return None
    return Target(dossier=dossier.id, title=form.one("title"))
