"""What a file says of revocation: whose word counts about a certificate, and whose does not."""

import asyncio
import io
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from asn1crypto import ocsp as asn1_ocsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.x509 import ocsp
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import fields, signers
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

from certify.verdict import SubIndication
from certify.verification.signers.revocation import (
    Evidence,
    brings_evidence,
    evidence_in,
    revocation_lapses,
    revoked_at,
)

sys.path.insert(0, str(Path(__file__).parent))
import attacks_policies
from attacks_workshop import Hand, paper, people, sign, updated, with_evidence
from sample_copies import Identity, Persona, issue, revocation_list

NOW = attacks_policies.NOW
YESTERDAY = NOW - timedelta(days=1)
GOOD, REVOKED = ocsp.OCSPCertStatus.GOOD, ocsp.OCSPCertStatus.REVOKED


def knowing(*certificates: Identity, lists=(), answers=()) -> Evidence:
    """Evidence as if a file had brought it along."""
    found = Evidence(dict.fromkeys(lists), dict.fromkeys(answers))
    found.add_certificates(one.asn1 for one in certificates)
    return found


def answer(
    about: Identity, issuer: Identity, by: Identity | None = None, status=REVOKED, at: datetime = YESTERDAY
) -> bytes:
    """A responder's answer (RFC 6960), by the issuer or by somebody else, whose certificate comes along."""
    signer = by or issuer
    revoked = status is REVOKED
    builder = ocsp.OCSPResponseBuilder().add_response(
        cert=about.certificate,
        issuer=issuer.certificate,
        algorithm=hashes.SHA256(),
        cert_status=status,
        this_update=at,
        next_update=NOW + timedelta(days=7),
        revocation_time=at if revoked else None,
        revocation_reason=None,
    )
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, signer.certificate)
    if by:
        builder = builder.certificates([by.certificate])
    return builder.sign(signer.key, digest_for(signer.key)).public_bytes(serialization.Encoding.DER)


def digest_for(key) -> hashes.HashAlgorithm | None:
    """Edwards curves hash by themselves."""
    edwards = ed25519.Ed25519PrivateKey, ed448.Ed448PrivateKey
    return None if isinstance(key, edwards) else hashes.SHA256()


def responder(issuer: Identity, *purposes: x509.ObjectIdentifier) -> Identity:
    """Somebody certified by `issuer` for these purposes."""
    person = issue(Persona("Người trả lời"), NOW, issuer)
    builder = (
        x509.CertificateBuilder(
            issuer.certificate.subject,
            person.certificate.subject,
            person.key.public_key(),
            person.certificate.serial_number,
        )
        .not_valid_before(NOW - timedelta(days=30))
        .not_valid_after(NOW + timedelta(days=30))
    )
    if purposes:
        builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
    return Identity(builder.sign(issuer.key, hashes.SHA256()), person.key)


@pytest.fixture(scope="module")
def there():
    return people()


@pytest.fixture(scope="module")
def namesake(there) -> Identity:
    """An authority of the very name of the root, with a key of its own."""
    return issue(Persona("Gốc thử nghiệm", days=(-60, 3000), authority=True), NOW)


# lists -----------------------------------------------------------------------------------------------------


def test_a_list_counts_by_the_word_of_the_issuer(there):
    told = revocation_list(there.root, NOW, (there.stranger,)).dump()
    assert revoked_at(there.stranger.asn1, knowing(there.root, lists=[told])) == YESTERDAY
    assert revoked_at(there.officer.asn1, knowing(there.root, lists=[told])) is None


def test_a_list_by_a_namesake_of_the_issuer_revokes_nobody(there, namesake):
    told = revocation_list(namesake, NOW, (there.stranger,)).dump()
    assert revoked_at(there.stranger.asn1, knowing(there.root, namesake, lists=[told])) is None


def test_what_is_no_list_and_no_answer_hides_none_that_is(there):
    told = revocation_list(there.root, NOW, (there.stranger,)).dump()
    rubbish = (b"", b"\x30\x00", told[:40], b"words")
    found = knowing(there.root, lists=[*rubbish, told], answers=rubbish)
    assert revoked_at(there.stranger.asn1, found) == YESTERDAY


def test_the_earliest_moment_that_anybody_tells_counts(there):
    earlier = NOW - timedelta(days=20)
    answers = [answer(there.stranger, there.root), answer(there.stranger, there.root, at=earlier)]
    lists = [revocation_list(there.root, NOW, (there.stranger,)).dump()]
    assert revoked_at(there.stranger.asn1, knowing(there.root, lists=lists, answers=answers)) == earlier


# responders' answers ---------------------------------------------------------------------------------------


def authority_of(key) -> Identity:
    """A root with this key."""
    name = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, "Gốc")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1)
    alive = builder.not_valid_before(NOW - timedelta(days=60)).not_valid_after(NOW + timedelta(days=60))
    return Identity(alive.sign(key, digest_for(key)), key)


def person_of(root: Identity) -> Identity:
    person = issue(Persona("Người ký"), NOW)
    certificate = person.certificate
    builder = x509.CertificateBuilder(
        root.certificate.subject, certificate.subject, certificate.public_key(), 2
    ).not_valid_before(NOW - timedelta(days=30))
    signed = builder.not_valid_after(NOW + timedelta(days=30)).sign(root.key, digest_for(root.key))
    return Identity(signed, person.key)


KEYS = {
    "P-256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "P-384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "RSA": lambda: rsa.generate_private_key(65537, 2048),
    "Ed25519": ed25519.Ed25519PrivateKey.generate,
    "Ed448": ed448.Ed448PrivateKey.generate,
}


@pytest.mark.parametrize("make", KEYS.values(), ids=KEYS)
def test_an_answer_counts_that_the_issuer_signed_whatever_its_key(make):
    root = authority_of(make())
    person = person_of(root)
    assert revoked_at(person.asn1, knowing(root, answers=[answer(person, root)])) == YESTERDAY


def test_an_answer_counts_that_is_signed_by_rsa_pss():
    root = authority_of(KEYS["RSA"]())
    person = person_of(root)
    told = asn1_ocsp.OCSPResponse.load(answer(person, root))
    basic = told["response_bytes"]["response"].parsed
    salted = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
    basic["signature_algorithm"] = {
        "algorithm": "rsassa_pss",
        "parameters": {
            "hash_algorithm": {"algorithm": "sha256"},
            "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": {"algorithm": "sha256"}},
            "salt_length": 32,
        },
    }
    basic["signature"] = root.key.sign(basic["tbs_response_data"].dump(), salted, hashes.SHA256())
    answers = [told.dump(force=True)]
    assert revoked_at(person.asn1, knowing(root, answers=answers)) == YESTERDAY


def test_an_answer_that_names_an_algorithm_for_another_key_revokes_nobody(there):
    told = asn1_ocsp.OCSPResponse.load(answer(there.stranger, there.root))
    basic = told["response_bytes"]["response"].parsed
    basic["signature_algorithm"] = {"algorithm": "sha256_rsa"}
    assert revoked_at(there.stranger.asn1, knowing(there.root, answers=[told.dump(force=True)])) is None


def test_an_answer_counts_by_a_responder_that_the_issuer_appointed(there):
    by = responder(there.root, x509.oid.ExtendedKeyUsageOID.OCSP_SIGNING)
    told = answer(there.stranger, there.root, by)
    assert revoked_at(there.stranger.asn1, knowing(there.root, answers=[told])) == YESTERDAY


@pytest.mark.parametrize("purposes", [(), (x509.oid.ExtendedKeyUsageOID.TIME_STAMPING,)])
def test_no_answer_counts_by_somebody_who_was_not_appointed(there, purposes):
    told = answer(there.stranger, there.root, responder(there.root, *purposes))
    assert revoked_at(there.stranger.asn1, knowing(there.root, answers=[told])) is None


def test_no_answer_counts_by_a_responder_of_another_authority(there, namesake):
    by = responder(namesake, x509.oid.ExtendedKeyUsageOID.OCSP_SIGNING)
    told = answer(there.stranger, there.root, by)
    assert revoked_at(there.stranger.asn1, knowing(there.root, namesake, answers=[told])) is None


def test_a_good_answer_and_one_about_somebody_else_revoke_nobody(there):
    answers = [answer(there.stranger, there.root, status=GOOD), answer(there.officer, there.root)]
    assert revoked_at(there.stranger.asn1, knowing(there.root, answers=answers)) is None


def test_a_changed_answer_revokes_nobody(there):
    told = bytearray(answer(there.stranger, there.root))
    told[-1] ^= 1  # the last byte of the signature value
    assert revoked_at(there.stranger.asn1, knowing(there.root, answers=[bytes(told)])) is None


# where it stands in a file ---------------------------------------------------------------------------------


def opened(pdf: bytes):
    reader = PdfFileReader(io.BytesIO(pdf))
    return reader, tuple(reader.embedded_signatures)


def test_a_list_in_adobes_attribute_of_a_signature_counts(there):
    """Bytes that the signature covers, outside every security store (ISO 32000-2 12.8.3.3.2)."""
    told = revocation_list(there.root, NOW, (there.stranger,))
    officer = there.officer
    context = ValidationContext(trust_roots=[there.root.asn1], crls=[told], allow_fetching=False)
    meta = signers.PdfSignatureMetadata(
        field_name="Alien",
        subfilter=fields.SigSeedSubFilter.ADOBE_PKCS7_DETACHED,
        embed_validation_info=True,
        validation_context=context,
    )
    signer = signers.SimpleSigner(officer.asn1, officer.asn1_key, SimpleCertificateStore.from_certs([]))
    out = io.BytesIO()
    writer = IncrementalPdfFileWriter(io.BytesIO(paper()))
    asyncio.run(signers.PdfSigner(meta, signer).async_sign_pdf(writer, output=out))
    found = evidence_in(*opened(out.getvalue()), [there.root.asn1])
    assert list(found.lists) == [told.dump()]
    assert revoked_at(there.stranger.asn1, found) == YESTERDAY


def test_what_the_signature_itself_brings_along_counts(there):
    """The field `crls` of CMS, which nothing signs: lists (RFC 5652 10.2.1), answers (RFC 5940)."""
    for brought in attacks_policies.brought_along(there.stranger):
        signer = attacks_policies.Bringing(there.officer, brought)
        pdf = sign(paper(), Hand(there.officer, signer=signer, stamped=False, reserved=12_000))
        found = evidence_in(*opened(pdf), [there.root.asn1])
        assert revoked_at(there.stranger.asn1, found) == YESTERDAY


def test_validation_data_counts_as_added_only_when_all_of_it_can_be_read(there):
    signed = sign(paper(), Hand(there.stranger))
    extended = with_evidence(signed)
    reader, (signature,) = opened(extended)
    assert brings_evidence(reader, signature.signed_revision)
    assert not brings_evidence(opened(signed)[0], signature.signed_revision)

    def spoil(writer: IncrementalPdfFileWriter) -> None:
        listed = writer.root["/DSS"]["/CRLs"][0]
        listed._data = b"words"
        listed._encoded_data = None
        writer.update_container(listed)

    assert not brings_evidence(opened(updated(extended, spoil))[0], signature.signed_revision)


# lapses of a signature -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def line(there) -> tuple[Identity, Identity]:
    """An authority between the root and somebody who signs."""
    between = issue(Persona("CA trung gian", authority=True), NOW, there.root)
    return between, issue(Persona("Người ký"), NOW, between)


@pytest.fixture(scope="module")
def signature(there, line):
    between, person = line
    chain = SimpleCertificateStore.from_certs([between.asn1, there.root.asn1])
    signer = signers.SimpleSigner(person.asn1, person.asn1_key, chain)
    _, (signature,) = opened(sign(paper(), Hand(person, signer=signer)))
    return signature


@pytest.mark.parametrize(
    ("revoked", "lapse"),
    [
        ("signer", SubIndication.REVOKED_NO_POE),
        ("authority", SubIndication.REVOKED_CA_NO_POE),
        ("stamper", SubIndication.REVOKED_NO_POE),
        ("nobody", None),
    ],
)
def test_who_was_revoked_behind_a_signature_is_told(there, line, signature, revoked, lapse):
    between, person = line
    whose = {
        "signer": (between, person),
        "authority": (there.root, between),
        "stamper": (there.root, there.tsa),
    }
    by, about = whose.get(revoked, (there.root, there.agency))
    found = knowing(there.root, between, lists=[revocation_list(by, NOW, (about,)).dump()])
    lapses = list(revocation_lapses(signature, found, NOW))
    assert [one.sub_indication for one in lapses] == ([lapse] if lapse else [])
    assert all(f"revoked {YESTERDAY:%Y-%m-%d}" in one.words for one in lapses)


def test_who_was_revoked_after_the_time_stamp_signed_well(there, line, signature):
    """The list is of a day later; the stamp proves the signature was there before."""
    between, person = line
    later = revocation_list(between, NOW + timedelta(days=2), (person,)).dump()
    found = knowing(there.root, between, lists=[later])
    assert list(revocation_lapses(signature, found, NOW + timedelta(days=3))) == []
    assert revoked_at(person.asn1, found) == NOW + timedelta(days=1)


def test_authorities_that_vouch_for_each_other_end_the_search(there, line, signature):
    """Cross certificates lead round in a ring: each certificate on the way is asked about, and no further."""
    between, person = line
    ring = issue(Persona("CA trung gian", authority=True), NOW, there.root)
    back = Identity(_cross(ring, between), ring.key)
    forth = Identity(_cross(between, ring), between.key)
    lists = [revocation_list(between, NOW, (person,)).dump()]
    lapses = list(revocation_lapses(signature, knowing(back, forth, between, lists=lists), NOW))
    assert [one.sub_indication for one in lapses] == [SubIndication.REVOKED_NO_POE]


def _cross(subject: Identity, issuer: Identity) -> x509.Certificate:
    builder = x509.CertificateBuilder(
        issuer.certificate.subject,
        subject.certificate.subject,
        subject.key.public_key(),
        x509.random_serial_number(),
    )
    alive = builder.not_valid_before(YESTERDAY).not_valid_after(NOW + timedelta(days=30))
    return alive.sign(issuer.key, hashes.SHA256())
