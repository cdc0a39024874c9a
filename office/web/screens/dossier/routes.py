"""Hồ sơ mới: a dossier is opened and its papers come in, from the scanner's folder or as uploaded files."""

import re

from fastapi import APIRouter, Request
from starlette.responses import Response

from office.desk import expecting, intake
from office.desk.sorting import Target, receive_pages
from office.explain import explain, explain_code
from office.nouns import Actor
from office.procedure import Role
from office.value import Office
from office.web.acting import carry_out
from office.web.failing import is_told, sentence_of
from office.web.gate import TheActor, TheOffice, TheVisit, office_of
from office.web.posting import Posted
from office.web.screens.dossier.view import show_dossier, show_new
from office.web.site import words_of
from office.web.strips import CHOOSE, COLLECT, collected, nothing_chosen

router = APIRouter()
UPLOADED = "upload"


@router.get("/dossiers/new")
def new_dossier(request: Request, actor: TheActor) -> Response:
    """The form for a new dossier."""
    actor.require(Role.CLERK)
    return show_new(request, Posted(), [])


@router.post("/dossiers")
def open_dossier(request: Request, office: TheOffice, actor: TheActor, visit: TheVisit) -> Response:
    """Open a dossier and take its first paper; its title is kept whatever becomes of its pages."""
    form = visit.posted
    problems = _missing(request, form, with_requester=True)
    if problems or not _is_finished(form):
        return show_new(request, form, problems)

    def do() -> str:
        wanted = intake.Intake(form.one("procedure"), form.one("requester"), expects=(form.one("title"),))
        dossier = intake.open_dossier(office, actor, wanted)
        try:
            return _receive(office, actor, dossier, form)
        except Exception as fault:
            if not is_told(fault):
                raise
            return f"/dossiers/{dossier}?problem={explain(fault).key}"  # the dossier itself is there

    return carry_out(request, do)


@router.get("/dossiers/{dossier_id}")
def one_dossier(request: Request, office: TheOffice, dossier_id: str) -> Response:
    """A dossier, its papers, and the form for the next one."""
    key = request.query_params.get("problem", "")
    known = (
        explain_code(key, office.settings.lang)
        if re.fullmatch(r"[A-Za-z]{3,40}\.[A-Za-z_-]{3,40}", key)
        else ""
    )
    return show_dossier(request, dossier_id, Posted(), [known] if known else [])


@router.post("/dossiers/{dossier_id}/papers")
def add_paper(
    request: Request, office: TheOffice, actor: TheActor, visit: TheVisit, dossier_id: str
) -> Response:
    """Take the dossier's next paper."""
    form = visit.posted
    problems = _missing(request, form, with_requester=False)
    if problems or not _is_finished(form):
        return show_dossier(request, dossier_id, form, problems)

    def do() -> str:
        expecting.expect_paper(office, actor, dossier_id, form.one("title"))
        return _receive(office, actor, dossier_id, form)

    try:
        return carry_out(request, do)
    except Exception as fault:
        if not is_told(fault):
            raise
        return show_dossier(request, dossier_id, form, [sentence_of(request, fault)[0]])


def _receive(office: Office, actor: Actor, dossier: str, form: Posted) -> str:
    if form.one("source") == UPLOADED:
        files = [upload.path for upload in form.files]
        paper = intake.receive_files(office, actor, dossier, form.one("title"), files)
    else:
        target = Target(dossier=dossier, title=form.one("title"))
        paper = receive_pages(office, actor, form.all("page"), target)
    return f"/papers/{paper}?done=received"


def _is_finished(form: Posted) -> bool:
    return form.one("how") == "finish" and not form.one(CHOOSE)


def _missing(request: Request, form: Posted, *, with_requester: bool) -> list[str]:
    """Everything that is missing, at once; a press that only takes or ticks pages lacks nothing yet."""
    if form.one("how") == COLLECT:
        return collected(request)
    if form.one(CHOOSE):
        return []
    office, words = office_of(request), words_of(request)
    procedures = office.rules.procedures(office.today)
    problems = []
    if with_requester and not form.one("requester"):
        problems.append(words.say("dossier.missing.requester"))
    if with_requester and form.one("procedure") not in procedures:
        problems.append(words.say("dossier.missing.procedure"))
    if not form.one("title"):
        problems.append(words.say("intake.missing.title"))
    if form.one("source") == UPLOADED and not form.files:
        problems.append(words.say("dossier.missing.files"))
    if form.one("source") != UPLOADED and not form.all("page"):
        problems += nothing_chosen(request)
    return problems
