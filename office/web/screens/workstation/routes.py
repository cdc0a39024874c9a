"""Ký tại máy này: a copy goes to the signing program on the computer in use, or out by hand, and back."""

from contextlib import ExitStack

from fastapi import APIRouter, Request
from starlette.background import BackgroundTask
from starlette.responses import FileResponse, JSONResponse, Response

from foundation.clock import on_paper
from office.desk.programs import handing
from office.web.failing import is_told, sentence_of
from office.web.gate import TheActor, TheOffice, TheVisit
from office.web.posting import BadForm
from office.web.screens.workstation.view import show_workstation
from office.web.site import site_of, words_of

router = APIRouter()
PDF = "application/pdf"
HANDED = "ban-sao-cho-ky.pdf"


@router.get("/workstation")
def workstation(request: Request) -> Response:
    """The copies that wait for this person's program."""
    return show_workstation(request, [])


@router.post("/workstation/{copy_id}/address")
def address(request: Request, office: TheOffice, actor: TheActor, copy_id: str) -> Response:
    """A one-time address for the program, and what the page has to tell it."""
    try:
        code, found = handing.open_address(office, actor, copy_id)
    except Exception as fault:
        if not is_told(fault):
            raise
        sentence, status = sentence_of(request, fault)
        return JSONResponse({"sentence": sentence}, status)
    at = f"{str(request.base_url).rstrip('/')}/handed/{code}"
    addresses = {"download": at, "upload": at}
    day = words_of(request).say("format.day")
    message = handing.message_for(found, addresses, on_paper(office.clock()).strftime(day))
    program = f"{found.program.address.rstrip('/')}/{found.program.act}"
    return JSONResponse({"program": program, "message": dict(message)})


@router.get("/workstation/{copy_id}/file")
def file(office: TheOffice, actor: TheActor, copy_id: str) -> Response:
    """The file to be signed, for whoever signs it by hand."""
    with ExitStack() as held:
        folder = held.enter_context(office.work_folder())
        path = handing.fetch_handed(office, actor, copy_id, folder / HANDED)
        cleaning = BackgroundTask(held.pop_all().close)
    return FileResponse(path, media_type=PDF, filename=HANDED, background=cleaning)


@router.post("/workstation/{copy_id}/return")
def returned(request: Request, office: TheOffice, actor: TheActor, visit: TheVisit, copy_id: str) -> Response:
    """The signed file, from the person's own hand."""
    sent = visit.posted.files
    if not sent:
        return show_workstation(request, [words_of(request).say("workstation.no_file")], 422)
    try:
        handing.take_back(office, actor, copy_id, sent[0].path)
    except Exception as fault:
        if not is_told(fault):
            raise
        sentence, status = sentence_of(request, fault)
        return show_workstation(request, [sentence], status)
    site_of(request).announce()
    return Response(status_code=303, headers={"Location": "/workstation?done=returned"})


@router.get("/handed/{code}")
def handed(office: TheOffice, code: str) -> Response:
    """The file that a program comes for."""
    with ExitStack() as held:
        path = handing.fetch_at(office, code, held.enter_context(office.work_folder()) / HANDED)
        cleaning = BackgroundTask(held.pop_all().close)
    return FileResponse(path, media_type=PDF, filename=HANDED, background=cleaning)


@router.post("/handed/{code}")
def handed_back(request: Request, office: TheOffice, visit: TheVisit, code: str) -> Response:
    """The signed file from a program, which is answered in its own words."""
    sent = visit.posted.files
    if len(sent) != 1:
        raise BadForm("one file is taken here")
    try:
        handing.take_back_at(office, code, sent[0].path)
    except Exception as fault:
        if not is_told(fault):
            raise
        sentence, status = sentence_of(request, fault)
        return JSONResponse({"Status": False, "Message": sentence, "FileName": ""}, status)
    site_of(request).announce()
    return JSONResponse({"Status": True, "Message": "", "FileName": sent[0].name, "FileServer": ""})
