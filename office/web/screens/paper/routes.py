"""One paper: its pages and files, and the clerk's acts on it."""

from contextlib import ExitStack

from fastapi import APIRouter, Request
from starlette.background import BackgroundTask
from starlette.responses import FileResponse, JSONResponse, Response

from office.desk import certifying, digitizing, retrying
from office.procedure import Act, PaperState
from office.typed import whole_number
from office.views.pictures import Picture, page_picture
from office.views.viewing import open_file, see_paper, stamp_of_paper
from office.web.gate import TheActor, TheOffice, TheVisit, actor_of, office_of
from office.web.posting import Posted
from office.web.screens.paper.final_acts import FinalAct, carry_out_finally
from office.web.screens.paper.rescan_form import wishes_posted
from office.web.screens.paper.view import MOST_PAGES, act_on_paper, fields_shown, show_paper
from office.web.site import words_of

router = APIRouter()


@router.get("/papers/{paper_id}")
def one_paper(request: Request, paper_id: str) -> Response:
    """Everything about one paper."""
    return show_paper(request, paper_id)


@router.get("/live/papers/{paper_id}")
def paper_stamp(office: TheOffice, actor: TheActor, paper_id: str) -> Response:
    """Has the paper's page changed? The answer is short and keeps no session alive."""
    return JSONResponse({"stamp": stamp_of_paper(office, actor, paper_id)})


@router.get("/papers/{paper_id}/pages/{page}/{width}.jpg")
def picture(request: Request, paper_id: str, page: str, width: str) -> Response:
    """The picture of one page, of the paper or (`?copy=`) of one of its copies."""
    return _drawn(
        request, Picture(paper_id, _of_page(page), _of_page(width), request.query_params.get("copy", ""))
    )


@router.get("/papers/{paper_id}/scans/{page}/{width}.jpg")
def scan(request: Request, paper_id: str, page: str, width: str) -> Response:
    """The picture of one page's scan as it came, whole."""
    return _drawn(request, Picture(paper_id, _of_page(page), _of_page(width), of_scan=True))


@router.get("/files/{file_id}")
def download(office: TheOffice, actor: TheActor, file_id: str) -> Response:
    """A kept file; the ledger says who took it."""
    with ExitStack() as until_sent:
        folder = until_sent.enter_context(office.work_folder())
        file = open_file(office, actor, file_id, folder)
        cleaning = BackgroundTask(until_sent.pop_all().close)
    return FileResponse(file.path, media_type=file.media_type, filename=file.name, background=cleaning)


@router.post("/papers/{paper_id}/sign")
def sign(request: Request, office: TheOffice, actor: TheActor, paper_id: str) -> Response:
    """The clerk signs the scan."""
    return carry_out_finally(
        request, FinalAct(Act.SIGN_SCAN, paper_id), lambda: digitizing.sign_scan(office, actor, paper_id)
    )


@router.post("/papers/{paper_id}/rescan")
def read_again(
    request: Request, office: TheOffice, actor: TheActor, visit: TheVisit, paper_id: str
) -> Response:
    """Send the paper back to be read again from its scans, with what the form wishes."""
    wishes, problems = wishes_posted(visit.posted, words_of(request))
    if problems:
        return show_paper(request, paper_id, problems, 422)
    return act_on_paper(
        request, paper_id, "again", lambda: digitizing.rescan_paper(office, actor, paper_id, wishes)
    )


@router.post("/papers/{paper_id}/retry")
def retry(request: Request, office: TheOffice, actor: TheActor, paper_id: str) -> Response:
    """The cause is mended: let the machine take the paper up again."""
    return act_on_paper(
        request, paper_id, "retried", lambda: retrying.try_paper_again(office, actor, paper_id)
    )


@router.post("/papers/{paper_id}/review")
def review(request: Request, office: TheOffice, actor: TheActor, visit: TheVisit, paper_id: str) -> Response:
    """The clerk has compared every field with the paper and counted the original's pages."""
    form, words = visit.posted, words_of(request)
    seen = see_paper(office, actor, paper_id)
    shown = fields_shown(seen, form, office.today, words)
    pages = _pages_typed(form.one("original_pages"))
    problems = [
        words.say("paper.at_field", label=one.label, problem=one.problem) for one in shown if one.problem
    ]
    unticked = [field.label for field in shown if field.doubtful and not field.ticked]
    if unticked:
        problems.append(words.say("paper.unconfirmed", count=len(unticked), names=", ".join(unticked)))
    if pages is None:
        problems.append(words.say("paper.missing.original_pages"))
    too_late = seen.row.state != PaperState.EXTRACTED  # the act tells who was first
    if pages is None or (not too_late and (problems or form.one("how") != "finish")):
        return show_paper(request, paper_id, problems, 422 if problems else 200)
    values = {field.name: field.value for field in shown}
    confirmed = digitizing.Review(original_pages=pages, values=values)
    return act_on_paper(
        request, paper_id, "reviewed", lambda: digitizing.review_paper(office, actor, paper_id, confirmed)
    )


@router.post("/papers/{paper_id}/copies")
def request_copy(
    request: Request, office: TheOffice, actor: TheActor, visit: TheVisit, paper_id: str
) -> Response:
    """The clerk has the original at hand and asks for a certified copy."""
    form: Posted = visit.posted
    words = words_of(request)
    pages = _pages_typed(form.one("original_pages"))
    problems = [words.say("paper.missing.original_pages")] if pages is None else []
    if not form.one("original_seen"):
        problems.append(words.say("paper.missing.original_seen"))
    if pages is None or problems:
        return show_paper(request, paper_id, problems, 422)
    wanted = certifying.CopyRequest(original_pages=pages)
    return act_on_paper(
        request, paper_id, "requested", lambda: certifying.request_copy(office, actor, paper_id, wanted)
    )


def _drawn(request: Request, asked: Picture) -> Response:
    return FileResponse(page_picture(office_of(request), actor_of(request), asked), media_type="image/jpeg")


def _of_page(text: str) -> int:
    """A page or a width as it stands in an address; 0, which no page has, for what is none."""
    return whole_number(text, 1, MOST_PAGES) or 0


def _pages_typed(text: str) -> int | None:
    return whole_number(text.replace(" ", ""), 1, MOST_PAGES)
