"""Acts on one copy: checked and sent, certified, sealed, handed over; or refused, voided, cancelled."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from office.desk import certifying, retrying
from office.procedure import Act
from office.typed import whole_number
from office.value import Office
from office.views.viewing import paper_of_copy, see_paper
from office.web.gate import TheActor, TheOffice, TheVisit, actor_of, office_of
from office.web.posting import Posted
from office.web.screens.paper.final_acts import FinalAct, carry_out_finally
from office.web.screens.paper.view import act_on_paper, show_paper
from office.web.site import words_of
from office.web.words import Words

router = APIRouter()
APPLIES, APPLIES_NOT = "applies", "applies-not"


@router.post("/copies/{copy_id}/approve")
def approve(request: Request, office: TheOffice, actor: TheActor, visit: TheVisit, copy_id: str) -> Response:
    """The clerk answers every check; an answer that is missing, or a ground that applies, sends nothing."""
    form = visit.posted
    paper = paper_of_copy(office, actor, copy_id)
    problems = _unanswered(office, form, words_of(request))
    if problems or form.one("how") != "finish":
        return show_paper(request, paper, problems, 422 if problems else 200)
    checks = frozenset(check.code for check in office.rules.checks(office.today))
    return act_on_paper(
        request, paper, "approved", lambda: certifying.approve_copy(office, actor, copy_id, checks)
    )


@router.post("/copies/{copy_id}/refuse")
def refuse(request: Request, office: TheOffice, actor: TheActor, visit: TheVisit, copy_id: str) -> Response:
    """Refuse for one of the six grounds of the law."""
    paper = paper_of_copy(office, actor, copy_id)
    grounds = office.rules.refusals(office.today)
    clause = whole_number(visit.posted.one("clause"), 1, max(grounds)) or 0
    ground = grounds.get(clause, "")
    if not ground:
        return show_paper(request, paper, [words_of(request).say("copy.missing.clause")], 422)
    told = {"clause": str(clause), "ground": words_of(request).law(ground)}
    final = FinalAct(Act.REFUSE_COPY, paper, copy_id, told)
    return carry_out_finally(request, final, lambda: certifying.refuse_copy(office, actor, copy_id, clause))


@router.post("/copies/{copy_id}/confirm")
def confirm(request: Request, office: TheOffice, actor: TheActor, visit: TheVisit, copy_id: str) -> Response:
    """The officer has seen every page and certifies."""
    paper = paper_of_copy(office, actor, copy_id)
    pages = see_paper(office, actor, paper).page_count
    unseen = [str(page) for page in range(1, pages + 1) if not visit.posted.one(f"seen-{page}")]
    if unseen:
        problem = words_of(request).say("copy.unseen", count=len(unseen), pages=", ".join(unseen))
        return show_paper(request, paper, [problem], 422)
    final = FinalAct(Act.CONFIRM_COPY, paper, copy_id)
    return carry_out_finally(request, final, lambda: certifying.confirm_copy(office, actor, copy_id))


@router.post("/copies/{copy_id}/retry")
def retry(request: Request, office: TheOffice, actor: TheActor, copy_id: str) -> Response:
    """The cause is mended: let the machine take the copy up again."""
    paper = paper_of_copy(office, actor, copy_id)
    return act_on_paper(request, paper, "retried", lambda: retrying.try_copy_again(office, actor, copy_id))


@router.post("/copies/{copy_id}/seal")
def seal(request: Request, office: TheOffice, actor: TheActor, copy_id: str) -> Response:
    """The records officer lets the agency's signature be set."""
    final = FinalAct(Act.SEAL_COPY, paper_of_copy(office, actor, copy_id), copy_id)
    return carry_out_finally(request, final, lambda: certifying.seal_copy(office, actor, copy_id))


@router.post("/copies/{copy_id}/deliver")
def deliver(request: Request, office: TheOffice, actor: TheActor, visit: TheVisit, copy_id: str) -> Response:
    """The copy was handed over, in one of the ways there are."""
    paper = paper_of_copy(office, actor, copy_id)
    channel, words = visit.posted.one("channel"), words_of(request)
    channels = words.group("channel")
    if channel not in channels:
        return show_paper(request, paper, [words.say("copy.missing.channel")], 422)
    told = {"channel": channels[channel].lower()}
    final = FinalAct(Act.DELIVER_COPY, paper, copy_id, told)
    return carry_out_finally(request, final, lambda: certifying.deliver_copy(office, actor, copy_id, channel))


@router.post("/copies/{copy_id}/void")
def void(request: Request, office: TheOffice, actor: TheActor, visit: TheVisit, copy_id: str) -> Response:
    """Give up a number before the agency has signed."""
    reason = visit.posted.one("reason")
    return _for_a_reason(
        request,
        (Act.VOID_COPY, copy_id, reason),
        lambda: certifying.void_copy(office, actor, copy_id, reason),
    )


@router.post("/copies/{copy_id}/cancel")
def cancel(request: Request, office: TheOffice, actor: TheActor, visit: TheVisit, copy_id: str) -> Response:
    """Cancel an issued copy by decision."""
    reason = visit.posted.one("reason")
    return _for_a_reason(
        request,
        (Act.CANCEL_COPY, copy_id, reason),
        lambda: certifying.cancel_copy(office, actor, copy_id, reason),
    )


def _for_a_reason(request: Request, told: tuple[Act, str, str], do: Callable[[], Any]) -> Response:
    act, copy_id, reason = told
    paper = paper_of_copy(office_of(request), actor_of(request), copy_id)
    if not reason:
        return show_paper(request, paper, [words_of(request).say("copy.missing.reason")], 422)
    return carry_out_finally(request, FinalAct(act, paper, copy_id, {"reason": reason}), do)


def _unanswered(office: Office, form: Posted, words: Words) -> list[str]:
    problems = []
    for check in office.rules.checks(office.today):
        clause = check.code.removeprefix("clause-")
        answer = form.one(check.code)
        if clause == check.code:  # a plain box to tick
            if not answer:
                problems.append(words.say("copy.unchecked", words=check.said(words.lang)))
        elif answer == APPLIES:
            problems.append(words.say("copy.ground_applies", clause=clause))
        elif answer != APPLIES_NOT:
            problems.append(words.say("copy.ground_unanswered", clause=clause))
    return problems
