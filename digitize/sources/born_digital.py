"""The words that a born-digital page says itself, with their places, in the order they were written."""

import unicodedata
from collections.abc import Iterator
from ctypes import c_double
from dataclasses import dataclass

import pypdfium2
from pypdfium2 import raw as pdfium

from digitize.model import Box, Line, Word
from digitize.words.tesseract import clean

FEW_LETTERS = 300  # on a page filled by a picture: a stamp or a page number over a scan
PICTURE_FILLS = 0.5  # of the page's area
LEGACY_LETTERS = frozenset("¢£¤¥¦§¨©ª«¬®¯°±²³´µ¶·¸¹º»¼½¾¿")  # letters in fonts older than Unicode (TCVN 5712)
MOST_LEGACY = 0.03  # of the letters
MOST_LOST = 0.1
SURE = 100.0
FULL_TURN = 360


@dataclass(frozen=True)
class _Letter:
    text: str
    left: float
    bottom: float
    right: float
    top: float


def is_born_digital(page: pypdfium2.PdfPage) -> bool:
    """Does the page show text of its own that can be trusted, rather than a picture of text?"""
    text = "".join(letter.text for letter in _visible_letters(page))
    letters = sum(letter.isalnum() for letter in text)
    if not letters or _is_garbled(text, letters):
        return False
    return letters >= FEW_LETTERS or _picture_share(page) < PICTURE_FILLS


def own_lines(page: pypdfium2.PdfPage) -> tuple[Line, ...]:
    """The page's visible words in NFC; boxes are fractions of the page as it is shown."""
    frame = _Frame(page)
    lines: list[Line] = []
    words: list[Word] = []
    for group in _groups(_visible_letters(page)):
        if group:
            text = clean("".join(letter.text for letter in group))
            if text:
                words.append(Word(text, frame.box(group), SURE))
        elif words:
            lines.append(Line(tuple(words)))
            words = []
    if words:
        lines.append(Line(tuple(words)))
    return tuple(lines)


def _groups(letters: Iterator[_Letter]) -> Iterator[list[_Letter]]:
    """Letters of one word each; an empty group ends a line."""
    word: list[_Letter] = []
    for letter in letters:
        if letter.text in "\r\n":
            yield word
            yield []
            word = []
        elif letter.text.isspace():
            yield word or []
            word = []
        else:
            word.append(letter)
    yield word


def _visible_letters(page: pypdfium2.PdfPage) -> Iterator[_Letter]:
    textpage = page.get_textpage()
    for index in range(textpage.count_chars()):
        code = pdfium.FPDFText_GetUnicode(textpage, index)
        text = chr(code) if 0 < code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF else "\ufffd"  # noqa: PLR2004
        thing = pdfium.FPDFText_GetTextObject(textpage, index)
        if thing and pdfium.FPDFTextObj_GetTextRenderMode(thing) == pdfium.FPDF_TEXTRENDERMODE_INVISIBLE:
            continue
        yield _Letter(text, *_charbox(textpage, index))


def _charbox(textpage: pypdfium2.PdfTextPage, index: int) -> tuple[float, float, float, float]:
    left, right, bottom, top = c_double(), c_double(), c_double(), c_double()
    pdfium.FPDFText_GetCharBox(textpage, index, left, right, bottom, top)
    return left.value, bottom.value, right.value, top.value


def _is_garbled(text: str, letters: int) -> bool:
    lost = sum(
        unicodedata.category(letter) in ("Co", "Cn", "Cc") or letter == "\ufffd"
        for letter in "".join(text.split())
    )
    legacy = sum(letter in LEGACY_LETTERS for letter in text)
    return lost > MOST_LOST * letters or legacy > MOST_LEGACY * letters


def _picture_share(page: pypdfium2.PdfPage) -> float:
    width, height = page.get_size()
    areas = []
    for picture in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=3):
        left, bottom, right, top = picture.get_bounds()
        areas.append((right - left) * (top - bottom))
    return float(max(areas, default=0.0) / (width * height))


class _Frame:
    """From points of the PDF's own page to fractions of the page as it is shown, turned by /Rotate."""

    def __init__(self, page: pypdfium2.PdfPage) -> None:
        self._left, self._bottom, right, top = page.get_bbox()
        self._width, self._height = right - self._left, top - self._bottom
        self._turn = page.get_rotation() % FULL_TURN

    def box(self, letters: list[_Letter]) -> Box:
        left = (min(letter.left for letter in letters) - self._left) / self._width
        right = (max(letter.right for letter in letters) - self._left) / self._width
        top = 1 - (max(letter.top for letter in letters) - self._bottom) / self._height
        bottom = 1 - (min(letter.bottom for letter in letters) - self._bottom) / self._height
        turned = {
            0: (left, top, right, bottom),
            90: (1 - bottom, left, 1 - top, right),
            180: (1 - right, 1 - bottom, 1 - left, 1 - top),
            270: (top, 1 - right, bottom, 1 - left),
        }[self._turn]
        return Box(*(round(min(max(edge, 0.0), 1.0), 5) for edge in turned))
