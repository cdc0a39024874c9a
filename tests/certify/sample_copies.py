"""A small certified copy made with an in-test authority, and the same copy cut, forged and damaged.

The order of work is the house's own: both fields beforehand, the officer certifies, the agency locks
everything, validation data for both signers, an archive time-stamp last.
"""

import asyncio
import io
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pikepdf
from asn1crypto import crl as asn1_crl
from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import fields, signers
from pyhanko.sign.signers.pdf_signer import PdfTimeStamper, TimestampDSSContentSettings
from pyhanko.sign.timestamps.dummy_client import DummyTimeStamper
from pyhanko.sign.validation.dss import async_add_validation_info
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
OFFICER_BOX = (40, 60, 180, 130)
STRANGE_FIELDS = {"Alien", "Second"}
AGENCY_BOX = (190, 60, 290, 130)


@dataclass(frozen=True)
class Identity:
    certificate: x509.Certificate
    key: Key

    @property
    def asn1(self) -> asn1_x509.Certificate:
        return asn1_x509.Certificate.load(self.certificate.public_bytes(serialization.Encoding.DER))

    @property
    def asn1_key(self) -> asn1_keys.PrivateKeyInfo:
        form = serialization.PrivateFormat.PKCS8
        bare = serialization.NoEncryption()
        return asn1_keys.PrivateKeyInfo.load(self.key.private_bytes(serialization.Encoding.DER, form, bare))


@dataclass(frozen=True)
class Authority:
    """A root, its people and its revocation list, all valid around `day`."""

    root: Identity
    officer: Identity
    agency: Identity
    stranger: Identity
    tsa: Identity
    crl: asn1_crl.CertificateList

    def write_root(self, folder: Path) -> Path:
        pem = folder / "root.pem"
        pem.write_bytes(self.root.certificate.public_bytes(serialization.Encoding.PEM))
        return pem

    def time_stamper(self) -> DummyTimeStamper:
        return DummyTimeStamper(
            self.tsa.asn1, self.tsa.asn1_key, SimpleCertificateStore.from_certs([self.root.asn1])
        )

    def context(self) -> ValidationContext:
        return ValidationContext(
            trust_roots=[self.root.asn1], crls=[self.crl], allow_fetching=False, revocation_mode="require"
        )


@dataclass(frozen=True)
class Persona:
    """What a certificate is to say."""

    name: str
    days: tuple[int, int] = (-30, 700)
    time_stamping: bool = False
    authority: bool = False


def _key_usage(persona: Persona) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not persona.authority,
        content_commitment=not persona.authority,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=persona.authority,
        crl_sign=persona.authority,
        encipher_only=False,
        decipher_only=False,
    )


def issue(
    persona: Persona, day: datetime, issuer: Identity | None = None, *, rsa_key: bool = False
) -> Identity:
    key: Key = rsa.generate_private_key(65537, 2048) if rsa_key else ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, persona.name)])
    begin, end = (day + timedelta(days=days) for days in persona.days)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=persona.authority, path_length=None), critical=True)
        .add_extension(_key_usage(persona), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if persona.time_stamping:
        builder = builder.add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True
        )
    return Identity(builder.sign(issuer.key if issuer else key, hashes.SHA256()), key)


def revocation_list(
    root: Identity, day: datetime, revoked: tuple[Identity, ...] = ()
) -> asn1_crl.CertificateList:
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(root.certificate.subject)
        .last_update(day - timedelta(minutes=5))
        .next_update(day + timedelta(days=7))
        .add_extension(x509.CRLNumber(1), critical=False)
    )
    for person in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(person.certificate.serial_number)
        builder = builder.add_revoked_certificate(entry.revocation_date(day - timedelta(days=1)).build())
    signed = builder.sign(root.key, hashes.SHA256())
    return asn1_crl.CertificateList.load(signed.public_bytes(serialization.Encoding.DER))


def authority(rsa_key: bool = False) -> Authority:
    return _made_authority(rsa_key)


@cache
def _made_authority(rsa_key: bool) -> Authority:
    day = datetime.now(tz=UTC).replace(microsecond=0)
    root = issue(Persona("Gốc thử nghiệm", days=(-60, 3000), authority=True), day, rsa_key=rsa_key)
    names = ("Nguyễn Văn Cán Bộ", "UBND phường Thử Nghiệm", "Người lạ")
    people = [issue(Persona(name), day, root, rsa_key=rsa_key) for name in names]
    tsa = issue(Persona("TSA thử nghiệm", time_stamping=True), day, root, rsa_key=True)
    return Authority(root, *people, tsa, revocation_list(root, day))


def blank_paper(pages: int = 2) -> bytes:
    """A document with a little ink on each page, freshly written."""
    document = pikepdf.new()
    for number in range(pages):
        page = document.add_blank_page(page_size=(300, 420))
        ink = f"0.1 0.2 0.6 rg {30 + 20 * number} 300 120 40 re f 0 g 30 200 200 8 re f".encode()
        page.obj.Contents = document.make_stream(ink)
    out = io.BytesIO()
    document.save(out, static_id=True)
    return out.getvalue()


def with_fields(paper: bytes) -> bytes:
    writer = IncrementalPdfFileWriter(io.BytesIO(paper))
    fields.append_signature_field(writer, fields.SigFieldSpec("KyCaNhan", on_page=-1, box=OFFICER_BOX))
    lock = fields.FieldMDPSpec(fields.FieldMDPAction.ALL)
    agency = fields.SigFieldSpec(
        "KyCoQuan",
        on_page=-1,
        box=AGENCY_BOX,
        field_mdp_spec=lock,
        doc_mdp_update_value=fields.MDPPerm.NO_CHANGES,
    )
    fields.append_signature_field(writer, agency)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


async def sign(
    pdf: bytes, who: Identity, there: Authority, box: tuple[int, ...] | None = None, **meta: object
) -> bytes:
    signer = signers.SimpleSigner(
        who.asn1, who.asn1_key, SimpleCertificateStore.from_certs([there.root.asn1])
    )
    usual = {"md_algorithm": "sha256", "subfilter": fields.SigSeedSubFilter.PADES}
    settings = signers.PdfSignatureMetadata(**usual | meta)
    new_field = fields.SigFieldSpec(str(meta["field_name"]), on_page=0, box=box) if box else None
    pdf_signer = signers.PdfSigner(
        settings, signer, timestamper=there.time_stamper(), new_field_spec=new_field
    )
    out = io.BytesIO()
    await pdf_signer.async_sign_pdf(
        IncrementalPdfFileWriter(io.BytesIO(pdf), strict=False),
        existing_fields_only=meta["field_name"] not in STRANGE_FIELDS,
        output=out,
    )
    return out.getvalue()


async def add_validation_data(pdf: bytes, there: Authority) -> bytes:
    for index in range(2):
        reader = PdfFileReader(io.BytesIO(pdf))
        out = io.BytesIO()
        await async_add_validation_info(
            reader.embedded_signatures[index],
            there.context(),
            add_vri_entry=False,
            embed_roots=True,
            output=out,
        )
        pdf = out.getvalue()
    return pdf


async def time_stamp(pdf: bytes, there: Authority) -> bytes:
    out = io.BytesIO()
    settings = TimestampDSSContentSettings(include_vri=False, update_before_ts=True)
    await PdfTimeStamper(there.time_stamper()).async_timestamp_pdf(
        IncrementalPdfFileWriter(io.BytesIO(pdf)),
        "sha256",
        there.context(),
        dss_settings=settings,
        output=out,
    )
    return out.getvalue()


async def _certify(paper: bytes, there: Authority) -> bytes:
    pdf = await sign(
        with_fields(paper),
        there.officer,
        there,
        field_name="KyCaNhan",
        certify=True,
        docmdp_permissions=fields.MDPPerm.FILL_FORMS,
    )
    pdf = await sign(pdf, there.agency, there, field_name="KyCoQuan")
    return await time_stamp(await add_validation_data(pdf, there), there)


@cache
def genuine_copy(rsa_key: bool = False) -> bytes:
    """A copy as the house issues it: certified, locked, with validation data and an archive time-stamp."""
    return asyncio.run(_certify(blank_paper(), authority(rsa_key)))
