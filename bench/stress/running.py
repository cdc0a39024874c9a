"""Pages made and digitized, a few at a time, and what is known of each afterwards.

A job is some pages of one condition: made (or found), given to the room as one order, held against the truth.
"""

import os
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from itertools import groupby
from multiprocessing import get_context
from pathlib import Path

import cv2

from bench.stress.conditions import Page
from bench.stress.laying import Lay, lay_of
from bench.stress.making import PageFile, make_page
from bench.stress.scoring import score_page
from digitize.model import Digitized, DigitizeFault, Order, PageDone, Profile, Verdict
from digitize.pipeline import digitize

PAGES_A_JOB = 8  # even, so that doubled pages stay together
FAULT = "FAULT"  # the room made no document of the page


@dataclass(frozen=True)
class Outcome:
    """What became of one page.

    Args:
        page: which page.
        path: its picture.
        verdict: GOOD, LOOK, SCAN_AGAIN, or FAULT when no document came out.
        reasons: codes of what the clerk is told.
        errors: printed letters read wrong.
        letters: printed letters.
        stray: letters read that were printed nowhere.
        words: words read.
        cpu: CPU seconds from the file to the finished PDF/A, its share of the order's.
        lay: how the page was found to lie, against how it lies.
        text: what was read.
    """

    page: Page
    path: Path
    verdict: str
    reasons: tuple[str, ...]
    errors: int
    letters: int
    stray: int
    words: int
    cpu: float
    lay: Lay | None
    text: str

    @property
    def cer(self) -> float:
        """Share of printed letters read wrong; on a page without any, 1 when words were invented."""
        return self.errors / self.letters if self.letters else float(self.words > 0)


def run_pages(pages: Sequence[Page], jobs: int, folder: Path) -> Iterator[tuple[Outcome, ...]]:
    """Make and digitize pages in `jobs` processes; outcomes come job by job, as they are ready."""
    folder.mkdir(parents=True, exist_ok=True)
    cv2.setNumThreads(1)  # a fork copies OpenCV's locks but not its threads; a child would wait for those
    with ProcessPoolExecutor(jobs, get_context("fork"), _prepare) as pool:
        waiting = [pool.submit(_run_job, job, folder) for job in _jobs(pages)]
        for done in as_completed(waiting):
            yield done.result()


def _jobs(pages: Sequence[Page]) -> Iterator[tuple[Page, ...]]:
    for _, group in groupby(pages, key=lambda page: page.condition):
        of_one = tuple(group)
        for start in range(0, len(of_one), PAGES_A_JOB):
            yield of_one[start : start + PAGES_A_JOB]


def _prepare() -> None:
    os.environ["OMP_THREAD_LIMIT"] = "1"
    cv2.setNumThreads(1)


def _run_job(pages: tuple[Page, ...], folder: Path) -> tuple[Outcome, ...]:
    files = tuple(make_page(page, folder) for page in pages)
    try:
        return _digitized(files)
    except DigitizeFault as fault:
        return tuple(_alone(file) for file in files) if len(files) > 1 else (_failed(files[0], fault),)


def _alone(file: PageFile) -> Outcome:
    try:
        return _digitized((file,))[0]
    except DigitizeFault as fault:
        return _failed(file, fault)


def _failed(file: PageFile, fault: DigitizeFault) -> Outcome:
    score = score_page(file.blocks, "")
    return Outcome(
        file.page, file.path, FAULT, (fault.code,), score.errors, score.letters, 0, 0, 0.0, None, ""
    )


def _digitized(files: tuple[PageFile, ...]) -> tuple[Outcome, ...]:
    with tempfile.TemporaryDirectory(prefix="motcua-stress-") as name:
        work = Path(name)
        sources = tuple(file.path for file in files)
        order = Order(sources, work / "out.pdf", None, None, Profile.ARCHIVE, 1, work / "scratch")
        events = tuple(digitize(order))
    cpu = next(event.cpu_seconds for event in events if isinstance(event, Digitized)) / len(files)
    pages = [event for event in events if isinstance(event, PageDone)]
    return tuple(_outcome(file, done, cpu) for file, done in zip(files, pages, strict=True))


def _outcome(file: PageFile, done: PageDone, cpu: float) -> Outcome:
    text = done.text.text
    score = score_page(file.blocks, text)
    return Outcome(
        page=file.page,
        path=file.path,
        verdict=Verdict(done.report.verdict),
        reasons=tuple(reason.code for reason in done.report.reasons),
        errors=score.errors,
        letters=score.letters,
        stray=score.stray,
        words=len(text.split()),
        cpu=round(cpu, 3),
        lay=lay_of(file, done.report),
        text=text,
    )
