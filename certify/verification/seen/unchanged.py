"""Pages that the renderer would draw from the very same objects, before and after: they need no drawing.

The renderer itself copies such pages into a document of their own, once from the signed revision and once
from the whole file, and says with that what it would draw from: contents, resources, pictures, boxes. Where
the two are equal byte by byte, so is what is seen, and no scan is unpacked twice to learn it.

A page is asked about when the signed revision has no annotation on it, and the whole file none but some
without area that paint nothing: the renderer draws them on the page emptied of everything else. Layers are
switched outside the pages, so nothing that heeds one is told here.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import byref
from typing import Any

import pypdfium2
from pypdfium2 import raw

LARGEST_FILE = 16 << 20  # bytes; the copies take twice the file's size while they are compared
MOST_OBJECTS = 4_000  # on a page that is emptied
_LAYER = b"/OCG"
_WHITE = b"\xff"
_SCALE = 0.25
# A document that the renderer made itself would tell the time, and never equal another.
_TARGET = (
    b"%PDF-1.7\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n2 0 obj\n<</Type/Pages/Count 1/Kids[3 0 R]>>"
    b"\nendobj\n3 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>\nendobj\n"
    b"trailer\n<</Root 1 0 R/Size 4>>\n%%EOF\n"
)


def unchanged_pages(signed: bytes, whole: bytes) -> frozenset[int]:
    """The pages (from 1) of two states of a file that are drawn from the same objects.

    They are told together: where one of those asked about differs, or cannot be copied, none is.
    """
    if len(whole) > LARGEST_FILE:
        return frozenset()
    try:
        asked = _asked_about(signed, whole)
        if not asked or not _are_same(signed, whole, asked):
            return frozenset()
    except pypdfium2.PdfiumError:
        return frozenset()
    return frozenset(at + 1 for at in asked)


@contextmanager
def _loaded(data: bytes) -> Iterator[Any]:
    document = pypdfium2.PdfDocument(data)
    try:
        yield document
    finally:
        document.close()


@contextmanager
def _page(document: Any, at: int) -> Iterator[Any]:
    page = document[at]
    try:
        yield page
    finally:
        page.close()


def _asked_about(signed: bytes, whole: bytes) -> list[int]:
    """Pages (from 0) without annotations, before as after, but for some that paint nothing."""
    with _loaded(signed) as before, _loaded(whole) as after:
        after.init_forms()  # without it fields are not drawn
        if len(before) != len(after):
            return []
        return [at for at in range(len(after)) if _is_bare(before, at) and _paints_nothing(after, at)]


def _is_bare(document: Any, at: int) -> bool:
    with _page(document, at) as page:
        return not raw.FPDFPage_GetAnnotCount(page)


def _paints_nothing(document: Any, at: int) -> bool:
    """Whether a page has no annotations, or none that leave a trace on white paper."""
    with _page(document, at) as page:
        if not raw.FPDFPage_GetAnnotCount(page):
            return True
        return _have_no_area(page) and _is_emptied(page) and _is_white(page)


def _have_no_area(page: Any) -> bool:
    box = raw.FS_RECTF()
    for index in range(raw.FPDFPage_GetAnnotCount(page)):
        annotation = raw.FPDFPage_GetAnnot(page, index)
        told = bool(annotation) and bool(raw.FPDFAnnot_GetRect(annotation, byref(box)))
        raw.FPDFPage_CloseAnnot(annotation)
        if not told or (box.right - box.left) * (box.top - box.bottom):
            return False
    return True


def _is_emptied(page: Any) -> bool:
    """Take everything off the page but its annotations, in the renderer's memory."""
    count = raw.FPDFPage_CountObjects(page)
    if count > MOST_OBJECTS:
        return False
    for index in reversed(range(count)):
        content = raw.FPDFPage_GetObject(page, index)
        if not raw.FPDFPage_RemoveObject(page, content):
            return False
        raw.FPDFPageObj_Destroy(content)
    return True


def _is_white(page: Any) -> bool:
    bitmap = page.render(scale=_SCALE, may_draw_forms=True, draw_annots=True)
    try:
        dots = bytes(bitmap.buffer)
        return dots.count(_WHITE) == len(dots)
    finally:
        bitmap.close()


def _are_same(signed: bytes, whole: bytes, pages: list[int]) -> bool:
    if signed is whole:
        return True
    one = _copied(signed, pages)
    return _LAYER not in one and one == _copied(whole, pages)


def _copied(data: bytes, pages: list[int]) -> bytes:
    """Those pages and all that they refer to, as the renderer writes them, but for its random file number."""
    out = io.BytesIO()
    with _loaded(data) as document, _loaded(_TARGET) as target:
        for at in pages:
            with _page(document, at) as page:
                _take_annotations_off(page)
        target.import_pages(document, pages)
        target.save(out)
    written = out.getvalue()
    return written[: written.rindex(b"trailer")]


def _take_annotations_off(page: Any) -> None:
    """An empty list is left, also where there was none."""
    raw.FPDFPage_CloseAnnot(raw.FPDFPage_CreateAnnot(page, raw.FPDF_ANNOT_TEXT))
    for index in reversed(range(raw.FPDFPage_GetAnnotCount(page))):
        if not raw.FPDFPage_RemoveAnnot(page, index):
            raise pypdfium2.PdfiumError("an annotation stays")
