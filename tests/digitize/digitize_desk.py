"""Gives orders to digitize in a folder of its own, and keeps what came out."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from digitize.model import Digitized, Order, PageDone, Profile
from digitize.pipeline import digitize


@dataclass(frozen=True)
class Outcome:
    """The events of one order, and where its files are."""

    order: Order
    pages: tuple[PageDone, ...]
    finished: Digitized

    @property
    def text(self) -> str:
        return "\n".join(page.text.text for page in self.pages)


class Desk:
    """Gives orders in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def order(self, *sources: Path, **changes: object) -> Order:
        (self.folder / "work").mkdir(exist_ok=True)
        usual: dict[str, object] = {
            "sources": sources,
            "out": self.folder / "out.pdf",
            "text": None,
            "reading_copy": None,
            "profile": Profile.ARCHIVE,
            "jobs": 2,
            "work": self.folder / "work",
        }
        return Order(**(usual | changes))  # type: ignore[arg-type]

    def digitize(self, *sources: Path, **changes: object) -> Outcome:
        order = self.order(*sources, **changes)
        *pages, finished = digitize(order)
        assert isinstance(finished, Digitized)
        assert all(isinstance(page, PageDone) for page in pages)
        return Outcome(order, tuple(pages), finished)  # type: ignore[arg-type]


def found_share(wanted: Sequence[str], text: str) -> float:
    """Share of the wanted words that the text holds, regardless of order."""
    left = text.split()
    hits = 0
    for word in wanted:
        if word in left:
            left.remove(word)
            hits += 1
    return hits / len(wanted)
