"""Strips of pages on screens: what waits, what a form has chosen, what to do when a folder is collected."""

from collections.abc import Mapping
from typing import Any

from fastapi import Request

from office.desk import arriving
from office.explain import explain
from office.faults import DeskCode, DeskFault
from office.views.viewing import waiting_scans
from office.views.waiting import WaitingSeen, see_waiting
from office.web.failing import is_told, sentence_of
from office.web.gate import actor_of, office_of
from office.web.posting import Posted
from office.web.site import words_of

COLLECT = "collect"
CHOOSE = "choose"  # a button that ticks one batch, for browsers without scripts


def waiting_values(request: Request, form: Posted, dossier_id: str | None) -> dict[str, Any]:
    """What a page needs to show the pages that may be received there."""
    office, actor = office_of(request), actor_of(request)
    seen = see_waiting(office, actor, dossier_id)
    return {"strips": seen, "chosen": ticked(form, seen), "waiting": waiting_scans(office)}


def ticked(form: Posted, seen: WaitingSeen) -> frozenset[str]:
    """The pages that are ticked: those the form names, and those of the batch it asks to tick."""
    asked = form.one(CHOOSE)
    batch = {page.id for found in seen.batches if found.key == asked for page in found.pages}
    return frozenset(batch | set(form.all("page")))


def collected(request: Request) -> list[str]:
    """Take what lies in the watched folder; sentences about what could not be taken."""
    office = office_of(request)
    try:
        told = arriving.collect_folder(office, actor_of(request))
    except Exception as fault:
        if not is_told(fault):
            raise
        return [sentence_of(request, fault)[0]]
    codes: Mapping[DeskCode, tuple[str, ...]] = {
        DeskCode.PAGES_REFUSED: told.refused,
        DeskCode.STILL_SCANNING: told.unfinished,
    }
    faults = [DeskFault(code, ", ".join(names)) for code, names in codes.items() if names]
    return [explain(fault, office.settings.lang).sentence for fault in faults]


def nothing_chosen(request: Request) -> list[str]:
    """Why there is nothing to receive: what lies in the folder is taken first, so that it can be chosen."""
    office, actor = office_of(request), actor_of(request)
    problems = collected(request) if waiting_scans(office) else []
    is_there = bool(see_waiting(office, actor).batches)
    return [*problems, words_of(request).say("intake.missing.pages" if is_there else "intake.missing.scans")]
