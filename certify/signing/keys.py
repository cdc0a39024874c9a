"""Keys: a port in two steps, because a token, a plug-in or a remote service may answer minutes later.

`begin` hands over the bytes to be signed and returns a ticket that can be stored; `finish` turns the ticket
into the raw signature, or None while the holder has not answered. A key held in a file answers at once.
"""

import base64
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from asn1crypto import tsp, x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509 import load_der_x509_certificate, load_pem_x509_certificate

from certify.model import CertifyFault, FaultCode

DIGEST = "sha256"
NAMING_DIGEST = "sha512"
ECDSA_OVERHEAD = 9  # most bytes of DER around the two numbers of a signature
BITS_PER_BYTE = 8


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a key holder has been asked: its own reference, and the answer where there is one already."""

    reference: str
    signature: bytes | None = None

    def as_text(self) -> str:
        """The ticket as it is kept until the holder answers, perhaps over a restart."""
        told = base64.b64encode(self.signature).decode() if self.signature else None
        return json.dumps({"reference": self.reference, "signature": told})

    @classmethod
    def from_text(cls, kept: str) -> "Ticket":
        """The ticket that `as_text` wrote."""
        told = json.loads(kept)
        return cls(told["reference"], base64.b64decode(told["signature"]) if told["signature"] else None)


class Key(Protocol):
    """A signing key, wherever it lives."""

    @property
    def certificate(self) -> x509.Certificate:
        """The certificate of the key."""

    @property
    def chain(self) -> tuple[x509.Certificate, ...]:
        """The certificates between it and the root."""

    def begin(self, to_be_signed: bytes) -> Ticket:
        """Ask for a SHA-256 signature over `to_be_signed`."""

    def finish(self, ticket: Ticket) -> bytes | None:
        """The raw signature (PKCS#1 v1.5 or DER ECDSA); None while there is no answer.

        Raises: CertifyFault KEY_REFUSED when the holder said no.
        """


class FileKey:
    """A private key in a PEM file, parsed once. For specimens and tests."""

    def __init__(self, key_file: Path, certificate_file: Path, chain_files: tuple[Path, ...]) -> None:
        self._private = _load_private(key_file)
        self._certificate = load_certificate(certificate_file).dump()
        self._chain = tuple(load_certificate(path).dump() for path in chain_files)
        own = self._private.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        if own != self.certificate.public_key.dump():
            raise CertifyFault(FaultCode.KEY_REFUSED, f"{key_file.name} does not belong to its certificate")

    @property
    def certificate(self) -> x509.Certificate:
        """The certificate, freshly loaded: asn1crypto writes one that nobody has looked into much faster."""
        return x509.Certificate.load(self._certificate)

    @property
    def chain(self) -> tuple[x509.Certificate, ...]:
        """The certificates between it and the root, freshly loaded."""
        return tuple(x509.Certificate.load(above) for above in self._chain)

    def begin(self, to_be_signed: bytes) -> Ticket:
        """Sign at once."""
        if isinstance(self._private, rsa.RSAPrivateKey):
            return Ticket("file", self._private.sign(to_be_signed, padding.PKCS1v15(), hashes.SHA256()))
        return Ticket("file", self._private.sign(to_be_signed, ec.ECDSA(hashes.SHA256())))

    def finish(self, ticket: Ticket) -> bytes | None:
        """The signature that `begin` made."""
        return ticket.signature


def sign_now(key: Key, to_be_signed: bytes) -> bytes:
    """Both steps at once, for keys the system may use by itself.

    Raises: CertifyFault KEY_PENDING when the holder needs time; the caller keeps what it prepared.
    """
    signature = key.finish(key.begin(to_be_signed))
    if signature is None:
        raise CertifyFault(FaultCode.KEY_PENDING)
    return signature


def check_signature(certificate: x509.Certificate, signature: bytes, signed: bytes) -> None:
    """Refuse an answer that the certificate does not bear out.

    Raises: CertifyFault KEY_REFUSED.
    """
    public = load_der_x509_certificate(certificate.dump()).public_key()
    try:
        if isinstance(public, rsa.RSAPublicKey):
            public.verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())
        elif isinstance(public, ec.EllipticCurvePublicKey):
            public.verify(signature, signed, ec.ECDSA(hashes.SHA256()))
        else:
            raise CertifyFault(FaultCode.KEY_REFUSED, f"unsupported key {type(public).__name__}")
    except InvalidSignature as wrong:
        raise CertifyFault(
            FaultCode.KEY_REFUSED, "the answer is not a signature by this certificate"
        ) from wrong


def signature_size(certificate: x509.Certificate) -> int:
    """The most bytes a raw signature by this certificate's key takes."""
    public = load_der_x509_certificate(certificate.dump()).public_key()
    if isinstance(public, rsa.RSAPublicKey):
        return public.key_size // BITS_PER_BYTE
    if isinstance(public, ec.EllipticCurvePublicKey):
        return 2 * ((public.key_size + BITS_PER_BYTE - 1) // BITS_PER_BYTE) + ECDSA_OVERHEAD
    raise CertifyFault(FaultCode.KEY_REFUSED, f"unsupported key {type(public).__name__}")


def load_certificate(path: Path) -> x509.Certificate:
    """One PEM certificate.

    Raises: CertifyFault KEY_REFUSED when the file holds none.
    """
    try:
        parsed = load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError) as wrong:
        raise CertifyFault(FaultCode.KEY_REFUSED, f"{path.name}: {wrong}") from wrong
    return x509.Certificate.load(parsed.public_bytes(serialization.Encoding.DER))


def _load_private(path: Path) -> rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey:
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as wrong:
        raise CertifyFault(FaultCode.KEY_REFUSED, f"{path.name}: {wrong}") from wrong
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise CertifyFault(FaultCode.KEY_REFUSED, f"unsupported key {type(key).__name__}")
    return key


def named_by_digest(certificate: x509.Certificate) -> tsp.SigningCertificateV2:
    """Which certificate signs, as a signed attribute: its SHA-512 alone (RFC 5035 section 4).

    Issuer and serial number beside it are a hint (EN 319 122-1 5.2.2) that the signature gives anyway, and
    every later check would compare the names in it letter by letter. SHA-512, since it is written out:
    SHA-256 is left out as the default, and who writes a signature again with asn1crypto 1.5, as pyHanko does,
    may pay for what was left out with seconds.
    """
    digest = hashlib.new(NAMING_DIGEST, certificate.dump()).digest()
    named = tsp.ESSCertIDv2({"hash_algorithm": {"algorithm": NAMING_DIGEST}, "cert_hash": digest})
    return tsp.SigningCertificateV2({"certs": [named]})
