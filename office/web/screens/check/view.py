"""What everybody is shown who checks a copy: the answer, its lights, and the form for the next."""

from collections.abc import Mapping
from typing import Any

from fastapi import Request
from starlette.responses import Response

from office.judging import Check, Light, sha256_of
from office.views.answers import encode_answer
from office.views.reports import Answered
from office.web.gate import office_of
from office.web.posting import Upload
from office.web.rendering import show
from office.web.screens.check.lights import lights
from office.web.site import site_of, words_of

FAMILIES = {Light.GOOD: "done", Light.UNSURE: "look", Light.BAD: "bad"}


def answered(request: Request, answer: Check) -> dict[str, Any]:
    """An answer as its page shows it; a good one about a specimen is a specimen's."""
    is_specimen = office_of(request).is_demo and answer.light == Light.GOOD
    return {
        "answer": answer,
        "family": "spec" if is_specimen else FAMILIES[answer.light],
        "lamps": lights(answer.verdict, words_of(request)) if answer.verdict else (),
    }


def answered_file(request: Request, file: Upload, answer: Check) -> dict[str, Any]:
    """An answer about a file; it can be handed back to be had as a report."""
    told = {**answered(request, answer), "file_name": file.name}
    if answer.verdict:
        whole = Answered(file.name, sha256_of(file.path), office_of(request).clock(), answer)
        told["again"] = encode_answer(site_of(request).answer_key, whole)
    return told


def show_check(request: Request, values: Mapping[str, Any], status: int = 200) -> Response:
    """The page with its form, and what there is to tell."""
    empty = {"answer": None, "family": "", "lamps": (), "file_name": "", "code": "", "again": ""}
    return show(request, "check/check.html", {**empty, **values}, status)
