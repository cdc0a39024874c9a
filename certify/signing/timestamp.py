"""RFC 3161 time-stamps from an ordered list of authorities.

Rules of this module:
1. The first authority that answers properly serves; a dead one is passed over, in the order of the list.
2. When all are dead the step fails: an unstamped signature is never made.
"""

import asyncio
import binascii
from collections.abc import Sequence

from asn1crypto import cms, tsp
from asn1crypto.parser import emit, parse, peek
from pyhanko.sign.timestamps import TimeStamper, TimestampRequestError
from pyhanko.sign.timestamps.common_utils import extract_ts_certs

from certify.model import CertifyFault, FaultCode

UNIVERSAL, CONTEXT = 0, 2  # classes of ASN.1
CONSTRUCTED = 1
SEQUENCE, SET = 16, 17
UNSIGNED_ATTRIBUTES = 1  # RFC 5652 5.3
SIGNER_DEPTH = 4  # ContentInfo, [0], SignedData, signerInfos, SignerInfo: each the last of the one before
DEAD = (TimestampRequestError, OSError, TimeoutError, asyncio.TimeoutError, ValueError)


class ReceivedToken(cms.ContentInfo):  # type: ignore[misc]
    """A token that is written as it came.

    asn1crypto 1.5 takes a length ending in 0x80 for "indefinite" and encodes everything inside anew, at a
    cost exponential in depth (a second or two for an unlucky token).
    """

    _received = b""

    @classmethod
    def of(cls, token: cms.ContentInfo) -> "ReceivedToken":
        """The same token, sealed against being encoded again."""
        received = token.dump()
        sealed: ReceivedToken = cls.load(received)
        sealed._received = received
        return sealed

    def dump(self, force: bool = False) -> bytes:  # noqa: FBT001, FBT002 - asn1crypto's signature
        """The bytes received, whatever is asked."""
        del force
        return self._received


class FallbackTimeStamper(TimeStamper):
    """Asks each authority of an ordered list until one answers."""

    def __init__(self, authorities: Sequence[TimeStamper]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._authorities = tuple(authorities)

    async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> cms.ContentInfo:
        """A token over `message_digest`.

        Raises: CertifyFault TIMESTAMP_UNAVAILABLE when no authority answers; its detail names what each said.
        """
        said: list[str] = []
        for authority in self._authorities:
            try:
                token = ReceivedToken.of(await authority.async_timestamp(message_digest, md_algorithm))
                _require_imprint(token, message_digest)
            except DEAD as dead:
                said.append(repr(dead))
                continue
            self._remember(token)
            return token
        raise CertifyFault(FaultCode.TIMESTAMP_UNAVAILABLE, "; ".join(said) or "no authority is configured")

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        """Whole requests go to the authorities themselves."""
        raise NotImplementedError

    def met(self) -> frozenset[bytes]:
        """The certificates (issuer and serial number) of all authorities that have answered so far."""
        return frozenset(self._certs)

    def _remember(self, token: cms.ContentInfo) -> None:
        for certificate in extract_ts_certs(token, self.cert_registry):
            self._certs[certificate.issuer_serial] = certificate


def with_token(container: bytes, token: bytes) -> bytes:
    """A signature's container (CMS, DER, one signer) with the time-stamp over its value (RFC 5652, RFC 3161).

    Put together from bytes as they came: put together from objects the token would be written again, at the
    cost that `ReceivedToken` tells of, which is lost where asn1crypto copies.
    """
    kind = cms.CMSAttributeType("signature_time_stamp_token").dump()
    attribute = emit(UNIVERSAL, CONSTRUCTED, SEQUENCE, kind + emit(UNIVERSAL, CONSTRUCTED, SET, token))
    return _appended(container, emit(CONTEXT, CONSTRUCTED, UNSIGNED_ATTRIBUTES, attribute), SIGNER_DEPTH)


def _appended(encoded: bytes, addition: bytes, depth: int) -> bytes:
    """`encoded` with `addition` at the end of the value that lies `depth` last children below it."""
    kind, method, tag, _, contents, _ = parse(encoded, strict=True)
    if depth == 0:
        return bytes(emit(kind, method, tag, contents + addition))
    last = 0
    while (following := last + peek(contents[last:])) < len(contents):
        last = following
    return bytes(emit(kind, method, tag, contents[:last] + _appended(contents[last:], addition, depth - 1)))


def _require_imprint(token: cms.ContentInfo, digest: bytes) -> None:
    """A token over something else is no answer (RFC 3161 2.2)."""
    stamped = token["content"]["encap_content_info"]["content"].parsed
    if stamped["message_imprint"]["hashed_message"].native != digest:
        raise ValueError(f"the token stamps something else than {binascii.hexlify(digest).decode()}")
