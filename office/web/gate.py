"""The gate in front of every page: closed by default.

Every route passes here, because the whole application depends on it:
1. A route that is not in OPEN needs an open session; who has none is led to the log-in page.
2. Every POST must come from a page of ours (Sec-Fetch-Site, Origin) and carry the form token of its session,
   or of the visitor's cookie before log-in.
3. Looks that no person caused (LIVE) do not keep a session alive.
4. An address with a NUL in it is nobody's, and no database takes one.
"""

import hmac
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import quote, urlsplit

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from office.nouns import Actor
from office.people.sessions import Session, find_session
from office.value import Office
from office.web.posting import BadForm, Posted, received

OPEN = frozenset({"/login", "/check", "/check/{code}", "/healthz", "/appearance"})
LIVE = frozenset({"/live/list", "/live/papers/{paper_id}"})
WITH_OLD_PASSWORD = frozenset({"/password", "/logout", "/appearance"})
SESSION_COOKIE = "motcua"
VISITOR_COOKIE = "motcua-visitor"
VISITOR_SECONDS = 12 * 3600
TOKEN_BYTES = 32


@dataclass(frozen=True)
class Visit:
    """Who comes: the open session, if any, the token their forms carry, and the form they sent."""

    session: Session | None
    form_token: str
    posted: Posted
    source: str


class NotLoggedIn(Exception):
    """The page needs a session and there is none."""


class PasswordFirst(Exception):
    """The password was set by somebody else and must be changed before anything else."""


class ForeignForm(Exception):
    """The form was not sent from a page of ours."""


async def pass_gate(request: Request) -> AsyncIterator[None]:
    """Let a request through, with `request.state.visit` filled in.

    Raises: NotLoggedIn, PasswordFirst, ForeignForm, BadForm, and what reading a form raises.
    """
    if "\0" in request.url.path or any("\0" in value for value in request.query_params.values()):
        raise BadForm("NUL")
    office: Office = request.app.state.office
    path = request.scope["route"].path
    session = await _session(request, office, path)
    if session is None and path not in OPEN:
        raise NotLoggedIn
    if session is not None and session.must_change and path not in OPEN | WITH_OLD_PASSWORD:
        raise PasswordFirst
    visitor = request.cookies.get(cookie_name(request, VISITOR_COOKIE), "")
    token = session.form_token if session else visitor or secrets.token_urlsafe(TOKEN_BYTES)
    source = request.client.host if request.client else ""
    if request.method in ("GET", "HEAD"):
        request.state.visit = Visit(session, token, Posted(), source)
        yield
        return
    if not _is_from_here(request):
        raise ForeignForm
    expected = session.form_token if session else visitor
    async with received(request, office, lambda sent: _same(sent, expected)) as posted:
        request.state.visit = Visit(session, token, posted, source)
        yield


def visit_of(request: Request) -> Visit:
    """What the gate found out about this request."""
    visit: Visit = request.state.visit
    return visit


def typed_into(request: Request, action: str) -> Posted:
    """What this request typed into the form with this address; nothing when it sent another form or none.

    A form's address names the form and the id that it is for, so no value shows at another id.
    """
    visit: Visit | None = getattr(request.state, "visit", None)
    return visit.posted if visit is not None and request.url.path == action else Posted()


def session_of(request: Request) -> Session:
    """The session of a request to a page that needs one. Raises: NotLoggedIn."""
    session = visit_of(request).session
    if session is None:
        raise NotLoggedIn
    return session


def actor_of(request: Request) -> Actor:
    """Who acts. Raises: NotLoggedIn."""
    return session_of(request).actor


def office_of(request: Request) -> Office:
    """The office this application serves."""
    office: Office = request.app.state.office
    return office


TheOffice = Annotated[Office, Depends(office_of)]
TheActor = Annotated[Actor, Depends(actor_of)]
TheVisit = Annotated[Visit, Depends(visit_of)]
TheSession = Annotated[Session, Depends(session_of)]


def cookie_name(request: Request, name: str) -> str:
    """`__Host-` binds a cookie to this very host; browsers take the prefix over TLS only."""
    return f"__Host-{name}" if request.url.scheme == "https" else name


def set_cookie(request: Request, response: Response, name: str, value: str, **options: Any) -> None:
    """Set one of our cookies: not for scripts, not for requests that other sites cause, whole site."""
    secure = request.url.scheme == "https"
    named = cookie_name(request, name)
    response.set_cookie(named, value, httponly=True, samesite="lax", path="/", secure=secure, **options)


def drop_cookie(request: Request, response: Response, name: str) -> None:
    """Make the browser forget one of our cookies."""
    secure = request.url.scheme == "https"
    response.delete_cookie(cookie_name(request, name), path="/", secure=secure, httponly=True, samesite="lax")


def login_address(request: Request) -> str:
    """The log-in page that leads back to the page asked for."""
    if request.method != "GET":
        return "/login"
    asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return "/login" if asked == "/" else f"/login?next={quote(asked, safe='')}"


def place_inside(address: str) -> str:
    """The address if it is a page of ours, else the first page: nobody is led elsewhere after log-in."""
    parts = urlsplit(address)
    inside = address.startswith("/") and not address.startswith(("//", "/\\")) and not parts.netloc
    return address if inside and "\\" not in address and address.isprintable() else "/"


async def _session(request: Request, office: Office, path: str) -> Session | None:
    token = request.cookies.get(cookie_name(request, SESSION_COOKIE))
    if not token:
        return None
    renewed = request.headers.get("x-live") == "1"  # a page that takes over what has changed
    by_person = (path not in LIVE and not renewed) or request.query_params.get("active") == "1"
    return await run_in_threadpool(find_session, office, token, by_person=by_person)


def _is_from_here(request: Request) -> bool:
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if site is not None:
        return site == "same-origin"
    if origin is None:
        return False  # every browser that we serve sends one of the two with a POST
    host = request.headers.get("host", "")
    return origin == f"{request.url.scheme}://{host}"


def _same(sent: str, expected: str) -> bool:
    return bool(expected) and hmac.compare_digest(sent.encode(), expected.encode())
