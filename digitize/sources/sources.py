"""The files an order names: what each is, how many pages it holds, each page's pixels in its turn."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from digitize.model import DigitizeFault, FaultCode, ReasonCode
from digitize.pixels.raster import Raster
from digitize.sources import pdf_pages, scans

MARK_WITHIN = 1024  # bytes; PDF readers look for the mark no further (ISO 32000-2 annex I)
MOST_PAGES = 10_000
PAPER_MM = (1.06, 5080.0)  # 3 and 14400 points
DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)


class Kind(StrEnum):
    """What a file is by its first bytes."""

    JPEG = "jpeg"
    PICTURE = "picture"
    PDF = "pdf"


MARKS = {
    b"\xff\xd8\xff": Kind.JPEG,
    b"\x89PNG\r\n\x1a\n": Kind.PICTURE,
    b"II*\0": Kind.PICTURE,
    b"MM\0*": Kind.PICTURE,
    b"II+\0": Kind.PICTURE,
    b"MM\0+": Kind.PICTURE,
}


@dataclass(frozen=True)
class PageSource:
    """Where one page comes from.

    Args:
        keeps_form: its file already is PDF/A-2u.
        told: what the clerk should know of its file, told with this page.
    """

    path: Path
    kind: Kind
    index: int
    keeps_form: bool = False
    told: tuple[ReasonCode, ...] = ()


@dataclass(frozen=True)
class Survey:
    """What a file holds: kind, pages, whether it is signed, already is PDF/A-2u, carries other files."""

    path: Path
    kind: Kind
    pages: int
    is_signed: bool = False
    is_pdfa: bool = False
    has_attachments: bool = False


def survey_source(path: Path) -> Survey:
    """Look into a file without decoding its pages.

    Raises: DigitizeFault NO_FILE, NOT_A_DOCUMENT, UNREADABLE, ENCRYPTED, NO_PAGES, TOO_LARGE, DYNAMIC_FORM,
    PORTFOLIO.
    """
    with faults_told(path, None):
        return _survey(path)


@contextmanager
def faults_told(path: Path, page: int | None) -> Iterator[None]:
    """Whatever goes wrong with foreign bytes leaves as a DigitizeFault that names source and page."""
    try:
        yield
    except DigitizeFault:
        raise
    except MemoryError as excess:
        raise DigitizeFault(FaultCode.TOO_LARGE, path.name, page, "not enough memory") from excess
    except OSError as broken:
        code = FaultCode.WRITE_FAILED if broken.errno in DISK_FULL else FaultCode.UNREADABLE
        raise DigitizeFault(code, path.name, page, str(broken)) from broken
    except Exception as broken:
        code = FaultCode.TOO_LARGE if "Insufficient memory" in str(broken) else FaultCode.PAGE_FAILED
        detail = f"{type(broken).__name__}: {broken}"
        raise DigitizeFault(code, path.name, page, detail) from broken


def _survey(path: Path) -> Survey:
    kind = _kind(path)
    if kind is Kind.JPEG:
        found = Survey(path, kind, 1)
    elif kind is Kind.PICTURE:
        found = Survey(path, kind, scans.count_frames(path))
    else:
        overview = pdf_pages.overview(path)
        found = Survey(
            path, kind, overview.pages, overview.is_signed, overview.is_pdfa, overview.has_attachments
        )
    if found.pages < 1:
        raise DigitizeFault(FaultCode.NO_PAGES, path.name)
    if found.pages > MOST_PAGES:
        raise DigitizeFault(FaultCode.TOO_LARGE, path.name, None, f"{found.pages} pages")
    return found


def load(source: PageSource) -> Raster:
    """The pixels of one page.

    Raises: DigitizeFault, also for paper that no PDF/A page can be (ISO 19005-2 6.1.13).
    """
    raster = _load(source)
    least, most = PAPER_MM
    if max(raster.width_mm, raster.height_mm) > most:
        raise DigitizeFault(FaultCode.TOO_LARGE, source.path.name, source.index + 1, "longer than 5 m")
    if min(raster.width_mm, raster.height_mm) < least:
        raise DigitizeFault(FaultCode.UNREADABLE, source.path.name, source.index + 1, "narrower than 1 mm")
    return raster


def _load(source: PageSource) -> Raster:
    if source.kind is Kind.JPEG:
        return scans.load_jpeg(source.path)
    if source.kind is Kind.PICTURE:
        return scans.load_frame(source.path, source.index)
    return pdf_pages.load_page(source.path, source.index)


def _kind(path: Path) -> Kind:
    try:
        if not path.exists():
            raise DigitizeFault(FaultCode.NO_FILE, path.name)
        if not path.is_file():  # a pipe or a device could keep us waiting for ever
            raise DigitizeFault(FaultCode.NOT_A_DOCUMENT, path.name, None, "not a file")
        with path.open("rb") as file:
            head = file.read(MARK_WITHIN)
    except OSError as broken:
        raise DigitizeFault(FaultCode.UNREADABLE, path.name, None, str(broken)) from broken
    for mark, kind in MARKS.items():
        if head.startswith(mark):
            return kind
    if b"%PDF-" in head:
        return Kind.PDF
    raise DigitizeFault(FaultCode.NOT_A_DOCUMENT, path.name)
