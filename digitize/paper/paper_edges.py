"""Where a paper lies in a photograph: four corners, or None rather than wrong ones.

From the middle of the picture outwards the paper is smooth once its print is closed away; the first edge met
on each scan line is the paper's, or lies beyond it where the desk is as light as the paper. So each side is
the innermost straight line that enough of these points agree on and hardly any lie inside of. It is then
fitted to the edge itself, and believed only if the edge shows along nearly all of its length.
"""

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from digitize.pixels.raster import Pixels

WORKING_SIDE = 800  # pixels of the picture's longer side while edges are sought
SMALLEST_SIDE = 60  # pixels then: a smaller picture or narrow strip shows no paper
CLOSED = 15  # pixels: strokes thinner than this are print, not the desk
STEP = 3  # pixels over which a difference counts as an edge
EDGE = 26  # sum over the channels, of 255 each
SCAN_LINES = 140
SCANNED = (0.12, 0.88)  # of the picture: rows and columns that surely cross the paper
NEAR = 1.8  # pixels from a line: a point on it
LEAST_SUPPORT = 0.22  # of the scan lines
MOST_INSIDE = 0.06  # of the scan lines
INSIDE_BY = 4.0  # pixels
TRIALS = 400
REFINING = (6, 4)  # pixels each way in which the edge itself is looked for, round by round
SAMPLES = 90  # along a side
SAMPLED = (0.04, 0.96)  # of the side: folded corners say nothing
FAINT_EDGE, FAINTER = 9.0, 0.3  # sum over the channels: an edge that shows; of the strongest beside it
STEADY = (0.7, 0.86)  # of a side's samples must lie on its line, round by round
STRAIGHT = 1.2  # pixels: how far an edge may leave its line
SIDES_RATIO = (1.2, 1.75)  # A-series 1.414, ID-1 1.586; perspective bends both a little
LEAST_AREA = 0.12  # of the picture
STEEPEST = 0.32  # of a side: tangent of the turn up to which sides are told apart
ROOM = 0.003  # of the picture: a corner nearer to the frame than this may lie outside

Points = NDArray[np.float64]


@dataclass(frozen=True)
class Quad:
    """Corners as fractions of the picture, clockwise from the top left of the picture."""

    corners: tuple[tuple[float, float], ...]

    def points(self, width: int, height: int) -> NDArray[np.float32]:
        """The corners in pixels of a picture of this size."""
        return np.asarray(self.corners, np.float32) * np.array([width, height], np.float32)


@dataclass(frozen=True)
class _Line:
    """Points p with normal·p = offset; the normal points out of the paper."""

    normal: Points
    offset: float

    def beyond(self, points: Points) -> Points:
        """How far outside the line each point lies, pixels; negative inside."""
        return points @ self.normal - self.offset


def find_paper(pixels: Pixels) -> Quad | None:
    """Find the one paper in a photograph (BGR); None when any of its sides is in doubt."""
    height, width = pixels.shape[:2]
    scale = min(1.0, WORKING_SIDE / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    if min(size) < SMALLEST_SIDE:
        return None
    small = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    closed = cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((CLOSED, CLOSED), np.uint8))
    lines: list[_Line] = []
    for side in range(4):
        line = _innermost(_first_edges(np.asarray(closed, np.uint8), side), side)
        if line is None:
            return None
        lines.append(line)
    for reach, steady in zip(REFINING, STEADY, strict=True):
        fitted = _fitted(small, lines, reach, steady)
        if fitted is None:
            return None
        lines = fitted
    corners = _corners(lines)
    if corners is None or not _is_paper(corners, size):
        return None
    told = corners / np.array(size, np.float64)
    return Quad(tuple((round(float(x), 5), round(float(y), 5)) for x, y in told))


def _first_edges(closed: Pixels, side: int) -> Points:
    """The first edge outwards from the middle on each scan line; side 0 is the top, then clockwise.

    Scan lines that meet none have no point.
    """
    turned = np.ascontiguousarray(np.rot90(closed, side)).astype(np.int16)
    height, width = turned.shape[:2]
    columns = np.linspace(SCANNED[0] * width, SCANNED[1] * width, SCAN_LINES).astype(int)
    middle = turned[: height // 2, columns][::-1]
    jumps = np.abs(middle[STEP:] - middle[:-STEP]).sum(axis=2)
    edge = jumps > EDGE
    met = edge.any(axis=0)
    first = edge.argmax(axis=0)
    # The steepest place right behind the first jump is the edge itself.
    window = np.minimum(first[None, :] + np.arange(2 * STEP)[:, None], len(jumps) - 1)
    first = first + np.take_along_axis(jumps, window, axis=0).argmax(axis=0)
    rows = height // 2 - 1 - first - STEP / 2
    found = np.stack([columns[met].astype(np.float64), rows[met]], axis=1)
    return _turned_back(found, side, closed.shape)


def _turned_back(points: Points, side: int, shape: tuple[int, ...]) -> Points:
    """Points of a picture turned anticlockwise `side` times, in the picture as it was."""
    height, width = shape[:2]
    x, y = points[:, 0], points[:, 1]
    places = ((x, y), (width - 1 - y, x), (width - 1 - x, height - 1 - y), (y, height - 1 - x))
    return np.stack(places[side], axis=1)


def _innermost(points: Points, side: int) -> _Line | None:
    """The line most points agree on among those that hardly any point lies inside of."""
    if len(points) < LEAST_SUPPORT * SCAN_LINES:
        return None
    outwards = np.array([(0.0, -1.0), (1.0, 0.0), (0.0, 1.0), (-1.0, 0.0)])[side]
    chance = np.random.default_rng(side)
    best, most = None, int(LEAST_SUPPORT * SCAN_LINES)
    for one, other in chance.integers(len(points), size=(TRIALS, 2)):
        line = _through(points[one], points[other], outwards)
        if line is None:
            continue
        beyond = line.beyond(points)
        if np.count_nonzero(beyond < -INSIDE_BY) > MOST_INSIDE * SCAN_LINES:
            continue
        support = int(np.count_nonzero(np.abs(beyond) < NEAR))
        if support > most:
            best, most = line, support
    return best


def _through(one: Points, other: Points, outwards: Points) -> _Line | None:
    along = other - one
    normal = np.array([along[1], -along[0]])
    length = float(np.hypot(*normal))
    if length < SCAN_LINES / 8:
        return None
    normal = normal / length * np.sign(normal @ outwards or 1.0)
    if abs(float(normal @ np.array([outwards[1], -outwards[0]]))) > STEEPEST:
        return None
    return _Line(normal, float(normal @ one))


def _fitted(small: Pixels, lines: list[_Line], reach: int, steady: float) -> list[_Line] | None:
    corners = _corners(lines)
    if corners is None:
        return None
    channels = np.asarray(cv2.GaussianBlur(small, (0, 0), 1.0), np.float32)
    ends = [*pairwise(corners), (corners[-1], corners[0])]
    fitted = []
    for line, side in zip(lines, ends, strict=True):
        found, shows = _edge_along(channels, line, side, reach)
        better = _least_squares(found[shows], line.normal) if shows.mean() >= steady else None
        if better is None or (shows & (np.abs(better.beyond(found)) < STRAIGHT)).mean() < steady:
            return None
        fitted.append(better)
    return fitted


def _edge_along(
    channels: NDArray[np.float32], line: _Line, ends: tuple[Points, Points], reach: int
) -> tuple[Points, NDArray[np.bool_]]:
    """The edge at each sample along the line, and whether it shows there.

    It is the innermost change that shows: beyond a pale one, a pattern of the desk may change more.
    """
    start, end = ends
    share = np.linspace(*SAMPLED, SAMPLES)[:, None]
    offsets = np.arange(-reach - 1, reach + 2)
    places = (start + share * (end - start))[:, None] + offsets[None, :, None] * line.normal
    height, width = channels.shape[:2]
    x, y = places[..., 0].astype(np.float32), places[..., 1].astype(np.float32)
    seen = cv2.remap(channels, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    steep = np.abs(seen[:, 2:] - seen[:, :-2]).sum(axis=2)
    at = _innermost_peak(steep)
    found = places[np.arange(SAMPLES), at + 1]
    shows = steep[np.arange(SAMPLES), at] > FAINT_EDGE
    shows &= (found > 0).all(axis=1) & (found[:, 0] < width - 1) & (found[:, 1] < height - 1)
    return found, shows


def _innermost_peak(steep: NDArray[np.float32]) -> NDArray[np.intp]:
    """Row by row, the first place steeper than both its neighbours and not far behind the steepest."""
    least = np.maximum(FAINT_EDGE, FAINTER * steep.max(axis=1, keepdims=True))
    padded = np.pad(steep, ((0, 0), (1, 1)), constant_values=0)
    peaks = (steep >= padded[:, :-2]) & (steep >= padded[:, 2:]) & (steep > least)
    return np.asarray(np.where(peaks.any(axis=1), peaks.argmax(axis=1), steep.argmax(axis=1)), np.intp)


def _least_squares(points: Points, normal: Points) -> _Line:
    across, down, x, y = cv2.fitLine(points.astype(np.float32), cv2.DIST_HUBER, 0, 0.01, 0.01).ravel()
    better = np.array([down, -across], np.float64)
    better *= np.sign(better @ normal)
    return _Line(better, float(better @ np.array([x, y], np.float64)))


def _corners(lines: list[_Line]) -> Points | None:
    """Top left, top right, bottom right, bottom left: where neighbouring sides meet."""
    top, right, bottom, left = lines
    found = []
    for one, other in ((left, top), (top, right), (right, bottom), (bottom, left)):
        normals = np.stack([one.normal, other.normal])
        if abs(np.linalg.det(normals)) < 0.5:  # noqa: PLR2004 sine of 30 degrees
            return None
        found.append(np.linalg.solve(normals, np.array([one.offset, other.offset])))
    return np.array(found)


def _is_paper(corners: Points, size: tuple[int, int]) -> bool:
    width, height = size
    margin = ROOM * max(size)
    inside = (corners > margin).all() and (corners < np.array([width, height]) - 1 - margin).all()
    lengths = np.linalg.norm(np.roll(corners, -1, axis=0) - corners, axis=1)
    across, down = lengths[0] + lengths[2], lengths[1] + lengths[3]
    ratio = max(across, down) / min(across, down)
    area = float(cv2.contourArea(corners.astype(np.float32))) / (width * height)
    return bool(inside) and SIDES_RATIO[0] <= ratio <= SIDES_RATIO[1] and area >= LEAST_AREA
