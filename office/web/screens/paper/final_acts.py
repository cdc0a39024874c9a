"""Acts that cannot be taken back: asked first what follows, done only by a second, distinct step.

The first sending shows a question that names the thing and what follows; its button sends what was typed
once more, with SURE. The key of main acts never presses that button (static/keys.js), so no key pressed
twice, held or typed ahead carries such an act out.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from fastapi import Request
from starlette.responses import Response

from office.desk.issuing import decisions_given
from office.nouns import Copy, Paper
from office.procedure import Act
from office.views import turns
from office.views.viewing import PaperSeen, see_paper
from office.web.acting import ACT
from office.web.gate import actor_of, office_of, visit_of
from office.web.posting import FORM_TOKEN
from office.web.screens.paper.view import Question, act_on_paper, show_paper
from office.web.site import words_of

SURE = "sure"
# Each with the status line that tells its end; it is asked in the words of [final].
FINAL_ACTS: Mapping[Act, str] = {
    Act.SIGN_SCAN: "signed",
    Act.REFUSE_COPY: "refused",
    Act.CONFIRM_COPY: "confirmed",
    Act.SEAL_COPY: "sealed",
    Act.DELIVER_COPY: "delivered",
    Act.VOID_COPY: "voided",
    Act.CANCEL_COPY: "cancelled",
}


@dataclass(frozen=True)
class FinalAct:
    """An act on a paper or on one of its copies, and what its question tells besides their own numbers."""

    act: Act
    paper: str
    copy: str = ""
    told: Mapping[str, str] = field(default_factory=dict)


def carry_out_finally(request: Request, final: FinalAct, do: Callable[[], Any]) -> Response:
    """Ask whether it is meant, or do it once it has been said to be."""
    done = FINAL_ACTS[final.act]
    if visit_of(request).posted.one(SURE):
        return act_on_paper(request, final.paper, done, do)
    office, actor = office_of(request), actor_of(request)
    seen = see_paper(office, actor, final.paper)
    thing: Paper | Copy = next((copy.row for copy in seen.copies if copy.row.id == final.copy), seen.row)
    given = decisions_given(office)
    if final.act not in turns.acts_offered(actor, thing, given):
        refuse = partial(turns.require_offer, actor, thing, final.act, given)
        return act_on_paper(request, final.paper, done, refuse)
    hindered = turns.hindrances(actor, frozenset({final.act}), office.keyring)
    if hindered:
        return act_on_paper(request, final.paper, done, partial(_refuse, hindered[final.act]))
    words, blanks = words_of(request), {**_numbers(seen, thing), **final.told}
    question = Question(
        action=request.url.path,
        title=words.say("paper.final", final.act, "title", **blanks),
        follows=words.say("paper.final", final.act, "follows", **blanks),
        button=words.say("paper.final", final.act, "button", **blanks),
        carried=_carried(request),
    )
    return show_paper(request, final.paper, question=question)


def _refuse(fault: Exception) -> None:
    raise fault


def _numbers(seen: PaperSeen, thing: Paper | Copy) -> dict[str, Any]:
    places = {copy.row.id: place for place, copy in enumerate(seen.copies, start=1)}
    number = thing.number if isinstance(thing, Copy) else None
    about = {"count": seen.page_count, "requester": seen.dossier.requester}
    return {**about, "place": places.get(thing.id, 0), "number": number or "–"}


def _carried(request: Request) -> tuple[tuple[str, str], ...]:
    """What was typed, for the question's form to send once more."""
    values = visit_of(request).posted.values
    own = (FORM_TOKEN, ACT, SURE)
    return tuple((name, value) for name, sent in values.items() if name not in own for value in sent)
