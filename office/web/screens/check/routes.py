"""For everybody: is this copy genuine?"""

from functools import partial

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from office.desk.checking import check_code, check_copy
from office.faults import DeskFault
from office.views.answers import decode_answer
from office.views.reports import MEDIA_TYPES, make_report
from office.web.gate import TheOffice, TheVisit, in_own_lane, is_gone
from office.web.screens.check.view import answered, answered_file, show_check
from office.web.site import site_of, words_of

router = APIRouter()
CODE_LENGTH = 64


@router.get("/check")
@in_own_lane
def check_page(request: Request) -> Response:
    """The form: a file or a check code."""
    return show_check(request, {})


@router.post("/check")
async def check(request: Request, office: TheOffice, visit: TheVisit) -> Response:
    """Judge the file that was sent; nothing of it is kept. A code alone leads to its own page."""
    form = visit.posted
    if form.one("again"):
        return await visit.lane.run(partial(_report, request, form.one("again"), form.one("as")))
    if form.files:
        async with visit.lane.checks.taken(visit.whom, partial(is_gone, request)):
            act = partial(check_copy, office, form.files[0].path, niceness=visit.lane.terms.niceness)
            answer = await visit.lane.run_check(act)
        told = await visit.lane.run(partial(answered_file, request, form.files[0], answer))
        return await visit.lane.run(partial(show_check, request, told))
    code = _plain(form.one("code"))
    if code:
        return RedirectResponse(f"/check/{code}", 303)
    missing = {"problems": [words_of(request).say("check.missing")]}
    return await visit.lane.run(partial(show_check, request, missing, 422))


@router.get("/check/{code}")
@in_own_lane
def check_by_code(request: Request, office: TheOffice, code: str) -> Response:
    """What the register says of a code: number, book, state; no names."""
    try:
        answer = check_code(office, _plain(code))
    except DeskFault:
        problems = [words_of(request).say("check.no_such_code")]
        return show_check(request, {"problems": problems, "code": _plain(code)}, 404)
    return show_check(request, {**answered(request, answer), "code": _plain(code)})


def _report(request: Request, text: str, kind: str) -> Response:
    """The report of a file that was checked here a moment ago."""
    known = decode_answer(site_of(request).answer_key, text)
    if known is None or kind not in MEDIA_TYPES:
        return show_check(request, {"problems": [words_of(request).say("check.report_gone")]}, 422)
    named = {"Content-Disposition": f'attachment; filename="kiem-tra-{known.sha256[:16]}.{kind}"'}
    told = make_report(known, kind, words_of(request).lang)
    return Response(told, media_type=MEDIA_TYPES[kind], headers=named)


def _plain(code: str) -> str:
    """A code as the register keeps it: typed in any case, with or without spaces and hyphens."""
    return "".join(letter for letter in code.casefold() if letter.isascii() and letter.isalnum())[
        :CODE_LENGTH
    ]
