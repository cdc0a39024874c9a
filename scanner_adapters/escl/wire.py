"""What passes between a scanner and who asks it: requests, answers, and the ways a connection fails.

The decisions know only these; a real connection (scanner_adapters.escl.connection) and the simulated machine
called without any network keep the same port.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

MOST_XML_BYTES = 1_000_000  # of one answer that is no page; facts: scanners, section 2.1


class Break(StrEnum):
    """How a connection failed."""

    UNREACHABLE = "unreachable"  # nobody answered: refused, no route, no name
    CLOSED = "closed"  # closed before or in the middle of the answer
    SILENT = "silent"  # nothing came for too long
    UNTRUSTED = "untrusted"  # the certificate is not the one this machine had before
    TOO_LONG = "too long"  # the answer went beyond what such an answer may hold


class Broken(Exception):
    """A connection that failed; what it had delivered by then is worth nothing."""

    def __init__(self, how: Break, detail: str = "", place: str = "") -> None:
        """`place` is where the page that was cut says it lives (Content-Location)."""
        super().__init__(f"{how}: {detail}" if detail else str(how))
        self.how = how
        self.detail = detail
        self.place = place


@dataclass(frozen=True)
class Request:
    """One request: `path` is absolute on the machine, `patience` the seconds without a byte that it waits."""

    method: str
    path: str
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    patience: float = 10.0


@dataclass(frozen=True)
class Answer:
    """Status, headers by their names in small letters, and the body where it was asked for."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class Sink(Protocol):
    """Where the bytes of a page go as they come."""

    def write(self, block: bytes, /) -> object:
        """Take the next bytes."""
        ...


class Transport(Protocol):
    """A way to one machine."""

    def ask(self, request: Request) -> Answer:
        """Ask and read the whole small answer. Raises: Broken."""
        ...

    def fetch(self, request: Request, sink: Sink) -> Answer:
        """Ask, and let the body of a 200 flow into `sink`; the answer's own body is then empty.

        Raises: Broken when the transfer did not come to its end.
        """
        ...

    def post(self, request: Request) -> Answer:
        """Send, and read the answer's head alone: some machines drop the rest. Raises: Broken."""
        ...

    def rest(self) -> None:
        """Let the connection go until the next request."""
        ...
