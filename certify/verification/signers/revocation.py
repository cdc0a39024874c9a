"""Everything in a file that says of a certificate that it was revoked, wherever it stands (RFC 5280 5).

A validator chooses the evidence it needs; whoever leaves the inconvenient part out of the last security store
would be believed. So every revocation list and every responder's answer in the file is read: of the stores of
all its revisions, of the signatures and of their attributes. One that the issuer of a certificate in question
has signed counts, whatever else speaks for that certificate.
"""

import contextlib
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from asn1crypto import cms, ocsp, x509
from cryptography import x509 as pyca
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_der_x509_certificate, load_der_x509_crl
from cryptography.x509.ocsp import OCSPCertStatus, OCSPResponse, load_der_ocsp_response
from cryptography.x509.oid import ExtendedKeyUsageOID
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.decode_limits import DecodePurpose
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko_certvalidator.sig_validate import DEFAULT_SIGNATURE_VALIDATOR

from certify.verdict import SubIndication
from certify.verification.signature_facts import certificates_of, entry, signer_of, tokens_of
from certify.verification.signers.names import shown_name
from certify.verification.signers.policies import Lapse, stamped_at

MOST_EVIDENCE = 500  # lists and answers that are read
_READERS: Mapping[str, Callable[[bytes], object]] = {
    "/Certs": load_der_x509_certificate,
    "/CRLs": load_der_x509_crl,
    "/OCSPs": load_der_ocsp_response,
}
LONGEST_PATH = 8  # certificates from a signer to a root


@dataclass(frozen=True)
class Evidence:
    """What a file brings along: revocation lists and responders' answers (DER), and certificates.

    `issuers` and `revoked` remember, by certificate (DER), what was found out; they are asked for when
    everything has been added.
    """

    lists: dict[bytes, None] = field(default_factory=dict)
    answers: dict[bytes, None] = field(default_factory=dict)
    certificates: dict[bytes, x509.Certificate] = field(default_factory=dict)
    read: set[bytes] = field(default_factory=set)
    issuers: dict[bytes, tuple[x509.Certificate, ...]] = field(default_factory=dict)
    revoked: dict[bytes, datetime | None] = field(default_factory=dict)

    def streams(self, listed: Any) -> Iterator[bytes]:
        """The bytes of the streams listed that were not read before."""
        for one in itertools.islice(listed, MOST_EVIDENCE):
            with contextlib.suppress(Exception):  # what cannot be read tells nothing
                stream = one.get_object()
                if stream.encoded_data not in self.read:
                    self.read.add(stream.encoded_data)
                    yield stream.read_data(DecodePurpose.CRL)

    def add_certificates(self, certificates: Iterable[x509.Certificate]) -> None:
        """Certificates that may have issued others."""
        for certificate in certificates:
            self.certificates.setdefault(certificate.dump(), certificate)

    def issuers_of(self, certificate: x509.Certificate) -> tuple[x509.Certificate, ...]:
        """Whoever signed `certificate`, among those known."""
        der = certificate.dump()
        if der not in self.issuers:
            named = certificate.issuer.dump()
            known = (one for one in self.certificates.values() if one.subject.dump() == named)
            self.issuers[der] = tuple(one for one in known if _has_issued(one, certificate))
        return self.issuers[der]


def evidence_in(
    reader: PdfFileReader, signatures: Sequence[EmbeddedPdfSignature], roots: Iterable[x509.Certificate]
) -> Evidence:
    """Everything about revocation in the file; what cannot be read is no evidence."""
    found = Evidence()
    found.add_certificates(roots)
    for store in _stores(reader):
        _add_store(found, store)
    for signature in signatures:
        for signed in (signature.signed_data, *tokens_of(signature)):
            _add_signed_data(found, signed)
    return found


def _stores(reader: PdfFileReader) -> Iterator[Any]:
    """The security store as it was in every revision.

    The first section of a linearised file lists objects only (ISO 32000-2 annex F): it has no catalog yet.
    """
    for revision in range(reader.xrefs.total_revisions):
        with contextlib.suppress(KeyError):
            yield entry(reader.get_historical_root(revision), "/DSS", {})


def brings_evidence(reader: PdfFileReader, since: int) -> bool:
    """Whether the security store was written since a revision, and everything in it is what it says."""
    if "/DSS" not in reader.root:
        return False
    place, store = reader.root.raw_get("/DSS"), reader.root["/DSS"]
    written = [place, *(store.raw_get(key) for key in _READERS if key in store)]
    try:
        for key, read in _READERS.items():
            for stream in entry(store, key, ()):
                read(stream.get_object().data)
    except (ValueError, TypeError):
        return False
    return any(_last_change(reader, one) > since for one in written)


def _last_change(reader: PdfFileReader, place: Any) -> int:
    if not isinstance(place, generic.IndirectObject):
        return -1
    return int(reader.xrefs.get_last_change(place.reference))


def revoked_at(certificate: x509.Certificate, evidence: Evidence) -> datetime | None:
    """Since when the certificate is revoked by the word of its own issuer; None when nobody says so."""
    der, serial = certificate.dump(), certificate.serial_number
    if der not in evidence.revoked:
        moments: list[datetime] = []
        for issuer in evidence.issuers_of(certificate):
            moments += _by_lists(serial, issuer, evidence)
            moments += _by_answers(serial, issuer, evidence)
        evidence.revoked[der] = min(moments, default=None)
    return evidence.revoked[der]


def revocation_lapses(signature: EmbeddedPdfSignature, evidence: Evidence, now: datetime) -> Iterator[Lapse]:
    """Certificates behind a signature that were revoked before it is proved to have been there."""
    tokens = tokens_of(signature)
    stamped = [(signer_of(token), stamped_at(token)) for token in tokens]
    proved = min((at for _, at in stamped), default=now)
    for certificate, at in ((signature.signer_cert, proved), *stamped):
        yield from _revoked_by_then(certificate, at, evidence)


def _revoked_by_then(certificate: x509.Certificate, at: datetime, evidence: Evidence) -> Iterator[Lapse]:
    """The certificate and those above it, up to one that nobody else has issued."""
    above = certificate
    for step in range(LONGEST_PATH):
        since = revoked_at(above, evidence)
        if since and since <= at:
            kind = SubIndication.REVOKED_CA_NO_POE if step else SubIndication.REVOKED_NO_POE
            yield Lapse(kind, f"{shown_name(str(above.subject.human_friendly))}: revoked {since:%Y-%m-%d}")
        higher = [one for one in evidence.issuers_of(above) if one.dump() != above.dump()]
        if not higher:
            return
        above = higher[0]


def _by_lists(serial: int, issuer: x509.Certificate, evidence: Evidence) -> Iterator[datetime]:
    key: Any = load_der_x509_certificate(issuer.dump()).public_key()
    for der in evidence.lists:
        try:
            listed = load_der_x509_crl(der)
            revoked = listed.get_revoked_certificate_by_serial_number(serial)
            if revoked and listed.is_signature_valid(key):
                yield revoked.revocation_date_utc
        except (ValueError, TypeError, UnsupportedAlgorithm):
            continue


def _by_answers(serial: int, issuer: x509.Certificate, evidence: Evidence) -> Iterator[datetime]:
    signer = load_der_x509_certificate(issuer.dump())
    for der in evidence.answers:
        try:
            answer = load_der_ocsp_response(der)
            revoked = [
                one.revocation_time_utc
                for one in answer.responses
                if one.serial_number == serial and one.certificate_status is OCSPCertStatus.REVOKED
            ]
            if revoked and _is_signed_for(answer, signer):
                yield from filter(None, revoked)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            continue


def _is_signed_for(answer: OCSPResponse, issuer: pyca.Certificate) -> bool:
    """Whether the issuer signed the answer, or a responder that it appointed (RFC 6960 4.2.2.2)."""
    appointed = [one for one in answer.certificates if _is_appointed(one, issuer)]
    return any(_is_signed_by(answer, one) for one in (issuer, *appointed))


def _is_appointed(responder: pyca.Certificate, issuer: pyca.Certificate) -> bool:
    try:
        responder.verify_directly_issued_by(issuer)
        purposes = responder.extensions.get_extension_for_class(pyca.ExtendedKeyUsage).value
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError, pyca.ExtensionNotFound):
        return False
    return ExtendedKeyUsageOID.OCSP_SIGNING in purposes


def _is_signed_by(answer: OCSPResponse, signer: pyca.Certificate) -> bool:
    """Whatever the algorithm: one that the library knows for certificates it knows here."""
    told = ocsp.OCSPResponse.load(answer.public_bytes(Encoding.DER)).basic_ocsp_response
    key = x509.Certificate.load(signer.public_bytes(Encoding.DER)).public_key
    try:
        DEFAULT_SIGNATURE_VALIDATOR.validate_signature(
            told["signature"].native, told["tbs_response_data"].dump(), key, told["signature_algorithm"]
        )
    except (
        InvalidSignature,
        AssertionError,
    ):  # also of an algorithm that the key is not for, or nobody knows
        return False
    return True


def _has_issued(issuer: x509.Certificate, certificate: x509.Certificate) -> bool:
    try:
        subject = load_der_x509_certificate(certificate.dump())
        subject.verify_directly_issued_by(load_der_x509_certificate(issuer.dump()))
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError):
        return False
    return True


def _add_store(found: Evidence, store: Any) -> None:
    """What a security store holds, its /VRI entries too: they refer to the same streams or to others."""
    vri = entry(store, "/VRI", {})
    for holder in (store, *(entry(vri, key, {}) for key in vri)):
        for key in ("/CRLs", "/CRL"):
            found.lists.update(dict.fromkeys(found.streams(entry(holder, key, ()))))
        for key in ("/OCSPs", "/OCSP"):
            found.answers.update(dict.fromkeys(found.streams(entry(holder, key, ()))))
        for key in ("/Certs", "/Cert"):
            found.add_certificates(_loaded(found.streams(entry(holder, key, ()))))


def _loaded(ders: Iterable[bytes]) -> Iterator[x509.Certificate]:
    for der in ders:
        with contextlib.suppress(ValueError, TypeError):
            yield x509.Certificate.load(der, strict=True)


def _add_signed_data(found: Evidence, signed: cms.SignedData) -> None:
    found.add_certificates(certificates_of(signed))
    for choice in signed["crls"] or ():
        with contextlib.suppress(ValueError, TypeError):
            _add_choice(found, choice)
    for signer in signed["signer_infos"]:
        for attribute in (*signer["signed_attrs"], *(signer["unsigned_attrs"] or ())):
            if attribute["type"].native == "adobe_revocation_info_archival":
                _add_archival(found, attribute["values"][0])


def _add_choice(found: Evidence, choice: cms.RevocationInfoChoice) -> None:
    """What stands among a signature's `crls`: a list (RFC 5652 10.2.1) or an answer (RFC 5940)."""
    if choice.name == "crl":
        found.lists[choice.chosen.dump()] = None
    elif choice.chosen["other_rev_info_format"].native == "ocsp_response":
        found.answers[choice.chosen["other_rev_info"].dump()] = None


def _add_archival(found: Evidence, archival: Any) -> None:
    """Adobe's attribute (ISO 32000-2 12.8.3.3.2)."""
    found.lists.update((one.dump(), None) for one in archival["crl"] or ())
    found.answers.update((one.dump(), None) for one in archival["ocsp"] or ())
