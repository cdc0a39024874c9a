"""Acts on one copy: checked and sent, certified, sealed, handed over; or refused, voided, cancelled."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from office.desk import certifying, retrying
from office.value import Office
from office.views.viewing import paper_of_copy, see_paper
from office.web import words
from office.web.gate import TheActor, TheOffice, TheVisit, actor_of, office_of
from office.web.paper_page import act_on_paper, show_paper
from office.web.posting import Posted

router = APIRouter()
APPLIES, APPLIES_NOT = "applies", "applies-not"


@router.post("/copies/{copy_id}/approve")
def approve(request: Request, office: TheOffice, actor: TheActor, visit: TheVisit, copy_id: str) -> Response:
    """The clerk answers every check; an answer that is missing, or a ground that applies, sends nothing."""
    form = visit.posted
    paper = paper_of_copy(office, actor, copy_id)
    problems = _unanswered(office, form)
    if problems or form.one("how") != "finish":
        return show_paper(request, paper, problems, form, 422 if problems else 200)
    checks = frozenset(check.code for check in office.rules.checks(office.today))
    return act_on_paper(
        request, paper, "approved", lambda: certifying.approve_copy(office, actor, copy_id, checks)
    )


@router.post("/copies/{copy_id}/refuse")
def refuse(request: Request, office: TheOffice, actor: TheActor, visit: TheVisit, copy_id: str) -> Response:
    """Refuse for one of the six grounds of the law."""
    clause = visit.posted.one("clause")
    number = int(clause) if clause.isdecimal() else 0
    return _act(
        request,
        copy_id,
        "refused",
        lambda: certifying.refuse_copy(office, actor, copy_id, number),
    )


@router.post("/copies/{copy_id}/confirm")
def confirm(request: Request, office: TheOffice, actor: TheActor, visit: TheVisit, copy_id: str) -> Response:
    """The officer has seen every page and certifies."""
    paper = paper_of_copy(office, actor, copy_id)
    pages = see_paper(office, actor, paper).page_count
    unseen = [str(page) for page in range(1, pages + 1) if not visit.posted.one(f"seen-{page}")]
    if unseen:
        problem = words.UNSEEN.format(count=len(unseen), pages=", ".join(unseen))
        return show_paper(request, paper, [problem], visit.posted, 422)
    return act_on_paper(request, paper, "confirmed", lambda: certifying.confirm_copy(office, actor, copy_id))


@router.post("/copies/{copy_id}/retry")
def retry(request: Request, office: TheOffice, actor: TheActor, copy_id: str) -> Response:
    """The cause is mended: let the machine take the copy up again."""
    return _act(request, copy_id, "retried", lambda: retrying.try_copy_again(office, actor, copy_id))


@router.post("/copies/{copy_id}/seal")
def seal(request: Request, office: TheOffice, actor: TheActor, copy_id: str) -> Response:
    """The records officer lets the agency's signature be set."""
    return _act(request, copy_id, "sealed", lambda: certifying.seal_copy(office, actor, copy_id))


@router.post("/copies/{copy_id}/deliver")
def deliver(request: Request, office: TheOffice, actor: TheActor, visit: TheVisit, copy_id: str) -> Response:
    """The copy was handed over, in one of the ways there are."""
    channel = visit.posted.one("channel")
    if channel not in words.CHANNELS:
        paper = paper_of_copy(office, actor, copy_id)
        return show_paper(request, paper, [words.MISSING["channel"]], visit.posted, 422)
    return _act(
        request,
        copy_id,
        "delivered",
        lambda: certifying.deliver_copy(office, actor, copy_id, channel),
    )


@router.post("/copies/{copy_id}/void")
def void(request: Request, office: TheOffice, actor: TheActor, visit: TheVisit, copy_id: str) -> Response:
    """Give up a number before the agency has signed."""
    reason = visit.posted.one("reason")
    return _act(
        request,
        copy_id,
        "voided",
        lambda: certifying.void_copy(office, actor, copy_id, reason),
    )


@router.post("/copies/{copy_id}/cancel")
def cancel(request: Request, office: TheOffice, actor: TheActor, visit: TheVisit, copy_id: str) -> Response:
    """Cancel an issued copy by decision."""
    reason = visit.posted.one("reason")
    return _act(
        request,
        copy_id,
        "cancelled",
        lambda: certifying.cancel_copy(office, actor, copy_id, reason),
    )


def _act(request: Request, copy_id: str, done: str, do: Callable[[], Any]) -> Response:
    paper = paper_of_copy(office_of(request), actor_of(request), copy_id)
    return act_on_paper(request, paper, done, do)


def _unanswered(office: Office, form: Posted) -> list[str]:
    problems = []
    for check in office.rules.checks(office.today):
        clause = check.code.removeprefix("clause-")
        answer = form.one(check.code)
        if clause == check.code:  # a plain box to tick
            if not answer:
                problems.append(words.UNCHECKED.format(words=check.words))
        elif answer == APPLIES:
            problems.append(words.GROUND_APPLIES.format(clause=clause))
        elif answer != APPLIES_NOT:
            problems.append(words.GROUND_UNANSWERED.format(clause=clause))
    return problems
