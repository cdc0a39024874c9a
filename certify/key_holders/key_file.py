"""An agency's key in a PKCS#12 file (RFC 7292): opened with its password. Runs in a key holder alone."""

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs12

from certify.key_holders.opened import Refused
from certify.model import FaultCode

KEY = "file"  # there is but one key in it


def open_with(place: Mapping[str, str], pin: bytearray) -> "OpenFile":
    """Open the file. Raises: Refused KEY_FILE_MISSING when it cannot be read, PIN_WRONG, KEY_UNFIT."""
    try:
        content = Path(place["file"]).read_bytes()
    except OSError as wrong:
        raise Refused(FaultCode.KEY_FILE_MISSING, type(wrong).__name__) from None
    try:
        key, certificate, others = pkcs12.load_key_and_certificates(content, bytes(pin))
    except ValueError as wrong:
        raise Refused(FaultCode.PIN_WRONG, type(wrong).__name__) from None
    if certificate is None or not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise Refused(FaultCode.KEY_UNFIT)
    ders = [one.public_bytes(serialization.Encoding.DER) for one in (certificate, *others)]
    return OpenFile(key, ders)


class OpenFile:
    """The private key of the file, and its certificates: its own first."""

    def __init__(self, key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, ders: list[bytes]) -> None:
        self._private = key
        self._ders = [base64.b64encode(der).decode() for der in ders]

    def certificates(self) -> list[dict[str, Any]]:
        """The certificate of the key, and those above it."""
        return [{"key": KEY, "der": self._ders[0], "chain": self._ders[1:]}]

    def sign(self, key: str, to_be_signed: bytes) -> bytes:
        """Sign with the file's key."""
        if key != KEY:
            raise Refused(FaultCode.KEY_REFUSED, key)
        if isinstance(self._private, rsa.RSAPrivateKey):
            return self._private.sign(to_be_signed, padding.PKCS1v15(), hashes.SHA256())
        return self._private.sign(to_be_signed, ec.ECDSA(hashes.SHA256()))
