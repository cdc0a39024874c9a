"""What is seen on a page: how it lies, the words on it, what the clerk should know."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from digitize.judging import quality
from digitize.judging.defects import find_defects
from digitize.judging.faint import shows_faint_writing
from digitize.model import Box, Corners, Line, Reason, ReasonCode, Recipe, Verdict, Word
from digitize.paper.framing import crop_of
from digitize.pixels import geometry
from digitize.pixels.geometry import Pose
from digitize.pixels.raster import COLOUR_AXES, Pixels, Raster
from digitize.staging import READ_TILTED, Staged, recipe_of, stage, upright_plane
from digitize.words import recognize
from digitize.words.reading_order import in_reading_order
from digitize.words.second_look import DOUBTFUL, look_again

SURE_APART = 5.0  # points of confidence between both ways up
SURE_UPRIGHT = 65.0  # a whole page read this surely is not upside down
LEAST_DPI = 140.0  # coarser pages are enlarged to be read: a second look gains nothing
SPARSE = 600  # pixels of marks at 100 dpi: a page with less text is a few lines
FEW_LETTERS = 12  # that were read: with fewer, gibberish of a drawing or a grain would turn the page
LEAST_COVERED = 0.5  # of a word's width must lie on the paper


@dataclass(frozen=True)
class Sight:
    """What was seen on one page; `pose`, `crop` and boxes are those of the pixels that are shown."""

    pose: Pose
    lines: tuple[Line, ...]
    verdict: Verdict = Verdict.GOOD
    reasons: tuple[Reason, ...] = ()
    corners: Corners | None = None
    crop: Box | None = None
    recipe: Recipe | None = None

    def telling(self, *codes: ReasonCode) -> "Sight":
        """The same, the clerk told to look for these reasons too."""
        if not codes:
            return self
        verdict = Verdict.LOOK if self.verdict is Verdict.GOOD else self.verdict
        return replace(self, verdict=verdict, reasons=(*self.reasons, *map(Reason, codes)))


@dataclass(frozen=True)
class Aim:
    """What is asked of a look at one page: the wishes that concern it, and its sheet's other side."""

    shown: Corners | None = None
    back: Raster | None = None
    dewarp: bool = False
    whiten: bool = False


def see(raster: Raster, aim: Aim, work: Path) -> tuple[Sight, Raster]:
    """Read and judge a scanned page; returns also the raster that is to be shown."""
    staged = stage(raster, aim.shown, aim.back, dewarped=aim.dewarp)
    shown = staged.framed.raster
    if quality.is_blank(staged.plane, shown.pixels_dpi):
        sight = _judged(staged, Pose(shown.turn), recognize.Reading(()))
        recipe = recipe_of(staged, shown.turn, geometry.turn(staged.plane, shown.turn), whitened=aim.whiten)
        return replace(sight, recipe=replace(recipe, skew_degrees=0.0)), shown
    pose, upright, reading = _read(staged, work)
    tilt = staged.lay.tilt
    if reading.is_complete and not reading.is_weighed and shown.pixels_dpi >= LEAST_DPI:
        ink = geometry.turn(staged.framed.overview.ink, pose.rotation)
        again = partial(recognize.read_strip, dpi=shown.pixels_dpi, work=work)
        ink = ink if abs(tilt) <= READ_TILTED else np.zeros_like(ink)  # it lies as the scan does
        surer = look_again(upright, shown.pixels_dpi, reading.lines, ink, again)
        reading = replace(reading, lines=surer)
    lines = reading.lines if abs(tilt) > READ_TILTED else _straightened(reading.lines, tilt, upright)
    ordered = in_reading_order(lines, upright.shape[1] / upright.shape[0])
    sight = _judged(staged, pose, replace(reading, lines=ordered))
    recipe = recipe_of(staged, pose.rotation, upright, whitened=aim.whiten)
    return _cropped(replace(sight, recipe=recipe), staged), shown


def show_again(raster: Raster, sight: Sight) -> Raster:
    """The raster that is to be shown of a page that was seen before."""
    changed = sight.recipe is not None and (sight.recipe.corners or sight.recipe.dewarped)
    if not changed or sight.recipe is None:
        return raster
    return stage(raster, sight.recipe.corners, None, dewarped=sight.recipe.dewarped).framed.raster


def is_legible(lines: tuple[Line, ...]) -> bool:
    """Are there words enough that were read with some confidence?"""
    words = [word for line in lines for word in line.words if word.confidence >= DOUBTFUL]
    return sum(letter.isalpha() for word in words for letter in word.text) >= FEW_LETTERS


def _read(staged: Staged, work: Path) -> tuple[Pose, Pixels, recognize.Reading]:
    """Read the page the right way up: what is read tells it; where nothing is, what the source says."""
    pose, upright, reading = _read_as_it_seems(staged, work)
    raster = staged.framed.raster
    if not raster.turn_told or pose.rotation == raster.turn or is_legible(reading.lines):
        return pose, upright, reading
    upright = upright_plane(staged.plane, raster.turn, staged.lay.tilt)
    reading = recognize.read_page(upright, raster.pixels_dpi, work)
    return Pose(raster.turn, staged.lay.tilt), upright, reading


def _read_as_it_seems(staged: Staged, work: Path) -> tuple[Pose, Pixels, recognize.Reading]:
    """The marks tell the right way up, else both ways are tried."""
    lay, raster = staged.lay, staged.framed.raster
    guess = _first_guess(raster.turn, staged)
    if lay.upside_down is not None:
        guess = (90 if lay.sideways else 0) + (180 if lay.upside_down else 0)
        upright = upright_plane(staged.plane, guess, lay.tilt)
        reading = recognize.read_page(upright, raster.pixels_dpi, work)
        if not reading.is_complete or recognize.mean_confidence(reading.lines) >= SURE_UPRIGHT:
            return Pose(guess, lay.tilt), upright, reading
    upright, pose = upright_plane(staged.plane, guess, lay.tilt), Pose(guess, lay.tilt)
    if lay.marks < SPARSE:
        return _read_wholly_both_ways(upright, pose, raster.pixels_dpi, work)
    return _read_both_ways(upright, pose, raster.pixels_dpi, work)


def _read_both_ways(
    upright: Pixels, pose: Pose, dpi: float, work: Path
) -> tuple[Pose, Pixels, recognize.Reading]:
    """Read a strip as the page stands; only if that reads badly is the other way tried."""

    def confidence(pixels: Pixels) -> float:
        return recognize.strip_confidence(pixels, dpi, work)

    if confidence(upright) >= SURE_UPRIGHT:
        return pose, upright, recognize.read_page(upright, dpi, work)
    over, is_sure = geometry.choose_direction(upright, confidence, SURE_APART)
    pose = Pose((pose.rotation + over) % 360, pose.skew_degrees, is_sure)
    upright = geometry.turn(upright, over)
    return pose, upright, recognize.read_page(upright, dpi, work)


def _read_wholly_both_ways(
    upright: Pixels, pose: Pose, dpi: float, work: Path
) -> tuple[Pose, Pixels, recognize.Reading]:
    """A page of a line or two is read whole each way: cheap, and surer than a strip of it."""
    planes = {over: geometry.turn(upright, over) for over in (0, 180)}
    readings = {over: recognize.read_page(plane, dpi, work) for over, plane in planes.items()}
    sure = {over: recognize.mean_confidence(reading.lines) for over, reading in readings.items()}
    over = 0 if sure[0] >= sure[180] else 180
    is_sure = abs(sure[0] - sure[180]) >= SURE_APART
    return Pose((pose.rotation + over) % 360, pose.skew_degrees, is_sure), planes[over], readings[over]


def _first_guess(told: int, staged: Staged) -> int:
    """The turn to try first: what the source says where it fits the lines of text."""
    sideways = staged.lay.sideways
    if (told % 180 == 90) == sideways:  # noqa: PLR2004 degrees
        return told
    return 90 if sideways else 0


def _straightened(lines: tuple[Line, ...], tilt: float, plane: Pixels) -> tuple[Line, ...]:
    if not tilt:
        return lines
    height, width = plane.shape

    def level(word: Word) -> Word:
        return replace(word, box=geometry.straighten_box(word.box, tilt, width, height))

    return tuple(replace(line, words=tuple(level(word) for word in line.words)) for line in lines)


def _judged(staged: Staged, pose: Pose, reading: recognize.Reading) -> Sight:
    framed = staged.framed
    # A photographed paper was cut out along its own edges: nothing of it lay outside.
    defects = () if framed.corners or framed.paper else find_defects(framed.overview)
    found = quality.Findings(
        dpi=framed.raster.dpi,
        size_assumed=framed.raster.size_assumed,
        is_colour=framed.raster.pixels.ndim == COLOUR_AXES,
        edges_unsure=framed.unsure,
        defects=tuple(_upright_defect(defect, pose) for defect in defects),
        edges=staged.edges,
        ink=float(framed.overview.ink.mean()),
        direction_sure=pose.is_sure,
        reading_complete=reading.is_complete,
        words=sum(len(line.words) for line in reading.lines),
        doubtful_words=sum(word.confidence < DOUBTFUL for line in reading.lines for word in line.words),
        mean_confidence=recognize.mean_confidence(reading.lines),
        least_confidence=min((word.confidence for line in reading.lines for word in line.words), default=0.0),
    )
    blank = not reading.lines and quality.is_blank(staged.plane, framed.raster.pixels_dpi)
    if blank and shows_faint_writing(staged.plane, framed.raster.pixels_dpi):
        found, blank = replace(found, too_faint=True), False
    verdict, reasons = quality.judge(staged.plane, framed.raster.pixels_dpi, found, blank=blank)
    return Sight(pose, reading.lines, verdict, reasons, framed.corners)


def _upright_defect(defect: Reason, pose: Pose) -> Reason:
    return replace(defect, box=geometry.turned_box(defect.box, pose.rotation)) if defect.box else defect


def _cropped(sight: Sight, staged: Staged) -> Sight:
    """What the paper holds, where the paper is smaller than the glass."""
    paper = staged.framed.paper
    if paper is None:
        return sight
    height, width = staged.framed.raster.pixels.shape[:2]
    crop = crop_of(paper, sight.pose.rotation, sight.pose.skew_degrees, (width, height))
    return replace(sight, crop=crop, lines=tuple(_within(sight.lines, crop)))


def _within(lines: tuple[Line, ...], crop: Box) -> Iterator[Line]:
    for line in lines:
        words = tuple(word for word in (_shift(word, crop) for word in line.words) if word is not None)
        if words:
            yield replace(line, words=words)


def _shift(word: Word, crop: Box) -> Word | None:
    wide, high = crop.right - crop.left, crop.bottom - crop.top
    box = word.box
    edges = (
        (box.left - crop.left) / wide,
        (box.top - crop.top) / high,
        (box.right - crop.left) / wide,
        (box.bottom - crop.top) / high,
    )
    left, top, right, bottom = (min(max(edge, 0.0), 1.0) for edge in edges)
    if (right - left) * wide < LEAST_COVERED * (box.right - box.left) or bottom <= top:
        return None
    return replace(word, box=Box(round(left, 5), round(top, 5), round(right, 5), round(bottom, 5)))
