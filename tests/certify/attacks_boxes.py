"""Later boxes over what was signed: signatures, time-stamps, fields filled late, fields of the house.

Every function yields variants of one kind; each of them would print, or show, something else than was signed.
"""

import asyncio
import io
from collections.abc import Callable, Iterator
from itertools import product

import pikepdf
from attacks_workshop import (
    BLANK,
    COVER,
    INKED,
    WHOLE_PAGE,
    Box,
    Hand,
    corner_copy,
    field_named,
    first_page,
    form_of,
    name,
    paper,
    people,
    rewritten,
    sealed,
    sign,
    stamper_of,
    updated,
    with_evidence,
)
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields
from pyhanko.sign.signers.pdf_signer import PdfTimeStamper, TimestampDSSContentSettings

COVERS: tuple[bytes, ...] = (
    COVER,
    b"1 1 1 rg 0 0 400 500 re f",  # erased
    b"0 0 0 rg 0 0 400 500 re f",  # blackened
    b"1 1 1 rg 2 2 140 50 re f 0 g 20 20 30 9 re f",
)
OVER_INK: tuple[Box, ...] = (
    INKED,
    (25, 295, 155, 345),
    (30, 300, 90, 340),  # half of the bar
    (20, 190, 250, 215),  # the line below it
    (0, 215, 300, 420),  # just under half of the page
    (28, 198, 62, 210),  # a small part of the line
)


def a_later_signature_over_ink() -> Iterator[bytes]:
    """A second signer's appearance, up to half of the page."""
    first = sign(paper(), Hand(people().stranger))
    for box, cover in product(OVER_INK, COVERS[:2]):
        yield sealed(sign(first, Hand(people().officer, "Second", box, ink=cover)))


def a_later_signature_over_a_pale_watermark() -> Iterator[bytes]:
    """“Draft” in the background, so pale that it is hardly ink."""
    for grey, box in product((b"0.8", b"0.85", b"0.9"), (INKED, (20, 290, 280, 350))):
        pale = rewritten(paper(), _watermark(grey))
        yield sealed(
            sign(sign(pale, Hand(people().stranger)), Hand(people().officer, "Second", box, ink=COVER))
        )


def _watermark(grey: bytes) -> Callable[[pikepdf.Pdf], None]:
    def change(document: pikepdf.Pdf) -> None:
        page = document.pages[0].obj
        strokes = b" ".join(b"%d 296 12 44 re" % left for left in range(30, 160, 24))
        page.Contents = document.make_stream(grey + b" g " + strokes + b" f")

    return change


def a_later_box_of_one_size_at_every_zoom() -> Iterator[bytes]:
    """Beside the ink at full size, over it when one looks from further away."""
    first = sign(paper(), Hand(people().stranger))
    for flags in (8, 16, 8 | 16):
        prepared = updated(first, prepared_field("Second", BLANK))
        prepared = updated(prepared, _flagged("Second", 132 | flags))
        yield sealed(sign(prepared, Hand(people().officer, "Second", exists=True, ink=COVER)))


def _flagged(field: str, flags: int):
    def change(writer: IncrementalPdfFileWriter) -> None:
        made = field_named(writer, field)
        made[name("/F")] = generic.NumberObject(flags)
        writer.update_container(made)

    return change


def two_later_signatures_that_cover_the_page_together() -> Iterator[bytes]:
    """Each less than half, both all of it."""
    for halves in (((0, 0, 300, 209), (0, 209, 300, 420)), ((0, 0, 149, 420), (149, 0, 300, 420))):
        pdf = sign(paper(), Hand(people().stranger))
        for number, box in enumerate(halves):
            pdf = sign(pdf, Hand(people().officer, ("Second", "Third")[number], box, ink=COVER))
        yield sealed(pdf)


def a_visible_time_stamp_over_ink() -> Iterator[bytes]:
    """A document time-stamp needs no certificate; its field has a box and an appearance."""
    signed = with_evidence(sign(paper(), Hand(people().stranger)))
    for box, cover in product((*OVER_INK, WHOLE_PAGE), COVERS[:1]):
        yield visibly_stamped(signed, box, cover)


def a_visible_time_stamp_over_a_house_file() -> Iterator[bytes]:
    there = people()
    for field, who in (("KySaoChup", there.stranger), ("KySao", there.agency)):
        signed = sign(paper(), Hand(who, field, box=(10, 390, 110, 412)))
        for box in OVER_INK[:3]:
            yield visibly_stamped(with_evidence(signed), box, COVER)


def a_visible_time_stamp_between_two_signatures() -> Iterator[bytes]:
    """Covered by a later signature, so that it is not the newest thing in the file."""
    for box in (INKED, WHOLE_PAGE):
        stamped = visibly_stamped(with_evidence(sign(paper(), Hand(people().stranger))), box, COVER)
        yield sealed(sign(stamped, Hand(people().officer, "Second")))


def a_field_prepared_large_and_filled_later() -> Iterator[bytes]:
    """The certifier leaves an empty signature field over the text; at P=2 anybody may fill it."""
    for box, permission in product(OVER_INK, (fields.MDPPerm.FILL_FORMS, fields.MDPPerm.ANNOTATE)):
        with_field = updated(paper(), prepared_field("Second", box))
        certified = sign(with_field, Hand(people().stranger, certify=permission))
        yield sealed(sign(certified, Hand(people().officer, "Second", exists=True, ink=COVER)))


def a_field_on_another_page_prepared_large() -> Iterator[bytes]:
    for page in (0, 1):
        with_field = updated(paper(), prepared_field("Second", (0, 215, 300, 420), page))
        certified = sign(with_field, Hand(people().stranger, certify=fields.MDPPerm.FILL_FORMS))
        yield sealed(sign(certified, Hand(people().officer, "Second", exists=True, ink=COVER)))


def a_further_house_field_on_a_house_file() -> Iterator[bytes]:
    """KySaoChup on an agency's copy; KySao or KyCaNhan on a clerk's scan; over the text or beside it."""
    there = people()
    pairs = (("KySao", "KySaoChup"), ("KySaoChup", "KySao"), ("KySaoChup", "KyCaNhan"), ("KySao", "KyCoQuan"))
    for (first, second), box in product(pairs, (INKED, BLANK, None)):
        base = sign(paper(), Hand(there.agency, first, box=(10, 390, 110, 412)))
        yield sealed(sign(base, Hand(there.officer, second, box, ink=COVER)))


def a_further_house_field_on_a_sealed_house_file() -> Iterator[bytes]:
    there = people()
    for first, second in (("KySao", "KySaoChup"), ("KySaoChup", "KySao")):
        base = corner_copy(first, there.agency)
        for box in (INKED, None):
            yield sealed(sign(base, Hand(there.officer, second, box, ink=COVER)))


def the_same_field_twice_on_a_house_file() -> Iterator[bytes]:
    there = people()
    for field in ("KySao", "KySaoChup"):
        base = sign(paper(), Hand(there.agency, field, box=(10, 390, 110, 412)))
        yield sealed(sign(base, Hand(there.officer, "Second", INKED, ink=COVER)))


def a_later_signature_of_two_widgets() -> Iterator[bytes]:
    """One field with widgets over the text side by side."""
    boxes: list[Box] = [(0, 215, 150, 420), (150, 215, 300, 420)]
    signed = sign(paper(), Hand(people().stranger))
    for base in (signed, sign(paper(), Hand(people().stranger, certify=fields.MDPPerm.FILL_FORMS))):
        with_widgets = updated(base, widgets_under_one_field("Second", boxes))
        yield sealed(sign(with_widgets, Hand(people().officer, "Second", exists=True, ink=COVER)))


def a_later_box_written_backwards() -> Iterator[bytes]:
    """/Rect from the upper right to the lower left, as ISO 32000-2 7.9.5 allows."""
    signed = sign(paper(), Hand(people().stranger))
    for box in (INKED, (0, 215, 300, 420)):
        turned = (box[2], box[3], box[0], box[1])
        with_field = updated(signed, prepared_field("Second", turned))
        yield sealed(sign(with_field, Hand(people().officer, "Second", exists=True, ink=COVER)))


def visibly_stamped(pdf: bytes, box: Box, cover: bytes) -> bytes:
    """A document time-stamp in a field with a box and an appearance."""
    there = people()
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf), strict=False)
    prepared_field("Stamp", box)(writer)
    field_named(writer, "Stamp")[name("/AP")] = generic.DictionaryObject(
        {name("/N"): form_of(writer, cover, box)}
    )
    out = io.BytesIO()
    stamping = PdfTimeStamper(stamper_of(there), field_name="Stamp").async_timestamp_pdf(
        writer,
        "sha256",
        there.context(),
        dss_settings=TimestampDSSContentSettings(include_vri=False, update_before_ts=True),
        output=out,
    )
    asyncio.run(stamping)
    return out.getvalue()


def prepared_field(field: str, box: Box, page: int = 0):
    """An empty signature field."""

    def change(writer: IncrementalPdfFileWriter) -> None:
        fields.append_signature_field(writer, fields.SigFieldSpec(field, on_page=page, box=box))

    return change


def widgets_under_one_field(field: str, boxes: list[Box]):
    """A signature field with several widgets, each with the covering appearance already."""

    def change(writer: IncrementalPdfFileWriter) -> None:
        prepared_field(field, boxes[0])(writer)
        made = field_named(writer, field)
        page = first_page(writer)
        for box in boxes[1:]:
            widget = generic.DictionaryObject(
                {
                    name("/Type"): name("/Annot"),
                    name("/Subtype"): name("/Widget"),
                    name("/F"): generic.NumberObject(132),
                    name("/Rect"): generic.ArrayObject(map(generic.FloatObject, box)),
                    name("/Parent"): writer.root["/AcroForm"]["/Fields"].raw_get(-1),
                    name("/AP"): generic.DictionaryObject({name("/N"): form_of(writer, COVER, box)}),
                }
            )
            reference = writer.add_object(widget)
            page["/Annots"].append(reference)
            made.setdefault(name("/Kids"), generic.ArrayObject()).append(reference)
        writer.update_container(page["/Annots"])
        writer.update_container(page)

    return change


KINDS = (
    a_later_signature_over_ink,
    a_later_signature_over_a_pale_watermark,
    a_later_box_of_one_size_at_every_zoom,
    two_later_signatures_that_cover_the_page_together,
    a_visible_time_stamp_over_ink,
    a_visible_time_stamp_over_a_house_file,
    a_visible_time_stamp_between_two_signatures,
    a_field_prepared_large_and_filled_later,
    a_field_on_another_page_prepared_large,
    a_further_house_field_on_a_house_file,
    a_further_house_field_on_a_sealed_house_file,
    the_same_field_twice_on_a_house_file,
    a_later_signature_of_two_widgets,
    a_later_box_written_backwards,
)
