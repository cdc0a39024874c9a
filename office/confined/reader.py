"""The digitizing room in its confined child: an order goes in, its events come out."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pydantic import TypeAdapter

from digitize.model import USUAL, Digitized, DigitizeFault, Event, FaultCode, Order, Profile, Wishes
from foundation.durable import sync
from office.confined.confine import Limits, run
from office.confined.tasks import DIGITIZE
from office.faults import DeskCode, DeskFault
from office.settings import Settings


def digitize_confined(settings: Settings, order: Order) -> Iterator[Event]:
    """Carry out the order in a child with limits; pages come as they are done, the document last.

    The child writes into new folders beside the outputs, which alone it may reach; what stands there in the
    end appears in its place.
    Raises: ChildFault with the room's code, DeskFault when the child was ended, DigitizeFault WRITE_FAILED.
    """
    if order.out.resolve() in {source.resolve() for source in order.sources}:
        raise DigitizeFault(FaultCode.WRITE_FAILED, order.out.name, None, "a source would be overwritten")
    limits = Limits(settings.limits.child_memory_mb, settings.limits.child_seconds)
    places = filter(None, (order.out, order.text, order.reading_copy))
    with _own_folders({place.parent for place in places}, order.out) as made:
        for event in run(DIGITIZE, _moved(order, made), limits):
            if isinstance(event, Digitized):
                _let_appear(made, order.out)
                yield replace(event, path=order.out)
                return
            yield event
    raise DeskFault(DeskCode.CHILD_DIED, "no document came out")


@contextmanager
def _own_folders(parents: set[Path], out: Path) -> Iterator[dict[Path, Path]]:
    """A new folder in each of these, by its parent; gone afterwards with what is left in it."""
    with ExitStack() as held, _telling(out):
        yield {
            parent: Path(held.enter_context(TemporaryDirectory(prefix=".motcua-", dir=parent)))
            for parent in sorted(parents)
        }


@contextmanager
def _telling(out: Path) -> Iterator[None]:
    """What the disk refuses is told as the fault of the document."""
    try:
        yield
    except OSError as refused:
        told = refused.strerror or str(refused)
        raise DigitizeFault(FaultCode.WRITE_FAILED, out.name, None, told) from refused


def _moved(order: Order, made: Mapping[Path, Path]) -> Order:
    def beside(place: Path | None) -> Path | None:
        return place and made[place.parent] / place.name

    return replace(
        order,
        out=made[order.out.parent] / order.out.name,
        text=beside(order.text),
        reading_copy=beside(order.reading_copy),
    )


def _let_appear(made: Mapping[Path, Path], out: Path) -> None:
    """Everything written takes its place, the document last; all of it, or nothing."""
    placed: list[Path] = []
    written = [(folder / path.name, path) for folder, own in made.items() for path in own.iterdir()]
    try:
        for place, path in sorted(written, key=lambda pair: pair[0] == out):
            path.replace(place)
            placed.append(place)
        for folder in made:
            sync(folder)
    except OSError:
        for place in placed:
            place.unlink(missing_ok=True)
        raise


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
    return USUAL if kept is None else _wishes().validate_python(kept)


def as_kept(wishes: Wishes) -> Any:
    """The wishes as plain values for JSON."""
    return _wishes().dump_python(wishes, mode="json")


@cache
def _wishes() -> TypeAdapter[Wishes]:
    return TypeAdapter(Wishes)
