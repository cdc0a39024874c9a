"""The spool as a child opens it: the one job that it may put pages into."""

from datetime import UTC, datetime

from office.confined.orders import SpoolPlace
from scanner_adapters.model import ScanSettings
from scanner_adapters.queue.spool import Caps, Spool, SpoolJob

DISK_MEGABYTE = 1_000_000


def open_job(place: SpoolPlace, settings: ScanSettings) -> SpoolJob:
    """The job that takes the pages, made or continued."""
    spool = Spool(place.folder, now, caps=Caps(together=place.megabytes * DISK_MEGABYTE))
    return spool.open_job(place.job, place.device, place.operator, settings)


def now() -> datetime:
    """The machine's clock, aware: a child is alone with it."""
    return datetime.now(UTC)
