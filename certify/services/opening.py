"""The services of an office from its addresses and its anchors: what signatures rest on, over HTTP."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pyhanko_certvalidator.fetchers import FetcherBackend, Fetchers
from pyhanko_certvalidator.fetchers.aiohttp_fetchers import AIOHttpFetcherBackend
from pyhanko_certvalidator.fetchers.api import FetchLimits

from certify.services.addresses import AllowedAddresses
from certify.services.asking import ListedSession
from certify.services.authorities import HttpAuthority, Manners
from certify.services.queue import StampQueue
from certify.signing.timestamp import FallbackTimeStamper
from certify.signing.trust import Services
from certify.verification.signers.ades import read_roots

LIMITS = FetchLimits(max_requests=40, max_cert_requests=10, max_aia_urls_per_object=4)


@dataclass(frozen=True)
class Wanted:
    """What an office asks, and how.

    Args:
        authorities: addresses of time-stamp authorities, asked in this order.
        answers: further addresses that may be asked (OCSP, revocation lists, issuers), and networks.
        stamp_seconds: how long one authority may take for one answer.
        answer_seconds: how long any other service may take.
        tries: how often an authority is asked that cannot be reached.
        queue: where those who ask for time-stamps wait.
        signers: PEM files with the roots of signers.
        stamps: PEM files with the roots of time-stamp authorities.
    """

    authorities: Sequence[str]
    answers: Sequence[str]
    stamp_seconds: int
    answer_seconds: int
    tries: int
    queue: StampQueue
    signers: Sequence[Path]
    stamps: Sequence[Path]


class ListedFetchers(FetcherBackend):
    """pyHanko's fetchers of OCSP answers, lists and issuers, over a session that asks listed addresses."""

    def __init__(self, session: ListedSession, seconds: int) -> None:
        shim: Any = session  # as much of a session as its clients use
        self._backend = AIOHttpFetcherBackend(shim, per_request_timeout=seconds, limits=LIMITS)

    def get_fetchers(self) -> Fetchers:
        """Fresh fetchers for one validation context."""
        return self._backend.get_fetchers()


def open_services(wanted: Wanted, clock: Callable[[], datetime]) -> Services:
    """The services; nothing is asked yet.

    Raises: certify.services.addresses.NotAnAddress; OSError, ValueError when a root's file cannot be read.
    """
    session = ListedSession(AllowedAddresses.of([*wanted.authorities, *wanted.answers]))
    stamps = read_roots(wanted.stamps)
    manners = Manners(session, wanted.queue, wanted.stamp_seconds, wanted.tries, stamps, clock)
    authorities = [HttpAuthority(address, manners) for address in wanted.authorities]
    return Services(
        roots=read_roots(wanted.signers),
        intermediates=(),
        fetchers=ListedFetchers(session, wanted.answer_seconds),
        timestamps=FallbackTimeStamper(authorities),
        clock=clock,
        stamp_roots=stamps,
    )
