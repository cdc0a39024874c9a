"""A second look at what the reader passed over or read with little confidence, spot by spot.

Tesseract's own search for lines now and then loses a line beside a signature, or a lone digit in a table.
The spots are cut out, laid one below the other on clean paper and read once more, each as a line of its own.
A new reading stands only where it is clearly surer than the old.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from digitize.model import Box, Line, Word
from digitize.pixels.raster import MM_PER_INCH, Pixels

DOUBTFUL = 60.0  # confidence below which a word is looked at again
SURE, SURER_BY = 75.0, 15.0  # what a new reading needs
SURE_OF_LINE, LINE_WORDS = 60.0, 3  # enough for so many words where a line of print was lost whole:
NOTHING = 20.0  # where what stands is not surer than this
SIGNS_ALONE = 2.5  # heights: a longer word without letters or digits is a line that was not read
LETTER_MM = (1.1, 6.0)  # height of a letter that was passed over
LEAST_AREA = 8  # pixels at 100 dpi
MOST_WIDE = 4.0  # heights: wider parts are rules and strokes of a pen
JOINED = 2.2  # heights: parts nearer than this belong to one spot
SAME_ROW = 0.5  # of the smaller height
MARGIN = 0.4  # of a spot's height, around it
MOST_SPOTS = 14
SPOT_MM = (1.2, 9.0)  # height of a spot that can be a line
GAP = 28  # rows of clean paper between spots
SIDE = 40  # columns of clean paper beside them
CLEAN = 250


@dataclass(frozen=True)
class Spot:
    """A part of the upright page, in its pixels: left, top, right, bottom."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def high(self) -> int:
        """Height in pixels."""
        return self.bottom - self.top

    def around(self, other: "Spot") -> "Spot":
        """The smallest spot that holds both."""
        return Spot(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )


Read = Callable[[Pixels], tuple[Line, ...]]


def look_again(
    plane: Pixels, dpi: float, lines: tuple[Line, ...], ink: Pixels, read: Read
) -> tuple[Line, ...]:
    """The lines with what a second look made surer; `ink` is a small mask of the same upright page."""
    height, width = plane.shape
    doubtful = [
        word
        for line in lines
        for word in line.words
        if word.confidence < DOUBTFUL or _is_unread(word, height / width)
    ]
    found = [
        *_passed_over(ink, lines, (width, height)),
        *(_spot(word.box, width, height) for word in doubtful),
    ]
    spots = list(_joined(found, dpi))[:MOST_SPOTS]
    if not spots:
        return lines
    strip, places = _strip(plane, spots)
    for spot, words in _assigned(read(strip), strip, spots, places, (width, height)):
        lines = _with_surer(lines, spot, words, (width, height))
    return lines


def _passed_over(ink: Pixels, lines: Iterable[Line], size: tuple[int, int]) -> Iterator[Spot]:
    """Parts of letter size on which no word lies."""
    height, width = ink.shape
    left_over = ink.copy()
    for box in (word.box for line in lines for word in line.words):
        rows = slice(max(0, int(box.top * height) - 2), int(box.bottom * height) + 3)
        left_over[rows, max(0, int(box.left * width) - 2) : int(box.right * width) + 3] = 0
    _, _, stats, _ = cv2.connectedComponentsWithStats(left_over, connectivity=8)
    scale_x, scale_y = size[0] / width, size[1] / height
    per_mm = height / 297.0  # overviews show a whole page
    for left, top, wide, high, area in np.asarray(stats[1:]).tolist():
        fits = LETTER_MM[0] * per_mm <= high <= LETTER_MM[1] * per_mm
        if fits and wide <= MOST_WIDE * high and area >= LEAST_AREA:
            yield Spot(
                int(left * scale_x),
                int(top * scale_y),
                int((left + wide) * scale_x),
                int((top + high) * scale_y),
            )


def _is_unread(word: Word, high_to_wide: float) -> bool:
    wide, high = word.box.right - word.box.left, (word.box.bottom - word.box.top) * high_to_wide
    return wide > SIGNS_ALONE * high and not any(letter.isalnum() for letter in word.text)


def _spot(box: Box, width: int, height: int) -> Spot:
    return Spot(
        int(box.left * width), int(box.top * height), int(box.right * width), int(box.bottom * height)
    )


def _joined(found: Sequence[Spot], dpi: float) -> Iterator[Spot]:
    """Parts that stand side by side as one spot, those of a line's height alone."""
    rows: list[Spot] = []
    for part in sorted(found, key=lambda spot: spot.left):
        near = next((row for row in rows if _belongs(row, part)), None)
        if near is None:
            rows.append(part)
        else:
            rows[rows.index(near)] = near.around(part)
    per_mm = dpi / MM_PER_INCH
    for row in sorted(rows, key=lambda spot: spot.top):
        if SPOT_MM[0] * per_mm <= row.high <= SPOT_MM[1] * per_mm:
            yield row


def _belongs(row: Spot, part: Spot) -> bool:
    shared = min(row.bottom, part.bottom) - max(row.top, part.top)
    level = shared > SAME_ROW * min(row.high, part.high)
    return level and part.left - row.right <= JOINED * max(row.high, part.high)


def _strip(plane: Pixels, spots: Sequence[Spot]) -> tuple[Pixels, list[tuple[int, int]]]:
    """The spots one below the other, and where each begins: the page's row at the strip's row."""
    crops, places, at = [], [], GAP
    height, width = plane.shape
    for spot in spots:
        margin = max(6, round(MARGIN * spot.high))
        top, bottom = max(0, spot.top - margin), min(height, spot.bottom + margin)
        crop = plane[top:bottom, max(0, spot.left - margin) : min(width, spot.right + margin)]
        crops.append((at, max(0, spot.left - margin), top, crop))
        places.append((at, top))
        at += crop.shape[0] + GAP
    widest = max(crop.shape[1] for _, _, _, crop in crops)
    strip = np.full((at, widest + 2 * SIDE), CLEAN, np.uint8)
    for row, _, _, crop in crops:
        strip[row : row + crop.shape[0], SIDE : SIDE + crop.shape[1]] = crop
    return strip, places


def _assigned(
    read: tuple[Line, ...],
    strip: Pixels,
    spots: Sequence[Spot],
    places: Sequence[tuple[int, int]],
    size: tuple[int, int],
) -> Iterator[tuple[Spot, tuple[Word, ...]]]:
    """Words of the strip back at their places on the page, spot by spot."""
    height, width = strip.shape
    for spot, (row, top) in zip(spots, places, strict=True):
        margin = max(6, round(MARGIN * spot.high))
        left, end = max(0, spot.left - margin), row + spot.high + 2 * margin
        words = []
        for word in (word for line in read for word in line.words):
            box = word.box
            middle = (box.top + box.bottom) / 2 * height
            if not row <= middle < end:
                continue
            edges = (
                (box.left * width - SIDE + left) / size[0],
                (box.top * height - row + top) / size[1],
                (box.right * width - SIDE + left) / size[0],
                (box.bottom * height - row + top) / size[1],
            )
            placed = Box(*(round(min(max(edge, 0.0), 1.0), 5) for edge in edges))
            words.append(replace(word, box=placed))
        yield spot, tuple(sorted(words, key=lambda word: word.box.left))


def _with_surer(
    lines: tuple[Line, ...], spot: Spot, words: tuple[Word, ...], size: tuple[int, int]
) -> tuple[Line, ...]:
    """The lines with these words at the spot, if they are clearly surer than what stands there."""

    def is_here(word: Word) -> bool:
        across = (word.box.left + word.box.right) / 2 * size[0]
        down = (word.box.top + word.box.bottom) / 2 * size[1]
        return spot.left <= across <= spot.right and spot.top <= down <= spot.bottom

    ratio = size[1] / size[0]
    here = [word for line in lines for word in line.words if is_here(word)]
    old = [word.confidence for word in here if not _is_unread(word, ratio)]
    sure = float(np.mean([word.confidence for word in words])) if words else 0.0
    standing = float(np.mean(old)) if old else 0.0
    least = SURE_OF_LINE if standing < NOTHING and len(words) >= LINE_WORDS else SURE
    if sure < max(least, standing + SURER_BY):
        return lines
    if not any(letter.isalnum() for word in words for letter in word.text):
        return lines
    kept = (replace(line, words=tuple(word for word in line.words if not is_here(word))) for line in lines)
    return (*(line for line in kept if line.words), Line(words))
