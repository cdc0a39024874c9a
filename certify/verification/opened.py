"""A signed file that both readers could open, and the format check that opens it (EN 319 102-1 5.2.2)."""

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property

import pypdfium2
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import MDPPerm, enumerate_sig_fields
from pyhanko.sign.validation.pdf_embedded import DocMDPInfo, EmbeddedPdfSignature, read_certification_data

from certify.pdf_bytes.revisions import RevisionMap
from certify.verification.allowed_changes import DIFFERENCES
from certify.verification.house_forms import HouseForm, form_of
from certify.verification.seen.annotations import Annotation, annotations_of
from certify.verification.signature_facts import integrity


@dataclass(frozen=True)
class OpenedFile:
    """Its bytes, our map of them, pyHanko's view, and its signature fields (name → signed or not).

    `complaint`: what a strict reader has against the file, where only a lenient one opened it.
    """

    data: bytes
    map: RevisionMap
    reader: PdfFileReader
    signatures: tuple[EmbeddedPdfSignature, ...]
    fields: Mapping[str, bool]
    complaint: str = ""

    @property
    def form(self) -> HouseForm | None:
        """The form of the house it is judged by, None for other people's files."""
        first = next((name for name, signed in self.fields.items() if signed), None)
        begun = self.signatures[0].field_name if self.signatures else first
        return form_of(self.fields, begun)

    @property
    def certification(self) -> DocMDPInfo | None:
        """Who certified the file (ISO 32000-2 12.8.2.2), and what may still change."""
        return read_certification_data(self.reader)

    @property
    def permission(self) -> MDPPerm | None:
        """What the certifier allows, None where nobody certified."""
        certification = self.certification
        return certification.permission if certification else None

    @property
    def first_signed_revision(self) -> bytes | None:
        """What the first signature signed, where the file holds more."""
        end = self.map.signatures[0].end if self.map.signatures else len(self.data)
        return self.data[:end] if end < len(self.data) else None

    @cached_property
    def then(self) -> PdfFileReader | None:
        """The file as the first signature signed it, None where that is all of it."""
        signed = self.first_signed_revision
        if signed is None:
            return None
        reader = PdfFileReader(io.BytesIO(signed), strict=False)
        if reader.encrypted:
            reader.decrypt(b"")
        return reader

    @cached_property
    def integrity(self) -> Callable[[EmbeddedPdfSignature], tuple[bool, bool]]:
        """What `signature_facts.integrity` says of a signature; worked out once."""
        return cache(integrity)

    @cached_property
    def annotations(self) -> dict[str, Annotation]:
        """Every annotation of the whole file."""
        return annotations_of(self.reader)

    @cached_property
    def annotations_then(self) -> dict[str, Annotation]:
        """Every annotation of what the first signature signed."""
        return annotations_of(self.then, tell_stamps=False) if self.then else self.annotations


def open_file(data: bytes, found: RevisionMap) -> OpenedFile:
    """Open `data` strictly, or leniently with a complaint; a hybrid file is read as old readers read it.

    Raises: anything at all, because hostile files make pyHanko raise anything.
    """
    try:
        return _opened(data, found, strict=True)
    except Exception as refused:  # noqa: BLE001 -- hostile files raise anything
        try:
            return _opened(data, found, strict=False, complaint=f"{type(refused).__name__}: {refused}")
        except Exception:  # noqa: BLE001 -- what the strict reader said comes first
            raise refused from None


def _opened(data: bytes, found: RevisionMap, *, strict: bool, complaint: str = "") -> OpenedFile:
    reader = PdfFileReader(io.BytesIO(data), strict=strict)
    if strict and reader.xrefs.hybrid_xrefs_present:
        reader = PdfFileReader(io.BytesIO(data), strict=False)
    if reader.encrypted:
        reader.decrypt(b"")  # what a reader shows to everybody
    signatures = tuple(reader.embedded_signatures)
    fields = {name: value is not None for name, value, _ in enumerate_sig_fields(reader)}
    for signature in signatures:
        signature.compute_integrity_info(DIFFERENCES)
        signature.signer_cert  # noqa: B018 -- read now: a signature without its certificate is a format failure
    return OpenedFile(data, found, reader, signatures, fields, complaint)


def opens_at_all(data: bytes) -> bool:
    """Whether a lenient reader opens `data`."""
    try:
        pypdfium2.PdfDocument(data).close()
    except pypdfium2.PdfiumError:
        return False
    return True
