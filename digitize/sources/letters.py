"""The letters that a page paints, in the order in which they were written, each with its place.

What a file says its letters stand for (ActualText) pdfium places by the form in which they are written; where
that form is laid elsewhere on the page, their places are moved with it. It also puts side by side, from left
to right as the page is shown, what stands in one line: each way of writing is read from the page as turned
until it is level, or else words laid one by one on a turned page would come in reverse.
"""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from ctypes import byref, c_double, c_void_p, cast
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

import pypdfium2
from pypdfium2 import raw as pdfium

LOST = "\ufffd"  # stands for a letter whose font does not tell what it is
UNTOLD_BLANKS = frozenset(map(ord, " \r\n\t\xa0"))
HYPHENS = {"\x02": "-", "\ufffe": "-"}  # pdfium's own marks for a hyphen at a line's end
TWICE = 0.3  # of a letter's width between two paintings of it
SAME_POINT = 0.01  # of a point
QUARTER, FULL_TURN = 90, 360  # degrees
UP_OR_DOWN = (90, 270)
WORD_GAP, WIDEST_GAP = 0.17, 1.5  # of a letter's size: between words, and between parts of one line
CLOSER = 0.3  # of it, by which a letter may begin before the last one ends
SAME_LINE, ANOTHER_LINE = 0.3, 1.0  # of it, between baselines: at the most, and more than that

Forms = dict[int, pypdfium2.PdfMatrix | None]
Numbered = tuple[int, int, "Letter"]  # its number among the page's letters, the part it was written in


@dataclass(frozen=True)
class Letter:
    """One letter with its box in points of the PDF's own page.

    `turn` is how far, in degrees clockwise, the page has to be turned for its line to be level.
    """

    text: str
    left: float
    bottom: float
    right: float
    top: float
    turn: int = 0

    @property
    def place(self) -> tuple[float, float, float, float]:
        """Its box."""
        return self.left, self.bottom, self.right, self.top


def letters_of(page: pypdfium2.PdfPage, *, hidden: bool = False) -> Iterator[Letter]:
    """The letters that the file paints; with `hidden` those that it does not. Line feeds end lines."""
    for _, drawn in groupby(_told(page, hidden=hidden), key=lambda told: (told[0], told[1].place)):
        yield from _side_by_side([letter for _, letter in drawn])


def once(letters: Iterator[Letter]) -> Iterator[Letter]:
    """Without letters that stand where the same letter was painted before."""
    near: dict[tuple[str, int], list[Letter]] = {}
    for letter in letters:
        if not letter.text.isspace():
            row = round(letter.bottom / 4)
            before = [one for step in (-1, 0, 1) for one in near.get((letter.text, row + step), ())]
            if any(_is_again(letter, one) for one in before):
                continue
            near.setdefault((letter.text, row), []).append(letter)
        yield letter


def _side_by_side(letters: Sequence[Letter]) -> Iterator[Letter]:
    """The letters of one shape (ff, ffi), which the file tells in one place, each with its share of it."""
    share = (letters[0].right - letters[0].left) / len(letters)
    for at, letter in enumerate(letters):
        left = letter.left + at * share
        yield replace(letter, left=left, right=left + share) if len(letters) > 1 else letter


def _told(page: pypdfium2.PdfPage, *, hidden: bool) -> list[tuple[int, Letter]]:
    """Each letter, and which text it is part of, 0 for none; the commonest way of writing first."""
    shown = page.get_rotation()
    textpage = page.get_textpage()
    turns = _turns(textpage)
    told: list[tuple[int, Letter]] = []
    try:
        for turn, _ in Counter(turns).most_common():
            if turn != page.get_rotation():
                page.set_rotation(turn)
                textpage = page.get_textpage()
                turns = _turns(textpage)
            level = list(_told_level(textpage, turns, turn, hidden=hidden))
            told += [(0, replace(told[-1][1], text="\n"))] if told else []
            told += _joined(level, textpage) if turn in UP_OR_DOWN else (each[1:] for each in level)
    finally:
        page.set_rotation(shown)
    return told


def _turns(textpage: pypdfium2.PdfTextPage) -> list[int]:
    """For each letter how far the page has to be turned; what pdfium adds goes with the letter before."""
    turns: list[int] = []
    for index in range(textpage.count_chars()):
        if turns and pdfium.FPDFText_IsGenerated(textpage, index) == 1:
            turns.append(turns[-1])
            continue
        clockwise = math.degrees(pdfium.FPDFText_GetCharAngle(textpage, index))
        turns.append(-round(clockwise / QUARTER) * QUARTER % FULL_TURN)
    return turns


def _told_level(
    textpage: pypdfium2.PdfTextPage, turns: Sequence[int], turn: int, *, hidden: bool
) -> Iterator[Numbered]:
    """What is level on a page that is turned so; a line ends where another way of writing begins."""
    forms: Forms = {}
    for index, found in enumerate(turns):
        if found != turn:
            continue
        code = pdfium.FPDFText_GetUnicode(textpage, index)
        is_told = pdfium.FPDFText_HasUnicodeMapError(textpage, index) != 1 or code in UNTOLD_BLANKS
        is_letter = 0 < code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF  # noqa: PLR2004
        text = chr(code) if is_letter and is_told else LOST
        thing = pdfium.FPDFText_GetTextObject(textpage, index)
        mode = pdfium.FPDFTextObj_GetTextRenderMode(thing) if thing else None
        if (mode == pdfium.FPDF_TEXTRENDERMODE_INVISIBLE) != hidden:
            continue
        box, part = _box(textpage, index, thing, forms), _address(thing)
        yield index, part, Letter(HYPHENS.get(text, text), *box, turn)
        if text in HYPHENS or turns[index + 1 : index + 2] not in ([], [turn]):  # a hyphen joins two lines
            yield index, 0, Letter("\n", *box, turn)


def _joined(level: Sequence[Numbered], textpage: pypdfium2.PdfTextPage) -> Iterator[tuple[int, Letter]]:
    """Lines that run up or down the file's page, whole and apart.

    pdfium may end one after each part in which it was written, and may join what stands in two.
    """
    blanks: list[tuple[int, Letter]] = []
    before: tuple[int, Letter] | None = None
    for index, part, letter in level:
        if letter.text.isspace():
            blanks.append((part, letter))
            continue
        yield from _between(blanks, before[1], _step(textpage, before[0], index)) if before else blanks
        yield part, letter
        blanks, before = [], (index, letter)
    yield from blanks


def _between(
    blanks: Sequence[tuple[int, Letter]], before: Letter, step: tuple[float, float]
) -> Sequence[tuple[int, Letter]]:
    """What stands between two letters, that lie such a step apart along their line and across it."""
    along, across = step
    ends_line = any(letter.text in "\r\n" for _, letter in blanks)
    if across > ANOTHER_LINE and not ends_line:
        return [*blanks, (0, replace(before, text="\n"))]
    if ends_line and across <= SAME_LINE and -CLOSER <= along <= WIDEST_GAP:
        return [(0, replace(before, text=" "))] if along > WORD_GAP else ()
    return blanks


def _step(textpage: pypdfium2.PdfTextPage, before: int, index: int) -> tuple[float, float]:
    """From one letter's end to the next one's beginning, and from baseline to baseline, in their size."""
    first, second = _lies(textpage, before), _lies(textpage, index)
    along, across = second.begins - first.ends, abs(second.baseline - first.baseline)
    return along / first.size, across / first.size


@dataclass(frozen=True)
class Lies:
    """Where a letter that runs up or down the page lies along its line, in points."""

    begins: float
    ends: float
    baseline: float
    size: float


def _lies(textpage: pypdfium2.PdfTextPage, index: int) -> Lies:
    matrix, across, up = pdfium.FS_MATRIX(), c_double(), c_double()
    pdfium.FPDFText_GetMatrix(textpage, index, byref(matrix))
    pdfium.FPDFText_GetCharOrigin(textpage, index, byref(across), byref(up))
    _, bottom, _, top = textpage.get_charbox(index)
    size = pdfium.FPDFText_GetFontSize(textpage, index) * math.hypot(matrix.a, matrix.b) or 1.0
    if matrix.b > 0:  # upwards
        return Lies(bottom, top, -across.value, size)
    return Lies(-top, -bottom, across.value, size)


def _address(thing: Any) -> int:
    return cast(thing, c_void_p).value or 0


def _is_again(letter: Letter, before: Letter) -> bool:
    slack = TWICE * max(letter.right - letter.left, 0.5)
    return abs(letter.left - before.left) < slack and abs(letter.bottom - before.bottom) < slack


def _box(
    textpage: pypdfium2.PdfTextPage, index: int, thing: Any, forms: Forms
) -> tuple[float, float, float, float]:
    left, right, bottom, top = c_double(), c_double(), c_double(), c_double()
    pdfium.FPDFText_GetCharBox(textpage, index, left, right, bottom, top)
    box = left.value, bottom.value, right.value, top.value
    key = _address(thing)
    if not key:
        return box
    if key not in forms:
        forms[key] = _form_around(textpage, index, thing)
    form = forms[key]
    return box if form is None else form.on_rect(*box)


def _form_around(textpage: pypdfium2.PdfTextPage, index: int, thing: Any) -> pypdfium2.PdfMatrix | None:
    """How the form around `thing` lies on the page, if the places of its letters leave that out."""
    across, up = c_double(), c_double()
    pdfium.FPDFText_GetCharOrigin(textpage, index, byref(across), byref(up))
    inside, whole = pdfium.FS_MATRIX(), pdfium.FS_MATRIX()
    pdfium.FPDFPageObj_GetMatrix(thing, byref(inside))
    pdfium.FPDFText_GetMatrix(textpage, index, byref(whole))
    begins = inside.e, inside.f
    if math.dist((across.value, up.value), begins) > SAME_POINT or math.dist(begins, (whole.e, whole.f)) == 0:
        return None
    size = inside.a * inside.d - inside.b * inside.c
    if not size:
        return None
    back = pypdfium2.PdfMatrix(inside.d / size, -inside.b / size, -inside.c / size, inside.a / size)
    return (
        pypdfium2.PdfMatrix(1, 0, 0, 1, -inside.e, -inside.f)
        .multiply(back)
        .multiply(pypdfium2.PdfMatrix.from_raw(whole))
    )
