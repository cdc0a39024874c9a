"""Where forgeries are made: papers, pens with ink of their own, seals; every base is an honest file.

Whatever is built here is signed by people of one trusted root, with validation data and an archive
time-stamp, so that nothing but the deceit itself can keep a file from passing.
"""

import asyncio
import io
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import pikepdf
from asn1crypto import tsp
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.content import AppearanceContent
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.layout import BoxConstraints
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import fields, signers
from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigObjSetup
from pyhanko.sign.signers.pdf_byterange import PdfSignedData
from pyhanko.sign.signers.pdf_signer import PdfTimeStamper, TimestampDSSContentSettings
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.validation.dss import async_add_validation_info
from pyhanko_certvalidator.registry import SimpleCertificateStore

from certify.demo_authority.answers import Stamper
from certify.demo_authority.certificates import Issued

sys.path.insert(0, str(Path(__file__).parent))
import sample_copies
from sample_copies import Authority, Identity

Box = tuple[float, float, float, float]
WHOLE_PAGE: Box = (0, 0, 300, 420)
INKED: Box = (20, 290, 170, 350)  # over the blue bar of the first page
BLANK: Box = (180, 60, 280, 110)  # over nothing
COVER = b"1 1 1 rg 0 0 400 500 re f 0.7 0 0 rg 10 8 40 20 re f"  # white paint and another text
TEXT = b"0 0 0.5 rg 4 4 60 8 re f"
name = generic.pdf_name


class Ink(AppearanceContent):
    """Operators as an appearance."""

    def __init__(self, writer: Any, box: BoxConstraints, operators: bytes) -> None:
        super().__init__(writer, box)
        self._operators = operators

    def render(self) -> bytes:
        return self._operators


@dataclass(frozen=True)
class Pen:
    """A stamp style that draws the same operators whatever the box."""

    operators: bytes

    def create_stamp(self, writer: Any, box: BoxConstraints, text_params: Any) -> Ink:
        del text_params
        return Ink(writer, box, self.operators)


@dataclass(frozen=True)
class Hand:
    """Who signs, in which field, in which box (None: invisible), with which ink, by which rules."""

    who: Identity
    field: str = "Alien"
    box: Box | None = None
    page: int = 0
    ink: bytes = TEXT
    certify: fields.MDPPerm | None = None
    digest: str = "sha256"
    subfilter: fields.SigSeedSubFilter = fields.SigSeedSubFilter.PADES
    exists: bool = False
    stamped: bool = True
    reserved: int | None = None  # bytes kept free for the signature
    signer: Any = None


class QuickStamper(TimeStamper):
    """Time-stamps by any identity, at any time; by the demo authority's own hand, which is quick."""

    def __init__(self, own: Identity, chain: tuple[Identity, ...], shift: timedelta = timedelta()) -> None:
        super().__init__()
        stamping = Issued(own.key, own.certificate)
        self._stamper = Stamper(stamping, tuple(one.certificate for one in chain))
        self._shift = shift
        self._serials = count(1)

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        return self._stamper.answer(req, next(self._serials), datetime.now(UTC) + self._shift)


@cache
def people() -> Authority:
    """The authority of all samples, with a time-stamping key that signs quickly."""
    there = sample_copies.authority()
    day = datetime.now(tz=UTC).replace(microsecond=0)
    persona = sample_copies.Persona("TSA nhanh", time_stamping=True)
    return replace(there, tsa=sample_copies.issue(persona, day, there.root))


@cache
def stamper_of(there: Authority) -> QuickStamper:
    """One time-stamper each: it remembers how long its tokens are."""
    return QuickStamper(there.tsa, (there.root,), getattr(there, "shift", timedelta()))


def sign(pdf: bytes, hand: Hand, there: Authority | None = None) -> bytes:
    """`pdf` with one more signature."""
    there = there or people()
    signer = hand.signer or signers.SimpleSigner(
        hand.who.asn1, hand.who.asn1_key, SimpleCertificateStore.from_certs([there.root.asn1])
    )
    meta = signers.PdfSignatureMetadata(
        field_name=hand.field,
        md_algorithm=hand.digest,
        subfilter=hand.subfilter,
        certify=hand.certify is not None,
        docmdp_permissions=hand.certify or fields.MDPPerm.FILL_FORMS,
    )
    spec = None if hand.exists else fields.SigFieldSpec(hand.field, on_page=hand.page, box=hand.box)
    visible = hand.box is not None or hand.exists
    signing = signers.PdfSigner(
        meta,
        signer,
        timestamper=stamper_of(there) if hand.stamped else None,
        new_field_spec=spec,
        stamp_style=Pen(hand.ink) if visible else None,
    )
    out = io.BytesIO()
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf), strict=False)
    asyncio.run(
        signing.async_sign_pdf(
            writer, existing_fields_only=hand.exists, bytes_reserved=hand.reserved, output=out
        )
    )
    return out.getvalue()


def signed_by_cms(
    pdf: bytes, make: Callable[[bytes], bytes], *, pades: bool = True, field: str = "Alien"
) -> bytes:
    """`pdf` with a signature whose CMS value `make` makes of the bytes it covers: as other programs sign."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf), strict=False)
    subfilter = fields.SigSeedSubFilter.PADES if pades else fields.SigSeedSubFilter.ADOBE_PKCS7_DETACHED
    value = PdfSignedData(obj_type=name("/Sig"), subfilter=subfilter, bytes_reserved=16384)
    steps = PdfCMSEmbedder().write_cms(field_name=field, writer=writer)
    next(steps)
    steps.send(SigObjSetup(sig_placeholder=value))
    out = io.BytesIO()
    prepared, _ = steps.send(SigIOSetup(md_algorithm="sha256", in_place=False, output=out))
    data = out.getvalue()
    covered = data[: prepared.reserved_region_start] + data[prepared.reserved_region_end :]
    prepared.fill_with_cms(out, make(covered))
    return out.getvalue()


def with_evidence(pdf: bytes, there: Authority | None = None) -> bytes:
    """Validation data of every signature that is no time-stamp."""
    there = there or people()
    count = len(PdfFileReader(io.BytesIO(pdf), strict=False).embedded_regular_signatures)
    for index in range(count):
        reader = PdfFileReader(io.BytesIO(pdf), strict=False)
        out = io.BytesIO()
        adding = async_add_validation_info(
            reader.embedded_regular_signatures[index],
            there.context(),
            add_vri_entry=False,
            embed_roots=True,
            output=out,
        )
        asyncio.run(adding)
        pdf = out.getvalue()
    return pdf


def time_stamped(
    pdf: bytes, there: Authority | None = None, digest: str = "sha256", context: Any = None
) -> bytes:
    """An archive time-stamp behind everything."""
    there = there or people()
    out = io.BytesIO()
    stamping = PdfTimeStamper(stamper_of(there)).async_timestamp_pdf(
        IncrementalPdfFileWriter(io.BytesIO(pdf), strict=False),
        digest,
        context or there.context(),
        dss_settings=TimestampDSSContentSettings(include_vri=False, update_before_ts=True),
        output=out,
    )
    asyncio.run(stamping)
    return out.getvalue()


def sealed(pdf: bytes, there: Authority | None = None) -> bytes:
    """Validation data and archive time-stamp: what a good signature needs to pass."""
    return time_stamped(with_evidence(pdf, there), there)


def updated(pdf: bytes, change: Callable[[IncrementalPdfFileWriter], None]) -> bytes:
    """`pdf` with one more revision."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf), strict=False)
    change(writer)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def rewritten(pdf: bytes, change: Callable[[pikepdf.Pdf], None]) -> bytes:
    """`pdf` written anew after `change`: what somebody prepares before signing."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as document:
        change(document)
        document.save(out, static_id=True)
    return out.getvalue()


def form_of(writer: IncrementalPdfFileWriter, operators: bytes, box: Box) -> Any:
    """A form XObject that draws `operators`, as an object of the writer."""
    look = generic.StreamObject(stream_data=operators)
    size = (0, 0, box[2] - box[0], box[3] - box[1])
    look.update(
        {
            name("/Type"): name("/XObject"),
            name("/Subtype"): name("/Form"),
            name("/BBox"): generic.ArrayObject(map(generic.FloatObject, size)),
        }
    )
    return writer.add_object(look)


def first_page(writer: IncrementalPdfFileWriter) -> Any:
    return writer.root["/Pages"]["/Kids"][0]


def field_named(writer: IncrementalPdfFileWriter, wanted: str) -> Any:
    """The dictionary of a root field."""
    return next(
        field.get_object()
        for field in writer.root["/AcroForm"]["/Fields"]
        if field.get_object()["/T"] == wanted
    )


@cache
def paper() -> bytes:
    return sample_copies.blank_paper()


@cache
def strangers_file(box: Box | None = None) -> bytes:
    """A paper signed by somebody trusted, for decades."""
    return sealed(sign(paper(), Hand(people().stranger, box=box)))


@cache
def house_fields() -> bytes:
    """A paper with both fields of a certified copy."""
    return sample_copies.with_fields(paper())


def house_copy(
    officer: Identity | None = None, agency: Identity | None = None, base: bytes | None = None
) -> bytes:
    """A certified copy in the house's order of work, by whomever."""
    there = people()
    hand = Hand(officer or there.officer, "KyCaNhan", exists=True, certify=fields.MDPPerm.FILL_FORMS)
    by_officer = sign(base or house_fields(), hand)
    return sealed(sign(by_officer, replace(hand, who=agency or there.agency, field="KyCoQuan", certify=None)))


def corner_copy(field: str, who: Identity, base: bytes | None = None) -> bytes:
    """A clerk's scan (KySaoChup) or an agency's own copy (KySao), as the house signs them."""
    return sealed(sign(base or paper(), Hand(who, field, box=(10, 390, 110, 412))))
