"""One page, from its source's bytes to its finished form: what a worker process does."""

import resource
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from digitize.judging import twins
from digitize.model import USUAL, Box, PageReport, PageText, Profile, Wishes
from digitize.own_words import look_with_own_words
from digitize.pdf.compact import write_compact
from digitize.pdf.compose import write_page
from digitize.pdf.reading_copy import write_reading_copy
from digitize.pixels import coding
from digitize.pixels.corners import turned
from digitize.pixels.geometry import Pose
from digitize.pixels.raster import Raster
from digitize.plane import planes
from digitize.reading_cache import ReadingCache
from digitize.sight import Aim, Sight, see, show_again
from digitize.sources.sources import PageSource, faults_told, load
from digitize.words import recognize
from digitize.words.no_text import set_apart


@dataclass(frozen=True)
class PageTask:
    """What a worker is asked for: page `number` of the document, as files in `folder`.

    A task that is not to be `composed` is read alone, for the text beside a signed file. `back` is the other
    side of the sheet.
    """

    number: int
    source: PageSource
    folder: Path
    profile: Profile
    composed: bool
    reading_copy: bool
    wishes: Wishes = USUAL
    back: PageSource | None = None
    cache: Path | None = None


@dataclass(frozen=True)
class PageResult:
    """A finished page: report, words, and the files that hold it (None when the page keeps its form)."""

    report: PageReport
    text: PageText
    source: PageSource
    born_digital: bool
    pdf: Path | None
    small_pdf: Path | None
    likeness: twins.Likeness


def finish_page(task: PageTask) -> PageResult:
    """Load, read, judge and compose one page.

    Raises: DigitizeFault, whatever happens: PAGE_FAILED when nothing more is known.
    """
    with faults_told(task.source.path, task.source.index + 1):
        return _finish(task)


def _finish(task: PageTask) -> PageResult:
    before = _cpu_seconds()
    raster = load(task.source)
    sight, shown = look_with_own_words(raster, partial(_seen, task))
    sight = sight.telling(*task.source.told)
    own_alone = raster.lines is not None and sight.lines == raster.lines
    width, height = _upright_size(shown, sight.pose, sight.crop)
    lines, marks = set_apart(sight.lines)
    text = PageText(task.number, round(width, 3), round(height, 3), lines, marks)
    likeness = twins.likeness(shown.pixels, sight.pose.rotation, sight.lines)
    visible = _whitened(shown) if task.wishes.whiten and not own_alone else shown
    keeps_form = task.source.keeps_form and own_alone and raster.all_seen
    pdf, small = _compose(task, visible, sight, text, keeps_form=keeps_form)
    report = PageReport(
        page=task.number,
        verdict=sight.verdict,
        reasons=sight.reasons,
        dpi=round(shown.dpi, 1),
        rotation=sight.recipe.rotation if sight.recipe else sight.pose.rotation,
        skew_degrees=sight.pose.skew_degrees,
        words=sum(len(line.words) for line in lines),
        mean_confidence=recognize.mean_confidence(lines),
        cpu_seconds=round(_cpu_seconds() - before, 4),
        bytes=pdf.stat().st_size if pdf else 0,
        quad=turned(sight.corners, raster.turn) if sight.corners else None,
        crop=sight.crop,
        recipe=sight.recipe,
    )
    return PageResult(report, text, task.source, raster.never_paper, pdf, small, likeness)


def _seen(task: PageTask, raster: Raster) -> tuple[Sight, Raster]:
    shown = dict(task.wishes.corners).get(task.number)
    back = load(task.back) if task.back else None
    lying = turned(shown, -raster.turn) if shown else None
    aim = Aim(lying, back, task.wishes.dewarp, task.wishes.whiten)
    if task.cache is None:
        return see(raster, aim, task.folder)
    cache = ReadingCache(task.cache)
    key = cache.key(raster, aim)
    known = cache.find(key)
    if known is not None:
        return known, show_again(raster, known)
    sight, pixels = see(raster, aim, task.folder)
    cache.keep(key, sight)
    return sight, pixels


def _whitened(raster: Raster) -> Raster:
    return replace(raster, pixels=planes.whiten(raster.pixels), stream=None, full_width=0)


def _upright_size(raster: Raster, pose: Pose, crop: Box | None) -> tuple[float, float]:
    size: Sequence[float] = (raster.width_mm, raster.height_mm)
    width, height = (size[1], size[0]) if pose.rotation % 180 else (size[0], size[1])
    if crop is None:
        return width, height
    return width * (crop.right - crop.left), height * (crop.bottom - crop.top)


def _compose(
    task: PageTask, raster: Raster, sight: Sight, text: PageText, *, keeps_form: bool
) -> tuple[Path | None, Path | None]:
    pdf = small = None
    if task.composed and not keeps_form:
        pdf = task.folder / f"page-{task.number:06d}.pdf"
        if task.profile is Profile.ARCHIVE:
            write_page(coding.archive_stream(raster), sight.pose, text, pdf, sight.crop)
        else:
            write_compact(raster, sight.pose, text, pdf, sight.crop)
    if task.reading_copy:
        small = task.folder / f"small-{task.number:06d}.pdf"
        write_reading_copy(raster, sight.pose, text, small, sight.crop)
    return pdf, small


def _cpu_seconds() -> float:
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime
