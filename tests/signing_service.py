"""A remote signing service on loopback over TLS, in the words of the Cloud Signature Consortium (v1, v2).

Its holder has a phone: what was asked waits there until `say` is told: "yes", "no", "lapsed", or how the
service itself goes wrong. It keeps what it was asked, and signs each hash once for each question.
"""

import asyncio
import base64
from pathlib import Path

from aiohttp import web
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature

from tests.tls_service import TlsService

CLIENT = ("motcua", "bi-mat-cua-co-quan")


class SigningService(TlsService):
    """The service with one credential; `address` is what clients are told."""

    def __init__(self, tls: Path, key, certificate, *, plain_ecdsa: bool = False) -> None:
        self.says = ""
        self.asked: list[str] = []  # hashes, each as often as it was asked for
        self.paths: list[str] = []
        self._key = key
        self._certificate = certificate
        self._plain = plain_ecdsa
        super().__init__(tls)

    @property
    def address(self) -> str:
        return f"https://127.0.0.1:{self._port}/csc"

    def say(self, word: str) -> None:
        self.says = word

    def _app(self) -> web.Application:
        app = web.Application(middlewares=[self._troubled])
        app.router.add_post("/csc/oauth2/token", self._token)
        app.router.add_post("/csc/credentials/info", self._info)
        app.router.add_post("/csc/credentials/authorize", self._authorize)
        app.router.add_post("/csc/signatures/signHash", self._sign_hash)
        app.router.add_post("/csc/signatures/signPolling", self._poll)
        return app

    @web.middleware
    async def _troubled(self, request, handler):
        name = request.path.rpartition("/csc/")[2]
        self.paths.append(name)
        if name != "oauth2/token":
            if request.headers.get("Authorization") != "Bearer for-an-hour":
                return web.json_response({"error": "invalid_token"}, status=401)
            if self.says == "down":
                return web.Response(status=503, text="later")
            if self.says == "garbage":
                return web.Response(status=200, text="<html>", content_type="text/html")
            if self.says == "elsewhere":
                raise web.HTTPFound("https://127.0.0.1:1/")
            if self.says == "endless":
                return web.Response(status=200, body=b"1" * (1 << 21), content_type="application/json")
            if self.says == "silent":
                await asyncio.sleep(60)
        return await handler(request)

    async def _token(self, request):
        told = await request.json()
        if (told.get("client_id"), told.get("client_secret")) != CLIENT:
            return web.json_response({"error": "invalid_client"}, status=401)
        return web.json_response({"access_token": "for-an-hour"})

    async def _info(self, _request):
        der = self._certificate.public_bytes(serialization.Encoding.DER)
        return web.json_response({"cert": {"certificates": [base64.b64encode(der).decode()]}})

    async def _sign_hash(self, request):
        told = await request.json()
        if "hash" in told:  # v1: allowed by the SAD
            if told.get("SAD") != "sad-" + told["hash"][0]:
                return web.json_response({"error": "invalid_request"}, status=400)
            return web.json_response({"signatures": [self._signed(told["hash"][0])]})
        assert told["operationMode"] == "A"
        self.asked.append(told["hashes"][0])
        return web.json_response({"responseID": f"{len(self.asked)}"})

    async def _authorize(self, request):
        told = await request.json()
        self.asked.append(told["hash"][0])
        refused = self._word()
        if refused is not None:
            return refused
        return web.json_response({"SAD": "sad-" + told["hash"][0]})

    async def _poll(self, request):
        told = await request.json()
        refused = self._word()
        if refused is not None:
            return refused
        return web.json_response({"signatures": [self._signed(self.asked[int(told["responseID"]) - 1])]})

    def _word(self):
        if self.says == "no":
            return web.json_response({"error": "access_denied"}, status=400)
        if self.says == "lapsed":
            return web.json_response({"error": "expired"}, status=400)
        return None if self.says in ("yes", "wrong", "another hash") else web.Response(status=202)

    def _signed(self, digest: str) -> str:
        wanted = base64.b64decode(digest)
        if self.says == "another hash":
            wanted = bytes(len(wanted))
        key = ec.generate_private_key(ec.SECP256R1()) if self.says == "wrong" else self._key
        if isinstance(key, rsa.RSAPrivateKey):
            signature = key.sign(wanted, padding.PKCS1v15(), Prehashed(hashes.SHA256()))
        else:
            signature = key.sign(wanted, ec.ECDSA(Prehashed(hashes.SHA256())))
            if self._plain:
                signature = b"".join(part.to_bytes(32, "big") for part in decode_dss_signature(signature))
        return base64.b64encode(signature).decode()
