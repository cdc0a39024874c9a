"""The gate in front of every page: closed by default.

Every route passes here, because the whole application depends on it:
1. A route that is not in OPEN needs an open session; who has none is led to the log-in page.
2. Every POST must come from a page of ours (Sec-Fetch-Site, Origin) and carry the form token of its session,
   or of the visitor's cookie before log-in.
3. Looks that no person caused (LIVE) do not keep a session alive.
4. A check is counted, and a place taken for what may hold files, before a byte of the body is read: the
   public and the staff on a lane of their own each (office.web.turnstile).
5. A one-time address (ONE_TIME) proves itself, because the program that comes to it is no browser and has
   neither session nor form: open, it stands in place of both; else it is a closed page like any other.
6. An address with a NUL in it is nobody's, and no database takes one.
"""

import hmac
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from functools import partial, wraps
from typing import Annotated, Any, ParamSpec, TypeVar, cast
from urllib.parse import quote, urlsplit

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from office.desk.programs.handing import is_open
from office.nouns import Actor
from office.people.accounts import plain_name
from office.people.sessions import Session, find_session
from office.people.tries import digest_of
from office.value import Office
from office.web.posting import MEGABYTE, BadForm, Posted, Taker, is_multipart, received
from office.web.site import site_of
from office.web.turnstile import Lane, Turnstile, visitor_at

P = ParamSpec("P")
T = TypeVar("T")
WATCHED = frozenset({"/healthz", "/readyz", "/metrics"})  # for machines; /metrics looks who asks
OPEN = frozenset({"/login", "/check", "/check/{code}", "/appearance"}) | WATCHED
ONE_TIME = frozenset({"/handed/{code}"})
LIVE = frozenset({"/live/list", "/live/papers/{paper_id}"})
COUNTED = frozenset({("POST", "/check"), ("GET", "/check/{code}")})
CONNECTION = "connection"  # the name in a request's state for the connection it came on
WITH_OLD_PASSWORD = frozenset({"/password", "/logout", "/appearance"})
SESSION_COOKIE = "motcua"
VISITOR_COOKIE = "motcua-visitor"
BROWSER_COOKIE = "motcua-browser"
VISITOR_SECONDS = 12 * 3600
TOKEN_BYTES = 32


@dataclass(frozen=True)
class Visit:
    """Who comes: the open session, if any, the token their forms carry, and the form they sent."""

    session: Session | None
    form_token: str
    posted: Posted
    source: str
    lane: Lane
    whom: str  # the lane counts by account, and by address where there is none


class NotLoggedIn(Exception):
    """The page needs a session and there is none."""


class PasswordFirst(Exception):
    """The password was set by somebody else and must be changed before anything else."""


class ForeignForm(Exception):
    """The form was not sent from a page of ours."""


async def pass_gate(request: Request) -> AsyncIterator[None]:
    """Let a request through, with `request.state.visit` filled in.

    Raises: NotLoggedIn, PasswordFirst, ForeignForm, BadForm, DoorFault, and what reading a form raises.
    """
    if "\0" in request.url.path or any("\0" in value for value in request.query_params.values()):
        raise BadForm("NUL")
    office = site_of(request).office
    path = request.scope["route"].path
    session = await _session(request, office, path)
    proves_itself = path in ONE_TIME and await run_in_threadpool(
        is_open, office, str(request.path_params.get("code", ""))
    )
    if session is None and path not in OPEN and not proves_itself:
        raise NotLoggedIn
    if session is not None and session.must_change and path not in OPEN | WITH_OLD_PASSWORD:
        raise PasswordFirst
    visit = _visit(request, session)
    request.state.visit = visit
    is_look = request.method in ("GET", "HEAD")
    if not is_look and not (_is_no_browser(request) if proves_itself else _is_from_here(request)):
        raise ForeignForm
    if (request.method, path) in COUNTED:
        _turnstile(request).count_check(visit.whom)
    if is_look:
        yield
        return
    async with AsyncExitStack() as held:
        taken = await _taken(request, path, visit, held, proves_itself=proves_itself)
        request.state.visit = replace(visit, posted=taken)
        yield


async def _taken(
    request: Request, path: str, visit: Visit, held: AsyncExitStack, *, proves_itself: bool
) -> Posted:
    """The form; its files, and the places that it takes, are held until `held` ends."""
    office = site_of(request).office
    takes_files = is_multipart(request) and (visit.session is not None or path == "/check" or proves_itself)
    if takes_files:
        await held.enter_async_context(visit.lane.uploads.taken(visit.whom, partial(is_gone, request)))
    most = office.settings.web.upload_mb * MEGABYTE if takes_files else 0
    is_right = (lambda _: True) if proves_itself else partial(_same, _expected(request, visit))
    taker = Taker(office, visit.lane, most, is_right)
    posted = await held.enter_async_context(received(request, taker))
    if path == "/login":
        await held.enter_async_context(visit.lane.log_ins.taken(visit.whom, partial(is_gone, request)))
    return posted


def is_gone(request: Request) -> bool:
    """Did whoever sent this request hang up?"""
    connection = request.scope.get("state", {}).get(CONNECTION)
    return connection is not None and bool(connection.is_gone())


def lane_of(request: Request) -> Lane:
    """The lane of whoever asks; the public's where nobody is known."""
    visit: Visit | None = getattr(request.state, "visit", None)
    return visit.lane if visit else _turnstile(request).public


def in_own_lane(page: Callable[P, Response]) -> Callable[P, Awaitable[Response]]:
    """A page that everybody may ask for, made in the threads of the lane it is asked on."""

    @wraps(page)
    async def made(*given: P.args, **named: P.kwargs) -> Response:
        return await lane_of(cast("Request", named["request"])).run(partial(page, *given, **named))

    return made


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
    return site_of(request).office


def _at_once(fact: Callable[[Request], T]) -> Callable[[Request], Awaitable[T]]:
    """The same fact for FastAPI, which would send a plain function to a thread."""

    async def found(request: Request) -> T:
        return fact(request)

    return found


TheOffice = Annotated[Office, Depends(_at_once(office_of))]
TheActor = Annotated[Actor, Depends(_at_once(actor_of))]
TheVisit = Annotated[Visit, Depends(_at_once(visit_of))]
TheSession = Annotated[Session, Depends(_at_once(session_of))]


def cookie_name(request: Request, name: str) -> str:
    """`__Host-` binds a cookie to this very host; browsers take the prefix over TLS only."""
    return f"__Host-{name}" if request.url.scheme == "https" else name


def browser_cookie(account_name: str) -> str:
    """The cookie by which a browser is known again for the account of this name, and for no other."""
    return f"{BROWSER_COOKIE}-{digest_of(plain_name(account_name))[:16]}"


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


def _turnstile(request: Request) -> Turnstile:
    return site_of(request).turnstile


def _visit(request: Request, session: Session | None) -> Visit:
    """Who comes, before anything of a body was read."""
    visitor = request.cookies.get(cookie_name(request, VISITOR_COOKIE), "")
    source = request.client.host if request.client else ""
    turnstile = _turnstile(request)
    if session is None:
        token = visitor or secrets.token_urlsafe(TOKEN_BYTES)
        return Visit(None, token, Posted(), source, turnstile.public, visitor_at(source))
    return Visit(session, session.form_token, Posted(), source, turnstile.staff, session.actor.account)


def _expected(request: Request, visit: Visit) -> str:
    """The token that the form has to carry; empty, which is never right, for who never saw a form of ours."""
    if visit.session is not None:
        return visit.form_token
    return request.cookies.get(cookie_name(request, VISITOR_COOKIE), "")


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


def _is_no_browser(request: Request) -> bool:
    """Programs send no Origin; a page of another house does, and has nothing to send here."""
    return "origin" not in request.headers or _is_from_here(request)


def _same(expected: str, sent: str) -> bool:
    return bool(expected) and hmac.compare_digest(sent.encode(), expected.encode())
