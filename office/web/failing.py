"""When something cannot be done: the explained sentence and a next step, never a bare code.

Faults with a code are told in the words of office.explain. Anything else is a defect of ours: it is logged
under a number that the page shows, and nothing has been done.
"""

import logging
import secrets
from functools import partial
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import RedirectResponse, Response

from certify.model import CertifyFault
from digitize.model import DigitizeFault
from office.confined.confine import ChildFault
from office.explain import explain
from office.faults import DeskFault
from office.keys.faults import KeysFault
from office.people.accounts import AccountFault
from office.web.gate import ForeignForm, NotLoggedIn, PasswordFirst, lane_of, login_address, office_of
from office.web.posting import BadForm, FormTooLarge, WrongToken
from office.web.refusals import DoorFault
from office.web.rendering import show
from office.web.site import words_of
from storage.faults import StorageFault

logger = logging.getLogger(__name__)
FAMILIES = (DeskFault, KeysFault, AccountFault, ChildFault, CertifyFault, DigitizeFault, StorageFault)


def answer_failures(app: FastAPI) -> None:
    """Register what every kind of failure is answered with."""
    app.add_exception_handler(NotLoggedIn, _to_login)
    app.add_exception_handler(PasswordFirst, _to_password)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _no_such_address)
    app.add_exception_handler(ClientDisconnect, _nobody_there)
    app.add_exception_handler(DoorFault, _come_again)
    for kind in (ForeignForm, WrongToken, BadForm, FormTooLarge):
        app.add_exception_handler(kind, _refused)
    for family in FAMILIES:
        app.add_exception_handler(family, _failed)
    app.add_exception_handler(Exception, _failed)


def is_told(error: Exception) -> bool:
    """Is this a fault that office.explain has words for?"""
    return not explain(error).unexpected


def sentence_of(request: Request, error: Exception) -> tuple[str, int]:
    """The sentence and the HTTP status for an error; a defect is logged here."""
    told = explain(error, office_of(request).settings.lang)
    if not told.unexpected:
        return told.sentence, told.status
    code = secrets.token_hex(4)
    logger.error("defect %s at %s", code, request.url.path, exc_info=error)
    return words_of(request).say("failure.defect", code=code), 500


async def _to_login(request: Request, _error: Exception) -> Response:
    if request.url.path.startswith("/live/"):
        return Response(status_code=401)
    return RedirectResponse(login_address(request), 303)


async def _to_password(_request: Request, _error: Exception) -> Response:
    return RedirectResponse("/password", 303)


async def _http(request: Request, error: Exception) -> Response:
    status = getattr(error, "status_code", 404)
    told = words_of(request).group("failure")
    return await _page(request, told.get(str(status), told["404"]), status)


async def _no_such_address(request: Request, _error: Exception) -> Response:
    """An address with a word where a number stands leads nowhere; what the framework says stays here."""
    return await _page(request, words_of(request).group("failure")["404"], 404)


async def _refused(request: Request, error: Exception) -> Response:
    words, limit = words_of(request), office_of(request).settings.web.upload_mb
    if isinstance(error, FormTooLarge):
        return await _page(request, words.say("failure.too_large", limit=limit), 413)
    if isinstance(error, BadForm):
        return await _page(request, words.say("failure.broken"), 400)
    is_foreign = isinstance(error, ForeignForm)
    return await _page(request, words.say("failure.foreign" if is_foreign else "failure.expired"), 403)


async def _come_again(request: Request, error: Exception) -> Response:
    told = explain(error, office_of(request).settings.lang)
    response = await _page(request, told.sentence, told.status)
    if seconds := getattr(error, "seconds", 0):
        response.headers["Retry-After"] = str(seconds)
    return response


async def _nobody_there(_request: Request, _error: Exception) -> Response:
    """Who hung up gets no page, and nobody a traceback: it is no fault of anything here."""
    return Response(status_code=400)


async def _failed(request: Request, error: Exception) -> Response:
    sentence, status = await lane_of(request).run(partial(sentence_of, request, error))
    return await _page(request, sentence, status)


async def _page(request: Request, sentence: str, status: int) -> Response:
    values: dict[str, Any] = {"sentence": sentence, "status": status, "back": _back(request)}
    return await lane_of(request).run(partial(show, request, "failure.html", values, status))


def _back(request: Request) -> str:
    return "/check" if request.url.path.startswith("/check") else "/"
