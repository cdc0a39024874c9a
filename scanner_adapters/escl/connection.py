"""The real way to a machine: HTTP/1.1 over TCP or TLS, bodies as streams, every wait bounded."""

import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import httpx

from scanner_adapters.escl.tls import PinningContext, Untrusted
from scanner_adapters.escl.wire import MOST_XML_BYTES, Answer, Break, Broken, Request, Sink

CONNECT_SECONDS = 5.0
IDLE_SECONDS = 15.0  # without a byte in the middle of a page
ANSWER_SECONDS = 60.0  # for the whole of an answer that is no page, however it trickles
OK = 200
MOVED = (301, 302, 307, 308)
BREAKS: tuple[tuple[type[Exception], Break], ...] = (
    (httpx.ConnectError, Break.UNREACHABLE),
    (httpx.ConnectTimeout, Break.UNREACHABLE),
    (httpx.UnsupportedProtocol, Break.UNREACHABLE),
    (httpx.InvalidURL, Break.UNREACHABLE),
    (httpx.TimeoutException, Break.SILENT),
    (httpx.HTTPError, Break.CLOSED),
    (Untrusted, Break.UNTRUSTED),
    (ssl.SSLError, Break.CLOSED),
    (OSError, Break.CLOSED),
)


class HttpTransport:
    """A way to the machine at one address, over one connection."""

    def __init__(
        self, base: str, pin: Callable[[], str] = str, *, idle_seconds: float = IDLE_SECONDS
    ) -> None:
        """`base` is scheme, host and port; `pin` tells the key the machine must have, "" for whichever."""
        self._base = base
        self._idle_seconds = idle_seconds
        self._context = PinningContext.expecting(pin)
        self._client: httpx.Client | None = None

    @property
    def key_sha256(self) -> str:
        """The SHA-256 of the public key (SPKI) the machine showed last, hex; empty without TLS."""
        return self._context.seen

    def rest(self) -> None:
        """Let the connection go; the next request opens another."""
        if self._client:
            self._client.close()
        self._client = None

    def ask(self, request: Request) -> Answer:
        """Ask and read the whole small answer. Raises: Broken."""
        until = time.monotonic() + ANSWER_SECONDS
        with self._answered(request) as response:
            held = bytearray()
            for block in response.iter_raw():
                held += block
                if len(held) > MOST_XML_BYTES:
                    raise Broken(Break.TOO_LONG, f"more than {MOST_XML_BYTES} bytes")
                if time.monotonic() > until:
                    raise Broken(Break.SILENT, "an answer that does not end")
            return Answer(response.status_code, _headers(response), bytes(held))

    def post(self, request: Request) -> Answer:
        """Send, and read the answer's head alone. Raises: Broken."""
        with self._answered(request) as response:
            return Answer(response.status_code, _headers(response))

    def fetch(self, request: Request, sink: Sink) -> Answer:
        """Ask, and let the body of a 200 flow into `sink`. Raises: Broken; what the sink raises."""
        with self._answered(request) as response:
            if response.status_code == OK:
                # The patience for the first byte is over; within a page silence means that it is cut.
                response.request.extensions["timeout"]["read"] = self._idle_seconds
                for block in response.iter_raw():
                    sink.write(block)
            return Answer(response.status_code, _headers(response))

    def _opened(self) -> httpx.Client:
        return httpx.Client(
            verify=self._context,
            limits=httpx.Limits(max_connections=1),
            headers={"User-Agent": "motcua", "Accept": "*/*", "Accept-Encoding": "identity"},
            follow_redirects=False,
            trust_env=False,  # a proxy for the world is none for the scanner in the next room
        )

    @contextmanager
    def _answered(self, request: Request) -> Iterator[httpx.Response]:
        place = ""
        try:
            with self._sent(request) as response:
                place = response.headers.get("content-location", "")
                yield response
        except Broken as broken:
            raise Broken(broken.how, broken.detail, place) from broken
        except (httpx.HTTPError, httpx.InvalidURL, Untrusted, ssl.SSLError) as failed:
            how = next(how for kind, how in BREAKS if isinstance(failed, kind))
            raise Broken(how, str(failed), place) from failed

    @contextmanager
    def _sent(self, request: Request) -> Iterator[httpx.Response]:
        for _ in range(2):
            with self._stream(request) as response:
                secure = _secure_base(self._base, response)
                if not secure:
                    yield response
                    return
                self._base = secure
        raise Broken(Break.CLOSED, "moved in a circle")

    @contextmanager
    def _stream(self, request: Request) -> Iterator[httpx.Response]:
        timeout = httpx.Timeout(request.patience, connect=CONNECT_SECONDS)
        self._client = self._client or self._opened()
        with self._client.stream(
            request.method,
            self._base + request.path,
            content=request.body or None,
            headers=dict(request.headers),
            timeout=timeout,
        ) as response:
            yield response


def _headers(response: httpx.Response) -> dict[str, str]:
    return {name.lower(): value for name, value in response.headers.items()}


def _secure_base(base: str, response: httpx.Response) -> str:
    """Where a machine sends us that wants TLS: the same host over https and nothing else."""
    if response.status_code not in MOVED or not base.startswith("http://"):
        return ""
    try:
        asked, target = urlsplit(base), urlsplit(response.headers.get("location", ""))
        port = f":{target.port}" if target.port else ""
    except ValueError:
        return ""
    same = target.hostname == asked.hostname and target.scheme == "https"
    return f"https://{asked.hostname}{port}" if same else ""
