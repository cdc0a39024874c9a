"""Rectangles of pixels: where ink or photographs stand on a page."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from digitize.pixels.raster import Pixels


@dataclass(frozen=True)
class Region:
    """Pixels from `left`, `top` up to but without `right`, `bottom`."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def area(self) -> int:
        """How many pixels."""
        return (self.right - self.left) * (self.bottom - self.top)

    @property
    def window(self) -> tuple[slice, slice]:
        """Rows and columns, to cut it out of an array."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    def scaled(self, factor: float) -> "Region":
        """The same place in a picture `factor` times as large."""
        return Region(*(round(edge * factor) for edge in (self.left, self.top, self.right, self.bottom)))

    def grown(self, by: int, shape: tuple[int, ...]) -> "Region":
        """Wider by so many pixels on each side, within an array of `shape`."""
        height, width = shape[:2]
        left, top = max(0, self.left - by), max(0, self.top - by)
        return Region(left, top, min(width, self.right + by), min(height, self.bottom + by))

    def holds(self, other: "Region") -> bool:
        """Does the other lie wholly within?"""
        return self.joined(other) == self

    def meets(self, other: "Region") -> bool:
        """Do the two overlap or touch?"""
        across = self.left <= other.right and other.left <= self.right
        return across and self.top <= other.bottom and other.top <= self.bottom

    def joined(self, other: "Region") -> "Region":
        """The smallest region around both."""
        return Region(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )


def parts_of(marked: Pixels, near: int) -> Iterator[tuple[Region, int]]:
    """What is marked (not 0), in parts more than `near` pixels apart: the place of each, and its pixels."""
    spread = cv2.dilate(marked, np.ones((near | 1, near | 1), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(spread, connectivity=8)
    inked = np.bincount(np.asarray(labels)[marked > 0], minlength=count)
    half = near // 2
    for part in range(1, count):
        left, top, width, height = (int(value) for value in stats[part][:4])
        yield Region(left, top, left + width, top + height).grown(-half, marked.shape), int(inked[part])


def disjoint(regions: Iterable[Region]) -> tuple[Region, ...]:
    """Regions that meet are joined until none do."""
    apart: list[Region] = []
    for found in regions:
        region = found
        while touching := [other for other in apart if other.meets(region)]:
            for other in touching:
                apart.remove(other)
                region = region.joined(other)
        apart.append(region)
    return tuple(sorted(apart, key=lambda region: (region.top, region.left)))
