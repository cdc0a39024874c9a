"""Does somebody's signature stand in a PDF? A filled signature field says so, and nothing else does.

Neither the word /ByteRange somewhere in the file, nor an empty field, nor usage rights (which a program
granted, ISO 32000-1 12.8.2.3) is a signature.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2
from pikepdf import Array, Dictionary, Name, String
from pypdfium2 import raw as pdfium

MOST_FIELDS = 20_000  # as many as form_fields lets through
RANGE_NUMBERS = 4  # of a ByteRange: two ranges or more


def is_signed(path: Path, document: pypdfium2.PdfDocument) -> bool:
    """True when a signature field of the file holds a signature.

    `document` answers for a damaged file that only pdfium can read.
    """
    try:
        with pikepdf.open(path) as pdf:
            return any(_is_filled(field, kind) for field, kind in _fields(pdf))
    except (pikepdf.PdfError, pikepdf.PasswordError, ValueError, TypeError, RecursionError):
        return _told_by_pdfium(document)


def _fields(pdf: pikepdf.Pdf) -> Iterator[tuple[Any, Any]]:
    """Every field of the form and every widget on a page, with the kind that it has or inherits."""
    form = pdf.Root.get("/AcroForm")
    roots = list(form.get("/Fields", ())) if isinstance(form, Dictionary) else []
    roots += [note for page in pdf.pages for note in page.obj.get("/Annots", ())]
    named: list[tuple[Any, Any, Any]] = [(field, None, None) for field in roots]
    for _ in range(MOST_FIELDS):
        if not named:
            return
        field, kind, value = named.pop()
        if not isinstance(field, Dictionary):
            continue
        kind, value = field.get("/FT", kind), field.get("/V", value)
        yield value, kind
        named.extend((kid, kind, value) for kid in field.get("/Kids", ()))


def _is_filled(value: Any, kind: Any) -> bool:
    if kind != Name.Sig or not isinstance(value, Dictionary):
        return False
    ranges, contents = value.get("/ByteRange"), value.get("/Contents")
    has_ranges = isinstance(ranges, Array) and len(ranges) >= RANGE_NUMBERS
    return has_ranges and isinstance(contents, String) and len(bytes(contents)) > 0


def _told_by_pdfium(document: pypdfium2.PdfDocument) -> bool:
    for index in range(max(pdfium.FPDF_GetSignatureCount(document), 0)):
        signature = pdfium.FPDF_GetSignatureObject(document, index)
        ranges = pdfium.FPDFSignatureObj_GetByteRange(signature, None, 0)
        if ranges >= RANGE_NUMBERS and pdfium.FPDFSignatureObj_GetContents(signature, None, 0) > 0:
            return True
    return False
