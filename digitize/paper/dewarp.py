"""Curled lines made level: pages of bound books that do not lie flat. Done only where asked for.

The lower edges of letters are chained to lines; one smooth surface of displacements, cubic across the page
and changing evenly down it, is fitted to all of them at once; every row is then taken from where it runs.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from digitize.pixels.raster import Pixels

LETTER_ROWS = (4, 30)  # at 100 dpi
NEXT_LETTER = 3.0  # heights: how far the next letter of a line may stand
LEVEL = 0.6  # heights: by which it may stand higher or lower
LEAST_LETTERS = 12  # of a line
LEAST_LINES = 4
ROUNDS = 3  # of fitting; outliers (descenders, marks) weigh less each time
LEAST_CURL = 2.0  # pixels at 100 dpi; flatter pages are left alone
MUCH_BETTER = 0.6  # of what level lines miss the letters by; measured: 0.5 at most where curled
POWERS = 3

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Curl:
    """Displacement in heights of the page at (x, y), both -1 to 1: sum of c[j, p] * y^j * x^(p+1)."""

    coefficients: tuple[tuple[float, ...], ...]

    def at(self, x: Floats, y: Floats) -> Floats:
        """How much lower a line runs here than at the middle of the page, in page heights."""
        shift = np.zeros(np.broadcast(x, y).shape)
        for down, row in enumerate(self.coefficients):
            for power, value in enumerate(row, start=1):
                shift = shift + value * y**down * x**power
        return shift


def find_curl(ink: Pixels) -> Curl | None:
    """The curl of an upright page from its ink at about 100 dpi; None where it is flat or cannot be told."""
    lines = _lines(_letters(ink))
    if len(lines) < LEAST_LINES:
        return None
    height, width = ink.shape
    place = np.concatenate([np.full(len(line), number) for number, line in enumerate(lines)])
    points = np.concatenate(lines)
    x = points[:, 0] / width * 2 - 1
    y = np.concatenate([np.full(len(line), line[:, 1].mean()) for line in lines]) / height * 2 - 1
    columns = [y**down * x**power for down in (0, 1) for power in range(1, POWERS + 1)]
    offsets = np.eye(len(lines))[place]
    told = points[:, 1] / height
    straight, bent_too = np.column_stack([x, offsets]), np.column_stack([*columns, offsets])
    solved = _robust(bent_too, told)
    if _misses(bent_too, solved, told) > MUCH_BETTER * _misses(straight, _robust(straight, told), told):
        return None
    fitted = solved[: len(columns)]
    curl = Curl((tuple(fitted[:POWERS]), tuple(fitted[POWERS:])))
    across = np.linspace(-1, 1, 41)[None, :]
    shifts = curl.at(across, np.linspace(-0.9, 0.9, 9)[:, None])
    bent = shifts - across * (shifts[:, -1:] - shifts[:, :1]) / 2  # a tilt alone is no curl
    return curl if np.ptp(bent, axis=1).max() * height >= LEAST_CURL else None


def level(pixels: Pixels, curl: Curl) -> Pixels:
    """The upright page (grey or BGR) with its lines level."""
    height, width = pixels.shape[:2]
    x, y = np.linspace(-1, 1, width)[None, :], np.linspace(-1, 1, height)[:, None]
    columns = np.broadcast_to(np.arange(width, dtype=np.float32), (height, width))
    rows = np.arange(height, dtype=np.float32)[:, None] + (curl.at(x, y) * height).astype(np.float32)
    taken = cv2.remap(
        pixels, np.ascontiguousarray(columns), rows, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(taken, np.uint8)


def _letters(ink: Pixels) -> Floats:
    """Middle, lower edge and height of each letter-like part, left to right."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    boxes = np.asarray(stats[1:], np.float64)
    high = boxes[:, 3]
    kept = boxes[(high >= LETTER_ROWS[0]) & (high <= LETTER_ROWS[1]) & (boxes[:, 2] <= 4 * high)]
    letters = np.stack([kept[:, 0] + kept[:, 2] / 2, kept[:, 1] + kept[:, 3], kept[:, 3]], axis=1)
    return letters[np.argsort(letters[:, 0])]


def _lines(letters: Floats) -> list[Floats]:
    """Chains of letters: each goes on with the nearest one to its right at about its height."""
    chains: list[list[Floats]] = []
    for letter in letters:
        best, least = None, NEXT_LETTER
        for chain in chains:
            last = chain[-1]
            size = max(last[2], letter[2])
            across, down = (letter[0] - last[0]) / size, abs(letter[1] - last[1]) / size
            if across < least and down < LEVEL:
                best, least = chain, across
        if best is None:
            chains.append([letter])
        else:
            best.append(letter)
    return [np.array(chain)[:, :2] for chain in chains if len(chain) >= LEAST_LETTERS]


def _misses(system: Floats, solved: Floats, wanted: Floats) -> float:
    """By how much half of the letters are missed, page heights."""
    return float(np.median(np.abs(system @ solved - wanted)))


def _robust(system: Floats, wanted: Floats) -> Floats:
    weights = np.ones(len(wanted))
    solved: Floats = np.zeros(system.shape[1])
    for _ in range(ROUNDS):
        answer = np.linalg.lstsq(system * weights[:, None], wanted * weights, rcond=None)[0]
        solved = np.asarray(answer, np.float64)
        apart = np.abs(system @ solved - wanted)
        weights = 1 / (1 + (apart / max(float(np.median(apart)), 1e-6)) ** 2)
    return solved
