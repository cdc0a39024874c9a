"""A page that brings words of its own: they stand where they are seen; what else is to be read is read.

Rules:
1. What is read takes the place of the file's words only where these are letters in another code: they do not
   say what is read in the picture, and what is read is Vietnamese. The clerk is told.
2. Foreign words, script and the smallest print are the page's, as the file tells them, however they are read.
3. What is read beneath the words is added to them. The clerk is told.
"""

import re
from collections.abc import Callable
from dataclasses import replace

from digitize.model import Box, Line, ReasonCode, Word
from digitize.pixels.geometry import Pose, straighten_box, turned_box
from digitize.pixels.raster import Raster
from digitize.sight import Sight, is_legible
from digitize.sources.born_digital import known_share
from digitize.words.second_look import DOUBTFUL
from digitize.words.ways_of_writing import in_order_as_written
from vietnamese.letters import fold

MOST_ALIKE = 0.5  # of the file's words that are read in the picture: with more, they are what is seen
LEAST_READ = 0.5  # of the words read: with fewer known syllables they are no Vietnamese, however badly read
NO_LETTERS = re.compile(r"[\W_]")

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
        if _is_another_code(raster, sight):
            return _told(sight), shown
    if raster.beneath is None:
        return own, raster
    return _joined(raster, own, look)


def _joined(raster: Raster, own: Sight, look: Look) -> tuple[Sight, Raster]:
    """The page's own words, and those read beneath them."""
    bare = replace(raster, lines=None, beneath=None)
    sight, _ = look(replace(bare, pixels=raster.beneath if raster.beneath is not None else raster.pixels))
    read = _sure_of(sight.lines) if raster.never_paper else sight.lines
    if not read:
        return own, raster
    if sight.corners or sight.crop:  # the paper was cut out: own words no longer fit it
        sight, shown = look(bare)
        return _told(sight), shown
    if raster.never_paper:  # its own words say how it lies
        if sight.pose.rotation and not is_legible(read):
            return own, raster
        read = tuple(_turned_back(line, sight.pose.rotation) for line in read)
        return _told(replace(own, lines=_in_order(own.lines + read, raster))), raster
    moved = tuple(_moved(line, sight.pose, raster) for line in own.lines)
    return _told(replace(sight, lines=_in_order(moved + read, raster, sight.pose))), raster


def _sure_of(lines: tuple[Line, ...]) -> tuple[Line, ...]:
    """Without what a drawing or a photograph seems to say."""
    sure = (
        replace(line, words=tuple(word for word in line.words if word.confidence >= DOUBTFUL))
        for line in lines
    )
    return tuple(line for line in sure if line.words)


def _turned_back(line: Line, rotation: int) -> Line:
    return replace(
        line, words=tuple(replace(word, box=turned_box(word.box, -rotation)) for word in line.words)
    )


def _in_order(lines: tuple[Line, ...], raster: Raster, pose: Pose | None = None) -> tuple[Line, ...]:
    ratio = raster.width_mm / raster.height_mm
    sideways = pose is not None and pose.rotation % 180
    return in_order_as_written(lines, 1 / ratio if sideways else ratio)


def _moved(line: Line, pose: Pose, raster: Raster) -> Line:
    height, width = raster.pixels.shape[:2]
    size = (height, width) if pose.rotation % 180 else (width, height)

    def move(word: Word) -> Word:
        box = turned_box(word.box, pose.rotation)
        return replace(word, box=straighten_box(box, pose.skew_degrees, *size) if pose.skew_degrees else box)

    return replace(line, words=tuple(move(word) for word in line.words))


def _is_another_code(raster: Raster, sight: Sight) -> bool:
    """Are the file's words none, because where they stand the page says others that are Vietnamese?"""
    own = tuple(_moved(line, sight.pose, raster) for line in raster.lines or ())
    words = [word.text for line in own for word in line.words]
    places = [] if sight.corners or sight.crop else [line.box for line in own]
    read = [word for line in sight.lines for word in line.words]
    others = [word.text for word in read if not places or any(_lies_in(word.box, place) for place in places)]
    known = known_share(others)
    if known is None or known < max(LEAST_READ, known_share(words) or 0.0):
        return False
    letters = {_letters(word) for word in others}
    told = [text for text in map(_letters, words) if len(text) > 1 and not text.isdigit()]
    return sum(text in letters for text in told) < MOST_ALIKE * len(told)


def _lies_in(box: Box, place: Box) -> bool:
    across, down = (box.left + box.right) / 2, (box.top + box.bottom) / 2
    return place.left <= across <= place.right and place.top <= down <= place.bottom


def _letters(word: str) -> str:
    return NO_LETTERS.sub("", fold(word).lower())


def _told(sight: Sight) -> Sight:
    return sight.telling(ReasonCode.WORDS_DIFFER)
