"""A signature beside what it signs, with a time-stamp over it: for records that are no PDF.

The time-stamp (RFC 3161) covers the signature's bytes, so that both are proved to be no younger than it.
"""

import asyncio
import base64
import hashlib
import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from asn1crypto import cms, x509
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.generic_cms import validate_tst_signed_data
from pyhanko_certvalidator import ValidationContext

from certify.model import CertifyFault, FaultCode
from certify.signing.keys import check_signature, sign_now
from certify.signing.trust import Credentials

ALGORITHM = "sha256"
TRUST_IS_NOT_ASKED = "pyhanko.sign.validation.generic_cms"  # its logger would tell of each path it lacks


@dataclass(frozen=True)
class Checked:
    """Who signed (SHA-256 of the certificate's DER, hex) and when the time-stamp says it stood."""

    certificate_sha256: str
    stamped_at: datetime


def sign_detached(credentials: Credentials, content: bytes) -> Mapping[str, str]:
    """Sign `content` at once and have the signature time-stamped; everything as base64.

    Raises: CertifyFault KEY_PENDING, KEY_REFUSED, TIMESTAMP_UNAVAILABLE.
    """
    signature = sign_now(credentials.key, content)
    check_signature(credentials.key.certificate, signature, content)
    digest = hashlib.sha256(signature).digest()
    token = asyncio.run(credentials.services.timestamps.async_timestamp(digest, ALGORITHM))
    return {
        "certificate": _text(credentials.key.certificate.dump()),
        "signature": _text(signature),
        "timestamp": _text(token.dump()),
    }


def check_detached(signed: Mapping[str, str], content: bytes, pinned: Collection[str]) -> Checked:
    """Check signature and time-stamp over `content`; `pinned` are the certificates that may have signed.

    Whether the time-stamp's authority is trusted is not asked: the roots of long ago may be gone by now.
    Raises: CertifyFault KEY_REFUSED when the signature is not over this, TIMESTAMP_UNAVAILABLE when the
    time-stamp is not over this signature or not intact, CERTIFICATE_UNTRUSTED when both hold and the
    certificate is none of the pinned ones.
    """
    try:
        certificate, signature, token = (
            base64.b64decode(signed[name]) for name in ("certificate", "signature", "timestamp")
        )
        parsed = x509.Certificate.load(certificate)
        stamp = cms.ContentInfo.load(token)["content"]
    except (KeyError, ValueError, TypeError) as unreadable:
        raise CertifyFault(FaultCode.KEY_REFUSED, "no signature that can be read") from unreadable
    check_signature(parsed, signature, content)
    checked = Checked(hashlib.sha256(certificate).hexdigest(), stamped_at(stamp, signature))
    if checked.certificate_sha256 not in pinned:
        raise CertifyFault(FaultCode.CERTIFICATE_UNTRUSTED, checked.certificate_sha256)
    return checked


def stamped_at(stamp: cms.SignedData, signature: bytes) -> datetime:
    """When `stamp` says that `signature` was there; who vouches for its authority is not asked.

    Raises: CertifyFault TIMESTAMP_UNAVAILABLE when it is over something else, or not intact.
    """

    def imprint(algorithm: str) -> bytes:
        return hashlib.new(algorithm, signature).digest()

    nobody = ValidationContext(trust_roots=[], allow_fetching=False, revocation_mode="soft-fail")
    logging.getLogger(TRUST_IS_NOT_ASKED).addFilter(_no_path)
    try:
        status = asyncio.run(validate_tst_signed_data(stamp, nobody, imprint))
    except (SignatureValidationError, ValueError, TypeError) as broken:
        raise CertifyFault(FaultCode.TIMESTAMP_UNAVAILABLE, str(broken)) from broken
    finally:
        logging.getLogger(TRUST_IS_NOT_ASKED).removeFilter(_no_path)
    if not (status["intact"] and status["valid"]):
        raise CertifyFault(FaultCode.TIMESTAMP_UNAVAILABLE, "the time-stamp is over something else")
    at: datetime = status["timestamp"]
    return at


def _no_path(told: logging.LogRecord) -> bool:
    return "validation path" not in told.getMessage() and "build path" not in told.getMessage()


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")
