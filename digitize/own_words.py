"""A page that brings words of its own: they stand where they are seen; what else is to be read is read.

Where a page's words and its picture disagree, the picture is read, and the clerk is told.
"""

from collections.abc import Callable
from dataclasses import replace

from digitize.model import Line, ReasonCode, Word
from digitize.pixels.geometry import Pose, straighten_box
from digitize.pixels.raster import Raster
from digitize.sight import Sight, turned_box
from digitize.sources.born_digital import known_share
from digitize.words.reading_order import in_reading_order
from digitize.words.second_look import DOUBTFUL

Look = Callable[[Raster], tuple[Sight, Raster]]


def look_with_own_words(raster: Raster, look: Look) -> tuple[Sight, Raster]:
    """What is seen on the page, and the raster that is to be shown; `look` reads and judges a picture."""
    bare = replace(raster, lines=None, beneath=None)
    if raster.lines is None:
        sight, shown = look(bare)
        return (_told(sight) if raster.doubted else sight), shown
    own = Sight(Pose(), raster.lines)
    if raster.doubted:
        sight, shown = look(bare)
        return (_told(sight), shown) if _reads_better(sight.lines, raster.lines) else (own, raster)
    if raster.beneath is None:
        return own, raster
    return _joined(raster, own, look)


def _joined(raster: Raster, own: Sight, look: Look) -> tuple[Sight, Raster]:
    """The page's own words, and those read beneath them."""
    bare = replace(raster, lines=None, beneath=None)
    sight, _ = look(replace(bare, pixels=raster.beneath if raster.beneath is not None else raster.pixels))
    read = tuple(_sure_of(line) for line in sight.lines)
    read = tuple(line for line in read if line.words)
    if not read:
        return own, raster
    if sight.corners or sight.crop:  # the paper was cut out: own words no longer fit it
        sight, shown = look(bare)
        return _told(sight), shown
    if raster.never_paper:  # its own words say how it lies
        upright = sight.pose.rotation == 0
        lines = _in_order(own.lines + read, raster) if upright else own.lines
        return _told(replace(own, lines=lines)), raster
    moved = tuple(_moved(line, sight.pose, raster) for line in own.lines)
    return _told(replace(sight, lines=_in_order(moved + read, raster, sight.pose))), raster


def _sure_of(line: Line) -> Line:
    return replace(line, words=tuple(word for word in line.words if word.confidence >= DOUBTFUL))


def _in_order(lines: tuple[Line, ...], raster: Raster, pose: Pose | None = None) -> tuple[Line, ...]:
    ratio = raster.width_mm / raster.height_mm
    sideways = pose is not None and pose.rotation % 180
    return in_reading_order(lines, 1 / ratio if sideways else ratio)


def _moved(line: Line, pose: Pose, raster: Raster) -> Line:
    height, width = raster.pixels.shape[:2]
    size = (height, width) if pose.rotation % 180 else (width, height)

    def move(word: Word) -> Word:
        box = turned_box(word.box, pose.rotation)
        return replace(word, box=straighten_box(box, pose.skew_degrees, *size) if pose.skew_degrees else box)

    return replace(line, words=tuple(move(word) for word in line.words))


def _reads_better(read: tuple[Line, ...], own: tuple[Line, ...]) -> bool:
    """Are the words that were read Vietnamese, where those of the file are not?"""
    shares = [known_share([word.text for line in lines for word in line.words]) for lines in (read, own)]
    return shares[0] is not None and shares[0] > (shares[1] or 0.0)


def _told(sight: Sight) -> Sight:
    return sight.telling(ReasonCode.WORDS_DIFFER)
