"""What a person is shown of a certificate before they say that it is to be trusted.

The fingerprint (SHA-256 of the DER) is what counts: names are chosen by whoever made the certificate.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from certify.verification.signers.names import shown_name

PEM_MARK = b"-----BEGIN"
MOST_BYTES = 100_000  # of a file that is to hold one certificate
RSA_BITS = 2048
CURVE_BITS = 256
MOST_LETTERS = 200  # of a name that is shown


@dataclass(frozen=True)
class CertificateCard:
    """One certificate: its names as they may be shown, its life, its fingerprint (64 hex digits), its PEM."""

    subject: str
    organization: str
    issuer: str
    not_before: datetime
    not_after: datetime
    sha256: str
    is_authority: bool
    is_self_issued: bool
    is_strong: bool
    pem: str

    @property
    def fingerprint(self) -> str:
        """The fingerprint in pairs, as certificate authorities print it."""
        return ":".join(self.sha256[at : at + 2].upper() for at in range(0, len(self.sha256), 2))


def read_card(data: bytes) -> CertificateCard:
    """The one certificate in a file, PEM or DER.

    Raises: ValueError when the file holds none, several, or something else.
    """
    if len(data) > MOST_BYTES:
        raise ValueError("too large for a certificate")
    found = x509.load_pem_x509_certificates(data) if PEM_MARK in data else [_from_der(data)]
    if len(found) != 1:
        raise ValueError(f"{len(found)} certificates")
    return _card(found[0])


def is_fingerprint(told: str, card: CertificateCard) -> bool:
    """Is this the whole fingerprint of the card's certificate, with or without colons, in any case?"""
    plain = "".join(letter for letter in told.casefold() if letter not in ": -\t")
    return plain == card.sha256


def _from_der(data: bytes) -> x509.Certificate:
    return x509.load_der_x509_certificate(data)


def _card(certificate: x509.Certificate) -> CertificateCard:
    der = certificate.public_bytes(Encoding.DER)
    return CertificateCard(
        subject=_named(certificate.subject, NameOID.COMMON_NAME) or _whole(certificate.subject),
        organization=_named(certificate.subject, NameOID.ORGANIZATION_NAME),
        issuer=_named(certificate.issuer, NameOID.COMMON_NAME) or _whole(certificate.issuer),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        sha256=hashlib.sha256(der).hexdigest(),
        is_authority=_may_issue(certificate),
        is_self_issued=certificate.subject == certificate.issuer,
        is_strong=_is_strong(certificate.public_key()),
        pem=certificate.public_bytes(Encoding.PEM).decode("ascii"),
    )


def _named(name: x509.Name, oid: x509.ObjectIdentifier) -> str:
    found = name.get_attributes_for_oid(oid)
    return shown_name(str(found[0].value))[:MOST_LETTERS] if found else ""


def _whole(name: x509.Name) -> str:
    return shown_name(name.rfc4514_string())[:MOST_LETTERS]


def _may_issue(certificate: x509.Certificate) -> bool:
    """An authority's certificate says so (RFC 5280 4.2.1.9), and may sign others (4.2.1.3)."""
    try:
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    except x509.ExtensionNotFound:
        return False
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return constraints.ca
    return constraints.ca and usage.key_cert_sign


def _is_strong(key: object) -> bool:
    if isinstance(key, rsa.RSAPublicKey):
        return key.key_size >= RSA_BITS
    return isinstance(key, ec.EllipticCurvePublicKey) and key.curve.key_size >= CURVE_BITS
