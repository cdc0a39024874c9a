"""Trang của giấy tờ: pages are received into a paper, arranged, taken out and moved until the clerk signs."""

from collections.abc import Callable, Mapping

from fastapi import APIRouter, Request
from starlette.responses import Response

from office.desk import expecting, intake, sorting
from office.desk.sorting import Target
from office.faults import DeskCode, DeskFault
from office.nouns import Actor
from office.value import Office
from office.views.dossiers import dossier_of_code
from office.web.acting import carry_out
from office.web.failing import is_told, sentence_of
from office.web.gate import TheActor, TheOffice, TheVisit
from office.web.posting import Posted
from office.web.screens.pages.view import show_pages
from office.web.site import words_of
from office.web.strips import CHOOSE, COLLECT, collected, nothing_chosen

router = APIRouter()
Do = Callable[[Office, Actor, str, Posted], str]


@router.get("/papers/{paper_id}/pages")
def pages_of_paper(request: Request, paper_id: str) -> Response:
    """The pages of a paper, and those that may become its pages."""
    return show_pages(request, paper_id, Posted(), [])


@router.post("/papers/{paper_id}/pages")
def sort_pages(
    request: Request, office: TheOffice, actor: TheActor, visit: TheVisit, paper_id: str
) -> Response:
    """Do with the chosen pages what the pressed button says."""
    form = visit.posted
    how = form.one("how")
    if how == COLLECT:
        return show_pages(request, paper_id, form, collected(request))
    if how not in ACTS or form.one(CHOOSE):
        return show_pages(request, paper_id, form, [])
    problems = _missing(request, form, how)
    if problems:
        return show_pages(request, paper_id, form, problems, 422)
    try:
        return carry_out(request, lambda: ACTS[how](office, actor, paper_id, form))
    except Exception as fault:
        if not is_told(fault):
            raise
        sentence, status = sentence_of(request, fault)
        if isinstance(fault, DeskFault) and fault.code is DeskCode.NOT_FOUND and how == "move":
            sentence, status = words_of(request).say("intake.missing.dossier"), 422
        return show_pages(request, paper_id, form, [sentence], status)


@router.post("/papers/{paper_id}/drop")
def drop(request: Request, office: TheOffice, actor: TheActor, paper_id: str) -> Response:
    """The expected paper will not come."""
    return carry_out(
        request, lambda: f"/dossiers/{expecting.drop_paper(office, actor, paper_id)}?done=dropped"
    )


def _missing(request: Request, form: Posted, how: str) -> list[str]:
    words, problems = words_of(request), []
    if how in ("out", "move", "earlier", "later") and not form.all("own"):
        problems.append(words.say("intake.missing.pages"))
    if how == "receive" and not form.all("page") and not form.files:
        problems += nothing_chosen(request)
    if how == "move" and not form.one("title"):
        problems.append(words.say("intake.missing.title"))
    return problems


def _receive(office: Office, actor: Actor, paper_id: str, form: Posted) -> str:
    target = Target(paper=paper_id, seen=_seen(form))
    if form.files and not form.all("page"):
        intake.receive_upload(office, actor, target, [upload.path for upload in form.files])
    else:
        sorting.receive_pages(office, actor, form.all("page"), target)
    return f"/papers/{paper_id}?done=received"


def _take_out(office: Office, actor: Actor, paper_id: str, form: Posted) -> str:
    sorting.take_out_pages(office, actor, paper_id, form.all("own"), _seen(form))
    return f"/papers/{paper_id}/pages?done=taken-out"


def _put_back(office: Office, actor: Actor, paper_id: str, form: Posted) -> str:
    sorting.put_back_page(office, actor, form.one("page"))
    return f"/papers/{paper_id}/pages?done=put-back"


def _move(office: Office, actor: Actor, paper_id: str, form: Posted) -> str:
    dossier = dossier_of_code(office, actor, form.one("code"))
    target = Target(dossier=dossier.id, title=form.one("title"), seen=_seen(form))
    moved = sorting.move_pages(office, actor, paper_id, form.all("own"), target)
    return f"/papers/{moved}?done=moved"


def _arrange(office: Office, actor: Actor, paper_id: str, form: Posted) -> str:
    order = tuple(form.one("order").split())
    if form.one("how") != "arrange":
        order = shifted(order, frozenset(form.all("own")), later=form.one("how") == "later")
    sorting.arrange_pages(office, actor, paper_id, order, _seen(form))
    return f"/papers/{paper_id}/pages?done=arranged"


ACTS: Mapping[str, Do] = {
    "receive": _receive,
    "out": _take_out,
    "back": _put_back,
    "move": _move,
    "arrange": _arrange,
    "earlier": _arrange,
    "later": _arrange,
}


def shifted(order: tuple[str, ...], chosen: frozenset[str], *, later: bool) -> tuple[str, ...]:
    """The order with each chosen page one place earlier or later; those at the end stay there."""
    pages = list(order[::-1] if later else order)
    for place in range(1, len(pages)):
        if pages[place] in chosen and pages[place - 1] not in chosen:
            pages[place - 1], pages[place] = pages[place], pages[place - 1]
    return tuple(pages[::-1] if later else pages)


def _seen(form: Posted) -> tuple[str, ...]:
    return tuple(form.one("seen").split())
