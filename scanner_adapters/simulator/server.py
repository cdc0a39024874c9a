"""The simulated machine on a real socket: HTTP/1.1 by hand, for it must also answer badly."""

import asyncio
import contextlib
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus

from scanner_adapters.escl.wire import Request
from scanner_adapters.simulator.machine import Carriage, Machine, Reply

BLOCK = 1 << 16  # bytes
MOST_HEAD_BYTES = 1 << 16
MOST_BODY_BYTES = 1_000_000
STALL_SECONDS = 600.0
START_SECONDS = 10.0
GOODBYE_SECONDS = 2.0


@dataclass(frozen=True)
class Place:
    """Where a server listens; port 0 takes whichever is free."""

    host: str = "127.0.0.1"
    port: int = 0
    tls: ssl.SSLContext | None = None


class ScannerServer:
    """Serves one machine."""

    def __init__(self, machine: Machine, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` tells the machine's time in seconds."""
        self._machine = machine
        self._clock = clock
        self._one_at_a_time = asyncio.Lock()

    async def listen(self, place: Place) -> asyncio.Server:
        """Start to listen; close the server to stop."""
        return await asyncio.start_server(
            self._serve, place.host, place.port, ssl=place.tls, limit=MOST_HEAD_BYTES
        )

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(
                ConnectionError, asyncio.IncompleteReadError, ssl.SSLError, TimeoutError
            ):
                while request := await _read_request(reader, writer):
                    async with self._one_at_a_time:
                        reply = await asyncio.to_thread(self._machine.handle, request, self._clock())
                    if not await _send(reply, reader, writer):
                        break
            with contextlib.suppress(ConnectionError, ssl.SSLError, TimeoutError):
                writer.close()
                await asyncio.wait_for(writer.wait_closed(), GOODBYE_SECONDS)
        finally:
            writer.transport.abort()


@contextmanager
def serving(machine: Machine, place: Place | None = None) -> Iterator[str]:
    """Serve a machine from a thread of its own; the value is its address, http://HOST:PORT/eSCL."""
    place = place or Place()
    loop = asyncio.new_event_loop()
    ready = threading.Event()
    ports: list[int] = []

    async def run() -> None:
        server = await ScannerServer(machine).listen(place)
        ports.append(server.sockets[0].getsockname()[1])
        ready.set()
        try:
            await asyncio.Event().wait()
        finally:
            server.close()

    def live() -> None:
        asyncio.set_event_loop(loop)
        with contextlib.suppress(asyncio.CancelledError):
            loop.run_until_complete(task)
        _end_all(loop)

    task = loop.create_task(run())
    thread = threading.Thread(target=live, daemon=True)
    thread.start()
    try:
        if not ready.wait(START_SECONDS):
            raise TimeoutError
        yield f"{'https' if place.tls else 'http'}://{place.host}:{ports[0]}/eSCL"
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join()


def _end_all(loop: asyncio.AbstractEventLoop) -> None:
    left = asyncio.all_tasks(loop)
    for task in left:
        task.cancel()
    loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.run_until_complete(asyncio.sleep(0))  # aborted connections end in the next turn
    loop.close()


async def _read_request(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Request | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        return None
    first, *lines = head.decode("latin-1").split("\r\n")
    words = first.split(" ")
    if len(words) != 3:  # noqa: PLR2004 RFC 9112: method, target, version
        return None
    named = (line.partition(":") for line in lines if ":" in line)
    headers = {name.strip().lower(): value.strip() for name, _, value in named}
    if headers.get("expect", "").lower() == "100-continue":
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    body = await _read_body(reader, headers)
    return Request(words[0], words[1].partition("?")[0], body, headers)


async def _read_body(reader: asyncio.StreamReader, headers: dict[str, str]) -> bytes:
    if headers.get("transfer-encoding", "").lower() != "chunked":
        told = headers.get("content-length", "0")
        return await reader.readexactly(min(int(told) if told.isdigit() else 0, MOST_BODY_BYTES))
    body = b""
    while size := int((await reader.readuntil(b"\r\n")).partition(b";")[0], 16):
        body += await reader.readexactly(size + 2)
        body = body[:-2]
        if len(body) > MOST_BODY_BYTES:
            raise ConnectionError("body too large")
    await reader.readuntil(b"\r\n")
    return body


async def _send(reply: Reply, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    """Send an answer as its carriage wants; True when the connection may be used again."""
    if reply.carriage is Carriage.REFUSED:
        writer.transport.abort()
        return False
    await asyncio.sleep(reply.seconds)
    writer.write(_head(reply))
    if reply.carriage is Carriage.WHOLE:
        await _write(writer, reply.body)
        return True
    await _write(writer, reply.body[: len(reply.body) // 2])
    if reply.carriage is Carriage.STALLED:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(reader.read(1), STALL_SECONDS)
    if reply.carriage is Carriage.RESET:
        writer.transport.abort()
    return False


async def _write(writer: asyncio.StreamWriter, body: bytes) -> None:
    for start in range(0, len(body), BLOCK):
        writer.write(body[start : start + BLOCK])
        await writer.drain()
    await writer.drain()


def _head(reply: Reply) -> bytes:
    try:
        phrase = HTTPStatus(reply.status).phrase
    except ValueError:
        phrase = "Unknown"
    headers = (*reply.headers, ("Content-Length", str(len(reply.body))), ("Server", "motcua-simulator"))
    lines = [f"HTTP/1.1 {reply.status} {phrase}", *(f"{name}: {value}" for name, value in headers)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
