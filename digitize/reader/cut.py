"""Lines cut out for the network: level, LINE_HEIGHT high, letters of one size, neighbours painted over.

The reader is trained with these very cuts, so a change here asks for new weights.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from digitize.pixels.raster import Pixels
from digitize.reader.bands import Integers
from digitize.reader.lines import Layout, TextLine, find_lines

LINE_HEIGHT = 48  # pixels
ABOVE, BELOW = 2.2, 0.50  # small letters above and below the baseline: room for Ế and for the tail of g
BESIDE = 0.5  # small letters of paper at both ends
LEAST_HEIGHT = 5.0  # pixels of a small letter in the plane; less is no print that anyone can read
MOST_WIDTH = 4000  # pixels; a line is never that long, a damaged measure is
MUCH_SMALLER, SMOOTHING = 0.8, 0.35  # scale below which pixels are smoothed first, and by how much of a pixel
NEIGHBOUR_HALO = 3  # small pixels painted over around a neighbour's letters
REACH = (2.4, 0.47)  # small letters above and below its baseline: where a line's marks and tails end
NOBODY = -1  # ink that is no line's letter: marks, points, specks
PAPER_PERCENTILE = 90


@dataclass(frozen=True, eq=False)
class Cut:
    """A line's picture, and how to get back to the plane.

    Args:
        line: the line it shows.
        pixels: LINE_HEIGHT x width, grey, paper light.
        left: column of the plane at the picture's left edge.
        scale: pixels of the picture for one pixel of the plane.
    """

    line: TextLine
    pixels: Pixels
    left: float
    scale: float

    def column(self, x: float) -> float:
        """The plane's column that the picture shows at `x`."""
        return self.left + x / self.scale


def cut_page(plane: Pixels, dpi: float) -> tuple[Layout, tuple[Cut, ...]]:
    """Find and cut all lines of an upright reading plane."""
    layout = find_lines(plane, dpi)
    return layout, tuple(cut_lines(plane, layout))


def cut_lines(plane: Pixels, layout: Layout, wanted: Sequence[TextLine] = ()) -> Iterator[Cut]:
    """Cut the lines of a layout, or only those wanted, out of the plane that it was found on."""
    paper = int(np.percentile(plane[::8, ::8], PAPER_PERCENTILE))
    owned = owned_ink(layout)
    for number, line in enumerate(layout.lines, start=1):
        if line.x_height >= LEAST_HEIGHT and (not wanted or line in wanted):
            yield _cut(plane, line, paper, _Neighbours(owned, number, layout.ink.scale))


def owned_ink(layout: Layout) -> NDArray[np.int32]:
    """For each small pixel the line whose letter is there, NOBODY for other ink, 0 for paper.

    A tail that touches a mark of the line below makes one part with it: beyond its line's reach NOBODY's.
    """
    parts = layout.ink.parts
    owners = np.where(layout.owners > 0, layout.owners, NOBODY)
    owners[0] = 0
    owned = np.asarray(owners[parts.labels], np.int32)
    for number, line in enumerate(layout.lines, start=1):
        for part, top, bottom in _reaching_out(
            layout, np.flatnonzero(owners == number).astype(np.int32), line
        ):
            across = slice(parts.left[part], parts.right[part])
            for rows in (slice(parts.top[part], max(0, top)), slice(bottom, parts.bottom[part])):
                owned[rows, across][parts.labels[rows, across] == part] = NOBODY
    return owned


def _reaching_out(layout: Layout, own: Integers, line: TextLine) -> Iterator[tuple[int, int, int]]:
    """Parts of a line that go beyond where its marks and tails end, and those rows, in small pixels."""
    parts, scale = layout.ink.parts, layout.ink.scale
    middle = (parts.left[own] + parts.right[own]) / (2 * scale)
    baseline = line.baseline + line.slope * (middle - line.left)
    top = np.rint((baseline - REACH[0] * line.x_height) * scale).astype(int)
    bottom = np.rint((baseline + REACH[1] * line.x_height) * scale).astype(int)
    out = (parts.top[own] < top) | (parts.bottom[own] > bottom)
    yield from zip(own[out].tolist(), top[out].tolist(), bottom[out].tolist(), strict=True)


def cut_middle_line(plane: Pixels, dpi: float) -> Cut | None:
    """The longest line that crosses the middle row: for pictures of one line and its neighbours' ends."""
    _, cuts = cut_page(plane, dpi)
    middle = plane.shape[0] / 2
    crossing = [
        cut
        for cut in cuts
        if cut.line.baseline - ABOVE * cut.line.x_height < middle < cut.line.baseline + cut.line.x_height
    ]
    return max(crossing, key=lambda cut: cut.line.right - cut.line.left, default=None)


@dataclass(frozen=True, eq=False)
class _Neighbours:
    """Whose ink is whose, at the small scale; `number` is the line that is cut."""

    owned: NDArray[np.int32]
    number: int
    scale: float


def _cut(plane: Pixels, line: TextLine, paper: int, others: _Neighbours) -> Cut:
    scale = LINE_HEIGHT / ((ABOVE + BELOW) * line.x_height)
    left = line.left - BESIDE * line.x_height
    width = min(MOST_WIDTH, max(1, round((line.right - left + BESIDE * line.x_height) * scale)))
    top = line.baseline_at(left) - ABOVE * line.x_height
    place = _Place(left, top, line.slope, scale, width)
    pixels = place.taken_from_smoothed(plane, paper)
    foreign = _foreign(place, others)
    if foreign is not None:
        pixels[foreign > 0] = paper
    return Cut(line, pixels, left, scale)


@dataclass(frozen=True)
class _Place:
    """Where a picture lies: its upper left corner in the plane, its slope, its scale and its width."""

    left: float
    top: float
    slope: float
    scale: float
    width: int

    def taken_from_smoothed(self, plane: Pixels, paper: int) -> Pixels:
        """The picture's pixels, smoothed first where they become many fewer."""
        if self.scale >= MUCH_SMALLER:
            return self.taken_from(plane, paper)
        margin = 4
        bend = self.slope * self.width / self.scale
        top = max(0, int(self.top + min(0.0, bend)) - margin)
        end = int(self.top + LINE_HEIGHT / self.scale + max(0.0, bend)) + margin
        left = max(0, int(self.left) - margin)
        near = plane[top:end, left : int(self.left + self.width / self.scale) + margin]
        if not near.size:
            return self.taken_from(plane, paper)
        smooth = cv2.GaussianBlur(near, (0, 0), SMOOTHING / self.scale)
        moved = replace(self, left=self.left - left, top=self.top - top)
        return moved.taken_from(np.asarray(smooth, np.uint8), paper)

    def taken_from(self, pixels: Pixels, paper: int, shrunk: float = 1.0) -> Pixels:
        """The picture's pixels; `shrunk` is the scale of `pixels` against the plane."""
        step = shrunk / self.scale
        # centre of pixel to centre of pixel
        x = (self.left + 0.5 / self.scale) * shrunk - 0.5
        y = (self.top + 0.5 / self.scale) * shrunk - 0.5
        back = np.array([[step, 0, x], [self.slope * step, step, y]])
        how = cv2.INTER_LINEAR if shrunk == 1.0 else cv2.INTER_NEAREST
        taken = cv2.warpAffine(
            pixels,
            back,
            (self.width, LINE_HEIGHT),
            flags=how | cv2.WARP_INVERSE_MAP,
            borderValue=(paper, paper, paper),
        )
        return np.asarray(taken, np.uint8)


def _foreign(place: _Place, others: _Neighbours) -> Pixels | None:
    """1 where other lines' ink is, a little more than it covers; None when there is none near."""
    high, wide = LINE_HEIGHT / place.scale, place.width / place.scale
    bend = place.slope * wide
    rows, columns = others.owned.shape
    top = max(0, int((place.top + min(0.0, bend)) * others.scale) - NEIGHBOUR_HALO)
    end = min(rows, int((place.top + high + max(0.0, bend)) * others.scale) + NEIGHBOUR_HALO)
    left = max(0, int(place.left * others.scale) - NEIGHBOUR_HALO)
    right = min(columns, int((place.left + wide) * others.scale) + NEIGHBOUR_HALO)
    near = others.owned[top:end, left:right]
    foreign = ((near > 0) & (near != others.number)).astype(np.uint8)
    if not foreign.any():
        return None
    spread = cv2.dilate(foreign, np.ones((NEIGHBOUR_HALO, NEIGHBOUR_HALO), np.uint8))
    spread[(near == others.number) | (near == NOBODY)] = 0
    moved = _Place(
        place.left - left / others.scale,
        place.top - top / others.scale,
        place.slope,
        place.scale,
        place.width,
    )
    return moved.taken_from(np.asarray(spread, np.uint8), 0, others.scale)
