"""Letters on a sheet: Tinos (metric twin of Times New Roman) set in points on millimetres."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from foundation.fonts import FONT_FOLDERS
from scanner_adapters.simulator.papers.truth import Block, Part

MM_PER_INCH = 25.4
POINTS_PER_INCH = 72.0
INK = (24, 24, 28)


class Face(StrEnum):
    """The four faces of the family."""

    REGULAR = "Tinos-Regular.ttf"
    BOLD = "Tinos-Bold.ttf"
    ITALIC = "Tinos-Italic.ttf"
    BOLD_ITALIC = "Tinos-BoldItalic.ttf"


class FontMissing(Exception):
    """The font family Tinos is not installed (Debian: fonts-croscore)."""


@dataclass(frozen=True)
class Style:
    """How a line is set: face, size in points."""

    face: Face = Face.REGULAR
    points: float = 13.5


@dataclass
class Canvas:
    """A sheet being drawn: lengths in millimetres from the top left; every line is remembered in order."""

    image: Image.Image
    dpi: int
    lines: list[str] = field(default_factory=list)
    parts: list[tuple[Part, list[str]]] = field(default_factory=list)

    @property
    def blocks(self) -> tuple[Block, ...]:
        """What was printed so far, block by block."""
        return tuple(Block(part, tuple(lines)) for part, lines in self.parts if lines)

    def begin(self, part: Part) -> None:
        """Start a block: what is remembered from now on belongs to it."""
        self.parts.append((part, []))

    def remember(self, line: str) -> None:
        """Keep a printed line, in the block begun last."""
        self.lines.append(line)
        if not self.parts:
            self.begin(Part.BODY)
        self.parts[-1][1].append(line)

    def remember_row(self, cells: Sequence[str]) -> None:
        """Keep a row of a table: one line, each of its cells a block."""
        self.lines.append(" ".join(cells))
        self.parts += [(Part.CELL, [cell]) for cell in cells if cell]

    @property
    def pen(self) -> ImageDraw.ImageDraw:
        """What draws on the sheet."""
        return ImageDraw.Draw(self.image)

    def pixels(self, millimetres: float) -> float:
        """Millimetres as pixels of this sheet."""
        return millimetres * self.dpi / MM_PER_INCH

    def width_of(self, text: str, style: Style) -> float:
        """The width of a line in millimetres."""
        return float(font(style, self.dpi).getlength(text)) * MM_PER_INCH / self.dpi

    def put(self, text: str, left: float, baseline: float, style: Style) -> None:
        """Set one line from `left` on `baseline` and remember it."""
        self.remember(text)
        self.draw(text, left, baseline, style)

    def draw(self, text: str, left: float, baseline: float, style: Style) -> None:
        """Set text without remembering it as a line of its own."""
        place = (self.pixels(left), self.pixels(baseline))
        self.pen.text(place, text, font=font(style, self.dpi), fill=INK, anchor="ls")

    def centre(self, text: str, middle: float, baseline: float, style: Style) -> None:
        """Set one line around `middle`."""
        self.put(text, middle - self.width_of(text, style) / 2, baseline, style)

    def rule(self, left: float, top: float, width: float, *, thickness: float = 0.25) -> None:
        """A horizontal line."""
        box = (left, top, left + width, top + thickness)
        self.pen.rectangle([self.pixels(length) for length in box], fill=INK)

    def justify(self, words: list[str], left: float, width: float, baseline: float, style: Style) -> None:
        """Set words from edge to edge and remember them as one line."""
        self.remember(" ".join(words))
        gap = (width - sum(self.width_of(word, style) for word in words)) / max(1, len(words) - 1)
        for word in words:
            self.draw(word, left, baseline, style)
            left += self.width_of(word, style) + gap


def wrap(canvas: Canvas, text: str, widths: tuple[float, float], style: Style) -> list[list[str]]:
    """Break text into lines of words: the first `widths[0]` millimetres wide, the others `widths[1]`."""
    lines: list[list[str]] = [[]]
    for word in text.split():
        room = widths[0] if len(lines) == 1 else widths[1]
        if lines[-1] and canvas.width_of(" ".join([*lines[-1], word]), style) > room:
            lines.append([])
        lines[-1].append(word)
    return lines


def blank_canvas(width_mm: float, height_mm: float, dpi: int) -> Canvas:
    """An empty white sheet of this size."""
    size = (round(width_mm * dpi / MM_PER_INCH), round(height_mm * dpi / MM_PER_INCH))
    return Canvas(Image.new("RGB", size, (252, 251, 248)), dpi)


@cache
def font(style: Style, dpi: int) -> ImageFont.FreeTypeFont:
    """The face at its size for this resolution. Raises: FontMissing."""
    return ImageFont.truetype(str(_find(style.face)), size=style.points * dpi / POINTS_PER_INCH)


@cache
def _find(face: Face) -> Path:
    for folder in FONT_FOLDERS:
        for path in folder.rglob(str(face)):
            return path
    raise FontMissing(f"{face}: install fonts-croscore")
