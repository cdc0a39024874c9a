"""What is shown of the pages that lie in no paper."""

from collections.abc import Sequence

from fastapi import Request
from starlette.responses import Response

from office.views.dossiers import newest_dossiers
from office.web.gate import actor_of, office_of
from office.web.posting import Posted
from office.web.rendering import show
from office.web.strips import waiting_values


def show_waiting(request: Request, form: Posted, problems: Sequence[str], status: int = 200) -> Response:
    """Everything that waits; the pages that the form ticked stay ticked."""
    values = waiting_values(request, form, None)
    values |= {"form": form, "problems": problems}
    values |= {"dossiers": newest_dossiers(office_of(request), actor_of(request))}
    return show(request, "waiting/waiting.html", values, status)
