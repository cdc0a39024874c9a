"""A document in the making: which pages to ask for, where finished ones go, what is written at the end."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from digitize.model import DigitizeFault, FaultCode, Order, Origin, ReasonCode
from digitize.outputs import Outputs
from digitize.page import PageResult, PageTask
from digitize.pdf.assembly import CONFORMANCE, Assembly, KeptPage
from digitize.pdf.check import inspect
from digitize.sources.sources import MOST_PAGES, PageSource, Survey

PAGE_BREAK = "\f"


class Making:
    """Turns surveyed sources into page tasks, and page results into the order's files."""

    def __init__(self, order: Order, surveys: Sequence[Survey], outputs: Outputs) -> None:
        """Raises: DigitizeFault NO_PAGES, TOO_LARGE, SIGNED_AMONG_OTHERS."""
        self._order, self._surveys, self._outputs = order, surveys, outputs
        self._is_signed = _is_signed_alone(order, surveys)
        self._folder = order.work / "digitize"
        self._document = Assembly(self._folder / "document")
        self._small = Assembly(self._folder / "small")
        self._laid: list[str | None] = []
        self._small_laid: list[str] = []
        self._drawn: set[Path] = set()  # sources with born-digital pages that did not keep their form
        self._born_digital: set[Path] = set()
        self._all_kept = True
        if order.text:
            outputs.beside(order.text).write_text("", encoding="utf-8")

    @property
    def conformance(self) -> str | None:
        """What the document may call itself."""
        return None if self._is_signed else CONFORMANCE

    @property
    def origins(self) -> tuple[Origin, ...]:
        """What each source is, once all its pages were taken."""
        return tuple(self._origin(survey) for survey in self._surveys)

    def _origin(self, survey: Survey) -> Origin:
        if survey.is_signed:
            return Origin.SIGNED
        return Origin.BORN_DIGITAL if survey.path in self._born_digital else Origin.SCAN

    def tasks(self) -> Iterator[PageTask]:
        """One task for each page, in the document's order."""
        pages = self._page_sources()
        for number, source in enumerate(pages, start=1):
            yield PageTask(
                number,
                source,
                self._folder,
                self._order.profile,
                composed=not self._is_signed,
                reading_copy=self._order.reading_copy is not None,
                wishes=self._order.wishes,
                back=_other_side(pages, number) if self._order.wishes.duplex else None,
                cache=self._order.cache,
            )

    def _page_sources(self) -> list[PageSource]:
        return [
            PageSource(survey.path, survey.kind, index, survey.is_pdfa, _told_with(survey, index))
            for survey in self._surveys
            for index in range(survey.pages)
        ]

    def take(self, result: PageResult) -> None:
        """Put a finished page, the next in order, where it belongs."""
        self._append_text(result.text.text)
        if result.born_digital:
            self._born_digital.add(result.source.path)
        if result.small_pdf:
            self._small.add_written(result.small_pdf)
            self._small_laid.append(result.text.text)
        if self._is_signed:
            return
        if result.pdf:
            self._document.add_written(result.pdf)
            self._laid.append(result.text.text)
            self._all_kept = False
        else:
            self._document.add_kept(KeptPage(result.source.path, result.source.index))
            self._laid.append(None)
        if result.born_digital and result.pdf:
            self._drawn.add(result.source.path)

    def finish(self) -> None:
        """Write the order's files beside their places and check them.

        Raises: DigitizeFault PDFA_INVALID, WRITE_FAILED; OSError from the disk.
        """
        with _writing(self._order.out):
            self._write()

    def _write(self) -> None:
        out = self._outputs.beside(self._order.out)
        if self._is_signed or (self._all_kept and len(self._surveys) == 1):
            shutil.copyfile(self._surveys[0].path, out)
        else:
            self._document.finish(out)
        if not self._is_signed:
            inspect(out, self._laid)
        if self._order.reading_copy:
            small = self._outputs.beside(self._order.reading_copy)
            self._small.finish(small)
            inspect(small, self._small_laid)
        self._keep_sources()

    def _keep_sources(self) -> None:
        out = self._order.out
        attached = {survey.path for survey in self._surveys if survey.has_attachments and not self._is_signed}
        for ordinal, source in enumerate(self._order.sources, start=1):
            if source in self._drawn or source in attached:
                mark = ".source" if len(self._order.sources) == 1 else f".source-{ordinal:02d}"
                shutil.copyfile(source, self._outputs.beside(out.with_name(f"{out.stem}{mark}.pdf")))

    def _append_text(self, text: str) -> None:
        if self._order.text:
            with self._outputs.beside(self._order.text).open("a", encoding="utf-8") as file:
                file.write(text + "\n" + PAGE_BREAK)


def _told_with(survey: Survey, index: int) -> tuple[ReasonCode, ...]:
    """What concerns the whole file is told once, with its first page."""
    return (ReasonCode.ATTACHMENTS,) if survey.has_attachments and index == 0 else ()


def _other_side(pages: Sequence[PageSource], number: int) -> PageSource | None:
    """Pages 1 and 2, 3 and 4, and so on are the sides of one sheet, paired as they were scanned."""
    other = number + 1 if number % 2 else number - 1
    return pages[other - 1] if other <= len(pages) else None


@contextmanager
def _writing(out: Path) -> Iterator[None]:
    """Pages that keep their form bring foreign objects along; whatever they break is told as a fault."""
    try:
        yield
    except (DigitizeFault, OSError):
        raise
    except Exception as broken:
        detail = f"{type(broken).__name__}: {broken}"
        raise DigitizeFault(FaultCode.WRITE_FAILED, out.name, None, detail) from broken


def _is_signed_alone(order: Order, surveys: Sequence[Survey]) -> bool:
    if not surveys:
        raise DigitizeFault(FaultCode.NO_PAGES, "")
    if order.out.resolve() in {source.resolve() for source in order.sources}:
        raise DigitizeFault(FaultCode.WRITE_FAILED, order.out.name, None, "a source would be overwritten")
    pages = sum(survey.pages for survey in surveys)
    if pages > MOST_PAGES:
        raise DigitizeFault(FaultCode.TOO_LARGE, order.out.name, None, f"{pages} pages")
    signed = next((survey for survey in surveys if survey.is_signed), None)
    if signed and len(surveys) > 1:
        raise DigitizeFault(FaultCode.SIGNED_AMONG_OTHERS, signed.path.name)
    return signed is not None
