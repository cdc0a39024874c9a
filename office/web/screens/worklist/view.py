"""What the work list shows: its lines, the views that can be chosen, and the stamp of it all."""

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from office.nouns import Actor
from office.procedure import Turn
from office.value import Office
from office.views.dossiers import dossiers_without_papers
from office.views.viewing import Line, list_papers
from office.views.waiting import count_waiting


@dataclass(frozen=True)
class View:
    """A part of the list that can be chosen by its name in the address."""

    name: str
    holds: Callable[[Line], bool]


VIEWS = (
    View("", lambda _: True),
    View("mine", lambda line: line.mine),
    View("look", lambda line: line.needs_a_look),
    View("clerk", lambda line: line.step.turn is Turn.CLERK),
    View("officer", lambda line: line.step.turn is Turn.OFFICER),
    View("records", lambda line: line.step.turn is Turn.RECORDS_OFFICER),
    View("machine", lambda line: line.step.turn is Turn.MACHINE),
    View("done", lambda line: line.step.turn is Turn.NOBODY),
)


def list_shown(office: Office, actor: Actor, view: str, state: str) -> dict[str, Any]:
    """The list, perhaps only one view of it or one state."""
    lines = list_papers(office, actor)
    chosen = next((one for one in VIEWS if one.name == view), VIEWS[0])
    return {
        "lines": [line for line in lines if chosen.holds(line) and (not state or state in line.states)],
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


def stamp(office: Office, actor: Actor, lines: Sequence[Line]) -> str:
    """A short text that changes whenever the list would look different."""
    parts = [f"{line.paper.id} {line.states} {line.needs_a_look} {line.mine}" for line in lines]
    parts += [str(count_waiting(office, actor))]
    parts += [dossier.id for dossier in dossiers_without_papers(office, actor)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _counts(lines: Sequence[Line]) -> Mapping[str, int]:
    return {view.name: sum(view.holds(line) for line in lines) for view in VIEWS}
