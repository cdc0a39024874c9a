"""The letters that a page paints, in the order in which they were written, each with its place.

What a file says its letters stand for (ActualText) pdfium places by the form in which they are written; where
that form is laid elsewhere on the page, their places are moved with it.
"""

import math
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

Forms = dict[int, pypdfium2.PdfMatrix | None]


@dataclass(frozen=True)
class Letter:
    """One letter with its box in points of the PDF's own page."""

    text: str
    left: float
    bottom: float
    right: float
    top: float

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


def _told(page: pypdfium2.PdfPage, *, hidden: bool) -> Iterator[tuple[int, Letter]]:
    """Each letter, and which text of the page it is part of; 0 for none."""
    textpage = page.get_textpage()
    forms: Forms = {}
    for index in range(textpage.count_chars()):
        code = pdfium.FPDFText_GetUnicode(textpage, index)
        is_told = pdfium.FPDFText_HasUnicodeMapError(textpage, index) != 1 or code in UNTOLD_BLANKS
        is_letter = 0 < code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF  # noqa: PLR2004
        text = chr(code) if is_letter and is_told else LOST
        thing = pdfium.FPDFText_GetTextObject(textpage, index)
        mode = pdfium.FPDFTextObj_GetTextRenderMode(thing) if thing else None
        if (mode == pdfium.FPDF_TEXTRENDERMODE_INVISIBLE) == hidden:
            box, part = _box(textpage, index, thing, forms), _address(thing)
            yield part, Letter(HYPHENS.get(text, text), *box)
            if text in HYPHENS:  # it joins two lines there
                yield 0, Letter("\n", *box)


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
