"""Headers on every answer, also on those that no page of ours made."""

from collections.abc import Mapping

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
OWN_COMPUTER = "connect-src 'self'"  # what a page widens that speaks with a program on its own computer


def policy_with(*addresses: str) -> str:
    """The policy of a page that may also connect to these addresses."""
    return POLICY.replace(OWN_COMPUTER, " ".join([OWN_COMPUTER, *addresses]))


ALWAYS: Mapping[str, str] = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=()",
}
OVER_TLS = "max-age=31536000"
PRIVATE = "no-store"


class Headers:
    """Adds the headers above; an answer that says nothing about caching is private."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI 3)."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in ALWAYS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", PRIVATE)
                if scope["scheme"] == "https":
                    headers.setdefault("Strict-Transport-Security", OVER_TLS)
            await send(message)

        await self._app(scope, receive, send_with_headers)
