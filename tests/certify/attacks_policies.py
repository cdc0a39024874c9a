"""Signatures that are right and may not count: certificates for something else, weak algorithms, times.

Every function yields variants of one kind; all are under the trusted root, with everything else in order.
"""

import asyncio
import hashlib
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from asn1crypto import algos, cms
from asn1crypto import crl as asn1_crl
from asn1crypto import ocsp as asn1_ocsp
from attacks import contents_of
from attacks_workshop import (
    Hand,
    QuickStamper,
    house_copy,
    name,
    paper,
    people,
    sealed,
    sign,
    signed_by_cms,
    time_stamped,
    updated,
    with_evidence,
)
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID as Purpose
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import signers
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore
from sample_copies import Authority, Identity, Persona, issue, revocation_list

from certify.pdf_bytes.revisions import map_revisions
from certify.pdf_bytes.syntax import read_object

NOW = datetime.now(tz=UTC).replace(microsecond=0)
SIGNS = frozenset({"digital_signature", "content_commitment"})
_BITS = (
    *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment"),
    *("key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
)


@dataclass(frozen=True)
class Card:
    """What a certificate says of its key, beside the name."""

    usage: frozenset[str] | None = SIGNS
    purposes: tuple[Any, ...] = ()
    critical: bool = False
    authority: bool = False
    days: tuple[int, int] = (-30, 700)
    new_key: Callable[[], Any] = field(default=lambda: ec.generate_private_key(ec.SECP256R1()))
    digest: Any = field(default_factory=hashes.SHA256)


def issued(card: Card, called: str = "Trần Thị Thử") -> Identity:
    root = people().root
    key = card.new_key()
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, called)])
    begin, end = (NOW + timedelta(days=days) for days in card.days)
    builder = (
        x509.CertificateBuilder(
            root.certificate.subject, subject, key.public_key(), x509.random_serial_number()
        )
        .not_valid_before(begin)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=card.authority, path_length=None), critical=True)
    )
    if card.usage is not None:
        bits = {bit: bit in card.usage for bit in _BITS}
        builder = builder.add_extension(x509.KeyUsage(**bits), critical=True)
    if card.purposes:
        builder = builder.add_extension(x509.ExtendedKeyUsage(card.purposes), critical=card.critical)
    return Identity(builder.sign(root.key, card.digest), key)


def with_stamper(card: Card | None = None, shift: timedelta = timedelta()) -> Authority:
    """The same people, with another time-stamping certificate or clock."""
    there = people()
    tsa = issued(card, "TSA khác") if card else there.tsa
    return _Stamping(**{**vars(there), "tsa": tsa}, shift=shift)


@dataclass(frozen=True)
class _Stamping(Authority):
    shift: timedelta = timedelta()

    def time_stamper(self) -> QuickStamper:
        return QuickStamper(self.tsa, (self.root,), self.shift)


STAMPS = Card(frozenset({"digital_signature"}), (Purpose.TIME_STAMPING,), critical=True)


# certificates for something else ------------------------------------------------------------------------


def certificates_that_are_not_for_signing() -> Iterator[bytes]:
    for card in (
        Card(frozenset({"digital_signature"})),
        Card(
            frozenset({"digital_signature", "key_encipherment"}), (Purpose.SERVER_AUTH, Purpose.CLIENT_AUTH)
        ),
        Card(SIGNS, (Purpose.SERVER_AUTH,)),
        Card(SIGNS, (Purpose.EMAIL_PROTECTION, Purpose.SERVER_AUTH)),
        Card(SIGNS, (Purpose.CODE_SIGNING,)),
        Card(SIGNS, (Purpose.OCSP_SIGNING,)),
        Card(frozenset({"key_encipherment"})),
        Card(None),
    ):
        yield sealed(sign(paper(), Hand(issued(card))))


def a_time_stamping_certificate_that_signs() -> Iterator[bytes]:
    yield sealed(sign(paper(), Hand(people().tsa)))
    yield sealed(sign(paper(), Hand(issued(replace(STAMPS, usage=SIGNS)))))


def an_authority_that_signs() -> Iterator[bytes]:
    for usage in (SIGNS | {"key_cert_sign", "crl_sign"}, SIGNS):
        yield sealed(sign(paper(), Hand(issued(Card(usage, authority=True)))))


def house_files_by_certificates_for_something_else() -> Iterator[bytes]:
    server = Card(SIGNS, (Purpose.SERVER_AUTH,))
    yield house_copy(issued(server, "Nguyễn Văn Cán Bộ"))
    yield house_copy(agency=issued(server, "UBND phường Thử Nghiệm"))


def time_stamps_by_certificates_for_more() -> Iterator[bytes]:
    """RFC 3161 2.3: time-stamping alone, and critical."""
    for card in (
        replace(STAMPS, critical=False),
        replace(STAMPS, purposes=(Purpose.TIME_STAMPING, Purpose.EMAIL_PROTECTION)),
        replace(STAMPS, purposes=(Purpose.CLIENT_AUTH, Purpose.TIME_STAMPING)),
    ):
        there = with_stamper(card)
        signed = sign(paper(), Hand(people().stranger))
        yield time_stamped(with_evidence(signed), there)
        yield sealed(sign(paper(), Hand(people().stranger), there))


# weak algorithms ----------------------------------------------------------------------------------------


def small_curves() -> Iterator[bytes]:
    for curve in (ec.SECP192R1, ec.SECP224R1, ec.SECP256K1):
        card = Card(new_key=lambda curve=curve: ec.generate_private_key(curve()))
        yield sealed(sign(paper(), Hand(issued(card))))


def small_rsa_keys() -> Iterator[bytes]:
    for bits in (1024, 1536):
        card = Card(new_key=lambda bits=bits: rsa.generate_private_key(65537, bits))
        yield sealed(sign(paper(), Hand(issued(card))))


def weak_digests() -> Iterator[bytes]:
    for digest in ("sha1", "sha224"):
        yield sealed(sign(paper(), Hand(people().stranger, digest=digest)))


@cache
def rsa_person() -> Identity:
    return issued(Card(new_key=lambda: rsa.generate_private_key(65537, 2048)))


class PssSigner(signers.Signer):
    """RSASSA-PSS with whatever parameters."""

    def __init__(self, who: Identity, digest: str, mask: str, salt: int) -> None:
        super().__init__(
            signing_cert=who.asn1,
            cert_registry=SimpleCertificateStore.from_certs([people().root.asn1]),
            signature_mechanism=algos.SignedDigestAlgorithm(
                {
                    "algorithm": "rsassa_pss",
                    "parameters": algos.RSASSAPSSParams(
                        {
                            "hash_algorithm": {"algorithm": digest},
                            "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": {"algorithm": mask}},
                            "salt_length": salt,
                        }
                    ),
                }
            ),
        )
        self._who, self._digests, self._salt = who, (digest, mask), salt

    async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:
        del digest_algorithm, dry_run
        digest, mask = (getattr(hashes, one.upper())() for one in self._digests)
        pad = padding.PSS(padding.MGF1(mask), self._salt)
        return self._who.key.sign(data, pad, digest)


def weak_pss() -> Iterator[bytes]:
    """No salt, a short one, a mask or a digest of SHA-1."""
    who = rsa_person()
    for digest, mask, salt in (("sha256", "sha256", 0), ("sha256", "sha256", 8), ("sha256", "sha1", 32)):
        yield sealed(sign(paper(), Hand(who, digest=digest, signer=PssSigner(who, digest, mask, salt))))


def time_stamps_over_weak_digests() -> Iterator[bytes]:
    """An archive time-stamp over SHA-1 says nothing about which file it stamped."""
    for digest in ("sha1", "sha224"):
        yield time_stamped(with_evidence(sign(paper(), Hand(people().stranger))), digest=digest)


def certificates_issued_by_a_weak_digest() -> Iterator[bytes]:
    yield sealed(sign(paper(), Hand(issued(Card(digest=hashes.SHA224())))))


# what a signature must name, and when -------------------------------------------------------------------


def signatures_that_name_no_certificate() -> Iterator[bytes]:
    """PKCS#7 as many programs make it; with a time-stamp around the file."""
    who, options = people().stranger, [pkcs7.PKCS7Options.DetachedSignature, pkcs7.PKCS7Options.Binary]

    def plain(data: bytes) -> bytes:
        return (
            pkcs7.PKCS7SignatureBuilder()
            .set_data(data)
            .add_signer(who.certificate, who.key, hashes.SHA256())
            .add_certificate(people().root.certificate)
            .sign(serialization.Encoding.DER, options)
        )

    for pades in (False, True):
        yield sealed(signed_by_cms(paper(), plain, pades=pades))


def time_stamps_of_the_future() -> Iterator[bytes]:
    for shift in (timedelta(hours=1), timedelta(days=30)):
        there = with_stamper(shift=shift)
        yield time_stamped(with_evidence(sign(paper(), Hand(people().stranger))), there)
        yield sign(paper(), Hand(people().stranger), there)


def time_stamps_beyond_a_certificates_life() -> Iterator[bytes]:
    good = with_evidence(sign(paper(), Hand(people().stranger)))
    for card, shift, day in (
        (replace(STAMPS, days=(-400, -200)), timedelta(), -300),
        (replace(STAMPS, days=(-10, 700)), timedelta(days=-20), 0),
    ):
        yield time_stamped(good, with_stamper(card, shift), context=anybodys_context(day))


def an_archive_stamp_older_than_the_signatures() -> Iterator[bytes]:
    for shift in (timedelta(seconds=-30), timedelta(hours=-2), timedelta(days=-20)):
        there = with_stamper(shift=shift)
        yield time_stamped(with_evidence(sign(paper(), Hand(people().stranger))), there)


def a_signature_stamped_after_its_certificate_expired() -> Iterator[bytes]:
    expired = sign(paper(), Hand(issued(Card(days=(-60, -1)))))
    yield time_stamped(updated(expired, _with_store), context=anybodys_context(-20))


def _with_store(writer: IncrementalPdfFileWriter) -> None:
    there = people()
    listed = generic.StreamObject(stream_data=there.crl.dump())
    certified = generic.StreamObject(stream_data=there.root.asn1.dump())
    store = generic.DictionaryObject(
        {
            name("/CRLs"): generic.ArrayObject([writer.add_object(listed)]),
            name("/Certs"): generic.ArrayObject([writer.add_object(certified)]),
        }
    )
    writer.root[name("/DSS")] = writer.add_object(store)
    writer.update_root()


def anybodys_context(day: int) -> ValidationContext:
    """Whoever stamps a file with a certificate that is over believes it is another day."""
    there = people()
    return ValidationContext(
        trust_roots=[there.root.asn1],
        crls=[there.crl],
        allow_fetching=False,
        moment=NOW + timedelta(days=day),
        revocation_mode="soft-fail",
    )


def a_second_time_stamp_of_another_hour() -> Iterator[bytes]:
    """Beside the good token one that nobody vouches for, or one that stamped something else."""
    roomy = sign(paper(), Hand(people().stranger, reserved=40_000))
    ready = with_evidence(roomy)
    stranger_root = issue(Persona("Gốc lạ", days=(-800, 3000), authority=True), NOW)
    stranger_tsa = issue(Persona("TSA lạ", days=(-700, 700), time_stamping=True), NOW, stranger_root)
    strange = QuickStamper(stranger_tsa, (stranger_root,), timedelta(days=-20))
    of_another = QuickStamper(people().tsa, (people().root,), timedelta(days=-2))
    for stamper, value in ((strange, None), (of_another, b"another signature")):
        for first in (True, False):
            yield time_stamped(_with_token(ready, stamper, value, first=first))


def _with_token(pdf: bytes, stamper: QuickStamper, value: bytes | None, *, first: bool) -> bytes:
    signed = PdfFileReader(io.BytesIO(pdf)).embedded_signatures[0].signed_data
    (signer,) = signed["signer_infos"]
    stamped = hashlib.sha256(value or signer["signature"].native).digest()
    token = asyncio.run(stamper.async_timestamp(stamped, "sha256"))
    added = cms.CMSAttribute({"type": "signature_time_stamp_token", "values": [token]})
    old = list(signer["unsigned_attrs"])
    attributes = cms.CMSAttributes([added, *old] if first else [*old, added])
    kept = ("version", "sid", "digest_algorithm", "signed_attrs", "signature_algorithm", "signature")
    changed = cms.SignerInfo({key: signer[key] for key in kept} | {"unsigned_attrs": attributes})
    parts = ("version", "digest_algorithms", "encap_content_info", "certificates")
    content = cms.SignedData({key: signed[key] for key in parts} | {"signer_infos": [changed]})
    start, end = contents_of(pdf)[0]
    digits = cms.ContentInfo({"content_type": "signed_data", "content": content}).dump().hex().encode()
    return pdf[:start] + digits.ljust(end - start, b"0") + pdf[end:]


# revocation, wherever it stands -------------------------------------------------------------------------


def revoked_before_signing_in_the_tail() -> Iterator[bytes]:
    """The good list first, the true one behind the last time-stamp; or in the store that the stamp covers."""
    who = people().stranger
    signed = sign(paper(), Hand(who))
    true = revocation_list(people().root, NOW, (who,))
    good_first = sealed(signed)
    yield updated(good_first, _adding_list(true))
    yield time_stamped(updated(with_evidence(signed), _adding_list(true)))
    yield updated(time_stamped(updated(with_evidence(signed), _adding_list(true))), _dropping_lists)


class Bringing(signers.SimpleSigner):
    """Whose signatures bring revocation data along in the field `crls` of CMS, which nothing signs."""

    def __init__(self, who: Identity, brought: cms.RevocationInfoChoice) -> None:
        chain = SimpleCertificateStore.from_certs([people().root.asn1])
        super().__init__(who.asn1, who.asn1_key, chain)
        self._brought = brought

    async def async_sign(self, *told: Any, **named: Any) -> cms.ContentInfo:
        made = await super().async_sign(*told, **named)
        made["content"]["crls"] = [self._brought]
        return made


def brought_along(revoked: Identity) -> Iterator[cms.RevocationInfoChoice]:
    """The root's word that somebody was revoked yesterday: a list, a responder's answer (RFC 5940)."""
    root = people().root
    yield cms.RevocationInfoChoice("crl", revocation_list(root, NOW, (revoked,)))
    builder = ocsp.OCSPResponseBuilder().add_response(
        cert=revoked.certificate,
        issuer=root.certificate,
        algorithm=hashes.SHA256(),
        cert_status=ocsp.OCSPCertStatus.REVOKED,
        this_update=NOW - timedelta(days=1),
        next_update=NOW + timedelta(days=7),
        revocation_time=NOW - timedelta(days=1),
        revocation_reason=None,
    )
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, root.certificate)
    answer = builder.sign(root.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
    told = {"other_rev_info_format": "ocsp_response", "other_rev_info": asn1_ocsp.OCSPResponse.load(answer)}
    yield cms.RevocationInfoChoice("other", told)


def revoked_by_what_the_signature_brings_along() -> Iterator[bytes]:
    who = people().stranger
    for brought in brought_along(who):
        yield sealed(sign(paper(), Hand(who, signer=Bringing(who, brought), reserved=12_000)))


def an_authority_whose_stamper_was_revoked() -> Iterator[bytes]:
    there = people()
    good = sealed(sign(paper(), Hand(there.stranger)))
    yield updated(good, _adding_list(revocation_list(there.root, NOW, (there.tsa,))))


def _adding_list(revoked: asn1_crl.CertificateList) -> Callable[[IncrementalPdfFileWriter], None]:
    def change(writer: IncrementalPdfFileWriter) -> None:
        store = writer.root["/DSS"]
        lists = store["/CRLs"]
        lists.append(writer.add_object(generic.StreamObject(stream_data=revoked.dump())))
        writer.update_container(lists)

    return change


def _dropping_lists(writer: IncrementalPdfFileWriter) -> None:
    """The newest store names the first list alone."""
    store = writer.root["/DSS"]
    store[name("/CRLs")] = generic.ArrayObject([store["/CRLs"].raw_get(0)])
    writer.update_container(store)


# tails --------------------------------------------------------------------------------------------------


def a_root_of_unknown_number_in_the_tail() -> Iterator[bytes]:
    """The trailer of the last update names a catalog that nobody had before, with pages of its own."""
    good = sealed(sign(paper(), Hand(people().stranger)))
    for extra in (b"", b"/Metadata 1 0 R "):
        yield good + _another_catalog(good, extra)
    yield good + _catalog_elsewhere(good)


def _catalog_elsewhere(pdf: bytes) -> bytes:
    """The very catalog, under a number of its own, with an action more."""
    places = {
        number: at for one in map_revisions(pdf).revisions for number, at in one.section.offsets.items()
    }
    trailer = pdf[pdf.rindex(b"trailer") :]
    size, number, previous = (
        int(re.search(pattern, trailer)[1])
        for pattern in (rb"/Size (\d+)", rb"/Root (\d+)", rb"startxref\s+(\d+)")
    )
    old = read_object(pdf, places[number], int)
    root = b" ".join(key + b" " + value for key, value in old.dictionary.items())
    script = b"/OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >>"
    body = b"%d 0 obj\n<<%s %s>>\nendobj\n" % (size, root, script)
    table = b"xref\n%d 1\n%010d 00000 n \n" % (size, len(pdf))
    trailer = b"trailer\n<< /Size %d /Root %d 0 R /Prev %d >>\nstartxref\n%d\n%%%%EOF\n"
    return body + table + trailer % (size + 1, size, previous, len(pdf) + len(body))


def _another_catalog(pdf: bytes, extra: bytes) -> bytes:
    size = int(pdf[pdf.rindex(b"/Size ") + 6 :].split(b"\n")[0].split()[0])
    previous = int(pdf[pdf.rindex(b"startxref") + 9 :].split()[0])
    page = b"%d 0 obj\n<< /Type /Page /Parent %d 0 R /MediaBox [0 0 300 420] >>\nendobj\n" % (
        size + 2,
        size + 1,
    )
    tree = b"%d 0 obj\n<< /Type /Pages /Kids [%d 0 R] /Count 1 >>\nendobj\n" % (size + 1, size + 2)
    root = b"%d 0 obj\n<< /Type /Catalog /Pages %d 0 R %s>>\nendobj\n" % (size, size + 1, extra)
    places, body = [], b""
    for one in (root, tree, page):
        places.append(len(pdf) + len(body))
        body += one
    table = b"xref\n%d 3\n" % size + b"".join(b"%010d 00000 n \n" % place for place in places)
    trailer = b"trailer\n<< /Size %d /Root %d 0 R /Prev %d >>\nstartxref\n%d\n%%%%EOF\n"
    return body + table + trailer % (size + 3, size, previous, len(pdf) + len(body))


def a_catalog_slipped_into_the_store() -> Iterator[bytes]:
    """The catalog again, under its number, with an action more."""
    good = sealed(sign(paper(), Hand(people().stranger)))

    def change(writer: IncrementalPdfFileWriter) -> None:
        writer.root[name("/OpenAction")] = generic.DictionaryObject(
            {name("/S"): name("/JavaScript"), name("/JS"): generic.TextStringObject("app.alert(1)")}
        )
        writer.update_root()

    yield updated(good, change)


KINDS = (
    certificates_that_are_not_for_signing,
    a_time_stamping_certificate_that_signs,
    an_authority_that_signs,
    house_files_by_certificates_for_something_else,
    time_stamps_by_certificates_for_more,
    small_curves,
    small_rsa_keys,
    weak_digests,
    weak_pss,
    time_stamps_over_weak_digests,
    certificates_issued_by_a_weak_digest,
    signatures_that_name_no_certificate,
    time_stamps_of_the_future,
    time_stamps_beyond_a_certificates_life,
    an_archive_stamp_older_than_the_signatures,
    a_signature_stamped_after_its_certificate_expired,
    a_second_time_stamp_of_another_hour,
    revoked_before_signing_in_the_tail,
    revoked_by_what_the_signature_brings_along,
    an_authority_whose_stamper_was_revoked,
    a_root_of_unknown_number_in_the_tail,
    a_catalog_slipped_into_the_store,
)
