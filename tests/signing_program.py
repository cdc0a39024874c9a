"""A signing program on somebody's own computer: what it makes of a file, in both profiles and in wrong ways.

It knows nothing of this house: it reads the fields that it finds, draws a stamp with a picture and letters of
its own, asks its own time-stamp authority, and writes one revision.
"""

import asyncio
import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from asn1crypto import x509
from fontTools import subset
from fontTools.ttLib import TTFont
from fontTools.ttLib.scaleUpem import scale_upem
from PIL import Image
from pyhanko.pdf_utils.font import FontEngineFactory
from pyhanko.pdf_utils.font.opentype import GlyphAccumulator
from pyhanko.pdf_utils.images import PdfImage
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.text import TextBoxStyle
from pyhanko.sign.fields import MDPPerm, SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, Signer
from pyhanko.stamp import StaticStampStyle, TextStampStyle
from pyhanko_certvalidator.registry import SimpleCertificateStore

from certify.signing.fields import field_names
from certify.signing.pending import RevisionWriter
from certify.signing.trust import Credentials

TINOS = Path("/usr/share/fonts/truetype/croscore/Tinos-Regular.ttf")
OWN_FIELD = "Signature1"
OFFICERS_PLACE = (320, 514, 520, 568)  # points on the statement's page, where nothing is printed


@dataclass(frozen=True)
class Way:
    """How the program signs; what is not told it does as the field that it finds demands.

    `field`: the one that it fills; empty: it makes `own` on `page` at `box`.
    """

    field: str = ""
    own: str = OWN_FIELD
    box: tuple[int, int, int, int] = OFFICERS_PLACE
    page: int = -1
    certifies: MDPPerm | None = None
    stamped: bool = True
    subfilter: SigSeedSubFilter = SigSeedSubFilter.PADES
    embeds: bool = True
    letters: bool = True  # without them it draws its picture alone, which is quicker
    more: tuple = ()  # (name, value) of the field that it makes
    meddles: Callable | None = None  # what else it does in the same revision

    def but(self, **changes) -> "Way":
        return replace(self, **changes)


class Letters(FontEngineFactory):
    """The program's own letters, embedded; pyHanko's own factory leaves the file of its font open."""

    def create_font_engine(self, writer, obj_stream=None):
        return GlyphAccumulator(
            writer=writer, font_handle=io.BytesIO(_tinos()), font_size=10, obj_stream=obj_stream
        )


@cache
def _tinos() -> bytes:
    """Its letters of the Latin alphabet alone, 1000 units to the em: quick to embed, the right width."""
    font = TTFont(TINOS)
    options = subset.Options(layout_features=[], hinting=False, notdef_outline=True)
    chosen = subset.Subsetter(options)
    chosen.populate(unicodes=range(0x20, 0x1F00))
    chosen.subset(font)
    scale_upem(font, 1000)
    out = io.BytesIO()
    font.save(out)
    return out.getvalue()


class HeldSigner(Signer):
    """pyHanko's signer over a key of this house's tests."""

    def __init__(self, credentials: Credentials) -> None:
        self._key = credentials.key
        store = SimpleCertificateStore()
        store.register_multiple(self._key.chain)
        super().__init__(signing_cert=self._key.certificate, cert_registry=store)

    async def async_sign_raw(self, data, digest_algorithm, dry_run=False):  # noqa: ARG002 pyHanko's
        assert digest_algorithm == "sha256"
        return self._key.begin(data).signature


def sign(data: bytes, credentials: Credentials, way: Way) -> bytes:
    """The file with one revision more."""
    out = io.BytesIO(data)
    asyncio.run(_sign(out, credentials, way))
    return out.getvalue()


async def _sign(out, credentials, way):
    writer = RevisionWriter(out)
    if way.meddles:
        way.meddles(writer)
    new = None
    if not way.field:
        new = SigFieldSpec(way.own, on_page=way.page, box=way.box, **dict(way.more))
    told = PdfSignatureMetadata(
        field_name=way.field or way.own,
        md_algorithm="sha256",
        subfilter=way.subfilter,
        certify=way.certifies is not None,
        docmdp_permissions=way.certifies or MDPPerm.FILL_FORMS,
        reason="Ký duyệt",
        location="Phường Mẫu",
        name=credentials.key.certificate.subject.native["common_name"],
    )
    stamper = credentials.services.timestamps if way.stamped else None
    signer = PdfSigner(
        told, HeldSigner(credentials), timestamper=stamper, stamp_style=_look(way), new_field_spec=new
    )
    await signer.async_sign_pdf(writer, existing_fields_only=bool(way.field), in_place=True)


def _look(way):
    box = {"text_box_style": TextBoxStyle(font=Letters())} if way.embeds else {}
    picture = PdfImage(Image.new("RGB", (40, 40), (200, 30, 30)))
    if not way.letters:
        return StaticStampStyle(background=picture, border_width=1)
    return TextStampStyle(
        stamp_text="Người ký: %(signer)s\nThời gian: %(ts)s", background=picture, border_width=1, **box
    )


def as_found(data: bytes) -> Way:
    """As the usual program does: it fills the first empty field that certifies or locks."""
    reader = PdfFileReader(io.BytesIO(data))
    empty = [name for name, is_signed in field_names(reader).items() if not is_signed]
    certifies = None if reader.embedded_signatures else MDPPerm.FILL_FORMS
    return Way(field=empty[0], certifies=certifies)


def certificate_of(credentials: Credentials) -> x509.Certificate:
    return credentials.key.certificate
