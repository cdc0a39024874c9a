"""Acts that cannot be taken back: asked first what follows, done only by a second, distinct step.

The first sending shows a question that names the thing and what follows; its button sends what was typed
once more, with SURE. The key of main acts never presses that button (static/keys.js), so no key pressed
twice, held or typed ahead carries such an act out.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from fastapi import Request
from starlette.responses import Response

from office.model import Act
from office.views import turns
from office.views.viewing import PaperSeen, see_paper
from office.web import words
from office.web.acting import ACT
from office.web.gate import actor_of, office_of, visit_of
from office.web.paper_page import Question, act_on_paper, show_paper
from office.web.posting import FORM_TOKEN

SURE = "sure"


@dataclass(frozen=True)
class FinalAct:
    """An act on a paper or on one of its copies, and what its question tells besides their own numbers."""

    act: Act
    paper: str
    copy: str = ""
    told: Mapping[str, str] = field(default_factory=dict)


def carry_out_finally(request: Request, final: FinalAct, do: Callable[[], Any]) -> Response:
    """Ask whether it is meant, or do it once it has been said to be."""
    wording = words.FINAL_ACTS[final.act]
    if visit_of(request).posted.one(SURE):
        return act_on_paper(request, final.paper, wording.done, do)
    seen = see_paper(office_of(request), actor_of(request), final.paper)
    row = next((copy.row for copy in seen.copies if copy.row.id == final.copy), seen.row)
    if final.act not in turns.offers(actor_of(request), row):
        return act_on_paper(
            request,
            final.paper,
            wording.done,
            lambda: turns.require_offer(actor_of(request), row, final.act),
        )
    blanks = {**_numbers(seen, row), **final.told}
    question = Question(
        action=request.url.path,
        title=wording.title.format(**blanks),
        follows=wording.follows.format(**blanks),
        button=wording.button.format(**blanks),
        carried=_carried(request),
    )
    return show_paper(request, final.paper, question=question)


def _numbers(seen: PaperSeen, row: Any) -> dict[str, Any]:
    places = {copy.row.id: place for place, copy in enumerate(seen.copies, start=1)}
    return {
        "pages": seen.page_count,
        "requester": seen.dossier.requester,
        "place": places.get(row.id, 0),
        "number": getattr(row, "number", None) or "–",
    }


def _carried(request: Request) -> tuple[tuple[str, str], ...]:
    """What was typed, for the question's form to send once more."""
    values = visit_of(request).posted.values
    own = (FORM_TOKEN, ACT, SURE)
    return tuple((name, value) for name, sent in values.items() if name not in own for value in sent)
