"""`digitize` and `certify`: from files to files."""

import argparse
import hashlib
import json
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path

from digitize.exports.alto import alto
from digitize.exports.hocr import hocr
from digitize.model import (
    Digitized,
    DigitizeFault,
    FaultCode,
    Order,
    PageDone,
    PageReport,
    PageText,
    Profile,
    Wishes,
)
from foundation.durable import sha256_of, write_whole
from office.cli.console import Console
from office.confined.reader import digitize_confined
from office.explain import explain_reason
from office.settings import READINGS, Settings, specimen_house

DOCUMENT_FACTS = ("cpu_seconds", "wall_seconds", "pdf_bytes", "conformance")


def digitize(chosen: argparse.Namespace, settings: Settings, console: Console) -> int:
    """Images and PDFs become one searchable PDF/A at OUT; written only if all of it came out well."""
    places: list[Path] = []
    further = (chosen.text, chosen.report, chosen.reading_copy, chosen.alto, chosen.hocr)
    for path in filter(None, (chosen.out, *further)):
        place = path.absolute()
        if not place.parent.is_dir() or place in places:  # found now: all of it is written, or nothing
            raise DigitizeFault(FaultCode.WRITE_FAILED, str(path))
        places.append(place)
    with tempfile.TemporaryDirectory(prefix="motcua-") as work:
        kept, document = _run(chosen, settings, console, Path(work))
    if chosen.report:
        write_whole(chosen.report, _report(kept.reports, document, settings.lang).encode())
    if chosen.alto:
        write_whole(chosen.alto, alto(kept.texts).encode())
    if chosen.hocr:
        write_whole(chosen.hocr, hocr(kept.texts).encode())
    console.say(f"{chosen.out}: {kept.pages} trang, {document.pdf_bytes // 1000} kB")
    return 0


@dataclass
class _Kept:
    """What is kept of the pages until all are done: nothing that was not asked for, however many they are."""

    keeps_reports: bool
    keeps_texts: bool
    pages: int = 0
    reports: list[PageReport] = field(default_factory=list)
    texts: list[PageText] = field(default_factory=list)

    def add(self, done: PageDone) -> None:
        self.pages += 1
        if self.keeps_reports:
            self.reports.append(done.report)
        if self.keeps_texts:
            self.texts.append(done.text)


def _run(
    chosen: argparse.Namespace, settings: Settings, console: Console, work: Path
) -> tuple[_Kept, Digitized]:
    order = Order(
        sources=tuple(path.absolute() for path in chosen.files),
        out=chosen.out.absolute(),
        text=chosen.text and chosen.text.absolute(),
        reading_copy=chosen.reading_copy and chosen.reading_copy.absolute(),
        profile=Profile(chosen.profile),
        jobs=chosen.jobs or settings.limits.page_jobs,
        work=work / "pages",
        wishes=Wishes(
            whiten=chosen.whiten,
            dewarp=chosen.dewarp,
            duplex=chosen.duplex,
            corners=tuple(chosen.corners),
        ),
        cache=chosen.data and _cache(chosen.data.absolute() / READINGS / "files", chosen.files),
    )
    kept = _Kept(keeps_reports=bool(chosen.report), keeps_texts=bool(chosen.alto or chosen.hocr))
    for event in digitize_confined(settings, order):
        if isinstance(event, Digitized):
            return kept, event
        kept.add(event)
        console.progress(kept.pages, None, "Đã đọc trang")
    raise AssertionError("digitizing ends with a document or a fault")


def _cache(folder: Path, files: list[Path]) -> Path:
    """These files' own part of the cache: what was read of others is out of reach of whoever reads them."""
    digests = [sha256_of(path) for path in files if path.is_file()]
    return folder / hashlib.sha256("".join(digests).encode()).hexdigest()


def _report(pages: list[PageReport], document: Digitized, lang: str) -> str:
    told = {name: getattr(document, name) for name in DOCUMENT_FACTS}
    reports = [asdict(page) for page in pages]
    for reason in (reason for page in reports for reason in page["reasons"]):
        reason["sentence"] = explain_reason(reason["code"], lang)
    return json.dumps({"pages": reports, **told}, ensure_ascii=False, indent=1) + "\n"


def certify(chosen: argparse.Namespace, settings: Settings, console: Console) -> int:
    """A specimen copy of a digitized paper, numbered from the specimen book of the data directory.

    A directory that is no demo's becomes none: its specimens live in a folder of their own there.
    """
    from office.bootstrap import open_office  # noqa: PLC0415 only this command needs the whole office
    from office.demo.specimens import Specimen, certify_specimen  # noqa: PLC0415

    office = open_office(specimen_house(settings), demo=True)
    wanted = Specimen(chosen.file.absolute(), chosen.kind, chosen.pages_of_original)
    made = certify_specimen(office, wanted, chosen.out.absolute())
    console.answer(made, (f"{chosen.out}: {made['sentence']}",))
    return 0
