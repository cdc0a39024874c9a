"""The digitizing room in its confined child: an order goes in, its events come out."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from digitize.model import USUAL, Digitized, Event, Order, Profile, Wishes
from office.confined.confine import Limits, run
from office.confined.tasks import DIGITIZE
from office.faults import DeskCode, DeskFault
from office.settings import Settings

WISHES = TypeAdapter(Wishes)


def digitize_confined(settings: Settings, order: Order) -> Iterator[Event]:
    """Carry out the order in a child with limits; pages come as they are done, the document last.

    Raises: ChildFault with the room's code, DeskFault when the child was ended.
    """
    order.work.mkdir(exist_ok=True)
    limits = Limits(settings.limits.child_memory_mb, settings.limits.child_seconds)
    finished = False
    for event in run(DIGITIZE, order, limits):
        finished = isinstance(event, Digitized)
        yield event
    if not finished:
        raise DeskFault(DeskCode.CHILD_DIED, "no document came out")


def read_into(
    settings: Settings,
    sources: tuple[Path, ...],
    folder: Path,
    cache: Path | None = None,
    wishes: Wishes = USUAL,
) -> Order:
    """The order that reads `sources` into `digitized.pdf` in `folder`, the way the archive keeps it."""
    return Order(
        sources=sources,
        out=folder / "digitized.pdf",
        text=None,
        reading_copy=None,
        profile=Profile.ARCHIVE,
        jobs=settings.limits.page_jobs,
        work=folder / "pages",
        wishes=wishes,
        cache=cache,
    )


def wishes_of(kept: Any) -> Wishes:
    """What was asked of a paper's reading, from the column where `as_kept` put it; NULL asks nothing."""
    return USUAL if kept is None else WISHES.validate_python(kept)


def as_kept(wishes: Wishes) -> Any:
    """The wishes as plain values for JSON."""
    return WISHES.dump_python(wishes, mode="json")
