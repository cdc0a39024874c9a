"""A signed file that both readers could open, and the format check that opens it (EN 319 102-1 5.2.2)."""

import io
from collections.abc import Mapping
from dataclasses import dataclass

import pypdfium2
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import enumerate_sig_fields
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

from certify.model import AGENCY_FIELD, CLERK_FIELD, COPY_FIELD, OFFICER_FIELD
from certify.pdf_bytes.revisions import RevisionMap

COPY_FIELDS = frozenset({OFFICER_FIELD, AGENCY_FIELD})  # on every certified copy of ours
HOUSE_FIELDS = COPY_FIELDS | {CLERK_FIELD, COPY_FIELD}


@dataclass(frozen=True)
class OpenedFile:
    """Its bytes, our map of them, pyHanko's view, and its signature fields (name → signed or not)."""

    data: bytes
    map: RevisionMap
    reader: PdfFileReader
    signatures: tuple[EmbeddedPdfSignature, ...]
    fields: Mapping[str, bool]

    @property
    def house_fields(self) -> tuple[str, ...]:
        """Which of our signature fields it carries."""
        return tuple(name for name in self.fields if name in HOUSE_FIELDS)

    @property
    def is_certified_copy(self) -> bool:
        """Whether it carries both our fields, as every certified copy of ours does."""
        return self.fields.keys() >= COPY_FIELDS


def open_strictly(data: bytes, found: RevisionMap) -> OpenedFile:
    """Open `data` for verification; a hybrid file is read as old readers read it, and reported by step 6.

    Raises: anything at all, because hostile files make pyHanko raise anything.
    """
    reader = PdfFileReader(io.BytesIO(data), strict=True)
    if reader.xrefs.hybrid_xrefs_present:
        reader = PdfFileReader(io.BytesIO(data), strict=False)
    signatures = tuple(reader.embedded_signatures)
    fields = {name: value is not None for name, value, _ in enumerate_sig_fields(reader)}
    for signature in signatures:
        signature.compute_integrity_info()
        signature.signer_cert  # noqa: B018 -- read now: a signature without its certificate is a format failure
    return OpenedFile(data, found, reader, signatures, fields)


def opens_at_all(data: bytes) -> bool:
    """Whether a lenient reader opens `data`."""
    try:
        pypdfium2.PdfDocument(data).close()
    except pypdfium2.PdfiumError:
        return False
    return True
