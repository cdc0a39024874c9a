"""For everybody: is this copy genuine? And for those who watch the server: does it answer?"""

from functools import partial
from typing import Any

import sqlalchemy as sa
from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from office.desk.checking import Check, Light, check_code, check_copy
from office.faults import DeskFault
from office.web import words
from office.web.failing import sentence_of
from office.web.gate import TheOffice, TheVisit, in_own_lane, is_gone
from office.web.lights import lights
from office.web.rendering import show
from storage.database import reading

router = APIRouter()
FAMILIES = {Light.GOOD: "done", Light.UNSURE: "look", Light.BAD: "bad"}
CODE_LENGTH = 64


@router.get("/check")
@in_own_lane
def check_page(request: Request) -> Response:
    """The form: a file or a check code."""
    return _page(request, {})


@router.post("/check")
async def check(request: Request, office: TheOffice, visit: TheVisit) -> Response:
    """Judge the file that was sent; nothing of it is kept. A code alone leads to its own page."""
    form = visit.posted
    if form.files:
        async with visit.lane.checks.taken(visit.whom, partial(is_gone, request)):
            act = partial(check_copy, office, form.files[0].path, niceness=visit.lane.terms.niceness)
            answer = await visit.lane.run_check(act)
        told = {**_told(answer, specimen=office.is_demo), "file_name": form.files[0].name}
        return await visit.lane.run(partial(_page, request, told))
    code = _plain(form.one("code"))
    if code:
        return RedirectResponse(f"/check/{code}", 303)
    return await visit.lane.run(partial(_page, request, {"problems": [words.MISSING["check"]]}, 422))


@router.get("/check/{code}")
@in_own_lane
def check_by_code(request: Request, office: TheOffice, code: str) -> Response:
    """What the register says of a code: number, book, state; no names."""
    try:
        answer = check_code(office, _plain(code))
    except DeskFault:
        return _page(request, {"problems": [words.NO_SUCH_CODE], "code": _plain(code)}, 404)
    return _page(request, {**_told(answer, specimen=office.is_demo), "code": _plain(code)})


@router.get("/healthz")
def is_well(request: Request, office: TheOffice) -> Response:
    """200 while the database answers."""
    try:
        with reading(office.engine) as connection:
            connection.execute(sa.text("SELECT 1"))
    except Exception as fault:  # noqa: BLE001 whatever it is, this server is not well
        _, status = sentence_of(request, fault)
        return JSONResponse({"status": "failing"}, max(status, 503))
    return JSONResponse({"status": "ok"})


def _told(answer: Check, *, specimen: bool) -> dict[str, Any]:
    return {
        "answer": answer,
        "family": "spec" if specimen and answer.light == Light.GOOD else FAMILIES[answer.light],
        "lamps": lights(answer.verdict) if answer.verdict else (),
    }


def _page(request: Request, values: dict[str, Any], status: int = 200) -> Response:
    empty = {"answer": None, "family": "", "lamps": (), "file_name": "", "code": ""}
    return show(request, "check.html", {**empty, **values}, status)


def _plain(code: str) -> str:
    """A code as the register keeps it: typed in any case, with or without spaces and hyphens."""
    return "".join(letter for letter in code.casefold() if letter.isascii() and letter.isalnum())[
        :CODE_LENGTH
    ]
