"""What is shown of a dossier: the form for a new one; its papers, and the form for the next."""

from collections.abc import Sequence

from fastapi import Request
from starlette.responses import Response

from office.procedure import Role
from office.views.viewing import see_dossier
from office.web.gate import actor_of, office_of
from office.web.posting import Posted
from office.web.rendering import show
from office.web.strips import waiting_values


def show_new(request: Request, form: Posted, problems: Sequence[str]) -> Response:
    """The form for a new dossier, with what was typed into it."""
    office = office_of(request)
    values = {"form": form, "problems": problems, "procedures": office.rules.procedures(office.today)}
    values |= waiting_values(request, form, "")
    return show(request, "dossier/new.html", values, 422 if problems else 200)


def show_dossier(request: Request, dossier_id: str, form: Posted, problems: Sequence[str]) -> Response:
    """A dossier, its papers, and for clerks the form for the next one."""
    office, actor = office_of(request), actor_of(request)
    dossier, papers = see_dossier(office, actor, dossier_id)
    names = office.rules.procedure_names(office.today)
    values = {"dossier": dossier, "papers": papers, "procedures": names, "form": form, "problems": problems}
    if Role.CLERK in actor.roles:
        values |= waiting_values(request, form, dossier_id)
    return show(request, "dossier/dossier.html", values, 422 if problems else 200)
