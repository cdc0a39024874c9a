"""One signature in two steps: prepared on disk with a hole for it, finished when the key holder answered.

Between the steps nothing is in memory: there is a PDF with an empty signature, and beside it a small JSON
record of the hole, the digest and the signed attributes. So the holder may answer minutes later, to another
process.
"""

import base64
import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from asn1crypto import algos, cms
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko.sign.general import SigningError, simple_cms_attribute
from pyhanko.sign.signers import ExternalSigner, PdfSignatureMetadata, PdfSigner
from pyhanko.sign.signers.pdf_byterange import PreparedByteRangeDigest
from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes
from pyhanko_certvalidator.registry import SimpleCertificateStore

from certify.letters.appearance import Drawing, FormStyle
from certify.model import Box, CertifyFault, FaultCode
from certify.signing.atomic import appearing
from certify.signing.fields import corner_field, font_in, frame_of, require_same_box, require_state
from certify.signing.keys import DIGEST, check_signature, named_by_digest, signature_size
from certify.signing.timestamp import with_token
from certify.signing.trust import Credentials, require_good
from foundation.durable import duplicate, publish

ROOM_FOR_ATTRIBUTES = 1024  # bytes of signed attributes and containers around them
SPARE_PART = 4  # a quarter more than counted, for a time-stamp authority with longer certificates


class RevisionWriter(IncrementalPdfFileWriter):
    """Appends exactly what a step means to add: the metadata of the composed document stay as they are."""

    def _update_meta(self) -> None:
        """Leave /Info and XMP alone."""


@dataclass(frozen=True)
class Intent:
    """What is to be signed: a field, how it looks, and whether the signature certifies or locks the file.

    `expected` are the fields the file must have, and whether they are filled. `corner` is the box of a field
    yet to be made on the first page; without it the field is one of the expected.
    """

    field: str
    drawing: Drawing
    at: datetime
    name: str
    expected: tuple[tuple[str, bool], ...] = ()
    corner: Box | None = None
    certifies: bool = False
    locks: bool = False
    reason: str | None = None

    def metadata(self) -> PdfSignatureMetadata:
        """The same for pyHanko: PAdES, SHA-256, DocMDP P=2 for the certifier and P=1 for the lock."""
        return PdfSignatureMetadata(
            field_name=self.field,
            md_algorithm=DIGEST,
            subfilter=SigSeedSubFilter.PADES,
            certify=self.certifies,
            docmdp_permissions=MDPPerm.NO_CHANGES if self.locks else MDPPerm.FILL_FORMS,
            name=self.name,
            reason=self.reason,
        )


@dataclass(frozen=True)
class Pending:
    """A prepared signature: the PDF, its hole (byte offsets `start` to `end`) and what is to be signed."""

    pdf: Path
    start: int
    end: int
    digest: bytes
    attributes: bytes

    @property
    def to_be_signed(self) -> bytes:
        """The bytes for the key: the DER of the signed attributes (RFC 5652 5.4)."""
        return self.attributes

    @property
    def record_path(self) -> Path:
        """Where the record lies."""
        return self.pdf.with_name(f"{self.pdf.name}.json")

    def record(self) -> str:
        """This record as JSON, with the PDF's name alone: it lies beside it."""
        kept = asdict(self) | {"pdf": self.pdf.name}
        return json.dumps({key: _as_text(value) for key, value in kept.items()})

    @classmethod
    def read(cls, record: Path) -> "Pending":
        """The record of a signature prepared earlier."""
        kept = json.loads(record.read_text())
        return cls(
            pdf=record.with_name(kept["pdf"]),
            start=kept["start"],
            end=kept["end"],
            digest=base64.b64decode(kept["digest"]),
            attributes=base64.b64decode(kept["attributes"]),
        )


async def prepare(source: Path, prepared: Path, intent: Intent, credentials: Credentials) -> Pending:
    """Write `source` plus one revision with an empty signature to `prepared`, and the record beside it.

    Raises: CertifyFault: the certificate's state; ALREADY_SIGNED; TIMESTAMP_UNAVAILABLE; NOT_SIGNABLE for a
    file that pyHanko refuses or whose fields are not as expected.
    """
    await require_good(credentials.key.certificate, credentials.key.chain, credentials.services)
    with appearing(prepared) as staged:
        duplicate(source, staged)
        with staged.open("r+b") as stream:
            made, attributes = await _with_hole(stream, intent, credentials)
    pending = Pending(
        prepared,
        made.reserved_region_start,
        made.reserved_region_end,
        made.document_digest,
        attributes.dump(),
    )
    with appearing(pending.record_path) as staged:
        staged.write_text(pending.record())
    return pending


async def finish(pending: Pending, signature: bytes, credentials: Credentials, out: Path) -> None:
    """Put the signature, with its time-stamp, into the hole, and give the file the name `out`.

    Raises: CertifyFault KEY_REFUSED when `signature` is not the certificate's; TIMESTAMP_UNAVAILABLE, and
    what was prepared stays for another try.
    """
    check_signature(credentials.key.certificate, signature, pending.to_be_signed)
    container: Any = await _external(credentials, signature).async_sign_prescribed_attributes(
        DIGEST, cms.CMSAttributes.load(pending.attributes)
    )
    stamped = hashlib.new(DIGEST, signature).digest()
    token: Any = await credentials.services.timestamps.async_timestamp(stamped, DIGEST)
    hole = PreparedByteRangeDigest(pending.digest, pending.start, pending.end)
    with pending.pdf.open("r+b") as stream:
        hole.fill_with_cms(stream, with_token(container.dump(), token.dump()))
    publish(pending.pdf, out)
    pending.record_path.unlink(missing_ok=True)


async def _with_hole(
    stream: Any, intent: Intent, credentials: Credentials
) -> tuple[PreparedByteRangeDigest, cms.CMSAttributes]:
    signer = _external(credentials)
    try:
        writer = RevisionWriter(stream)
        require_state(writer.prev, intent.field, dict(intent.expected))
        session = _signer(writer, intent, signer, credentials).init_signing_session(
            writer, existing_fields_only=intent.corner is None
        )
        session.system_time = intent.at
        document = session.prepare_tbs_document(None, await _reserved_digits(credentials))
        made, _ = document.digest_tbs_document(in_place=True)
    except (SigningError, PdfError) as refused:
        raise CertifyFault(FaultCode.NOT_SIGNABLE, str(refused)) from refused
    settings = PdfCMSSignedAttributes(signing_time=intent.at)
    attributes = await signer.signed_attrs(made.document_digest, DIGEST, settings, use_pades=True)
    attribute: Any = simple_cms_attribute
    named = attribute("signing_certificate_v2", named_by_digest(credentials.key.certificate))
    others = [each for each in attributes if each["type"].native != "signing_certificate_v2"]
    return made, cms.CMSAttributes([*others, named])


async def _reserved_digits(credentials: Credentials) -> int:
    """Hexadecimal digits that hold the signature whatever its key and time-stamp authority answer."""
    key = credentials.key
    certificates = sum(len(certificate.dump()) for certificate in (key.certificate, *key.chain))
    token: Any = await credentials.services.timestamps.async_dummy_response(DIGEST)
    needed = certificates + signature_size(key.certificate) + len(token.dump()) + ROOM_FOR_ATTRIBUTES
    return 2 * (needed + needed // SPARE_PART)


def _signer(
    writer: RevisionWriter, intent: Intent, signer: ExternalSigner, credentials: Credentials
) -> PdfSigner:
    new_field = corner_field(writer, intent.field, intent.corner) if intent.corner else None
    drawing = intent.drawing
    if new_field:
        rotate = frame_of(writer, 0).rotate
    else:
        rotate = require_same_box(writer, intent.field, (drawing.width, drawing.height))
    style: Any = FormStyle(drawing, font_in(writer), rotate)
    return PdfSigner(
        intent.metadata(),
        signer,
        timestamper=credentials.services.timestamps,
        stamp_style=style,
        new_field_spec=new_field,
    )


def _external(credentials: Credentials, signature: bytes | None = None) -> ExternalSigner:
    certificate = credentials.key.certificate
    certificates = SimpleCertificateStore()  # type: ignore[no-untyped-call]
    certificates.register_multiple(credentials.key.chain)
    algorithm = "ecdsa" if certificate.public_key.algorithm == "ec" else "rsa"
    return ExternalSigner(
        credentials.key.certificate,
        certificates,
        signature_value=signature or signature_size(certificate),
        signature_mechanism=algos.SignedDigestAlgorithm({"algorithm": f"{DIGEST}_{algorithm}"}),
    )


def _as_text(value: Any) -> Any:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value
