"""The application: every page behind one gate, every answer with its headers."""

import socket
from collections.abc import Callable, Sequence

from fastapi import Depends, FastAPI
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from office.people.passwords import Passwords
from office.value import Office
from office.web.failing import answer_failures
from office.web.gate import pass_gate
from office.web.headers import Headers
from office.web.rendering import STATIC, Pages, version_of
from office.web.routers import (
    copies,
    door,
    dossiers,
    finding,
    live,
    papers,
    people,
    public,
    sorting,
    waiting,
    worklist,
)
from office.web.site import Site
from office.web.turnstile import Turnstile

ROUTERS = (door, worklist, dossiers, sorting, waiting, papers, copies, finding, people, public, live)
STATIC_SECONDS = 31_536_000  # addresses carry the version, so a file at one address never changes


def create_app(
    office: Office,
    announce: Callable[[], None] = lambda: None,
    hosts: Sequence[str] = (),
    turnstile: Turnstile | None = None,
) -> FastAPI:
    """The web application of an open office.

    Args:
        office: what is served.
        announce: called after each act, because there may be work for the machine.
        hosts: further names under which browsers may ask for this server.
        turnstile: what the public and the staff may do at once; None: the usual.
    """
    app = FastAPI(
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        dependencies=[Depends(pass_gate)],
        title=office.settings.agency,
    )
    app.state.site = Site(office, announce, Passwords(), Pages(), turnstile or Turnstile(office.clock))
    for pages in ROUTERS:
        app.include_router(pages.router)
    app.mount(f"/static/{version_of(STATIC)}", VersionedFiles(directory=STATIC), name="static")
    answer_failures(app)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=_hosts(office, hosts), www_redirect=False)
    app.add_middleware(Headers)
    return app


class VersionedFiles(StaticFiles):
    """Style and scripts, open to everybody; kept by browsers, because a new version has a new address."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file at `path` (Starlette's hook)."""
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = f"public, max-age={STATIC_SECONDS}"
        return response


def _hosts(office: Office, further: Sequence[str]) -> list[str]:
    own = {office.settings.web.host, "localhost", "127.0.0.1", socket.gethostname(), *further}
    return sorted(own - {"0.0.0.0", "::"})  # noqa: S104 an address to listen on is no name to be called by
