"""A line's baseline, slope and letter height, measured on the edges of its letters."""

from dataclasses import dataclass

import numpy as np

from digitize.reader.bands import LEAST_SLOPED, Band, Floats, Integers
from digitize.reader.ink import Parts

ON_LINE, FEET = 0.22, 0.16  # of the band: how far a foot may be off the baseline, how near most stand
LEAST_FEET = 10  # letters; fewer do not tell the slope
MOST_BENT = 0.012  # how far a line's slope may be from its first guess
BODY = 0.6  # of the band: lower parts are marks and points
TALL = (1.28, 1.8)  # of the small letters: ascenders and capitals among them
SAME_HEIGHT, LEAST_SHARE = 0.09, 0.15  # the lowest height that this share of the letters has is the band's
USUAL_TALL, DOUBT_LETTERS = 0.15, 3.0  # share of tall letters to begin with, and its weight in letters


@dataclass(frozen=True)
class Measured:
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
        """Row of the baseline at column `x`."""
        return self.baseline + self.slope * (x - self.left)


def measure(parts: Parts, band: Band) -> Measured | None:
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


def _told(parts: Parts, band: Band, straight: tuple[float, float], heights: Floats) -> Measured | None:
    """The band with its measured slope and baseline (at its left), once the heights are told apart."""
    slope, baseline = straight
    high = _lowest_usual(heights)
    own = _own(parts, band, straight, high)
    if not len(own):
        return None
    left, right = float(parts.left[own].min()), float(parts.right[own].max())
    at_left = baseline + slope * (left - band.left)
    tall = int(np.count_nonzero((heights > TALL[0] * high) & (heights < TALL[1] * high)))
    return Measured(left, right, at_left, slope, high, _shrunk(tall, len(heights)), len(heights), own)


def _densest(values: Floats, reach: float) -> float:
    """The median of the fullest window of width `reach`: where most letters have their feet."""
    ordered = np.sort(values)
    ends = np.searchsorted(ordered, ordered + max(reach, 1.0), side="right")
    first = int((ends - np.arange(len(ordered))).argmax())
    return _middle(ordered[first : ends[first]])


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
    return _middle(ordered[best : reach[best]])


def _own(parts: Parts, band: Band, straight: tuple[float, float], high: float) -> Integers:
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
        spread = np.abs(off - _middle(np.sort(off)))
        keep = spread <= max(1.0, 2.0 * _middle(np.sort(spread)))
        away = x[keep] - x[keep].mean()
        slope = float(away @ y[keep]) / max(float(away @ away), 1.0)
    return slope


def _middle(ordered: Floats) -> float:
    """The median of sorted values; numpy's own takes six times as long for so few."""
    half = len(ordered) // 2
    return float(ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2)


def _shrunk(tall: int, letters: int) -> float:
    return (tall + USUAL_TALL * DOUBT_LETTERS) / (letters + DOUBT_LETTERS)
