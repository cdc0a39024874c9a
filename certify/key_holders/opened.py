"""What a key holder has opened, and how it refuses."""

from collections.abc import Mapping
from typing import Any, Protocol

from certify.model import FaultCode


class Refused(Exception):
    """Why the key cannot be opened or used; travels to who asked as a line."""

    def __init__(self, code: FaultCode, detail: str = "") -> None:
        super().__init__(code)
        self.told: Mapping[str, str] = {"refused": code, "detail": detail}


class Opened(Protocol):
    """What signs, once it is open."""

    def certificates(self) -> list[dict[str, Any]]:
        """The certificates whose private keys it holds: key, der and chain (base64)."""

    def sign(self, key: str, to_be_signed: bytes) -> bytes:
        """The SHA-256 signature of this key: PKCS#1 v1.5, or DER ECDSA. Raises: Refused."""
