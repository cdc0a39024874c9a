"""TLS as scanners have it: certificates of their own making, so the key itself is remembered and compared."""

import hashlib
import socket
import ssl
from collections.abc import Callable
from typing import Any, Self

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


class Untrusted(Exception):
    """The machine shows another key than it had before."""


class PinningContext(ssl.SSLContext):
    """Takes any certificate on the first meeting and only the same key ever after.

    The key is compared before a single byte of ours is sent.
    """

    pin: Callable[[], str]
    seen: str

    @classmethod
    def expecting(cls, pin: Callable[[], str]) -> Self:
        """`pin` tells the SHA-256 of the key expected, "" when there was no meeting yet."""
        context = cls(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE  # scanners sign for themselves; the pin is what counts
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.pin = pin
        context.seen = ""
        return context

    def wrap_socket(self, sock: socket.socket, *args: Any, **kwargs: Any) -> ssl.SSLSocket:
        """Shake hands, then compare the key. Raises: Untrusted."""
        wrapped = super().wrap_socket(sock, *args, **kwargs)
        certificate = wrapped.getpeercert(binary_form=True) or b""
        self.seen = key_sha256(certificate)
        expected = self.pin()
        if expected and self.seen != expected:
            wrapped.close()
            raise Untrusted(f"{self.seen[:16]} ≠ {expected[:16]}")
        return wrapped


def key_sha256(certificate: bytes) -> str:
    """The SHA-256, hex, of the public key (SPKI, DER) in a DER certificate."""
    key = x509.load_der_x509_certificate(certificate).public_key()
    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()
