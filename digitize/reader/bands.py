"""Bands of a page's ink that may each be a line of print: letters smeared along the line.

A band's strong rows are the small letters' height, or the capitals' where a line has no small ones.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from digitize.reader.ink import Ink, Parts

LETTER = (0.55, 3.2)  # height of a letter, in usual letters
LONGEST_PART = 14.0  # width in usual letters: a word whose letters hang together
SMEAR = 2.2  # usual letters: how far letters of one line may stand apart
LEAST_BAND = (0.55, 0.35)  # height and width in usual letters: marks, tails and specks are less
STRONG = 0.45  # of a band's widest row
LEAST_SLOPED = 8.0  # usual letters: a shorter line does not tell its slope

Integers = NDArray[np.int32]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Band:
    """Letters that may be one line, in small pixels.

    Rows are levelled to column `left`: there `bottom` is about the baseline, `top` the letters' upper end.
    """

    left: float
    right: float
    top: float
    bottom: float
    slope: float
    members: Integers


def find_bands(ink: Ink, letters: Flags) -> Iterator[Band]:
    """Smear the letters into bands; two lines that run into each other are two bands."""
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
            yield Band(left, left + width, *run, slope, own)


def letters_of(ink: Ink) -> Flags:
    """Which parts may be letters, or words whose letters hang together."""
    parts, least, most = ink.parts, LETTER[0] * ink.letter, LETTER[1] * ink.letter
    may_be = (parts.height >= least) & (parts.height <= most) & (parts.width <= LONGEST_PART * ink.letter)
    may_be[0] = False
    return np.asarray(may_be, np.bool_)


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
