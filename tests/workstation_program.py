"""The signing program on loopback: it listens over TLS, comes for the file, signs it and brings it back.

Its holder presses "sign", or does not: `says` is "sign", "cancel" (the holder closes its window), "another"
(it signs what it has signed before) or "silent" (it never answers). It keeps what it was told.
"""

import asyncio
import json
import ssl
from pathlib import Path

import aiohttp
from aiohttp import web

from tests.tls_service import TlsService


class SigningProgram(TlsService):
    """The program of one person; `signs` makes a signed file of a file."""

    def __init__(self, tls: Path, office: Path, signs) -> None:
        self.says = "sign"
        self.told: list[dict] = []
        self.acts: list[str] = []
        self._office, self._signs = office, signs
        self._last = b""
        super().__init__(tls)

    @property
    def address(self) -> str:
        return f"wss://127.0.0.1:{self._port}"

    def _app(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/{act}", self._spoken)
        return app

    async def _spoken(self, request):
        line = web.WebSocketResponse()
        await line.prepare(request)
        async for message in line:
            if message.type is not aiohttp.WSMsgType.TEXT:
                continue
            told = json.loads(message.data)
            self.told.append(told)
            self.acts.append(request.match_info["act"])
            if self.says == "silent":
                continue
            await line.send_str(json.dumps(await self._answer(told)))
        return line

    async def _answer(self, told):
        if self.says == "cancel":
            return {"Status": 1, "Message": "Người dùng đã hủy"}
        trust = ssl.create_default_context(cafile=self._office)
        connector = aiohttp.TCPConnector(ssl=trust)
        async with aiohttp.ClientSession(connector=connector) as session:
            async with session.get(told["FileName"]) as answer:
                data = await answer.read()
            if self.says != "another":
                self._last = await asyncio.to_thread(self._signs, data)
            form = aiohttp.FormData()
            form.add_field("uploadfile", self._last, filename="ky.pdf", content_type="application/pdf")
            async with session.post(told["FileUploadHandler"], data=form) as answer:
                taken = json.loads(await answer.text())
        await asyncio.sleep(0.05)
        if not taken["Status"]:
            return {"Status": 2, "Message": taken["Message"]}
        return {"Status": 0, "Message": "", "FileName": taken["FileName"], "FileServer": taken["FileServer"]}
