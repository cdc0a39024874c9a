"""What is shown of the copies that wait for a signing program, and where the page may connect to."""

from collections.abc import Sequence

from fastapi import Request
from starlette.responses import Response

from office.desk.programs.handing import files_to_sign
from office.web.gate import actor_of, office_of
from office.web.headers import policy_with
from office.web.rendering import show


def show_workstation(request: Request, problems: Sequence[str], status: int = 200) -> Response:
    """The copies that wait; the page may speak with their programs, and with nobody else."""
    waiting = files_to_sign(office_of(request), actor_of(request))
    response = show(
        request, "workstation/workstation.html", {"waiting": waiting, "problems": list(problems)}, status
    )
    programs = sorted({one.program.address for one in waiting})
    response.headers["Content-Security-Policy"] = policy_with(*programs)
    return response
