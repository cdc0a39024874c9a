"""RFC 3161 time-stamps from an ordered list of authorities.

Rules of this module:
1. The first authority that answers properly serves; a dead one is passed over, in the order of the list.
2. When all are dead the step fails: an unstamped signature is never made.
"""

import asyncio
import binascii
from collections.abc import Sequence

from asn1crypto import cms, tsp
from pyhanko.sign.timestamps import TimeStamper, TimestampRequestError
from pyhanko.sign.timestamps.common_utils import extract_ts_certs

from certify.model import CertifyFault, FaultCode

DEAD = (TimestampRequestError, OSError, TimeoutError, asyncio.TimeoutError, ValueError)


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
                token = await authority.async_timestamp(message_digest, md_algorithm)
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

    def knows(self, token: cms.ContentInfo) -> bool:
        """Whether the certificates of `token` were known, hence validated, before it was made."""
        return all(cert.issuer_serial in self._certs for cert in extract_ts_certs(token, self.cert_registry))

    def _remember(self, token: cms.ContentInfo) -> None:
        for certificate in extract_ts_certs(token, self.cert_registry):
            self._certs[certificate.issuer_serial] = certificate


def _require_imprint(token: cms.ContentInfo, digest: bytes) -> None:
    """A token over something else is no answer (RFC 3161 2.2)."""
    stamped = token["content"]["encap_content_info"]["content"].parsed
    if stamped["message_imprint"]["hashed_message"].native != digest:
        raise ValueError(f"the token stamps something else than {binascii.hexlify(digest).decode()}")
