"""A key that only a signing program on its holder's own computer reaches (the civil servants' plug-in).

The program signs no digest: it takes a whole file and gives a whole file back (certify.signing.handing). So
there is nothing to be asked here, and nothing that could be signed by itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from certify.key_holders.certified import CertifiedKey
from certify.model import Profile
from certify.signing.keys import Ticket

REFERENCE = "workstation"
USUAL_ADDRESS = "wss://127.0.0.1:8987"
LOOPBACK = frozenset({"127.0.0.1", "localhost"})


@dataclass(frozen=True)
class Program:
    """The signing program: where it listens on its holder's computer, which of its acts, what it does."""

    address: str
    act: str
    profile: Profile

    @property
    def is_local(self) -> bool:
        """Is it on the holder's own computer, and does it speak TLS?"""
        parts = urlsplit(self.address)
        return parts.scheme == "wss" and parts.hostname in LOOPBACK and parts.path in ("", "/")


def program_at(place: Mapping[str, str]) -> Program:
    """The program as a certificate's row names it."""
    return Program(place["address"], place["act"], Profile(place["profile"]))


class WorkstationKey(CertifiedKey):
    """The certificate of such a key, and the program that signs with it."""

    def __init__(self, program: Program, certificate: bytes, chain: Sequence[bytes]) -> None:
        super().__init__(certificate, chain)
        self.program = program

    def begin(self, to_be_signed: bytes) -> Ticket:
        """Nobody is asked: the holder comes for the file."""
        del to_be_signed
        return Ticket(REFERENCE)

    def finish(self, ticket: Ticket) -> bytes | None:
        """No signature comes this way; the file that returns is taken in by itself."""
        del ticket
        return None
