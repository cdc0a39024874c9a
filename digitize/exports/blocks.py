"""Blocks of a page's text: lines that follow each other without a wide gap or a jump to another column."""

from collections.abc import Sequence

from digitize.model import Box, Line

WIDE_GAP = 1.3  # of the line's height: more paper than that parts two blocks
LEAST_BESIDE = 0.002  # of the page's width: lines of one block stand above each other by more


def blocks_of(lines: Sequence[Line]) -> tuple[tuple[Line, ...], ...]:
    """The blocks of lines that are in reading order."""
    blocks: list[list[Line]] = []
    for line in lines:
        if blocks and _continues(blocks[-1][-1].box, line.box):
            blocks[-1].append(line)
        else:
            blocks.append([line])
    return tuple(map(tuple, blocks))


def around(boxes: Sequence[Box]) -> Box:
    """The smallest box around all."""
    return Box(
        min(box.left for box in boxes),
        min(box.top for box in boxes),
        max(box.right for box in boxes),
        max(box.bottom for box in boxes),
    )


def _continues(above: Box, below: Box) -> bool:
    height = max(above.bottom - above.top, below.bottom - below.top)
    shared = min(above.right, below.right) - max(above.left, below.left)
    step = below.top - above.bottom
    return shared > LEAST_BESIDE and -height < step <= WIDE_GAP * height and below.top > above.top
