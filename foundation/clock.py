"""Instants: aware UTC inside, +07:00 on paper, and one text form whose order is time's order."""

from datetime import UTC, datetime, timedelta, timezone

VIETNAM = timezone(timedelta(hours=7))


def utc_now() -> datetime:
    """The machine's clock, aware."""
    return datetime.now(UTC)


def on_paper(instant: datetime) -> datetime:
    """The instant as Vietnamese papers show it (+07:00)."""
    return instant.astimezone(VIETNAM)


def as_text(instant: datetime) -> str:
    """The instant in UTC with microseconds, ISO 8601: the order of these texts is the order of time.

    Raises: ValueError for an instant without its zone.
    """
    if instant.tzinfo is None:
        raise ValueError("an instant without its zone")
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def from_text(text: str) -> datetime:
    """The aware instant that `as_text` wrote."""
    return datetime.fromisoformat(text)
