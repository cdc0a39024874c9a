"""Which workers a house has: threads of each process on SQLite, the queue of all machines on PostgreSQL."""

from typing import Protocol

from office.value import Office
from office.work.dispatcher import Dispatcher


class Workers(Protocol):
    """Those who carry out in this process what is due."""

    def start(self) -> None:
        """Begin."""

    def announce(self) -> None:
        """Say that there may be work; never blocks."""

    def stop(self) -> None:
        """Finish the acts under way, begin no more."""


def engage(office: Office) -> Workers:
    """The workers of this process, not yet started; the same acts on the same rows either way."""
    if office.engine.dialect.name != "postgresql":
        return Dispatcher(office)
    from office.work.queue_worker import QueueWorker  # noqa: PLC0415 heavy, and of PostgreSQL alone

    return QueueWorker(office)
