"""One paper's page: what it shows, and how a form that could not be carried out is shown again."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from fastapi import Request
from starlette.responses import Response

from office.desk.issuing import decisions_given, waits_for_key
from office.desk.programs.handing import may_sign
from office.nouns import Actor, Copy, FieldRead, FileKept, Paper
from office.plausible import doubt_about
from office.procedure import Act
from office.typed import decimal_number, whole_number
from office.views import turns
from office.views.viewing import PaperSeen, list_papers, see_paper, stamp_of_paper
from office.web.acting import carry_out
from office.web.failing import is_told, sentence_of
from office.web.gate import actor_of, office_of, typed_into
from office.web.posting import Posted
from office.web.rendering import show
from office.web.screens.paper.latecomers import unsaved, who_was_first
from office.web.screens.paper.rescan_form import WISHES, rescan_shown
from office.web.site import words_of
from office.web.words import Words

VERDICT_FAMILIES: Mapping[str, str] = {"GOOD": "done", "LOOK": "look", "SCAN_AGAIN": "bad", "": "off"}
SURE = 90.0  # of 100; from here a field is shown as read well
NUMBERS = frozenset({"number_symbol", "issued_on"})  # each needs its own tick, however sure the machine is
MOST_BOXES = 200
MOST_PAGES = 5000
MOST_SIDE = 9.0  # of a page's side, where a box of a search hit may reach
AIR = 0.004  # of the page, around what a box frames


@dataclass(frozen=True)
class FieldShown:
    """One field: what the machine read, what was typed or confirmed, whether it needs a tick."""

    name: str
    place: int
    label: str
    read_value: str
    value: str
    page: int | None
    doubtful: bool
    ticked: bool
    confirmed_by: str | None
    problem: str  # why the typed value cannot stand on the paper; empty when it can


@dataclass(frozen=True)
class BoxShown:
    """A rectangle over a page, in thousandths of its sides, and what it marks."""

    page: int
    kind: str
    name: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Question:
    """What is asked before an act that cannot be taken back: what it is, what follows, how to say yes."""

    action: str
    title: str
    follows: str
    button: str
    carried: tuple[tuple[str, str], ...]  # typed values that the answer sends along


def show_paper(
    request: Request,
    paper_id: str,
    problems: Sequence[str] = (),
    status: int = 200,
    question: Question | None = None,
) -> Response:
    """The page of one paper; what was typed into a form that could not be carried out stands in that form."""
    office, actor, words = office_of(request), actor_of(request), words_of(request)
    form = typed_into(request, f"/papers/{paper_id}/review")
    again = typed_into(request, f"/papers/{paper_id}/rescan")
    # Older than all that is shown: what changes meanwhile is shown twice rather than never.
    stamp = stamp_of_paper(office, actor, paper_id)
    seen = see_paper(office, actor, paper_id)
    queue = [line for line in list_papers(office, actor) if line.mine and line.paper.id != paper_id]
    values = {
        "seen": seen,
        "copies": _mine_first(actor, seen),
        "stamp": stamp,
        "fields": fields_shown(seen, form, office.today, words),
        "rescan": rescan_shown(seen, again, request.query_params.get("corners", ""), words),
        "boxes": [*_boxes_of(seen), *_boxes_asked(request)],
        "wishes": WISHES,
        "verdict_families": VERDICT_FAMILIES,
        "reports": {row.page: row for row in seen.pages},
        "problems": list(problems),
        "question": question,
        "unsaved": unsaved(request, seen),
        "offers": lambda thing: turns.acts_offered(actor, thing, decisions_given(office)),
        "hindered": lambda thing: _hindered(request, thing),
        "signs_here": lambda copy: may_sign(office, actor, copy),
        "waits_for_key": lambda copy: waits_for_key(office, copy),
        "Act": Act,
        "next_line": queue[0] if queue else None,
        "queue_length": len(queue),
        "is_turn": lambda step: turns.is_turn_of(actor, step),
        "refusals": office.rules.refusals(office.today),
        "checks": office.rules.checks(office.today),
        "procedures": office.rules.procedure_names(office.today),
    }
    return show(request, "paper/paper.html", values, status)


def _hindered(request: Request, thing: Paper | Copy) -> dict[Act, str]:
    """Which of the acts offered on this thing a key stands in the way of, and the sentence that tells it."""
    office, actor = office_of(request), actor_of(request)
    offered = turns.acts_offered(actor, thing, decisions_given(office))
    found = turns.hindrances(actor, offered, office.keyring)
    return {act: sentence_of(request, fault)[0] for act, fault in found.items()}


def act_on_paper(request: Request, paper_id: str, done: str, do: Callable[[], Any]) -> Response:
    """Carry out an act on this paper; what stands in its way is told on the paper's page, typed text kept."""

    def act() -> str:
        do()
        return f"/papers/{paper_id}?done={done}"

    try:
        return carry_out(request, act)
    except Exception as fault:
        if not is_told(fault):
            raise
        sentence, status = sentence_of(request, fault)
        if status == 404:  # noqa: PLR2004 there is no page to show it on
            raise
        return show_paper(request, paper_id, [sentence, *who_was_first(request, paper_id, fault)], status)


def fields_shown(seen: PaperSeen, form: Posted, today: date, words: Words) -> tuple[FieldShown, ...]:
    """Every field a paper may have, read or not; those that need a tick come first."""
    rows = {row.name: row for row in seen.fields}
    known = words.group("paper.field")
    names = [*known, *(name for name in rows if name not in known)]
    shown = [
        _field_shown((place, name), rows.get(name), _Typed(form, today, words))
        for place, name in enumerate(names)
    ]
    return tuple(sorted(shown, key=lambda field: not field.doubtful))


@dataclass(frozen=True)
class _Typed:
    """A form, the day on which it is looked at, and the words for what is wrong with it."""

    form: Posted
    today: date
    words: Words

    def problem(self, name: str, value: str) -> str:
        """Why the value that was typed cannot stand on the paper; empty when it can or none was typed."""
        doubt = doubt_about(name, value, self.today) if f"f-{name}" in self.form.values else None
        return self.words.say("paper.doubt", doubt) if doubt else ""


def _field_shown(at: tuple[int, str], row: FieldRead | None, typed: _Typed) -> FieldShown:
    place, name = at
    form = typed.form
    read = (row.read_value or "") if row else ""
    confirmed = row.confirmed_value if row else None
    sent = f"f-{name}"
    value = form.one(sent) if sent in form.values else read if confirmed is None else confirmed
    sure = row is not None and row.confidence is not None and row.confidence >= SURE and bool(read)
    return FieldShown(
        name=name,
        place=place,
        label=typed.words.group("paper.field").get(name, name),
        read_value=read,
        value=value,
        problem=typed.problem(name, value),
        page=row.page if row else None,
        doubtful=not sure or name in NUMBERS,
        ticked=bool(form.one(f"ok-{name}")),
        confirmed_by=row.confirmed_by if row else None,
    )


@dataclass(frozen=True)
class CopyShown:
    """A copy with its place among the paper's copies, from 1."""

    place: int
    row: Copy
    step: turns.Waiting
    files: tuple[FileKept, ...]


def _mine_first(actor: Actor, seen: PaperSeen) -> list[CopyShown]:
    shown = [CopyShown(place, copy.row, copy.step, copy.files) for place, copy in enumerate(seen.copies, 1)]
    return sorted(shown, key=lambda copy: not turns.is_turn_of(actor, copy.step))


def _boxes_of(seen: PaperSeen) -> list[BoxShown]:
    marked = [(row.page, "field", row.name, row.box) for row in seen.fields if row.box and row.page]
    for page in seen.pages:
        marked += [
            (page.page, "reason", "", reason["box"])
            for reason in page.report.get("reasons", ())
            if reason["box"]
        ]
    return [
        _box(page, kind, name, (box["left"], box["top"], box["right"], box["bottom"]))
        for page, kind, name, box in marked
    ]


def _boxes_asked(request: Request) -> list[BoxShown]:
    """Boxes of a search hit: page and left,top,right,bottom fractions, as our own search page links them."""
    page = request.query_params.get("page", "")
    asked = request.query_params.get("boxes", "")
    number = whole_number(page, 1, MOST_PAGES)
    if number is None or not re.fullmatch(r"[0-9.,;]{0,8000}", asked):
        return []
    found = []
    for text in asked.split(";")[:MOST_BOXES]:
        sides = [decimal_number(part, 0.0, MOST_SIDE) for part in text.split(",")]
        numbers = [side for side in sides if side is not None]
        if len(numbers) == len(sides) == 4:  # noqa: PLR2004 four sides
            found.append(_box(number, "hit", "", (numbers[0], numbers[1], numbers[2], numbers[3])))
    return found


def _box(page: int, kind: str, name: str, sides: tuple[float, float, float, float]) -> BoxShown:
    left, top, right, bottom = sides[0] - AIR, sides[1] - AIR, sides[2] + AIR, sides[3] + AIR
    width, height = max(0.0, right - left), max(0.0, bottom - top)
    return BoxShown(page, kind, name, *(round(1000 * side, 1) for side in (left, top, width, height)))
