"""Remote signing by the API of the Cloud Signature Consortium: a hash goes out, the answer is fetched later.

    v2 (2.0)      signatures/signHash in operation mode A answers with a responseID; signatures/signPolling
                  answers with the signature once the holder has confirmed
    v1 (1.0.4.0)  credentials/authorize waits until the holder has confirmed, then signatures/signHash answers
                  at once; so nothing is asked before the first look for an answer

Rules of this module:
1. TLS alone, its certificate checked, no redirect followed; the service sees hashes, never a document.
2. What it keeps between the steps is a ticket: another process may fetch the answer, after a restart.
3. Waiting is no failure. A service that does not answer is tried again; a refusal and a lapse are told.
"""

import asyncio
import base64
import hashlib
import json
import ssl
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any

import aiohttp
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from certify.key_holders.certified import CertifiedKey
from certify.model import CertifyFault, FaultCode
from certify.signing.keys import Ticket

SHA256_OID = "2.16.840.1.101.3.4.2.1"
SIGNING_OIDS = {"rsa": "1.2.840.113549.1.1.11", "ec": "1.2.840.10045.4.3.2"}  # both with SHA-256
CONFIRM_SECONDS = 600  # how long the service keeps a question open for its holder
MOST_BYTES = 1 << 20  # of an answer
FAREWELL_SECONDS = 0.05  # TLS connections end a moment after their session does
PENDING = 202  # HTTP
DENIED = frozenset({"access_denied", "authorization_denied", "invalid_pin", "invalid_otp", "user_canceled"})
LAPSED = frozenset({"timeout", "expired", "authorization_expired", "invalid_response_id"})
DER_SEQUENCE = 0x30


class Api(StrEnum):
    """Which version of the interface a service speaks."""

    V1 = "v1"
    V2 = "v2"


class RemoteService:
    """A service as it is configured: `place` holds url, credential, secret, ca and api.

    `secret` and `ca` are paths: a file with client id and client secret, a line each, and a PEM file with the
    service's own authority (empty: those this machine trusts). `seconds` bounds every request.
    """

    def __init__(self, place: Mapping[str, str], seconds: float) -> None:
        self._place = place
        self._seconds = seconds

    @property
    def api(self) -> Api:
        """Which version it speaks."""
        return Api(self._place["api"])

    def certificates(self) -> tuple[bytes, tuple[bytes, ...]]:
        """The certificate of the credential and those above it (DER). Raises: as `call`."""
        wanted = {"credentialID": self._place["credential"], "certificates": "chain"}
        told = self.call(("credentials/info", wanted))
        try:
            own, *above = (base64.b64decode(one) for one in told["cert"]["certificates"])
        except (KeyError, TypeError, ValueError) as wrong:
            raise CertifyFault(FaultCode.SERVICE_UNAVAILABLE, type(wrong).__name__) from wrong
        return own, tuple(above)

    def call(self, *requests: tuple[str, Mapping[str, Any]]) -> Mapping[str, Any]:
        """Make these requests one after the other, a SAD of one answer going into the next; the last answer.

        Raises: CertifyFault KEY_PENDING while the holder has not confirmed, KEY_REFUSED, KEY_TIMED_OUT,
        SERVICE_REFUSED (it does not take us), SERVICE_UNAVAILABLE (it does not answer, or not in its words).
        """
        try:
            return asyncio.run(self._call(requests))
        except TimeoutError:
            raise CertifyFault(FaultCode.KEY_PENDING, "no answer in time") from None
        except (aiohttp.ClientError, OSError, ValueError, KeyError) as wrong:
            raise CertifyFault(FaultCode.SERVICE_UNAVAILABLE, type(wrong).__name__) from wrong

    async def _call(self, requests: Sequence[tuple[str, Mapping[str, Any]]]) -> Mapping[str, Any]:
        if not self._place["url"].startswith("https://"):
            raise CertifyFault(FaultCode.SERVICE_REFUSED, "not https")
        limit = aiohttp.ClientTimeout(total=self._seconds)
        connector = aiohttp.TCPConnector(ssl=self._tls())
        try:
            async with aiohttp.ClientSession(connector=connector, timeout=limit) as session:
                return await self._answers(session, requests)
        finally:
            await asyncio.sleep(FAREWELL_SECONDS)

    async def _answers(
        self, session: aiohttp.ClientSession, requests: Sequence[tuple[str, Mapping[str, Any]]]
    ) -> Mapping[str, Any]:
        told = await self._post(session, "oauth2/token", self._client())
        session.headers["Authorization"] = f"Bearer {told['access_token']}"
        sad: dict[str, Any] = {}
        for name, wanted in requests:
            told = await self._post(session, name, {**wanted, **sad})
            sad = {"SAD": told["SAD"]} if "SAD" in told else {}
        return told

    async def _post(
        self, session: aiohttp.ClientSession, name: str, wanted: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        address = f"{self._place['url'].rstrip('/')}/{name}"
        async with session.post(address, json=dict(wanted), allow_redirects=False) as answer:
            body = await _body(answer)
            if answer.status == PENDING:
                raise CertifyFault(FaultCode.KEY_PENDING)
            told = json.loads(body) if answer.content_type == "application/json" else {}
            if answer.status == 200 and isinstance(told, dict) and told:  # noqa: PLR2004 HTTP
                return told
            raise _fault_of(answer.status, told)

    def _client(self) -> Mapping[str, str]:
        lines = Path(self._place["secret"]).read_text(encoding="utf-8").splitlines()
        return {"grant_type": "client_credentials", "client_id": lines[0], "client_secret": lines[1]}

    def _tls(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self._place.get("ca") or None)


class RemoteKey(CertifiedKey):
    """A key at a remote service, by the ticket of what it was asked."""

    def __init__(
        self, service: RemoteService, credential: str, certificate: bytes, chain: Sequence[bytes]
    ) -> None:
        super().__init__(certificate, chain)
        self._service = service
        self._credential = credential

    def begin(self, to_be_signed: bytes) -> Ticket:
        """Have the holder asked. Raises: CertifyFault as `RemoteService.call`."""
        digest = base64.b64encode(hashlib.sha256(to_be_signed).digest()).decode()
        if self._service.api is Api.V1:
            return Ticket(digest)
        asked = {
            **self._hashes(digest),
            "operationMode": "A",
            "validity_period": CONFIRM_SECONDS,
            "clientData": digest,  # a question asked twice is known by what is to be signed
        }
        return Ticket(_text(self._service.call(("signatures/signHash", asked)), "responseID"))

    def finish(self, ticket: Ticket) -> bytes | None:
        """The answer, or None while there is none. Raises: CertifyFault as `RemoteService.call`."""
        try:
            told = self._service.call(*self._questions(ticket.reference))
        except CertifyFault as fault:
            if fault.code is FaultCode.KEY_PENDING:
                return None
            raise
        try:
            (signature,) = told["signatures"]
            return self._plain(base64.b64decode(signature, validate=True))
        except (KeyError, TypeError, ValueError) as wrong:
            raise CertifyFault(FaultCode.SERVICE_UNAVAILABLE, type(wrong).__name__) from wrong

    def _questions(self, reference: str) -> tuple[tuple[str, Mapping[str, Any]], ...]:
        if self._service.api is Api.V2:
            return (("signatures/signPolling", {"responseID": reference}),)
        allowed = {"credentialID": self._credential, "numSignatures": 1, "hash": [reference]}
        return (
            ("credentials/authorize", allowed),
            ("signatures/signHash", self._hashes(reference)),
        )

    def _hashes(self, digest: str) -> Mapping[str, Any]:
        signing = {"credentialID": self._credential, "signAlgo": SIGNING_OIDS[self._algorithm]}
        if self._service.api is Api.V1:
            return {**signing, "hash": [digest], "hashAlgo": SHA256_OID}
        return {**signing, "hashes": [digest], "hashAlgorithmOID": SHA256_OID}

    @property
    def _algorithm(self) -> str:
        return str(self.certificate.public_key.algorithm)

    def _plain(self, signature: bytes) -> bytes:
        """The signature as our port has it: some services answer ECDSA with its two numbers side by side."""
        size = (self.certificate.public_key.bit_size + 7) // 8
        if self._algorithm != "ec" or (signature[:1] == bytes([DER_SEQUENCE]) and len(signature) != 2 * size):
            return signature
        halves = signature[:size], signature[size:]
        return encode_dss_signature(*(int.from_bytes(half, "big") for half in halves))


async def _body(answer: aiohttp.ClientResponse) -> bytes:
    body = b""
    async for block in answer.content.iter_any():
        body += block
        if len(body) > MOST_BYTES:
            raise ValueError(f"an answer of more than {MOST_BYTES} bytes")
    return body


def _fault_of(status: int, told: Mapping[str, Any]) -> CertifyFault:
    error = str(told.get("error", "")) if isinstance(told, dict) else ""
    if error in DENIED:
        return CertifyFault(FaultCode.KEY_REFUSED, error)
    if error in LAPSED:
        return CertifyFault(FaultCode.KEY_TIMED_OUT, error)
    refused = 400 <= status < 500 and status not in (408, 429)  # noqa: PLR2004 HTTP
    code = FaultCode.SERVICE_REFUSED if refused else FaultCode.SERVICE_UNAVAILABLE
    return CertifyFault(code, f"{status} {error}"[:80])


def _text(told: Mapping[str, Any], name: str) -> str:
    value = told.get(name)
    if not isinstance(value, str) or not value:
        raise CertifyFault(FaultCode.SERVICE_UNAVAILABLE, f"no {name}")
    return value
