"""What a certificate says of itself: whom it names, for how long, and what its key may do."""

from dataclasses import dataclass
from datetime import datetime

from asn1crypto import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509 import load_der_x509_certificate

from certify.model import CertifyFault, FaultCode

LEAST_RSA_BITS = 2048
CURVES = frozenset({"secp256r1", "secp384r1"})
NEEDED_USAGE = frozenset({"digital_signature", "non_repudiation"})


@dataclass(frozen=True)
class CertificateFacts:
    """What is known of a certificate without looking into it again; `sha256` is of its DER, as hex."""

    subject: str
    issuer: str
    sha256: str
    not_before: datetime
    not_after: datetime


def facts_of(der: bytes) -> CertificateFacts:
    """The facts of a certificate (DER)."""
    certificate = x509.Certificate.load(der)
    return CertificateFacts(
        name_in(certificate),
        _common_name(certificate.issuer),
        certificate.sha256.hex(),
        certificate.not_valid_before,
        certificate.not_valid_after,
    )


def name_in(certificate: x509.Certificate) -> str:
    """The common name of the certificate's subject; empty when it has none."""
    return _common_name(certificate.subject)


def require_fit_key(der: bytes) -> None:
    """Refuse a certificate (DER) whose key this house does not sign with: kind, size, usage.

    Raises: CertifyFault KEY_UNFIT.
    """
    certificate = x509.Certificate.load(der)
    public = load_der_x509_certificate(der).public_key()
    if isinstance(public, rsa.RSAPublicKey):
        fits = public.key_size >= LEAST_RSA_BITS
    else:
        fits = isinstance(public, ec.EllipticCurvePublicKey) and public.curve.name in CURVES
    usage = certificate.key_usage_value
    if not fits or certificate.ca or (usage is not None and not usage.native >= NEEDED_USAGE):
        raise CertifyFault(FaultCode.KEY_UNFIT, name_in(certificate))


def _common_name(name: x509.Name) -> str:
    told = name.native.get("common_name", "")
    return str(told[-1] if isinstance(told, list) else told)
