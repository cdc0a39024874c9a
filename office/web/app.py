"""The application: every screen behind one gate, every answer with its headers.

A screen is a folder of `office.web.screens`; the routes of each are found here by themselves.
"""

import socket
from collections.abc import Callable, Sequence
from importlib import import_module
from pkgutil import iter_modules

from fastapi import Depends, FastAPI
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from office.people.passwords import Passwords
from office.value import Office
from office.web import screens
from office.web.failing import answer_failures
from office.web.gate import pass_gate
from office.web.headers import Headers
from office.web.measuring import Measured, Measures
from office.web.rendering import STATIC, Pages, version_of, words_script
from office.web.site import Site
from office.web.turnstile import Turnstile
from office.web.words import Words, words_in

ROUTERS = tuple(
    import_module(f"{screens.__name__}.{one.name}.routes") for one in iter_modules(screens.__path__)
)
WORDS_SCRIPT = "words.js"
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
    words = words_in(office.settings.lang)
    door = turnstile or Turnstile(office.clock)
    measures = Measures(office)
    app.state.site = Site(office, announce, Passwords(), words, Pages(words), door, measures)
    for screen in ROUTERS:
        app.include_router(screen.router)
    app.mount(f"/static/{version_of(STATIC, words)}", VersionedFiles(words), name="static")
    answer_failures(app)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=_hosts(office, hosts), www_redirect=False)
    app.add_middleware(Headers)
    app.add_middleware(Measured, measures=measures)
    return app


class VersionedFiles(StaticFiles):
    """Style, scripts and their words, for everybody; kept by browsers, as a new version has a new address."""

    def __init__(self, words: Words) -> None:
        super().__init__(directory=STATIC)
        self._words = words_script(words)

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file at `path` (Starlette's hook)."""
        if path == WORDS_SCRIPT and scope["method"] in ("GET", "HEAD"):
            response: Response = Response(self._words, media_type="text/javascript")
        else:
            response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = f"public, max-age={STATIC_SECONDS}"
        return response


def _hosts(office: Office, further: Sequence[str]) -> list[str]:
    told = (office.settings.web.host, *office.settings.web.further_names)
    own = {*told, "localhost", "127.0.0.1", socket.gethostname(), *further}
    return sorted(own - {"0.0.0.0", "::"})  # noqa: S104 an address to listen on is no name to be called by
