"""Signature fields: where they lie on a page, which are filled, and by whom.

Everything is read in pyHanko's strict mode; a file it refuses is NOT_SIGNABLE.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from asn1crypto import x509
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import BasePdfFileWriter
from pyhanko.sign.fields import (
    FieldMDPAction,
    FieldMDPSpec,
    MDPPerm,
    SeedSignatureType,
    SigFieldSpec,
    SigSeedSubFilter,
    SigSeedValFlags,
    SigSeedValueSpec,
    append_signature_field,
    enumerate_sig_fields,
)

from certify.field_names import AGENCY_FIELD, AGENCY_LAST_FIELD, OFFICER_FIELD
from certify.letters.appearance import FONT_NAME, PageFrame
from certify.letters.embedding import embed_in_revision
from certify.letters.typeface import Weight
from certify.model import Box, CertifyFault, CopyFields, CopyForms, FaultCode, Profile

READABLE = {
    OFFICER_FIELD: "Chữ ký số của người có thẩm quyền chứng thực",
    AGENCY_FIELD: "Chữ ký số của cơ quan, tổ chức",
    AGENCY_LAST_FIELD: "Chữ ký số của cơ quan, tổ chức",
}
CERTIFY_AS_PADES = SigSeedValueSpec(  # ISO 32000-2 table 237: what the signing program is told by the field
    flags=SigSeedValFlags.SUBFILTER,
    subfilters=[SigSeedSubFilter.PADES],
    seed_signature_type=SeedSignatureType(MDPPerm.FILL_FORMS),
)
ROTATIONS = (0, 90, 180, 270)
ROUNDING = 0.5  # points that a box may be off


@dataclass(frozen=True)
class Filled:
    """A signature found in a field: the certificate that made it and the time it claims."""

    field: str
    certificate: x509.Certificate
    at: datetime


@contextmanager
def read_strictly(path: Path) -> Iterator[PdfFileReader]:
    """The document for reading.

    Raises: CertifyFault NOT_SIGNABLE for what strict parsing refuses.
    """
    with path.open("rb") as stream:
        try:
            yield PdfFileReader(stream, strict=True)
        except (PdfError, ValueError, TypeError, KeyError) as refused:
            raise CertifyFault(FaultCode.NOT_SIGNABLE, f"{path.name}: {refused!r}") from refused


def filled_in(reader: PdfFileReader) -> tuple[Filled, ...]:
    """The signatures of people and agencies in the file, in order of signing; time-stamps are left out."""
    return tuple(
        Filled(signature.field_name, signature.signer_cert, signature.self_reported_timestamp)
        for signature in reader.embedded_regular_signatures
    )


def field_names(reader: PdfFileReader) -> dict[str, bool]:
    """All signature fields and whether they are filled."""
    if "/AcroForm" not in reader.root:
        return {}
    return {name: value is not None for name, value, _ in enumerate_sig_fields(reader)}


def require_state(reader: PdfFileReader, field: str, expected: dict[str, bool]) -> None:
    """Refuse a file whose fields are not exactly as the step before left them.

    Raises: CertifyFault ALREADY_SIGNED when `field` is filled, NOT_SIGNABLE otherwise.
    """
    found = field_names(reader)
    if found.get(field):
        raise CertifyFault(FaultCode.ALREADY_SIGNED, field)
    if found != expected:
        raise CertifyFault(FaultCode.NOT_SIGNABLE, f"signature fields {found}, expected {expected}")


def frame_of(handler: Any, page: int) -> PageFrame:
    """The visible part of a page (its crop box within its media box) and its rotation."""
    found = handler.find_page_for_modification(page)[0].get_object()
    box = _inherited(found, "/CropBox") or _inherited(found, "/MediaBox")
    left, bottom, right, top = (float(edge) for edge in box)
    rotate = int(_inherited(found, "/Rotate") or 0) % 360
    if rotate not in ROTATIONS:
        raise CertifyFault(FaultCode.NOT_SIGNABLE, f"page rotated by {rotate}")
    return PageFrame(min(left, right), min(bottom, top), max(left, right), max(bottom, top), rotate)


def corner_field(handler: Any, field: str, box: Box) -> SigFieldSpec:
    """A new visible field on the first page."""
    rectangle: Any = frame_of(handler, 0).place(box)
    return SigFieldSpec(field, on_page=0, box=rectangle, readable_field_name=READABLE.get(field))


def add_copy_fields(
    writer: BasePdfFileWriter, forms: CopyForms, profile: Profile | None = None
) -> CopyFields:
    """The fields of a certified copy on its last page; the agency's locks all fields and all changes.

    With `profile` the officer signs with a program: its field demands to be certified in, or is left to it.
    """
    fields = CopyFields.by_program(profile) if profile else CopyFields()
    frame = frame_of(writer, -1)
    append: Any = append_signature_field
    if fields.officer:
        told = CERTIFY_AS_PADES if profile else None
        box: Any = frame.place(forms.officer.box)
        append(
            writer,
            SigFieldSpec(
                fields.officer,
                on_page=-1,
                box=box,
                readable_field_name=READABLE[fields.officer],
                seed_value_dict=told,
            ),
        )
    agency_box: Any = frame.place(forms.agency.box)
    append(
        writer,
        SigFieldSpec(
            fields.agency,
            on_page=-1,
            box=agency_box,
            readable_field_name=READABLE[fields.agency],
            field_mdp_spec=FieldMDPSpec(FieldMDPAction.ALL),
            doc_mdp_update_value=MDPPerm.NO_CHANGES,
        ),
    )
    return fields


def require_same_box(handler: Any, field: str, size: tuple[float, float]) -> int:
    """The rotation of the page an existing field lies on, once its box is known to be the form's.

    Raises: CertifyFault RENDER_FAILED when it was made for another form, NOT_SIGNABLE when there is none.
    """
    for name, _, reference in enumerate_sig_fields(handler):
        if name == field:
            widget = reference.get_object()
            left, bottom, right, top = (float(edge) for edge in widget["/Rect"])
            rotate = int(_inherited(widget["/P"], "/Rotate") or 0) % 360
            found = (right - left, top - bottom) if rotate % 180 == 0 else (top - bottom, right - left)
            if max(abs(found[0] - size[0]), abs(found[1] - size[1])) > ROUNDING:
                raise CertifyFault(FaultCode.RENDER_FAILED, f"{field} measures {found}, its form {size}")
            return rotate
    raise CertifyFault(FaultCode.NOT_SIGNABLE, f"no field {field}")


def font_in(writer: BasePdfFileWriter) -> Any:
    """The regular face: the one the composed copy brought along, or embedded into this revision."""
    try:
        return writer.root["/AcroForm"]["/DR"]["/Font"].raw_get(FONT_NAME)
    except KeyError:
        return embed_in_revision(Weight.REGULAR, writer)


def _inherited(page: generic.DictionaryObject, key: str) -> Any:
    node: Any = page
    while key not in node:
        if "/Parent" not in node:
            return None
        node = node["/Parent"]
    return node[key]
