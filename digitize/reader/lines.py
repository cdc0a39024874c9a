"""Lines of print on a reading plane: where each stands, how it slopes, how high its letters are."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from digitize.pixels.raster import Pixels
from digitize.reader.bands import Band, Flags, Integers, find_bands, letters_of
from digitize.reader.ink import Ink, Parts, take_apart
from digitize.reader.measure import Measured, measure

CAPITALS_TO_SMALL = 1.43  # capitals' height over small letters' in Times-like faces
SURE_SMALL = (12, 0.18)  # letters and tall share of a line that surely has small letters
CAPITALS_BELOW, CAPITALS_SPREAD = 0.08, 0.14  # tall share of a line of capitals, by how large it is
BLUR = 0.6  # small pixels by which a letter's box is higher than the letter
END_REACH, END_SPAN = 1.8, (-0.6, 0.35)  # small letters: dashes, points and quotes at a line's ends
LEAST_END = 3  # pixels of ink of such a part
HIGHEST_END = 2.8  # of the band: a letter with its marks and tail
SINGLE = (0.62, 1.35)  # of capitals' height: a letter or number that stands alone
SINGLE_SLIM = 0.2  # of its height
MARKS_ABOVE, MARKS_BELOW = 2.1, 0.6  # of the band, from the baseline: where a part is no letter of its own
MANY_MORE = 4  # times the letters
JOINED = (2.2, 0.35, 1.7)  # pieces of one line: gap, step of the baseline (small letters), ratio of heights


@dataclass(frozen=True)
class TextLine:
    """A line of print, in pixels of the plane it was found on.

    Args:
        left, right: where its ink begins and ends.
        baseline: row of the baseline at `left`.
        slope: rows by which the baseline falls for each pixel to the right.
        x_height: height of the small letters, of capitals divided by CAPITALS_TO_SMALL where there are none.
        is_capitals: are most of its letters of one height, that of capitals and numbers?
    """

    left: float
    right: float
    baseline: float
    slope: float
    x_height: float
    is_capitals: bool

    def baseline_at(self, x: float) -> float:
        """Row of the baseline at column `x`."""
        return self.baseline + self.slope * (x - self.left)


@dataclass(frozen=True, eq=False)
class Layout:
    """The lines of a page, top to bottom.

    Args:
        lines: in pixels of the plane.
        owners: for each part of `ink` the line whose letter it is, counted from 1; 0 for all else.
        ink: the ink they were found in.
        doubt: 0-1: share of letter-like ink that stands on no line, or on lines that cross others.
    """

    lines: tuple[TextLine, ...]
    owners: Integers
    ink: Ink
    doubt: float


def find_lines(plane: Pixels, dpi: float) -> Layout:
    """Find the lines of print of an upright reading plane, tilted by a degree at most."""
    ink = take_apart(plane, dpi)
    owners = np.zeros(len(ink.parts.left), np.int32)
    if not ink.letter:
        return Layout((), owners, ink, 0.0)
    letters = letters_of(ink)
    found = _measured(ink, find_bands(ink, letters))
    small = _small_letters(found)
    found = _adopting(ink.parts, letters, found)
    found = _measured(ink, [*map(_as_band, found), *_singles(ink, letters, found, small)])
    found = sorted(_not_within_others(found), key=lambda one: one.baseline)
    for number, one in enumerate(found, start=1):
        owners[one.members] = number
    free = owners == 0
    lines = [_enlarged(_extended(ink.parts, free, _line(one, small)), 1 / ink.scale) for one in found]
    return Layout(tuple(lines), owners, ink, _doubt(ink, letters, owners))


def _measured(ink: Ink, bands: Iterable[Band]) -> list[Measured]:
    """The bands measured, those that continue each other as one."""
    found = [one for band in bands if (one := measure(ink.parts, band)) is not None]
    joined = _joined(found, ink)
    if len(joined) == len(found):
        return joined
    again = (measure(ink.parts, _as_band(one)) for one in joined)
    return [one for one in again if one is not None]


def _as_band(one: Measured) -> Band:
    return Band(one.left, one.right, one.baseline - one.band, one.baseline, one.slope, one.members)


def _small_letters(measured: list[Measured]) -> float:
    """The height of small letters that most of the page's print has; 0 when no line surely has any."""
    letters, tall = SURE_SMALL
    sure = [found for found in measured if found.letters >= letters and found.tall >= tall]
    if not sure:
        return 0.0
    heights = np.repeat([found.band for found in sure], [found.letters for found in sure])
    return float(np.median(heights))


def _adopting(parts: Parts, letters: Flags, found: list[Measured]) -> list[Measured]:
    """The lines with the letters at their ends that the smear lost: marks made them higher than the rest."""
    free = letters.copy()
    for one in found:
        free[one.members] = False
    return (
        [_with_ends(parts, np.flatnonzero(free).astype(np.int32), one) for one in found]
        if free.any()
        else found
    )


def _with_ends(parts: Parts, free: Integers, one: Measured) -> Measured:
    shift = one.baseline + one.slope * (parts.left[free] - one.left)
    reaches = (parts.top[free] < shift - 0.2 * one.band) & (parts.bottom[free] > shift - 0.8 * one.band)
    beside = free[reaches & (parts.height[free] <= HIGHEST_END * one.band)]
    left, right = one.left, one.right
    taken: list[int] = []
    for part in beside[np.argsort(parts.left[beside])]:
        if parts.left[part] <= right + one.band and parts.right[part] > left - one.band:
            right, taken = max(right, float(parts.right[part])), [*taken, int(part)]
    for part in beside[np.argsort(-parts.right[beside])]:
        if left - one.band <= parts.right[part] and parts.left[part] < left:
            left, taken = float(parts.left[part]), [*taken, int(part)]
    if not taken:
        return one
    members = np.union1d(one.members, np.array(taken, np.int32)).astype(np.int32)
    return replace(one, left=left, right=right, baseline=one.baseline_at(left), members=members)


def _singles(ink: Ink, letters: Flags, found: list[Measured], small: float) -> Iterator[Band]:
    """Letters and numbers that stand alone: page numbers, numbers in a table."""
    parts, usual = ink.parts, CAPITALS_TO_SMALL * (small or ink.letter)
    alone = letters & (parts.height >= SINGLE[0] * usual) & (parts.height <= SINGLE[1] * usual)
    alone &= (parts.width >= SINGLE_SLIM * parts.height) & (parts.width <= 2 * parts.height)
    for one in found:
        alone[one.members] = False
        middle = (parts.top + parts.bottom) / 2 - one.baseline - one.slope * (parts.left - one.left)
        within = (parts.right > one.left) & (parts.left < one.right)
        alone &= ~(within & (middle > -MARKS_ABOVE * one.band) & (middle < MARKS_BELOW * one.band))
    slope = float(np.median([one.slope for one in found])) if found else 0.0
    for part in np.flatnonzero(alone).astype(np.int32):
        left, right, top, bottom = (
            float(at[part]) for at in (parts.left, parts.right, parts.top, parts.bottom)
        )
        yield Band(left, right, top, bottom, slope, np.array([part], np.int32))


def _line(found: Measured, small: float) -> TextLine:
    """Tell capitals from small letters: by how many letters are taller, and how large the line is."""
    larger = np.log(found.band / small) / np.log(CAPITALS_TO_SMALL) if small else 0.5
    larger = min(max(float(larger), -0.5), 1.0)
    capitals = found.tall < CAPITALS_BELOW + CAPITALS_SPREAD * larger
    height = max(found.band - BLUR, 1.0)
    x_height = height / CAPITALS_TO_SMALL if capitals else height
    return TextLine(found.left, found.right, found.baseline, found.slope, x_height, capitals)


def _extended(parts: Parts, free: Flags, line: TextLine) -> TextLine:
    """Take in the dashes, points and quotes at both ends that are no other line's letters."""
    reach = END_REACH * line.x_height
    middle = (parts.top + parts.bottom) / 2 - line.baseline - line.slope * (parts.left - line.left)
    level = line.x_height * (CAPITALS_TO_SMALL if line.is_capitals else 1.0)
    near = (
        free
        & (middle > -level + END_SPAN[0] * line.x_height)
        & (middle < END_SPAN[1] * line.x_height)
        & (parts.area >= LEAST_END)
        & (parts.height <= 2 * line.x_height)
        & (parts.width <= 3 * line.x_height)
        & (parts.right > line.left - 4 * reach)
        & (parts.left < line.right + 4 * reach)
    )
    near[0] = False
    ends = np.flatnonzero(near)
    left, right = line.left, line.right
    for part in ends[np.argsort(-parts.right[ends])]:
        if left - reach <= parts.right[part] and parts.left[part] < left:
            left = float(parts.left[part])
    for part in ends[np.argsort(parts.left[ends])]:
        if parts.left[part] <= right + reach and parts.right[part] > right:
            right = float(parts.right[part])
    return replace(line, left=left, right=right, baseline=line.baseline_at(left))


def _joined(pieces: list[Measured], ink: Ink) -> list[Measured]:
    """Join pieces that stand side by side, or in each other, on one baseline."""
    lines: list[Measured] = []
    for piece in sorted(pieces, key=lambda piece: piece.left):
        for at, line in enumerate(lines):
            if _continues(line, piece, ink):
                lines[at] = _one(line, piece)
                break
        else:
            lines.append(piece)
    return lines


def _continues(line: Measured, piece: Measured, ink: Ink) -> bool:
    gap, step, ratio = JOINED
    high, low = max(line.band, piece.band), min(line.band, piece.band)
    if high > ratio * low or piece.left - line.right > gap * high:
        return False
    if abs(line.baseline_at(piece.left) - piece.baseline) > step * low:
        return False
    row = min(max(round(piece.baseline - low / 2), 0), len(ink.upright_rules) - 1)
    return not ink.upright_rules[row, round(line.right) : round(piece.left)].any()


def _one(line: Measured, piece: Measured) -> Measured:
    """Both pieces as one line, to be measured again; the one with more letters tells baseline and height."""
    more = line if line.letters >= piece.letters else piece
    left, right = min(line.left, piece.left), max(line.right, piece.right)
    members = np.union1d(line.members, piece.members).astype(np.int32)
    return replace(more, left=left, right=right, baseline=more.baseline_at(left), members=members)


def _not_within_others(found: list[Measured]) -> Iterator[Measured]:
    """Leave out what lies where another line, with many more letters, has its marks and tails."""
    for one in found:
        middle = (one.left + one.right) / 2
        if not any(
            other.letters >= MANY_MORE * one.letters
            and other.left < middle < other.right
            and -MARKS_ABOVE * other.band < one.baseline - one.band / 2 - other.baseline_at(middle)
            and one.baseline - one.band / 2 - other.baseline_at(middle) < MARKS_BELOW * other.band
            for other in found
        ):
            yield one


def _enlarged(line: TextLine, scale: float) -> TextLine:
    """The line in pixels of the plane."""
    return replace(
        line,
        left=line.left * scale,
        right=line.right * scale,
        baseline=line.baseline * scale,
        x_height=line.x_height * scale,
    )


def _doubt(ink: Ink, letters: Flags, owners: Integers) -> float:
    all_ink = float(ink.parts.area[letters].sum())
    return float(ink.parts.area[letters & (owners == 0)].sum()) / all_ink if all_ink else 0.0
