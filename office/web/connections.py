"""Connections of the web server, each within bounds, before any request of theirs is known.

uvicorn ends a connection that rests between two requests, and no other; so here:
1. A request's head comes whole within `head_seconds` of the connection, or of its first byte.
2. One address holds `most_each` connections, all together `most`. At the limit the oldest of those that do
   nothing makes room, first of the address that holds the most; where all are at work, who comes is told so.
3. What is still sent after an answer is let fall for `linger_seconds`, so that the answer can be read.
4. Who does not take what is sent to them loses the connection after `send_seconds`.
5. Where only some may connect (a proxy without TLS, this machine), others' connections end unheard.
6. A TLS handshake takes no longer than `HANDSHAKE_SECONDS`.
How fast a body has to come is office.web.posting's, because only who reads it knows when it is waited for.
"""

import asyncio
import select
import socket
import struct
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, cast

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.config import LOGGING_CONFIG
from uvicorn.protocols.http.h11_impl import H11Protocol

from office.explain import LANGUAGES, explain
from office.founding.serving_place import serving_place
from office.settings import Settings
from office.web.gate import CONNECTION
from office.web.refusals import DoorCode, DoorFault

COME_AGAIN_SECONDS = 5
HANDSHAKE_SECONDS = 10.0
SHUTDOWN_SECONDS = 10  # for requests under way when the server is told to end
NO_LINGER = struct.pack("ii", 1, 0)
LAST_WORDS_SECONDS = 1.0  # for who was turned away to read why


@dataclass(frozen=True)
class ConnectionBounds:
    """How many connections, and how long each may take (seconds). `proxies` are not counted by address.

    `only`: the addresses whose connections are taken; None: everybody's.
    """

    most: int = 400  # below the 1,024 open files that a process usually has
    most_each: int = 64  # a browser opens six; a whole office may come from one address
    head_seconds: float = 10.0
    linger_seconds: float = 60.0
    send_seconds: float = 30.0
    proxies: frozenset[str] = frozenset()
    only: frozenset[str] | None = None


class PatientLoop(asyncio.SelectorEventLoop):
    """The event loop of the pages: it waits less long for TLS handshakes than asyncio's minute."""

    async def create_server(self, *given: Any, **named: Any) -> asyncio.Server:
        """Listen (asyncio's hook; uvicorn has no setting for this)."""
        if named.get("ssl"):
            named.setdefault("ssl_handshake_timeout", HANDSHAKE_SECONDS)
        return await super().create_server(*given, **named)


def server_config(app: ASGIApp, settings: Settings, bounds: ConnectionBounds | None = None) -> uvicorn.Config:
    """How the pages are served: each connection within bounds, proxies believed where settings name them.

    Raises: SettingsFault for a certificate or key that cannot be used.
    """
    place, proxies = serving_place(settings), frozenset(settings.web.trusted_proxies)
    tls = place.tls
    bounds = replace(bounds or ConnectionBounds(), proxies=proxies, only=place.only)
    return uvicorn.Config(
        cast("Any", app),
        host=place.host,
        port=place.port,
        loop=f"{__name__}:{PatientLoop.__name__}",
        ssl_context_factory=(lambda *_: tls) if tls else None,
        http=cast("type[asyncio.Protocol]", partial(GuardedConnection, bounds)),
        ws="none",
        log_level="warning",
        log_config=None if settings.log == "json" else LOGGING_CONFIG,
        limit_concurrency=2 * bounds.most,  # our own bounds come first; this one knows no sentence
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        proxy_headers=bool(settings.web.trusted_proxies),
        forwarded_allow_ips=list(settings.web.trusted_proxies),
        server_header=False,
    )


class GuardedConnection(H11Protocol):
    """One connection, within its bounds."""

    def __init__(self, bounds: ConnectionBounds, **given: Any) -> None:
        super().__init__(**given)
        self._bounds = bounds
        self.app_state = {
            **self.app_state,
            CONNECTION: self,
        }  # asked by requests: still there?
        self._head_timer: asyncio.TimerHandle | None = None
        self._send_timer: asyncio.TimerHandle | None = None
        self._ends: list[asyncio.TimerHandle] = []
        self._turned_away = False
        self._heard = False
        self.since = 0.0

    @property
    def host(self) -> str:
        """The address at the other end."""
        return self.client[0] if self.client else ""

    @property
    def is_at_work(self) -> bool:
        """Is a request being answered?"""
        return self.cycle is not None and not self.cycle.response_complete

    def is_gone(self) -> bool:
        """Did the other end hang up? Known even while its bytes are left unread (Linux: POLLRDHUP)."""
        if self.transport.is_closing():
            return True
        watch = select.poll()
        watch.register(self.transport.get_extra_info("socket").fileno(), select.POLLRDHUP)
        return bool(watch.poll(0))

    def cut(self) -> None:
        """End the connection at once; what it has not taken yet is not kept for it (SO_LINGER 0)."""
        ends = self.transport.get_extra_info("socket")
        if ends.fileno() >= 0:
            ends.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
        self.transport.abort()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take the connection, or turn it away (asyncio's hook)."""
        super().connection_made(transport)
        self.since = self.loop.time()
        if self._bounds.only is not None and self.host not in self._bounds.only:
            self.cut()
        elif self._found_room():
            self._head_timer = self.loop.call_later(self._bounds.head_seconds, self._head_is_late)
        else:
            self._turn_away()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the timers (asyncio's hook)."""
        self._stop_head_timer()
        self.resume_writing()
        for timer in self._ends:
            timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes; while a head is incomplete, its time runs (asyncio's hook)."""
        if self._turned_away:
            return
        self._heard = True
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._stop_head_timer()
        elif self._head_timer is None:
            self._head_timer = self.loop.call_later(self._bounds.head_seconds, self._head_is_late)

    def on_response_complete(self) -> None:
        """Go on with the connection after an answer, within bounds (uvicorn's hook)."""
        super().on_response_complete()
        if self.transport.is_closing():
            self._later(self._bounds.send_seconds, self.cut)
        elif self.conn.their_state is h11.SEND_BODY:
            self._later(self._bounds.linger_seconds, partial(self._stop_lingering, self.cycle))

    def timeout_keep_alive_handler(self) -> None:
        """Close a resting connection, also when its last answer is never taken (uvicorn's hook)."""
        super().timeout_keep_alive_handler()
        self._later(self._bounds.send_seconds, self.cut)

    def pause_writing(self) -> None:
        """Wait for the other end to take what was sent, not for ever (asyncio's hook)."""
        super().pause_writing()
        self._send_timer = self.loop.call_later(self._bounds.send_seconds, self.cut)

    def resume_writing(self) -> None:
        """Go on sending (asyncio's hook)."""
        if self._send_timer is not None:
            self._send_timer.cancel()
            self._send_timer = None
        super().resume_writing()

    def _found_room(self) -> bool:
        others = [one for one in self.connections if isinstance(one, GuardedConnection) and one is not self]
        counts = Counter(one.host for one in others)
        if self.host not in self._bounds.proxies and counts[self.host] >= self._bounds.most_each:
            return _make_room([one for one in others if one.host == self.host], counts)
        return len(others) < self._bounds.most or _make_room(others, counts)

    def _turn_away(self) -> None:
        self._turned_away = True
        self.connections.discard(self)
        self._say_last(_BUSY)

    def _head_is_late(self) -> None:
        self._head_timer = None
        if not self.transport.is_closing():
            self._turned_away = True
            self._say_last(_LATE if self._heard else b"")

    def _say_last(self, words: bytes) -> None:
        self._unset_keepalive_if_required()
        self.transport.write(words)
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._later(LAST_WORDS_SECONDS if words else 0, self.cut)

    def _later(self, seconds: float, act: Callable[[], None]) -> None:
        """Do something later, if the connection still stands then: a closed one is kept by no timer."""
        self._ends.append(self.loop.call_later(seconds, act))

    def _stop_lingering(self, answered: object) -> None:
        if self.cycle is answered and self.conn.their_state is h11.SEND_BODY:
            self.cut()

    def _stop_head_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None


def _make_room(among: Collection[GuardedConnection], counts: Counter[str]) -> bool:
    resting = [one for one in among if not one.is_at_work]
    if not resting:
        return False
    oldest = max(resting, key=lambda one: (counts[one.host], -one.since))
    oldest.connections.discard(oldest)
    oldest.cut()
    return True


def _plain(status: str, fault: DoorFault) -> bytes:
    """An answer as bytes, for who has not yet asked anything: in both languages."""
    text = "\n".join(explain(fault, lang).sentence for lang in LANGUAGES).encode()
    again = f"Retry-After: {fault.seconds}\r\n" if fault.seconds else ""
    head = f"HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\n{again}"
    return f"{head}Content-Length: {len(text)}\r\nConnection: close\r\n\r\n".encode() + text


_BUSY = _plain("503 Service Unavailable", DoorFault(DoorCode.TOO_BUSY, COME_AGAIN_SECONDS))
_LATE = _plain("408 Request Timeout", DoorFault(DoorCode.TOO_SLOW))
