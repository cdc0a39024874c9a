"""HTTP to the services that signatures rest on: listed addresses alone, no redirects, bounded answers.

pyHanko's clients ask a session for `get` and `post`; this one is theirs. Each request has a connection of its
own, because signing runs one event loop a step, and because nobody asks often.
"""

import errno
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from certify.services.addresses import AllowedAddresses

MOST_BYTES = 20 << 20  # the largest revocation lists of public authorities have some megabytes
OK = 200


class Unanswered(aiohttp.ClientError):
    """A service that was not asked, or did not answer as it should; says which and why."""


@dataclass(frozen=True)
class Answer:
    """A whole answer, in the shape that pyHanko's clients know."""

    content: bytes
    headers: Mapping[str, str]
    request_info: Any
    history: tuple[()] = ()

    async def read(self) -> bytes:
        """The body."""
        return self.content


class ListedSession:
    """Asks listed addresses, and no other."""

    def __init__(self, allowed: AllowedAddresses, most_bytes: int = MOST_BYTES) -> None:
        self._allowed = allowed
        self._most_bytes = most_bytes

    def get(self, url: str, **options: Any) -> AbstractAsyncContextManager[Answer]:
        """GET; see `_asked`."""
        return self._asked("GET", url, **options)

    def post(self, url: str, **options: Any) -> AbstractAsyncContextManager[Answer]:
        """POST; see `_asked`."""
        return self._asked("POST", url, **options)

    @asynccontextmanager
    async def _asked(self, method: str, url: str, **options: Any) -> AsyncIterator[Answer]:
        """The whole answer to one request. Raises: Unanswered."""
        if not self._allowed.names(url):
            raise Unanswered(f"{url}: not on the list of addresses")
        options = {**options, "allow_redirects": False}
        options.pop("raise_for_status", None)
        try:
            answer = await self._fetch(method, url, options)
        except (TimeoutError, OSError, aiohttp.ClientError) as broken:
            if isinstance(broken, Unanswered):
                raise
            raise Unanswered(f"{url}: {type(broken).__name__} {broken}") from broken
        yield answer

    async def _fetch(self, method: str, url: str, options: Mapping[str, Any]) -> Answer:
        connector = aiohttp.TCPConnector(resolver=ListedResolver(self._allowed), force_close=True)
        session = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())
        async with session, session.request(method, url, **options) as response:
            if response.status != OK:
                raise Unanswered(f"{url}: status {response.status}")
            content = b""
            async for part in response.content.iter_any():
                content += part
                if len(content) > self._most_bytes:
                    raise Unanswered(f"{url}: more than {self._most_bytes} bytes")
            return Answer(content, response.headers, response.request_info)


class ListedResolver(AbstractResolver):
    """Names lead to addresses that may be reached, or nowhere."""

    def __init__(self, allowed: AllowedAddresses) -> None:
        self._allowed = allowed
        self._plain = ThreadedResolver()

    async def resolve(self, host: str, port: int = 0, family: Any = 0) -> list[ResolveResult]:
        """The addresses of `host` that may be reached. Raises: OSError when there is none."""
        found = await self._plain.resolve(host, port, family)
        open_ones = [one for one in found if self._allowed.reaches(one["host"])]
        if not open_ones:
            raise OSError(errno.EACCES, f"{host} leads to no address that may be reached")
        return open_ones

    async def close(self) -> None:
        """Nothing is kept open."""
        await self._plain.close()
