"""Lines whose words or letters are laid one by one, on pages that their file, their content or both turn."""

import itertools
from collections.abc import Callable
from functools import partial

import pikepdf
from pikepdf import Stream

from bench.cases.made import A4_POINTS, LINES, add_words, line_of
from certify.letters.typeface import tinos

Make = Callable[[pikepdf.Pdf], None]
WIDTH, HEIGHT = A4_POINTS
LEFT, POINTS = 72.0, 14.0
TURNED_BACK = {  # what turns the content so that its lines are level as the page is shown
    0: b"1 0 0 1 0 0 cm ",
    90: b"0 1 -1 0 %.1f 0 cm " % HEIGHT,
    180: b"-1 0 0 -1 %.1f %.1f cm " % (WIDTH, HEIGHT),
    270: b"0 -1 1 0 -300 %.1f cm " % HEIGHT,
}


def _laid(by_words: bool, turn: int, level: bool, pdf: pikepdf.Pdf) -> None:  # noqa: FBT001 a variant
    made = add_words(pdf, LINES)
    font, laid = tinos(), []
    for row, line in enumerate(LINES):
        at = LEFT
        for part in [f"{word} " for word in line.split()] if by_words else line:
            laid.append(line_of(part.strip() or part, at, HEIGHT - 60 - 22 * row, POINTS))
            at += font.width(part, POINTS)
    made.obj.Rotate = turn
    made.obj.Contents = Stream(pdf, (TURNED_BACK[turn] if level else b"") + b"\n".join(laid))


LAYINGS: dict[str, Make] = {
    f"{part} {turn} {'level' if level else 'turned'}": partial(_laid, part == "words", turn, level)
    for part, turn, level in itertools.product(("words", "letters"), TURNED_BACK, (True, False))
}
