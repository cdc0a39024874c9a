"""Việc cần làm: what this person has to do, and where everything else is."""

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import Response

from office.nouns import Actor
from office.procedure import Turn
from office.value import Office
from office.views.dossiers import dossiers_without_papers
from office.views.viewing import Line, list_papers
from office.views.waiting import count_waiting
from office.web.gate import TheActor, TheOffice
from office.web.rendering import show

router = APIRouter()


@dataclass(frozen=True)
class View:
    """A part of the list that can be chosen by its name in the address."""

    name: str
    title: str
    holds: Callable[[Line], bool]


VIEWS = (
    View("", "Tất cả", lambda _: True),
    View("mine", "Việc của tôi", lambda line: line.mine),
    View("look", "Cần xem", lambda line: line.needs_a_look),
    View("clerk", "Chờ cán bộ", lambda line: line.step.turn is Turn.CLERK),
    View("officer", "Chờ người ký", lambda line: line.step.turn is Turn.OFFICER),
    View("records", "Chờ văn thư", lambda line: line.step.turn is Turn.RECORDS_OFFICER),
    View("machine", "Máy đang làm", lambda line: line.step.turn is Turn.MACHINE),
    View("done", "Đã xong", lambda line: line.step.turn is Turn.NOBODY),
)


@router.get("/")
def work_list(request: Request, office: TheOffice, actor: TheActor) -> Response:
    """The list, perhaps only one view of it or one state."""
    lines = list_papers(office, actor)
    view = request.query_params.get("view", "")
    state = request.query_params.get("state", "")
    chosen = next((one for one in VIEWS if one.name == view), VIEWS[0])
    shown = [line for line in lines if chosen.holds(line) and (not state or state in line.states)]
    values = {
        "lines": shown,
        "views": VIEWS,
        "counts": _counts(lines),
        "states": Counter(state for line in lines for state in line.states),
        "view": chosen.name,
        "state": state,
        "stamp": stamp(office, actor, lines),
        "waiting_pages": count_waiting(office, actor),
        "bare_dossiers": dossiers_without_papers(office, actor) if chosen is VIEWS[0] else (),
        "procedures": office.rules.procedure_names(office.today),
    }
    return show(request, "list.html", values)


def stamp(office: Office, actor: Actor, lines: Sequence[Line]) -> str:
    """A short text that changes whenever the list would look different."""
    parts = [f"{line.paper.id} {line.states} {line.needs_a_look} {line.mine}" for line in lines]
    parts += [str(count_waiting(office, actor))]
    parts += [dossier.id for dossier in dossiers_without_papers(office, actor)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _counts(lines: Sequence[Line]) -> Mapping[str, int]:
    return {view.name: sum(view.holds(line) for line in lines) for view in VIEWS}
