"""What is printed on a sheet, block by block: what stands apart on paper may be read in any order."""

from dataclasses import dataclass
from enum import StrEnum


class Part(StrEnum):
    """Which part of a paper a block is."""

    HEADER_LEFT = "header-left"
    HEADER_RIGHT = "header-right"
    BODY = "body"
    COLUMN = "column"
    CELL = "cell"
    CLOSING_LEFT = "closing-left"
    CLOSING_RIGHT = "closing-right"


@dataclass(frozen=True)
class Block:
    """Lines that belong together, from top to bottom; a cell of a table is a block of its own."""

    part: Part
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """The lines with one space between them."""
        return " ".join(self.lines)
