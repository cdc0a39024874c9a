"""A check's answer as a document: a page to print, the standard's XML, or the JSON of the command line."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from certify.reports.etsi import validation_report
from certify.reports.judgement import Judgement
from certify.reports.printed import Section, report_pdf
from certify.verdict import SignatureReport, Verdict
from foundation.clock import on_paper
from office.explain import explain_report
from office.judging import Check

if TYPE_CHECKING:  # the book brings SQLAlchemy along
    from certify.book.register import RegisterEntry

PDF, XML, JSON = "pdf", "xml", "json"
MEDIA_TYPES: Mapping[str, str] = {PDF: "application/pdf", XML: "application/xml", JSON: "application/json"}
Words = Mapping[str, str]


@dataclass(frozen=True)
class Answered:
    """A file about which was answered: what it is called, its SHA-256 (hex), when, and the answer."""

    name: str
    sha256: str
    at: datetime
    check: Check


def make_report(answered: Answered, kind: str, lang: str = "vi") -> bytes:
    """The report of a file that is a document.

    Raises: ValueError for what is none, CertifyFault FONT_MISSING.
    """
    verdict = answered.check.verdict
    if verdict is None:
        raise ValueError("nothing was judged")
    if kind == JSON:
        told = {"file": answered.name, "sha256": answered.sha256, "at": answered.at.isoformat()}
        return json.dumps(told | answered.check.as_json(), ensure_ascii=False, indent=1).encode()
    if kind == XML:
        return validation_report(Judgement(answered.name, answered.sha256, answered.at, verdict))
    return _printed(answered, verdict, explain_report(lang))


def _printed(answered: Answered, verdict: Verdict, words: Words) -> bytes:
    file = (
        words["name"].format(detail=answered.name),
        words["digest"].format(detail=answered.sha256),
        words["judged"].format(detail=_moment(answered.at)),
    )
    sections = [
        Section(
            words["answer"], (answered.check.sentence, words["indication"].format(detail=verdict.indication))
        ),
        Section(words["file"], file),
        *_register(answered.check.entry, words),
        *(_signature(number, one, words) for number, one in enumerate(verdict.signatures, start=1)),
        Section(words["findings"], _findings(verdict) or (words["none"],)),
        Section(words["how"], (words["method"], words["unsigned"])),
    ]
    return report_pdf(
        words["title"], sections, words["foot"].format(detail=answered.sha256[:16]), answered.at
    )


def _register(entry: "RegisterEntry | None", words: Words) -> list[Section]:
    if entry is None:
        return []
    number = entry.number
    book = f"{number.book.volume:02d}/{number.book.year}-{number.book.code}"
    told = words["entry"].format(number=number.value, book=book, detail=entry.state)
    return [Section(words["register"], (told,))]


def _signature(number: int, one: SignatureReport, words: Words) -> Section:
    heading = words["stamp" if one.level == "DTS" else "signature"].format(number=number, detail=one.field)
    reason = f" ({one.sub_indication})" if one.sub_indication else ""
    lines = [
        words["signer"].format(detail=one.signer),
        words["indication"].format(detail=f"{one.indication}{reason}"),
        words["level"].format(detail=one.level),
    ]
    if one.signed_at:
        lines.append(words["claimed"].format(detail=_moment(one.signed_at)))
    if one.timestamped_at:
        lines.append(words["stamped"].format(detail=_moment(one.timestamped_at)))
    if one.certificate:
        lines.append(words["certificate"].format(detail=one.certificate))
    return Section(heading, tuple(lines))


def _findings(verdict: Verdict) -> tuple[str, ...]:
    return tuple(
        " · ".join(filter(None, (str(one.step), one.code, one.standard, one.detail)))
        for one in verdict.findings
    )


def _moment(at: datetime) -> str:
    return f"{on_paper(at):%d/%m/%Y %H:%M:%S} +07:00"
