"""A PKCS#11 token (OASIS PKCS #11 3.0): what lies on it, and its signatures. Runs in a key holder alone.

Signatures are made with the raw mechanisms (CKM_RSA_PKCS over the DigestInfo, CKM_ECDSA over the digest),
which every token has; the digest is made here.
"""

import base64
import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

import pkcs11
from asn1crypto import x509
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass, TokenFlag
from pkcs11.util.ec import encode_ecdsa_signature

from certify.key_holders.opened import Refused
from certify.model import FaultCode

SHA256_INFO = bytes.fromhex("3031300d060960864801650304020105000420")  # RFC 8017 9.2, note 1
REFUSED: tuple[tuple[type[Exception], FaultCode], ...] = (
    (pkcs11.PinIncorrect, FaultCode.PIN_WRONG),
    (pkcs11.PinInvalid, FaultCode.PIN_WRONG),
    (pkcs11.PinLenRange, FaultCode.PIN_WRONG),
    (pkcs11.PinLocked, FaultCode.PIN_LOCKED),
    (pkcs11.PinExpired, FaultCode.PIN_LOCKED),
    (pkcs11.TokenNotPresent, FaultCode.TOKEN_MISSING),
    (pkcs11.TokenNotRecognised, FaultCode.TOKEN_MISSING),
    (pkcs11.DeviceRemoved, FaultCode.TOKEN_MISSING),
    (pkcs11.NoSuchToken, FaultCode.TOKEN_MISSING),
    (pkcs11.SessionHandleInvalid, FaultCode.TOKEN_MISSING),
    (pkcs11.SessionClosed, FaultCode.TOKEN_MISSING),
    (pkcs11.UserNotLoggedIn, FaultCode.TOKEN_MISSING),
)


def look(place: Mapping[str, str]) -> list[dict[str, Any]]:
    """The tokens that this module reaches now, with the certificates anybody may read."""
    found = []
    for token in _tokens(place["module"]):
        with token.open() as session:
            certificates = [
                {"key": key, "der": _text(der)} for key, der in _stored(session) if not _is_authority(der)
            ]
            chain = [_text(der) for _, der in _stored(session) if _is_authority(der)]
        told = {"serial": token.serial.decode(errors="replace").strip(), "label": token.label}
        found.append({**told, "certificates": certificates, "chain": chain})
    return found


def open_with(place: Mapping[str, str], pin: bytearray) -> "OpenToken":
    """Log in to the token with this serial number, for as long as this process lives.

    Raises: Refused PIN_WRONG, PIN_LOCKED, TOKEN_MISSING, KEY_REFUSED.
    """
    for token in _tokens(place["module"]):
        if token.serial.decode(errors="replace").strip() == place["serial"]:
            try:
                return OpenToken(token.open(user_pin=pin.decode()))
            except pkcs11.PKCS11Error as wrong:
                raise _refused(wrong) from None
    raise Refused(FaultCode.TOKEN_MISSING, place["serial"])


class OpenToken:
    """A session that is logged in, and the private keys met so far."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self._keys: dict[str, Any] = {}

    def certificates(self) -> list[dict[str, Any]]:
        """The certificates on the token that have a private key there."""
        try:
            held = {key.id.hex() for key in self._session.get_objects({_CLASS: ObjectClass.PRIVATE_KEY})}
            stored = list(_stored(self._session))
        except pkcs11.PKCS11Error as wrong:
            raise _refused(wrong) from None
        chain = [_text(der) for _, der in stored if _is_authority(der)]
        return [{"key": key, "der": _text(der), "chain": chain} for key, der in stored if key in held]

    def sign(self, key: str, to_be_signed: bytes) -> bytes:
        """Sign with the private key of this id. Raises: Refused."""
        digest = hashlib.sha256(to_be_signed).digest()
        try:
            private = self._private(key)
            if private.key_type is KeyType.RSA:
                return bytes(private.sign(SHA256_INFO + digest, mechanism=Mechanism.RSA_PKCS))
            return bytes(encode_ecdsa_signature(private.sign(digest, mechanism=Mechanism.ECDSA)))
        except pkcs11.PKCS11Error as wrong:
            raise _refused(wrong) from None

    def _private(self, key: str) -> Any:
        if key not in self._keys:
            self._keys[key] = self._session.get_key(
                object_class=ObjectClass.PRIVATE_KEY, id=bytes.fromhex(key)
            )
        return self._keys[key]


_CLASS = Attribute.CLASS


def _tokens(module: str) -> list[Any]:
    try:
        library = pkcs11.lib(module)
        tokens = [slot.get_token() for slot in library.get_slots(token_present=True)]
    except (pkcs11.PKCS11Error, RuntimeError, OSError) as wrong:
        raise Refused(FaultCode.TOKEN_MISSING, f"{module}: {type(wrong).__name__}") from None
    return [token for token in tokens if TokenFlag.TOKEN_INITIALIZED in token.flags]


def _stored(session: Any) -> Iterator[tuple[str, bytes]]:
    """Each certificate on the token: the id it shares with its key (hex), and its DER."""
    for certificate in session.get_objects({_CLASS: ObjectClass.CERTIFICATE}):
        yield certificate[Attribute.ID].hex(), bytes(certificate[Attribute.VALUE])


def _is_authority(der: bytes) -> bool:
    return bool(x509.Certificate.load(der).ca)


def _refused(wrong: Exception) -> Refused:
    code = next((code for kind, code in REFUSED if isinstance(wrong, kind)), FaultCode.KEY_REFUSED)
    return Refused(code, type(wrong).__name__)


def _text(der: bytes) -> str:
    return base64.b64encode(der).decode()
