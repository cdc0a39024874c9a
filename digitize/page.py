"""One page, from its source's bytes to its finished form: what a worker process does."""

import resource
from dataclasses import dataclass, replace
from pathlib import Path

from digitize import coding, geometry, planes, quality, recognize
from digitize.compact import write_compact
from digitize.compose import write_page
from digitize.geometry import Pose
from digitize.model import Line, PageReport, PageText, Profile, Reason, Verdict, Word
from digitize.raster import Pixels, Raster
from digitize.reading_copy import write_reading_copy
from digitize.reading_order import in_reading_order
from digitize.sources import PageSource, faults_told, load

READ_TILTED = 1.0  # degrees: the reader bears this tilt better than resampled letters
SURE_APART = 5.0  # points of confidence between both ways up (facts/digitize.md §5)
SURE_UPRIGHT = 65.0  # a whole page read this surely is not upside down


@dataclass(frozen=True)
class PageTask:
    """What a worker is asked for: page `number` of the document, as files in `folder`.

    A task that is not to be `composed` is read alone, for the text beside a signed file.
    """

    number: int
    source: PageSource
    folder: Path
    profile: Profile
    composed: bool
    reading_copy: bool


@dataclass(frozen=True)
class PageResult:
    """A finished page: report, words, and the files that hold it (None when the page keeps its form)."""

    report: PageReport
    text: PageText
    source: PageSource
    born_digital: bool
    pdf: Path | None
    small_pdf: Path | None


def finish_page(task: PageTask) -> PageResult:
    """Load, read, judge and compose one page.

    Raises: DigitizeFault, whatever happens: PAGE_FAILED when nothing more is known.
    """
    with faults_told(task.source.path, task.source.index + 1):
        return _finish(task)


def _finish(task: PageTask) -> PageResult:
    before = _cpu_seconds()
    raster = load(task.source)
    seen = _born_digital(raster) if raster.lines is not None else _read_scan(raster, task.folder)
    width, height = _upright_size(raster, seen.pose)
    text = PageText(task.number, round(width, 3), round(height, 3), seen.lines)
    pdf, small = _compose(task, raster, seen.pose, text)
    report = PageReport(
        page=task.number,
        verdict=seen.verdict,
        reasons=seen.reasons,
        dpi=round(raster.dpi, 1),
        rotation=seen.pose.rotation,
        skew_degrees=seen.pose.skew_degrees,
        words=sum(len(line.words) for line in seen.lines),
        mean_confidence=recognize.mean_confidence(seen.lines),
        cpu_seconds=round(_cpu_seconds() - before, 4),
        bytes=pdf.stat().st_size if pdf else 0,
    )
    return PageResult(report, text, task.source, raster.lines is not None, pdf, small)


@dataclass(frozen=True)
class _Seen:
    """How the page lies, what stands on it, and how good it is."""

    pose: Pose
    lines: tuple[Line, ...]
    verdict: Verdict = Verdict.GOOD
    reasons: tuple[Reason, ...] = ()


def _born_digital(raster: Raster) -> _Seen:
    return _Seen(Pose(), raster.lines or ())


def _read_scan(raster: Raster, work: Path) -> _Seen:
    sideways, tilt = geometry.lies_sideways_and_tilt(raster.pixels)
    plane = planes.reading_plane(raster.pixels)
    if quality.is_blank(plane, raster.pixels_dpi):
        return _judged(raster, plane, Pose(raster.turn), recognize.Reading(()))
    guess = _first_guess(raster.turn, sideways=sideways)
    upright = geometry.turn(plane, guess)
    if abs(tilt) > READ_TILTED:
        upright = planes.sharpen_contrast(geometry.straighten(upright, tilt))
    pose, upright, reading = _read_right_way_up(upright, Pose(guess, tilt), raster.pixels_dpi, work)
    lines = reading.lines if abs(tilt) > READ_TILTED else _straightened(reading.lines, tilt, upright)
    ordered = in_reading_order(lines, upright.shape[1] / upright.shape[0])
    return _judged(raster, plane, pose, replace(reading, lines=ordered))


def _straightened(lines: tuple[Line, ...], tilt: float, plane: Pixels) -> tuple[Line, ...]:
    if not tilt:
        return lines
    height, width = plane.shape

    def level(word: Word) -> Word:
        return replace(word, box=geometry.straighten_box(word.box, tilt, width, height))

    return tuple(Line(tuple(level(word) for word in line.words)) for line in lines)


def _first_guess(told: int, *, sideways: bool) -> int:
    """The turn to try first: what the source says where it fits the lines of text."""
    if (told % 180 == 90) == sideways:  # noqa: PLR2004 degrees
        return told
    return 90 if sideways else 0


def _read_right_way_up(
    upright: Pixels, pose: Pose, dpi: float, work: Path
) -> tuple[Pose, Pixels, recognize.Reading]:
    """Read the page as it stands; only if that reads badly, or text ran sideways, is the other way tried."""

    def confidence(pixels: Pixels) -> float:
        return recognize.strip_confidence(pixels, dpi, work)

    if confidence(upright) >= SURE_UPRIGHT:
        return pose, upright, recognize.read_page(upright, dpi, work)
    over, is_sure = geometry.choose_direction(upright, confidence, SURE_APART)
    pose = Pose((pose.rotation + over) % 360, pose.skew_degrees, is_sure)
    upright = geometry.turn(upright, over)
    return pose, upright, recognize.read_page(upright, dpi, work)


def _judged(raster: Raster, plane: Pixels, pose: Pose, reading: recognize.Reading) -> _Seen:
    found = quality.Findings(
        dpi=raster.dpi,
        size_assumed=raster.size_assumed,
        direction_sure=pose.is_sure,
        reading_complete=reading.is_complete,
        words=sum(len(line.words) for line in reading.lines),
        mean_confidence=recognize.mean_confidence(reading.lines),
    )
    blank = not reading.lines and quality.is_blank(plane, raster.pixels_dpi)
    verdict, reasons = quality.judge(plane, raster.pixels_dpi, found, blank=blank)
    return _Seen(pose, reading.lines, verdict, reasons)


def _upright_size(raster: Raster, pose: Pose) -> tuple[float, float]:
    size = raster.width_mm, raster.height_mm
    return (size[1], size[0]) if pose.rotation % 180 else size


def _compose(task: PageTask, raster: Raster, pose: Pose, text: PageText) -> tuple[Path | None, Path | None]:
    keeps_form = task.source.keeps_form and raster.lines is not None
    pdf = small = None
    if task.composed and not keeps_form:
        pdf = task.folder / f"page-{task.number:06d}.pdf"
        if task.profile is Profile.ARCHIVE:
            write_page(coding.archive_stream(raster), pose, text, pdf)
        else:
            write_compact(raster, pose, text, pdf)
    if task.reading_copy:
        small = task.folder / f"small-{task.number:06d}.pdf"
        write_reading_copy(raster, pose, text, small)
    return pdf, small


def _cpu_seconds() -> float:
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime
