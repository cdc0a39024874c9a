"""One odd input, what the product makes of it, and what is wrong with that."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from digitize.model import DigitizeFault, FaultCode, Order, Origin, PageDone, Profile, ReasonCode
from digitize.pipeline import digitize

SIZE_MM = 1.0


@dataclass(frozen=True)
class Case:
    """An input of one kind; `wrong` looks at it in an empty folder and says what is wrong, "" for nothing."""

    kind: str
    name: str
    wrong: Callable[[Path], str]


@dataclass(frozen=True)
class Answer:
    """What came out: the pages, what the source is, or the fault that said why nothing did."""

    pages: tuple[PageDone, ...] = ()
    origin: Origin | None = None
    fault: FaultCode | None = None

    @property
    def text(self) -> str:
        """All words, one space between them."""
        return " ".join(" ".join(page.text.text for page in self.pages).split())

    @property
    def reasons(self) -> set[ReasonCode]:
        """What the clerk is told."""
        return {reason.code for page in self.pages for reason in page.report.reasons}


@dataclass(frozen=True)
class Right:
    """What is right for an input: everything that is not None or empty has to hold.

    Args:
        says: words that the text holds, side by side; `lacks`: such as it does not.
        share: how much of the words of `says` is enough, for what is read from a picture.
        size: of each page in mm, either way round where `turns`.
    """

    pages: int | None = 1
    says: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    share: float = 1.0
    size: tuple[float, float] | None = None
    dpi: float | None = None
    origin: Origin | None = None
    fault: FaultCode | None = None
    told: ReasonCode | None = None
    untold: ReasonCode | None = None

    def complaints(self, answer: Answer) -> Iterator[str]:
        """What does not hold."""
        if answer.fault is not self.fault:
            yield f"fault {answer.fault} instead of {self.fault}"
            return
        if self.fault:
            return
        if self.pages is not None and len(answer.pages) != self.pages:
            yield f"{len(answer.pages)} pages instead of {self.pages}"
        yield from self._about_words(answer)
        yield from self._about_paper(answer)
        if self.origin and answer.origin is not self.origin:
            yield f"is {answer.origin}, not {self.origin}"
        if self.told and self.told not in answer.reasons:
            yield f"{self.told} is not told"
        if self.untold and self.untold in answer.reasons:
            yield f"{self.untold} is told"

    def _about_words(self, answer: Answer) -> Iterator[str]:
        text = f" {answer.text} "
        missing = [part for part in self.says if f" {part} " not in text]
        if len(missing) > (1 - self.share) * len(self.says):
            yield f"does not say {missing[0]!r}"
        yield from (f"says {part!r}" for part in self.lacks if part in text)

    def _about_paper(self, answer: Answer) -> Iterator[str]:
        for page in answer.pages:
            size = page.text.width_mm, page.text.height_mm
            if self.size and max(abs(a - b) for a, b in zip(size, self.size, strict=True)) > SIZE_MM:
                yield f"{size[0]:.1f} x {size[1]:.1f} mm instead of {self.size}"
            if self.dpi and abs(page.report.dpi - self.dpi) > 2:
                yield f"{page.report.dpi} dpi instead of {self.dpi}"


def answer_to(source: Path, folder: Path) -> Answer:
    """Digitize one file."""
    work = folder / "work"
    order = Order((source,), folder / "out.pdf", None, None, Profile.ARCHIVE, 1, work)
    try:
        *pages, finished = digitize(order)
    except DigitizeFault as fault:
        return Answer(fault=fault.code)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return Answer(tuple(pages), finished.origins[0])  # type: ignore[union-attr, arg-type]


def case(kind: str, name: str, make: Callable[[Path], Path], right: Right) -> Case:
    """A file that is made in a folder and digitized there."""

    def wrong(folder: Path) -> str:
        return "; ".join(right.complaints(answer_to(make(folder), folder)))

    return Case(kind, name, wrong)
