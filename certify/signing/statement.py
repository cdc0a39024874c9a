"""The lời chứng, and the certified copy composed around it.

A copy is a new document: the pictures of the digitized paper's pages, each as a person saw it, and one page
with the lời chứng behind them, never over their content (NĐ 23/2015 Art. 20(3)). Both signature fields stand
in it before anybody signs, and nothing that `allowed` does not name. The result is PDF/A-2u.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import combinations, islice
from pathlib import Path
from typing import Any

import pikepdf
from pyhanko.pdf_utils.misc import PdfError

from certify.letters.appearance import FONT_NAME, POINTS_PER_MM, draw, fill, words_of
from certify.letters.embedding import embed_in_pages
from certify.letters.paragraphs import A4_HEIGHT, A4_WIDTH, BOLD_NAME, Area, Paragraph, area_of
from certify.letters.typeface import Weight, composed
from certify.model import (
    HOUSE_COPY,
    CertifyFault,
    ComposedCopy,
    CopyFields,
    CopyForms,
    FaultCode,
    Profile,
    Statement,
)
from certify.signing.allowed import complaints, page_complaints
from certify.signing.atomic import appearing
from certify.signing.fields import add_copy_fields
from certify.signing.pdfa import declare
from certify.signing.pending import RevisionWriter

LEFT_MARGIN, RIGHT_MARGIN, TOP_MARGIN, BOTTOM_MARGIN = 30.0, 20.0, 25.0, 20.0  # mm
GAP = 2.0  # mm between a signature box and the words that belong to it
NAME_WIDTH = 90.0  # mm that titles and names may take
SMALL_PRINT_SIZE = 9.0
PDF_VERSION = "1.7"
MOST_TOLD = 5  # of what does not belong into a copy


def compose_copy(
    statement: Statement, forms: CopyForms, out: Path, profile: Profile | None = None
) -> ComposedCopy:
    """Write the copy with its statement and its empty signature fields to `out`.

    `profile` says what the officer's signing program does; None: this software writes the signature.

    Raises: CertifyFault ALREADY_SIGNED for a document that carries signatures, FORM_FIELDS for one with other
    fields, FOREIGN_CONTENT for one with pages that are more than pictures, TEXT_TOO_LONG before anything is
    signed, NOT_SIGNABLE for a document that cannot be read.
    """
    page = statement_page(statement, forms)
    with appearing(out) as staged:
        with _opened(statement.approval.document) as paper, pikepdf.new() as pdf:
            _take_pages(paper, pdf)
            _append(pdf, page)
            declare(pdf, statement.at)
            pdf.save(
                staged,
                min_version=PDF_VERSION,
                object_stream_mode=pikepdf.ObjectStreamMode.disable,
                deterministic_id=True,
            )
        fields = _add_fields(staged, forms, profile)
        require_ours(staged, fields)
    return ComposedCopy(statement, out, fields)


def require_ours(copy: Path, fields: CopyFields = HOUSE_COPY) -> None:
    """Hold a composed or finished copy against the list of what we write.

    Raises: CertifyFault FOREIGN_CONTENT, saying what else is in it.
    """
    with pikepdf.open(copy) as pdf:
        _refuse(complaints(pdf, fields))


def statement_page(statement: Statement, forms: CopyForms) -> bytes:
    """The content stream of the statement's page (A4).

    Raises: CertifyFault TEXT_TOO_LONG when words would leave the page, overlap, or not fit a signature's box.
    """
    paragraphs = _paragraphs(statement, forms)
    boxes = [area_of(forms.officer.box), area_of(forms.agency.box)]
    _require_room([paragraph.area for paragraph in paragraphs] + boxes)
    _require_fitting_signatures(statement, forms)
    return b"\n".join(paragraph.operators() for paragraph in paragraphs)


def values_of(statement: Statement) -> dict[str, object]:
    """What the wording's templates may ask for."""
    day, number = statement.signed_on, statement.number
    return {
        "number": number.value,
        "volume": number.book.volume,
        "year": number.book.year,
        "book": number.book.code,
        "day": f"{day:%d}",
        "month": f"{day:%m}",
        "pages": statement.approval.original.pages,
        "request": statement.approval.request_id,
        "agency": statement.officer.agency,
        "officer": statement.officer.name,
        "compared_by": statement.approval.original.compared_by,
    }


def _paragraphs(statement: Statement, forms: CopyForms) -> list[Paragraph]:
    """Heading, number and date; the officer's title and name around the signature; small print."""
    wording, values = statement.wording, values_of(statement)
    size, column = wording.font_size, (LEFT_MARGIN, A4_WIDTH - LEFT_MARGIN - RIGHT_MARGIN)
    heading = Paragraph.below(TOP_MARGIN, column, size, fill([wording.heading], values), Weight.BOLD)
    lines = fill([wording.number_line, wording.date_line], values)
    box = area_of(forms.officer.box)
    beside = (_name_column(box), NAME_WIDTH)
    title = [composed(line) for line in statement.officer.title.split("\n")]
    name = [composed(statement.officer.name)]
    small = fill(wording.small_print, values)
    return [
        heading,
        Paragraph.below(heading.area.bottom + GAP, column, size, lines, Weight.REGULAR),
        Paragraph.above(box.top - GAP, beside, size, title, Weight.BOLD),
        Paragraph.below(box.bottom + GAP, beside, size, name, Weight.BOLD),
        Paragraph.above(A4_HEIGHT - BOTTOM_MARGIN, column, SMALL_PRINT_SIZE, small, Weight.REGULAR),
    ]


def _name_column(box: Area) -> float:
    """The left edge of a column centred on the officer's box, kept within the margins."""
    centred = (box.left + box.right - NAME_WIDTH) / 2
    return max(LEFT_MARGIN, min(centred, A4_WIDTH - RIGHT_MARGIN - NAME_WIDTH))


def _require_room(areas: list[Area]) -> None:
    for one, other in combinations(areas, 2):
        if one.overlaps(other):
            raise CertifyFault(FaultCode.TEXT_TOO_LONG, f"{one} and {other} overlap on the statement's page")
    if any(area.top < 0 or area.bottom > A4_HEIGHT for area in areas):
        raise CertifyFault(FaultCode.TEXT_TOO_LONG, "the statement does not fit its page")


def _require_fitting_signatures(statement: Statement, forms: CopyForms) -> None:
    """Longest texts first: better to refuse now than with a number reserved and one signature given."""
    draw(forms.officer, words_of(forms.officer, statement.officer, statement.at))


@contextmanager
def _opened(document: Path) -> Iterator[pikepdf.Pdf]:
    try:
        pdf = pikepdf.open(document)
    except (pikepdf.PdfError, OSError) as refused:
        raise CertifyFault(FaultCode.NOT_SIGNABLE, f"{document.name}: {refused}") from refused
    with pdf:
        if "/AcroForm" in pdf.Root and len(pdf.Root.AcroForm.get("/Fields", [])):
            is_signed = any(_is_signature(field) for field in pdf.Root.AcroForm.Fields)
            code = FaultCode.ALREADY_SIGNED if is_signed else FaultCode.FORM_FIELDS
            raise CertifyFault(code, f"{document.name} carries form fields")
        yield pdf


def _is_signature(field: Any) -> bool:
    value = field.get("/V") if isinstance(field, pikepdf.Dictionary) else None
    return isinstance(value, pikepdf.Dictionary) and "/ByteRange" in value


def _take_pages(paper: pikepdf.Pdf, pdf: pikepdf.Pdf) -> None:
    for number, page in enumerate(paper.pages, start=1):
        _refuse(f"page {number}, {said}" for said in page_complaints(page))
        pdf.pages.append(page)


def _refuse(said: Iterator[str]) -> None:
    found = list(islice(said, MOST_TOLD))
    if found:
        raise CertifyFault(FaultCode.FOREIGN_CONTENT, "; ".join(found))


def _append(pdf: pikepdf.Pdf, content: bytes) -> None:
    """One A4 page behind all others; its fonts are also the form's, so that both signatures reuse them."""
    regular, bold = embed_in_pages(Weight.REGULAR, pdf), embed_in_pages(Weight.BOLD, pdf)
    page = pdf.add_blank_page(page_size=(A4_WIDTH * POINTS_PER_MM, A4_HEIGHT * POINTS_PER_MM))
    page.obj.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary({FONT_NAME: regular, BOLD_NAME: bold}))
    page.obj.Contents = pikepdf.Stream(pdf, content)
    form = pikepdf.Dictionary(
        Fields=pikepdf.Array(), DR=pikepdf.Dictionary(Font=pikepdf.Dictionary({FONT_NAME: regular}))
    )
    pdf.Root.AcroForm = pdf.make_indirect(form)


def _add_fields(composed_copy: Path, forms: CopyForms, profile: Profile | None) -> CopyFields:
    """The fields in a revision of their own."""
    with composed_copy.open("r+b") as stream:
        try:
            writer = RevisionWriter(stream)
            fields = add_copy_fields(writer, forms, profile)
            write: Any = writer.write_in_place
            write()
        except PdfError as refused:
            raise CertifyFault(FaultCode.NOT_SIGNABLE, str(refused)) from refused
    return fields
