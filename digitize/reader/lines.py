"""Lines of print on a reading plane: where each stands, how it slopes, how high its letters are.

Letters are smeared along the line into bands; a band's strong rows are the small letters' height, or the
capitals' where a line has no small ones. The letters' own edges then give baseline, slope and height.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from digitize.raster import Pixels
from digitize.reader.ink import Ink, Parts, take_apart

LETTER = (0.55, 3.2)  # height of a letter, in usual letters
LONGEST_PART = 14.0  # width in usual letters: a word whose letters hang together
SMEAR = 2.2  # usual letters: how far letters of one line may stand apart
LEAST_BAND = (0.55, 0.35)  # height and width in usual letters: marks, tails and specks are less
STRONG = 0.45  # of a band's widest row
LEAST_SLOPED = 8.0  # usual letters: a shorter line does not tell its slope
ON_LINE, FEET = 0.22, 0.16  # of the band: how far a foot may be off the baseline, how near most stand
LEAST_FEET = 10  # letters; fewer do not tell the slope
MOST_BENT = 0.012  # how far a line's slope may be from its first guess
BODY = 0.6  # of the band: lower parts are marks and points
TALL = (1.28, 1.8)  # of the small letters: ascenders and capitals among them
SAME_HEIGHT, LEAST_SHARE = 0.09, 0.15  # the lowest height that this share of the letters has is the band's
CAPITALS_TO_SMALL = 1.43  # capitals' height over small letters' in Times-like faces
USUAL_TALL, DOUBT_LETTERS = 0.15, 3.0  # share of tall letters to begin with, and its weight in letters
SURE_SMALL = (12, 0.18)  # letters and tall share of a line that surely has small letters
CAPITALS_BELOW, CAPITALS_SPREAD = 0.08, 0.14  # tall share of a line of capitals, by how large it is
END_REACH, END_SPAN = 1.8, (-0.6, 0.35)  # small letters: dashes, points and quotes at a line's ends
LEAST_END = 3  # pixels of ink of such a part
SINGLE = (0.62, 1.35)  # of capitals' height: a letter or number that stands alone
SINGLE_SLIM = 0.2  # of its height
MARKS_ABOVE, MARKS_BELOW = 2.1, 0.6  # of the band, from the baseline: where a part is no letter of its own
MANY_MORE = 4  # times the letters
JOINED = (2.2, 0.35, 1.7)  # pieces of one line: gap, step of the baseline (small letters), ratio of heights

Integers = NDArray[np.int32]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class TextLine:
    """A line of print, in pixels of the plane it was found on.

    Args:
        left, right: where its ink begins and ends.
        baseline: row of the baseline at `left`.
        slope: rows by which the baseline falls for each pixel to the right.
        x_height: height of the small letters, of capitals divided by CAPITALS_TO_SMALL where there are none.
        is_capitals: has it only letters of capital height, such as capitals and numbers?
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


@dataclass(frozen=True)
class _Band:
    """Letters that may be one line, in small pixels.

    Rows are levelled to column `left`: there `bottom` is about the baseline, `top` the letters' upper end.
    """

    left: float
    right: float
    top: float
    bottom: float
    slope: float
    members: Integers


@dataclass(frozen=True)
class _Measured:
    """A band with its letters' own edges; `band` is the height of its small letters, or of its capitals."""

    left: float
    right: float
    baseline: float
    slope: float
    band: float
    tall: float
    letters: int
    members: Integers

    def baseline_at(self, x: float) -> float:
        return self.baseline + self.slope * (x - self.left)


def find_lines(plane: Pixels, dpi: float) -> Layout:
    """Find the lines of print of an upright reading plane, tilted by a degree at most."""
    ink = take_apart(plane, dpi)
    owners = np.zeros(len(ink.parts.left), np.int32)
    if not ink.letter:
        return Layout((), owners, ink, 0.0)
    letters = _letters(ink)
    found = _measured(ink, _bands(ink, letters))
    small = _small_letters(found)
    found = _measured(ink, [*map(_as_band, found), *_singles(ink, letters, found, small)])
    found = sorted(_not_within_others(found), key=lambda one: one.baseline)
    for number, one in enumerate(found, start=1):
        owners[one.members] = number
    lines = [_enlarged(_extended(ink.parts, _line(one, small)), 1 / ink.scale) for one in found]
    return Layout(tuple(lines), owners, ink, _doubt(ink, letters, owners))


def _letters(ink: Ink) -> Flags:
    parts, least, most = ink.parts, LETTER[0] * ink.letter, LETTER[1] * ink.letter
    may_be = (parts.height >= least) & (parts.height <= most) & (parts.width <= LONGEST_PART * ink.letter)
    may_be[0] = False
    return np.asarray(may_be, np.bool_)


def _bands(ink: Ink, letters: Flags) -> Iterator[_Band]:
    mask = letters[ink.parts.labels].astype(np.uint8)
    smear = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((1, round(SMEAR * ink.letter)), np.uint8))
    smear[ink.upright_rules > 0] = 0
    high, wide = (max(1, round(share * ink.letter)) for share in LEAST_BAND)
    smear = cv2.morphologyEx(smear, cv2.MORPH_OPEN, np.ones((high, wide), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(smear, connectivity=4, ltype=cv2.CV_32S)
    members = _members(ink.parts, letters, np.asarray(labels, np.int32), count)
    slopes = _slopes(ink.parts, members, ink.letter)
    for number in range(1, count):
        left, top, width, height = (int(value) for value in stats[number, :4])
        inside = labels[top : top + height, left : left + width] == number
        slope = float(slopes[number])
        runs = [(top + first, top + end) for first, end in _strong_rows(inside, slope, ink.letter)]
        for run, own in zip(runs, _by_run(ink.parts, members[number], runs, (left, slope)), strict=True):
            yield _Band(left, left + width, *run, slope, own)


def _by_run(
    parts: Parts, members: Integers, runs: list[tuple[float, float]], levelled: tuple[int, float]
) -> list[Integers]:
    """The letters of each run of rows: those that have more of their height in it than in any other."""
    left, slope = levelled
    shift = slope * ((parts.left[members] + parts.right[members]) / 2 - left)
    shared = [
        np.minimum(parts.bottom[members] - shift, end) - np.maximum(parts.top[members] - shift, first)
        for first, end in runs
    ]
    best = np.argmax(shared, axis=0) if shared else np.zeros(0)
    return [members[best == run] for run in range(len(runs))]


def _members(parts: Parts, letters: Flags, labels: Integers, count: int) -> list[Integers]:
    """The letters of each smeared band."""
    rows, columns = (parts.top + parts.bottom) // 2, (parts.left + parts.right) // 2
    at = np.where(letters, labels[rows, columns], 0)
    order = np.argsort(at, kind="stable").astype(np.int32)
    edges = np.searchsorted(at[order], np.arange(count + 1))
    return [order[edges[number] : edges[number + 1]] for number in range(count)]


def _slopes(parts: Parts, members: list[Integers], letter: float) -> Floats:
    """The slope of each band that is long enough, else the page's own."""
    slopes = np.full(len(members), np.nan)
    for number, own in enumerate(members[1:], start=1):
        centre = (parts.left[own] + parts.right[own]) / 2
        if len(own) >= LEAST_SLOPED and np.ptp(centre) >= LEAST_SLOPED * letter:
            slopes[number] = _first_slope(centre, parts.bottom[own].astype(np.float64))
    usual = float(np.nanmedian(slopes)) if np.isfinite(slopes).any() else 0.0
    return np.where(np.isfinite(slopes), slopes, usual)


def _first_slope(x: Floats, y: Floats) -> float:
    """Median of the slopes between letters half a line apart: hanging letters do not matter."""
    order = np.argsort(x)
    half = len(x) // 2
    far, near = order[half:], order[: len(x) - half]
    away = x[far] - x[near]
    return float(np.median((y[far] - y[near]) / np.maximum(away, 1.0)))


def _strong_rows(inside: Flags, slope: float, letter: float) -> Iterator[tuple[float, float]]:
    """Runs of rows, levelled at the left edge, that are nearly as full as the fullest."""
    rows, columns = np.nonzero(inside)
    level = rows - slope * columns
    lowest = np.floor(level.min())
    sums = np.bincount((level - lowest).astype(np.int64))
    strong = sums > STRONG * sums.max()
    edges = np.flatnonzero(np.diff(np.concatenate(([0], strong.astype(np.int8), [0]))))
    for first, end in zip(edges[::2], edges[1::2], strict=True):
        if end - first >= LEAST_BAND[0] * letter - 1:
            yield float(first + lowest), float(end + lowest)


def _measured(ink: Ink, bands: Iterable[_Band]) -> list[_Measured]:
    """The bands measured, those that continue each other as one."""
    found = [one for band in bands if (one := _measure(ink.parts, band)) is not None]
    joined = _joined(found, ink)
    if len(joined) == len(found):
        return joined
    again = (_measure(ink.parts, _as_band(one)) for one in joined)
    return [one for one in again if one is not None]


def _as_band(one: _Measured) -> _Band:
    return _Band(one.left, one.right, one.baseline - one.band, one.baseline, one.slope, one.members)


def _measure(parts: Parts, band: _Band) -> _Measured | None:
    """Baseline, slope and heights from the letters of a band; None when none stands on its baseline."""
    high = band.bottom - band.top
    members = band.members[parts.height[band.members] >= BODY * high]
    if not len(members):
        return None
    centre = (parts.left[members] + parts.right[members]) / 2 - band.left
    foot, head = parts.bottom[members].astype(np.float64), parts.top[members].astype(np.float64)
    slope = band.slope
    for _ in range(2):
        feet = foot - slope * centre
        baseline = _densest(feet, FEET * high)
        on = np.abs(feet - baseline) <= ON_LINE * high
        if np.count_nonzero(on) >= LEAST_FEET and np.ptp(centre[on]) >= LEAST_SLOPED * high:
            told = _robust_slope(centre[on], foot[on], slope)
            slope = told if abs(told - band.slope) <= MOST_BENT else slope
    baseline = _densest(foot - slope * centre, FEET * high)
    on = np.abs(foot - slope * centre - baseline) <= ON_LINE * high
    heights = baseline - (head - slope * centre)[on]
    return _told(parts, band, (slope, baseline), heights)


def _told(parts: Parts, band: _Band, straight: tuple[float, float], heights: Floats) -> _Measured | None:
    """The band with its measured slope and baseline (at its left), once the heights are told apart."""
    slope, baseline = straight
    high = _lowest_usual(heights)
    own = _own(parts, band, straight, high)
    if not len(own):
        return None
    left, right = float(parts.left[own].min()), float(parts.right[own].max())
    at_left = baseline + slope * (left - band.left)
    tall = int(np.count_nonzero((heights > TALL[0] * high) & (heights < TALL[1] * high)))
    return _Measured(left, right, at_left, slope, high, _shrunk(tall, len(heights)), len(heights), own)


def _densest(values: Floats, reach: float) -> float:
    """The median of the fullest window of width `reach`: where most letters have their feet."""
    ordered = np.sort(values)
    ends = np.searchsorted(ordered, ordered + max(reach, 1.0), side="right")
    first = int((ends - np.arange(len(ordered))).argmax())
    return float(np.median(ordered[first : ends[first]]))


def _lowest_usual(heights: Floats) -> float:
    """The lowest height that a good share of the letters has: the small letters', or else the capitals'."""
    ordered = np.sort(heights)
    reach = np.searchsorted(ordered, ordered * (1 + 2 * SAME_HEIGHT), side="right")
    shares = (reach - np.arange(len(ordered))) / len(ordered)
    first = int(np.flatnonzero(shares >= min(LEAST_SHARE, shares.max()))[0])
    # the window that begins here need not be the fullest of its neighbours
    near = slice(
        first, first + max(1, int(np.searchsorted(ordered, ordered[first] * (1 + SAME_HEIGHT))) - first)
    )
    best = first + int(shares[near].argmax())
    return float(np.median(ordered[best : reach[best]]))


def _own(parts: Parts, band: _Band, straight: tuple[float, float], high: float) -> Integers:
    """The members that reach into the band: of two lines smeared together each gets its own."""
    members, (slope, baseline) = band.members, straight
    shift = slope * ((parts.left[members] + parts.right[members]) / 2 - band.left)
    reaches = (parts.top[members] - shift < baseline - 0.2 * high) & (
        parts.bottom[members] - shift > baseline - 0.8 * high
    )
    return np.asarray(members[reaches], np.int32)


def _robust_slope(x: Floats, y: Floats, slope: float) -> float:
    """Least squares through the feet, once more without those that hang below or float."""
    for _ in range(2):
        off = y - slope * x
        spread = np.abs(off - np.median(off))
        keep = spread <= max(1.0, 2.0 * float(np.median(spread)))
        slope = float(np.polyfit(x[keep], y[keep], 1)[0])
    return slope


def _shrunk(tall: int, letters: int) -> float:
    return (tall + USUAL_TALL * DOUBT_LETTERS) / (letters + DOUBT_LETTERS)


def _small_letters(measured: list[_Measured]) -> float:
    """The height of small letters that most of the page's print has; 0 when no line surely has any."""
    letters, tall = SURE_SMALL
    sure = [found for found in measured if found.letters >= letters and found.tall >= tall]
    if not sure:
        return 0.0
    heights = np.repeat([found.band for found in sure], [found.letters for found in sure])
    return float(np.median(heights))


def _singles(ink: Ink, letters: Flags, found: list[_Measured], small: float) -> Iterator[_Band]:
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
        yield _Band(left, right, top, bottom, slope, np.array([part], np.int32))


def _line(found: _Measured, small: float) -> TextLine:
    """Tell capitals from small letters: by how many letters are taller, and how large the line is."""
    larger = np.log(found.band / small) / np.log(CAPITALS_TO_SMALL) if small else 0.5
    larger = min(max(float(larger), -0.5), 1.0)
    capitals = found.tall < CAPITALS_BELOW + CAPITALS_SPREAD * larger
    x_height = found.band / CAPITALS_TO_SMALL if capitals else found.band
    return TextLine(found.left, found.right, found.baseline, found.slope, x_height, capitals)


def _extended(parts: Parts, line: TextLine) -> TextLine:
    """Take in the dashes, points and quotes at both ends."""
    reach = END_REACH * line.x_height
    middle = (parts.top + parts.bottom) / 2 - line.baseline - line.slope * (parts.left - line.left)
    level = line.x_height * (CAPITALS_TO_SMALL if line.is_capitals else 1.0)
    near = (
        (middle > -level + END_SPAN[0] * line.x_height)
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


def _joined(pieces: list[_Measured], ink: Ink) -> list[_Measured]:
    """Join pieces that stand side by side, or in each other, on one baseline."""
    lines: list[_Measured] = []
    for piece in sorted(pieces, key=lambda piece: piece.left):
        for at, line in enumerate(lines):
            if _continues(line, piece, ink):
                lines[at] = _one(line, piece)
                break
        else:
            lines.append(piece)
    return lines


def _continues(line: _Measured, piece: _Measured, ink: Ink) -> bool:
    gap, step, ratio = JOINED
    high, low = max(line.band, piece.band), min(line.band, piece.band)
    if high > ratio * low or piece.left - line.right > gap * high:
        return False
    if abs(line.baseline_at(piece.left) - piece.baseline) > step * low:
        return False
    row = min(max(round(piece.baseline - low / 2), 0), len(ink.upright_rules) - 1)
    return not ink.upright_rules[row, round(line.right) : round(piece.left)].any()


def _one(line: _Measured, piece: _Measured) -> _Measured:
    """Both pieces as one line, to be measured again; the one with more letters tells baseline and height."""
    more = line if line.letters >= piece.letters else piece
    left, right = min(line.left, piece.left), max(line.right, piece.right)
    members = np.union1d(line.members, piece.members).astype(np.int32)
    return replace(more, left=left, right=right, baseline=more.baseline_at(left), members=members)


def _not_within_others(found: list[_Measured]) -> Iterator[_Measured]:
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
