"""Hidden text as page content: each word lies on its own picture, each line is one text object.

Text is rendering mode 3 (neither filled nor stroked, ISO 32000-1 table 106) in the glyphless font.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import zip_longest

from digitize.model import Box, Line, PageText, Word
from digitize.pdf.glyphless import ADVANCE, ASCENT, DESCENT, UNITS_PER_EM

FONT = "/F0"
POINTS_PER_MM = 72 / 25.4
LEAST_SIZE = 1.0  # points
LEAST_WIDTH = 0.2  # points; a word or gap never has no width
GAP = 0.16  # of the size: poppler joins words that are less than 0.15 apart
LEAST_SHARE = 0.5  # of its width that a word keeps where the next one stands too near
LONG_WORD = 3  # letters; shorter words are high and narrow anyway
STEEP = 1.5  # height over width of words that run down the page, all together
EM_HEIGHT = (ASCENT - DESCENT) / UNITS_PER_EM


def lay(text: PageText) -> bytes:
    """The content stream that writes `text` on its page, in points from the lower left corner."""
    width, height = text.width_mm * POINTS_PER_MM, text.height_mm * POINTS_PER_MM
    objects = [_text_object(line, width, height) for line in text.lines if line.words]
    return "\n".join(objects).encode("ascii")


def _text_object(line: Line, width: float, height: float) -> str:
    if _runs_down(line, width, height):
        return _turned_object(line, width, height)
    box = line.box
    size = max(LEAST_SIZE, (box.bottom - box.top) * height / EM_HEIGHT)
    baseline = (1 - box.bottom) * height - size * DESCENT / UNITS_PER_EM
    start = box.left * width
    shown = "\n".join(_show(line.words, width, start, size))
    return f"BT 3 Tr {FONT} {size:.2f} Tf 1 0 0 1 {start:.2f} {baseline:.2f} Tm\n{shown}\nET"


def _runs_down(line: Line, width: float, height: float) -> bool:
    """Is the line's print turned by a quarter, so that its words are higher than wide?"""
    boxes = [word.box for word in line.words if len(word.text) >= LONG_WORD]
    wide = sum(box.right - box.left for box in boxes) * width
    high = sum(box.bottom - box.top for box in boxes) * height
    return high > STEEP * wide


def _turned_object(line: Line, width: float, height: float) -> str:
    """A line that runs down the page, as its first words do, or else up."""
    box, words = line.box, line.words
    down = len(words) > 1 and words[-1].box.top > words[0].box.top
    turned = tuple(replace(word, box=_lay_flat(word.box, down=down)) for word in words)
    size = max(LEAST_SIZE, (box.right - box.left) * width / EM_HEIGHT)
    start = turned[0].box.left * height
    below = size * -DESCENT / UNITS_PER_EM
    place = (
        f"0 -1 1 0 {box.left * width + below:.2f} {height - start:.2f}"
        if down
        else f"0 1 -1 0 {box.right * width - below:.2f} {start:.2f}"
    )
    shown = "\n".join(_show(turned, height, start, size))
    return f"BT 3 Tr {FONT} {size:.2f} Tf {place} Tm\n{shown}\nET"


def _lay_flat(box: Box, *, down: bool) -> Box:
    """The box as its reader sees it, with the page's height for width."""
    if down:
        return Box(box.top, 1 - box.right, box.bottom, 1 - box.left)
    return Box(1 - box.bottom, box.left, 1 - box.top, box.right)


def _show(words: tuple[Word, ...], width: float, start: float, size: float) -> Iterator[str]:
    """Words at their places, each with the space that follows it.

    The space stands in the word's own string, so that no viewer has to guess it. Words whose boxes overlap
    are moved apart: some viewers tell words by the paper between them alone.
    """
    at = free = start
    gap = max(LEAST_WIDTH, GAP * size)
    for word, after in zip_longest(words, words[1:]):
        left = max(free, word.box.left * width)
        right = max(left + LEAST_WIDTH, word.box.right * width)
        if after is not None:
            least = max(LEAST_WIDTH, LEAST_SHARE * (right - left))
            right = max(left + least, min(right, after.box.left * width - gap))
        free = right + gap
        step = f"{left - at:.2f} 0 Td " if left > at else ""
        yield step + _stretched(word.text, right - left, size)
        at = left


def _stretched(text: str, width: float, size: float) -> str:
    codes = text.encode("utf-16-be", "ignore")
    natural = len(codes) // 2 * size * ADVANCE / UNITS_PER_EM
    return f"{100 * width / natural:.2f} Tz <{codes.hex()}0020> Tj"
