"""Paragraphs on an A4 page: measured, wrapped, and never over each other.

Areas are millimetres from the top left of the page; sizes are points.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from certify.letters.appearance import FONT_NAME, LINE_PITCH, POINTS_PER_MM, wrap
from certify.letters.typeface import Weight, tinos
from certify.model import Box, CertifyFault, Corner, FaultCode

A4_WIDTH, A4_HEIGHT = 210.0, 297.0  # mm
BOLD_NAME = "/TinosBold"


@dataclass(frozen=True)
class Area:
    """A rectangle on the page: edges in mm from the top left."""

    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: "Area") -> bool:
        """Whether the two share more than an edge."""
        across = self.left < other.right and other.left < self.right
        return across and self.top < other.bottom and other.top < self.bottom


@dataclass(frozen=True)
class Paragraph:
    """Centred rows of one weight and size; `left` and `width` are the column's, `area` what the rows take."""

    rows: tuple[str, ...]
    size: float
    weight: Weight
    left: float
    width: float
    top: float

    @classmethod
    def below(
        cls, top: float, column: tuple[float, float], size: float, lines: Sequence[str], weight: Weight
    ) -> "Paragraph":
        """Rows that start at `top` in a column (left edge, width)."""
        left, width = column
        rows = wrap(lines, partial(tinos(weight).width, size=size), width * POINTS_PER_MM)
        if rows is None:
            raise CertifyFault(FaultCode.TEXT_TOO_LONG, " / ".join(lines))
        return cls(tuple(rows), size, weight, left, width, top)

    @classmethod
    def above(
        cls, bottom: float, column: tuple[float, float], size: float, lines: Sequence[str], weight: Weight
    ) -> "Paragraph":
        """Rows that end at `bottom`."""
        hanging = cls.below(0, column, size, lines, weight)
        return cls(hanging.rows, size, weight, *column, bottom - hanging.height)

    @property
    def height(self) -> float:
        """Of all rows, in mm."""
        return len(self.rows) * self.size * LINE_PITCH / POINTS_PER_MM

    @property
    def area(self) -> Area:
        """What the rows take."""
        widest = max((self._row_width(row) for row in self.rows), default=0.0)
        middle = self.left + self.width / 2
        return Area(middle - widest / 2, self.top, middle + widest / 2, self.top + self.height)

    def operators(self) -> bytes:
        """The content that draws the rows."""
        face = tinos(self.weight)
        name = BOLD_NAME if self.weight is Weight.BOLD else FONT_NAME
        baseline = (A4_HEIGHT - self.top) * POINTS_PER_MM - self.size * face.ascent / 1000
        drawn = [b"BT 0 g %s %.4g Tf" % (name.encode(), self.size)]
        for row, text in enumerate(self.rows):
            left = (self.left + (self.width - self._row_width(text)) / 2) * POINTS_PER_MM
            drawn.append(
                b"1 0 0 1 %.2f %.2f Tm %s" % (left, baseline - row * self.size * LINE_PITCH, face.show(text))
            )
        return b"\n".join([*drawn, b"ET"])

    def _row_width(self, row: str) -> float:
        return tinos(self.weight).width(row, self.size) / POINTS_PER_MM


def area_of(box: Box) -> Area:
    """A signature's box on the A4 page."""
    left = box.x if box.corner in {Corner.TOP_LEFT, Corner.BOTTOM_LEFT} else A4_WIDTH - box.x - box.width
    top = box.y if box.corner in {Corner.TOP_LEFT, Corner.TOP_RIGHT} else A4_HEIGHT - box.y - box.height
    return Area(left, top, left + box.width, top + box.height)
