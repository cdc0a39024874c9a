"""Pages of foreign PDFs, each decided by itself: one scanned picture, born digital, or drawn to be read.

A scanned page that is one full-page picture gives that picture: a JPEG byte for byte, anything else pixel
for pixel. Any other page is drawn at 300 dpi as it is seen; it gives those of its own words that are seen on
it, and what else there is of letters on it is read.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path

import pikepdf
import pypdfium2
from pypdfium2 import raw as pdfium

from digitize.model import DigitizeFault, FaultCode
from digitize.pixels import jpeg
from digitize.pixels.raster import Raster
from digitize.sources.born_digital import (
    FEW_LETTERS,
    PICTURES_FILL,
    SEEN_SCALE,
    Seen,
    is_doubtful,
    is_garbled,
    own_lines,
    picture_share,
    seen_letters,
)
from digitize.sources.carriers import carries_attachments
from digitize.sources.drawing import MM_PER_POINT, NESTED, POINTS_PER_INCH, draw, switched_off
from digitize.sources.form_fields import refuse_endless_fields
from digitize.sources.inherited import with_own_attributes
from digitize.sources.letter_shapes import has_letters
from digitize.sources.page_picture import page_picture
from digitize.sources.pdfa_claim import claims_pdfa
from digitize.sources.signed import is_signed
from digitize.words.ways_of_writing import Way, in_order_as_written

DRAWN_DPI = 300.0
MOST_DRAWN_PIXELS = 60_000_000
LEAST_DRAWN_DPI = 72.0
NOT_ON_SCREEN = 2 | 32  # Hidden, NoView: annotation flags, ISO 32000-1 table 165


@dataclass(frozen=True)
class Overview:
    """How many pages, whether somebody signed it, whether it already is PDF/A-2u, carries other files."""

    pages: int
    is_signed: bool
    is_pdfa: bool
    has_attachments: bool


def overview(path: Path) -> Overview:
    """Raises: DigitizeFault UNREADABLE, ENCRYPTED, DYNAMIC_FORM, PORTFOLIO."""
    with _opened(path) as document:
        attached = carries_attachments(path)
        return Overview(len(document), is_signed(path, document), claims_pdfa(path), attached)


def load_page(path: Path, index: int) -> Raster:
    """Page `index` (from 0) as pixels, with its own words where they are seen on it.

    Raises: DigitizeFault UNREADABLE, TOO_LARGE.
    """
    alone = with_own_attributes(path, index)
    with _opened(path, alone) as document, _faults(path, index):
        page, has_notes = _page_as_seen(document, path, 0 if alone else index)
        width, height = page.get_size()
        if not (0 < width < math.inf and 0 < height < math.inf):
            raise DigitizeFault(FaultCode.UNREADABLE, path.name, index + 1, "page without area")
        unit = _user_unit(path, index)
        if has_notes or _paints_text(page):
            seen = seen_letters(page)
            raster = _with_own_words(page, path, index, unit, seen)
            return _ordered(raster, seen.way) if has_notes else raster
        picture = page_picture(page, path, index, unit)
        if picture is not None:
            return picture
        return replace(_drawn(page, path, index, unit), never_paper=picture_share(page) < PICTURES_FILL)


def _page_as_seen(document: pypdfium2.PdfDocument, path: Path, index: int) -> tuple[pypdfium2.PdfPage, bool]:
    """The page with its notes and the values of its fields as part of it, and whether it has any."""
    if document.get_formtype() == pdfium.FORMTYPE_ACRO_FORM:
        refuse_endless_fields(path)
        document.init_forms()  # filled-in fields and signature boxes are part of what people see
    page = document[index]
    if not pdfium.FPDFPage_GetAnnotCount(page):
        return page, False
    if (
        not _notes_are_plain(page)
        or pdfium.FPDFPage_Flatten(page, pdfium.FLAT_NORMALDISPLAY) == pdfium.FLATTEN_FAIL
    ):
        return page, True
    page.close()
    return document[index], True


def _notes_are_plain(page: pypdfium2.PdfPage) -> bool:
    """Take away what a screen does not show, which flattening would draw; is none of the rest in a layer?"""
    plain = True
    for index in reversed(range(pdfium.FPDFPage_GetAnnotCount(page))):
        note = pdfium.FPDFPage_GetAnnot(page, index)
        unseen = pdfium.FPDFAnnot_GetFlags(note) & NOT_ON_SCREEN
        plain = plain and (unseen or not pdfium.FPDFAnnot_HasKey(note, b"OC"))
        pdfium.FPDFPage_CloseAnnot(note)
        if unseen:
            pdfium.FPDFPage_RemoveAnnot(page, index)
    return bool(plain)


def _paints_text(page: pypdfium2.PdfPage) -> bool:
    return any(
        pdfium.FPDFTextObj_GetTextRenderMode(thing) != pdfium.FPDF_TEXTRENDERMODE_INVISIBLE
        for thing in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_TEXT], max_depth=NESTED)
    )


def _with_own_words(page: pypdfium2.PdfPage, path: Path, index: int, unit: float, seen: Seen) -> Raster:
    """The page drawn, with those of its words that are seen, and what else there is to be read on it."""
    fills = picture_share(page) >= PICTURES_FILL
    raster = _drawn(page, path, index, unit)
    if not seen.count or is_garbled(seen.text):
        return replace(raster, never_paper=not fills, doubted=seen.painted > 0)
    lines = own_lines(seen, page)
    raster = replace(
        raster,
        lines=lines or None,  # letters that make no word are read like a scan
        never_paper=not fills or seen.count >= FEW_LETTERS,
        doubted=is_doubtful(lines),
        all_seen=seen.all_seen,
    )
    if not has_letters(seen.beneath, SEEN_SCALE * POINTS_PER_INCH / unit):
        return raster
    with switched_off(page, text=True):
        return replace(raster, beneath=_drawn(page, path, index, unit).pixels, all_seen=False)


def _ordered(raster: Raster, way: Way) -> Raster:
    """What fields and notes say stands where it is seen, not behind everything else."""
    if not raster.lines:
        return raster
    lines = in_order_as_written(raster.lines, raster.width_mm / raster.height_mm, way)
    return replace(raster, lines=lines)


def _drawn(page: pypdfium2.PdfPage, path: Path, index: int, unit: float) -> Raster:
    width, height = (side * unit for side in page.get_size())
    inches = width * height / POINTS_PER_INCH**2
    dpi = min(DRAWN_DPI, math.sqrt(MOST_DRAWN_PIXELS / inches))
    if dpi < LEAST_DRAWN_DPI:
        raise DigitizeFault(FaultCode.TOO_LARGE, path.name, index + 1, f"{width:.0f} x {height:.0f} points")
    pixels = draw(page, dpi / POINTS_PER_INCH * unit)
    return Raster(pixels, width * MM_PER_POINT, height * MM_PER_POINT, turn_told=True)


def _user_unit(path: Path, index: int) -> float:
    """How many points one unit of the page is (ISO 32000-1 table 30); pdfium leaves it out."""
    try:
        with pikepdf.open(path) as pdf:
            unit = float(pdf.pages[index].obj.get("/UserUnit", 1))
    except (pikepdf.PdfError, pikepdf.PasswordError, IndexError, ValueError, TypeError, RecursionError):
        return 1.0
    return unit if 0 < unit < math.inf else 1.0


@contextmanager
def _opened(path: Path, alone: BytesIO | None = None) -> Iterator[pypdfium2.PdfDocument]:
    try:
        document = pypdfium2.PdfDocument(alone or path)
    except pypdfium2.PdfiumError as broken:
        locked = "password" in str(broken).lower()
        code = FaultCode.ENCRYPTED if locked else FaultCode.UNREADABLE
        raise DigitizeFault(code, path.name, None, str(broken)) from broken
    with document:
        yield document


@contextmanager
def _faults(path: Path, index: int) -> Iterator[None]:
    try:
        yield
    except (pypdfium2.PdfiumError, jpeg.BrokenJpegError) as broken:
        raise DigitizeFault(FaultCode.UNREADABLE, path.name, index + 1, str(broken)) from broken
    except MemoryError as excess:
        raise DigitizeFault(FaultCode.TOO_LARGE, path.name, index + 1, "not enough memory") from excess
