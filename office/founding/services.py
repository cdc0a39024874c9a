"""What this office's signatures rest on: its anchors, and the addresses that it may ask."""

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from office.faults import DeskCode, DeskFault
from office.settings import Settings, SettingsCode, SettingsFault
from office.value import TrustStore

if TYPE_CHECKING:  # signing is heavy to load, and most commands never sign
    from certify.services.queue import QueueState, StampQueue
    from certify.signing.trust import Services

QUEUE = "stamping"  # below the data directory


def services_of(
    settings: Settings, open_trust: Callable[[], TrustStore], clock: Callable[[], datetime]
) -> "Callable[[], Services]":
    """What answers with the office's services, by the anchors as they are when it is asked.

    The answer is kept until the anchors change, because a time-stamp authority that was met is not asked for
    a sample of its stamps again. It raises: DeskFault TRUST_MISSING without anchors for signers or for
    time-stamps, SERVICES_MISSING without a time-stamp authority; SettingsFault BAD_SETTING for an address
    that is none.
    """

    @lru_cache(maxsize=1)
    def opened(trust: TrustStore) -> "Services":
        return _open(settings, trust, clock)

    def services() -> "Services":
        trust = open_trust()
        if not trust.roots or not trust.stamp_roots:
            raise DeskFault(DeskCode.TRUST_MISSING)
        if not settings.services.authorities:
            raise DeskFault(DeskCode.SERVICES_MISSING)
        return opened(TrustStore(trust.roots, stamp_roots=trust.stamp_roots))

    return services


def stamp_queue(settings: Settings) -> "StampQueue":
    """Where those who ask for time-stamps wait."""
    from certify.services.queue import StampQueue  # noqa: PLC0415

    return StampQueue(settings.data / QUEUE, settings.services.stamps_at_once)


def queue_state(settings: Settings) -> "QueueState":
    """How the queue stands now."""
    return stamp_queue(settings).state()


def _open(settings: Settings, trust: TrustStore, clock: Callable[[], datetime]) -> "Services":
    from certify.services.addresses import NotAnAddress  # noqa: PLC0415
    from certify.services.opening import Wanted, open_services  # noqa: PLC0415

    told = settings.services
    wanted = Wanted(
        authorities=told.authorities,
        answers=told.answer_addresses,
        stamp_seconds=settings.signing.tsa_wait_seconds,
        answer_seconds=told.answer_seconds,
        tries=told.stamp_tries,
        queue=stamp_queue(settings),
        signers=trust.roots,
        stamps=trust.stamp_roots or (),
    )
    try:
        return open_services(wanted, clock)
    except NotAnAddress as wrong:
        raise SettingsFault(SettingsCode.BAD_VALUE, f"services: {wrong}"[:80]) from wrong
