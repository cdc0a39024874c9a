"""A time-stamp authority over HTTP, whose answer is believed only after every word of it was checked.

Rules of this module (numbers of RFC 3161):
1. It is asked up to `tries` times while it cannot be reached or does not answer as HTTP should; what it
   answered wrongly is a lie, and a liar is not asked again.
2. Granted, with a token (2.4.2); over our digest, with our nonce (2.4.2); its time is ours within `SKEW`.
3. Signed by the one certificate that the token names and carries, whose only purpose is time-stamps (2.3),
   which is valid now and leads to a root of time-stamp authorities that the office trusts.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from asn1crypto import cms, core, tsp, x509
from pyhanko.sign.general import extract_certificate_info
from pyhanko.sign.timestamps import HTTPTimeStamper, TimeStamper, TimestampRequestError
from pyhanko.sign.validation.generic_cms import validate_tst_signed_data
from pyhanko.sign.validation.status import TimestampSignatureStatus
from pyhanko_certvalidator import ValidationContext

from certify.algorithms import AgreedAlgorithms
from certify.services.asking import ListedSession
from certify.services.queue import Said, StampQueue
from certify.verification.signers.policies import is_for_stamps_alone

SKEW = timedelta(minutes=5)  # between our clock and an authority's
FIRST_PAUSE_SECONDS = 0.5  # before the second try; twice as long before each further one
GRANTED = frozenset({"granted", "granted_with_mods"})


class Lie(ValueError):
    """An authority's answer that is not what was asked for."""


@dataclass(frozen=True)
class Manners:
    """How authorities are asked: by which session and queue, how long, how often; which roots they need."""

    session: ListedSession
    queue: StampQueue
    seconds: int
    tries: int
    roots: tuple[x509.Certificate, ...]
    clock: Callable[[], datetime]
    first_pause: float = FIRST_PAUSE_SECONDS


class HttpAuthority(TimeStamper):
    """One authority at its address."""

    def __init__(self, address: str, manners: Manners) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._address = address
        self._manners = manners
        session: Any = manners.session
        self._client = HTTPTimeStamper(address, timeout=manners.seconds, session=session)

    async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> cms.ContentInfo:
        """A token over `message_digest` that keeps rules 2 and 3.

        Raises: Lie; TimestampRequestError, which names the address and what went wrong.
        """
        async with self._manners.queue.place():
            begun, said = time.monotonic(), Said(self._address, self._manners.clock(), 0.0)
            try:
                token = await self._asked(message_digest, md_algorithm)
            except (TimestampRequestError, ValueError) as wrong:
                said = replace(said, wrong=f"{type(wrong).__name__}: {wrong}")
                raise
            finally:
                self._manners.queue.keep(replace(said, seconds=round(time.monotonic() - begun, 3)))
        return token

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        """One request, one answer as it came. Raises: TimestampRequestError, ValueError."""
        return await self._client.async_request_tsa_response(req)

    async def _asked(self, digest: bytes, algorithm: str) -> cms.ContentInfo:
        request: tsp.TimeStampReq
        _, request = self.request_cms(digest, algorithm)  # type: ignore[no-untyped-call]
        try:
            token = _token_of(await self._answer(request))
            _require_asked(token, request, self._manners.clock())
            await self._require_trusted(token, digest)
        except TimestampRequestError:
            raise
        except Lie as lie:
            raise Lie(f"{self._address}: {lie}") from lie
        except Exception as broken:  # asn1crypto and pyHanko raise anything over strange bytes
            raise Lie(f"{self._address}: {type(broken).__name__} {broken}") from broken
        return token

    async def _answer(self, request: tsp.TimeStampReq) -> tsp.TimeStampResp:
        """Rule 1."""
        pause = self._manners.first_pause
        for turn in range(1, self._manners.tries + 1):
            try:
                return await self.async_request_tsa_response(request)
            except TimestampRequestError as dead:
                if turn == self._manners.tries:
                    why = dead.__cause__ or dead
                    raise TimestampRequestError(f"{self._address}: {why} ({turn} tries)") from dead
            await asyncio.sleep(pause)
            pause *= 2
        raise AssertionError("there is at least one try")

    async def _require_trusted(self, token: cms.ContentInfo, digest: bytes) -> None:
        """Rule 3."""
        signed = token["content"]
        certificate = extract_certificate_info(signed).signer_cert
        if not is_for_stamps_alone(certificate):
            raise Lie("the certificate is for more than time-stamps")
        context = ValidationContext(
            trust_roots=list(self._manners.roots),
            allow_fetching=False,
            revocation_mode="soft-fail",  # asked for when the file is sealed
            moment=self._manners.clock(),
            time_tolerance=SKEW,
            algorithm_usage_policy=AgreedAlgorithms(),
        )
        policy = AgreedAlgorithms()
        found: Any = await validate_tst_signed_data(signed, context, lambda _: digest, policy)
        status = TimestampSignatureStatus(**found)
        if not (status.intact and status.valid):
            raise Lie("the signature on the token does not hold")
        if not status.trusted:
            raise Lie("the certificate leads to no root of time-stamps that is trusted here")


class _Response(core.Sequence):  # type: ignore[misc]
    """A response as RFC 3161 2.4.2 has it: one that refuses brings no token (asn1crypto demands one)."""

    _fields: ClassVar[list[Any]] = [
        ("status", tsp.PKIStatusInfo),
        ("time_stamp_token", cms.ContentInfo, {"optional": True}),
    ]


def _token_of(received: tsp.TimeStampResp) -> cms.ContentInfo:
    response = _Response.load(received.dump())
    status = response["status"]
    if status["status"].native not in GRANTED:
        told = [*(status["status_string"].native or ()), *sorted(status["fail_info"].native or ())]
        raise Lie(f"{status['status'].native} {'; '.join(told)}".strip())
    return response["time_stamp_token"]


def _require_asked(token: cms.ContentInfo, request: tsp.TimeStampReq, now: datetime) -> None:
    """Rule 2."""
    info = token["content"]["encap_content_info"]["content"].parsed
    if not isinstance(info, tsp.TSTInfo):
        raise Lie("no time-stamp in the token")
    if info["message_imprint"].native != request["message_imprint"].native:
        raise Lie("the token stamps something else")
    if info["nonce"].native != request["nonce"].native:
        raise Lie("the token answers another request")
    at: datetime = info["gen_time"].native
    if abs((at if at.tzinfo else at.replace(tzinfo=UTC)) - now) > SKEW:
        raise Lie(f"the token tells {at:%Y-%m-%d %H:%M:%S}")
