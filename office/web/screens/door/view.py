"""What the door shows: the log-in page, the page of the password, and why somebody is not let in."""

from fastapi import Request
from starlette.responses import Response

from office.faults import DeskFault
from office.people.accounts import ACCOUNT_IDLE
from office.people.passwords import LEAST_LETTERS, is_plain_ascii
from office.people.sessions import Session
from office.web.failing import sentence_of
from office.web.rendering import show
from office.web.site import words_of


def show_login(
    request: Request, wanted: str, name: str = "", problem: str = "", status: int = 200
) -> Response:
    """The log-in page; `wanted` is where it leads."""
    problems = [problem] if problem else []
    return show(request, "door/login.html", {"next": wanted, "name": name, "problems": problems}, status)


def show_password(request: Request, session: Session, problem: str = "", status: int = 200) -> Response:
    """The page where one changes one's own password."""
    values = {"least": LEAST_LETTERS, "forced": session.must_change, "problems": [problem] if problem else []}
    return show(request, "door/password.html", values, status)


def why_refused(request: Request, refused: DeskFault, password: str) -> str:
    """Why this log-in was refused, and what may have gone wrong with the keyboard."""
    words = words_of(request)
    if refused.detail == ACCOUNT_IDLE:
        return words.say("door.account_idle")
    sentence, _ = sentence_of(request, refused)
    return sentence if is_plain_ascii(password) else f"{sentence} {words.say('door.input_method_on')}"
