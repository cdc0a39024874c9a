"""Two people at one thing: the first is told by name, what the second typed stays beside what stands."""

from dataclasses import dataclass
from typing import Any

from fastapi import Request

from office.desk.issuing import decisions_given
from office.faults import DeskCode, DeskFault
from office.nouns import Copy, Paper
from office.procedure import Act
from office.views import turns
from office.views.viewing import PaperSeen, see_paper
from office.web.gate import actor_of, office_of, visit_of
from office.web.posting import Posted
from office.web.rendering import instant
from office.web.site import words_of
from office.web.words import Words

NO_ACTS = frozenset({"review_came_late", "work_tried_again"})  # events that leave a thing as it was
TOO_LATE = (DeskCode.WRONG_STATE, DeskCode.CLAIM_LOST)
FORMS: dict[str, Act] = {
    "review": Act.REVIEW_PAPER,
    "copies": Act.REQUEST_COPY,
    "approve": Act.APPROVE_COPY,
    "refuse": Act.REFUSE_COPY,
    "deliver": Act.DELIVER_COPY,
    "void": Act.VOID_COPY,
    "cancel": Act.CANCEL_COPY,
}


@dataclass(frozen=True)
class Unsaved:
    """One value that was typed and not recorded, and what stands in its place."""

    label: str
    typed: str
    stands: str

    @property
    def differs(self) -> bool:
        """Is it another value than the one that stands?"""
        return self.typed != self.stands


def who_was_first(request: Request, paper_id: str, fault: Exception) -> list[str]:
    """A sentence about a person's last act on the thing, when that left nothing for this one to do."""
    if not isinstance(fault, DeskFault) or fault.code not in TOO_LATE:
        return []
    seen = see_paper(office_of(request), actor_of(request), paper_id)
    about = request.path_params.get("copy_id", paper_id)
    acts = [event for event in seen.history if event.who and event.subject == about]
    acts = [event for event in acts if event.what not in NO_ACTS]
    if not acts:
        return []
    last = acts[-1]
    words = words_of(request)
    what, when = words.group("paper.event").get(last.what, ""), instant(words, last.at, "minute")
    return [words.say("paper.was_first", who=last.who, what=what, when=when)]


def unsaved(request: Request, seen: PaperSeen) -> tuple[Unsaved, ...]:
    """What this request typed into a form that the page no longer shows."""
    form = visit_of(request).posted
    act = FORMS.get(request.url.path.rpartition("/")[2])
    thing = _thing(request, seen)
    if act is None or thing is None or not form.values:
        return ()
    if act in turns.acts_offered(actor_of(request), thing, decisions_given(office_of(request))):
        return ()  # the form is still there, with its values
    words = words_of(request)
    return _of_review(form, seen, words) if act is Act.REVIEW_PAPER else _of_copy(form, thing, words)


def _thing(request: Request, seen: PaperSeen) -> Paper | Copy | None:
    copy = request.path_params.get("copy_id")
    return next((one.row for one in seen.copies if one.row.id == copy), None) if copy else seen.row


def _of_review(form: Posted, seen: PaperSeen, words: Words) -> tuple[Unsaved, ...]:
    stands = {field.name: field.confirmed_value or "" for field in seen.fields}
    told = [
        Unsaved(label, form.one(f"f-{name}"), stands.get(name, ""))
        for name, label in words.group("paper.field").items()
        if f"f-{name}" in form.values
    ]
    pages = str(seen.row.original_pages or "")
    return (*told, Unsaved(words.say("paper.unsaved.original_pages"), form.one("original_pages"), pages))


def _of_copy(form: Posted, thing: Paper | Copy, words: Words) -> tuple[Unsaved, ...]:
    stands: dict[str, Any] = {"reason": getattr(thing, "reason", None)}
    channels = words.group("channel")
    return tuple(
        Unsaved(label, channels.get(form.one(name), form.one(name)), str(stands.get(name) or ""))
        for name, label in words.group("paper.unsaved").items()
        if form.one(name)
    )
