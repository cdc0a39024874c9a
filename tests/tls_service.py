"""A service on loopback over TLS that runs beside a test, in a thread of its own."""

import asyncio
import ssl
import threading
from pathlib import Path

from aiohttp import web

LONGEST_START = 10  # seconds


class TlsService:
    """What `_app` answers, at a free port; it runs when this is made, so what `_app` needs is set before."""

    def __init__(self, tls: Path) -> None:
        self._tls = tls
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self._thread.start()
        self._ready.wait(LONGEST_START)

    def stop(self) -> None:
        """End it; a second time changes nothing."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._ended.set)
            self._thread.join(LONGEST_START)

    def _app(self) -> web.Application:
        raise NotImplementedError

    async def _serve(self) -> None:
        self._loop, self._ended = asyncio.get_running_loop(), asyncio.Event()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._tls / "public.crt", self._tls / "private.key")
        runner = web.AppRunner(self._app(), shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
        await site.start()
        self._port = site._server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._ended.wait()
        await runner.cleanup()
        await asyncio.sleep(0.05)  # TLS says its farewells
