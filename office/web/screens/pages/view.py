"""What is shown of a paper's pages: its own, those set aside from it, those that may become its pages."""

from collections.abc import Sequence

from fastapi import Request
from starlette.responses import Response

from office.views.dossiers import newest_dossiers
from office.views.waiting import see_pages
from office.web.gate import actor_of, office_of
from office.web.posting import Posted
from office.web.rendering import show
from office.web.strips import ticked, waiting_values


def show_pages(
    request: Request, paper_id: str, form: Posted, problems: Sequence[str], status: int = 200
) -> Response:
    """The pages of a paper; those that the form ticked stay ticked."""
    office, actor = office_of(request), actor_of(request)
    seen = see_pages(office, actor, paper_id)
    values = waiting_values(request, form, seen.dossier.id)
    chosen = ticked(form, values["strips"]) | frozenset(form.all("own"))
    values |= {"seen": seen, "form": form, "problems": problems, "chosen": chosen}
    values |= {"dossiers": newest_dossiers(office, actor)}
    return show(request, "pages/pages.html", values, status)
