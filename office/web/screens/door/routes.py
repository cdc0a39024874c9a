"""The door: log in, log out, change the password; and how the pages look."""

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from office.faults import DeskCode, DeskFault
from office.people.accounts import (
    AccountFault,
    Attempt,
    change_password,
    log_in,
    log_out,
)
from office.people.tries import KEPT_BROWSERS
from office.web.failing import sentence_of
from office.web.gate import (
    SESSION_COOKIE,
    VISITOR_COOKIE,
    TheOffice,
    TheSession,
    TheVisit,
    browser_cookie,
    cookie_name,
    drop_cookie,
    in_own_lane,
    place_inside,
    set_cookie,
)
from office.web.rendering import THEME_COOKIE, THEMES
from office.web.screens.door.view import show_login, show_password, why_refused
from office.web.site import site_of, words_of

router = APIRouter()
BROWSER_SECONDS = int(KEPT_BROWSERS.total_seconds())
THEME_SECONDS = 400 * 24 * 3600  # browsers keep a cookie no longer


@router.get("/login")
@in_own_lane
def login_page(request: Request, visit: TheVisit) -> Response:
    """The log-in page; who is in already goes on."""
    wanted = place_inside(request.query_params.get("next", "/"))
    if visit.session is not None:
        return RedirectResponse(wanted, 303)
    return show_login(request, wanted)


@router.post("/login")
@in_own_lane
def enter(request: Request, office: TheOffice, visit: TheVisit) -> Response:
    """Let somebody in, or say why not; the session is always a new one."""
    form = visit.posted
    wanted = place_inside(form.one("next") or "/")
    known = cookie_name(request, browser_cookie(form.one("name")))
    where = {"source": visit.source, "destination": request.headers.get("host", "")}
    browser = request.cookies.get(known, "")
    attempt = Attempt(form.one("name"), form.one("password"), **where, browser=browser)
    try:
        _, keys = log_in(office, site_of(request).passwords, attempt)
    except DeskFault as refused:
        problem = why_refused(request, refused, attempt.password)
        status = 403 if refused.code is DeskCode.LOGIN_LOCKED else 401
        return show_login(request, wanted, attempt.name, problem, status)
    response = RedirectResponse(wanted, 303)
    set_cookie(request, response, SESSION_COOKIE, keys.token)
    set_cookie(request, response, browser_cookie(attempt.name), keys.browser, max_age=BROWSER_SECONDS)
    drop_cookie(request, response, VISITOR_COOKIE)
    return response


@router.post("/logout")
def leave(request: Request, office: TheOffice, session: TheSession) -> Response:
    """End the session and leave nothing of it in the browser."""
    log_out(office, session)
    response = RedirectResponse("/login", 303)
    drop_cookie(request, response, SESSION_COOKIE)
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


@router.get("/password")
def password_page(request: Request, session: TheSession) -> Response:
    """Change one's own password."""
    return show_password(request, session)


@router.post("/password")
def new_password(request: Request, office: TheOffice, session: TheSession, visit: TheVisit) -> Response:
    """Take the new password, or say what is wrong with it."""
    form = visit.posted
    if form.one("new") != form.one("again"):
        return show_password(request, session, words_of(request).say("door.passwords_differ"), 422)
    try:
        passwords = site_of(request).passwords
        change_password(office, passwords, session, form.one("old"), form.one("new"))
    except AccountFault as refused:
        sentence, status = sentence_of(request, refused)
        return show_password(request, session, sentence, status)
    return RedirectResponse("/?done=password", 303)


@router.post("/appearance")
def choose_appearance(request: Request, visit: TheVisit) -> Response:
    """Remember how the pages should look in this browser."""
    response = RedirectResponse(place_inside(visit.posted.one("next") or "/"), 303)
    theme = visit.posted.one("theme")
    if theme in THEMES:
        set_cookie(request, response, THEME_COOKIE, theme, max_age=THEME_SECONDS)
    return response
