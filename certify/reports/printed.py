"""A report to print: A4 pages of plain words in Tinos, PDF/A-2u like everything that leaves the house.

Rules of this module:
1. Every word stands in the file as text: a letter that the typeface lacks is told by number, `[U+0410]`.
2. Nothing is cut off: lines are wrapped, words wider than the column are broken, pages are added.
3. The same words at the same instant give the same bytes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from io import BytesIO

import pikepdf

from certify.letters.appearance import FONT_NAME, LINE_PITCH, POINTS_PER_MM, wrap
from certify.letters.embedding import embed_in_pages
from certify.letters.paragraphs import A4_HEIGHT, A4_WIDTH, BOLD_NAME
from certify.letters.typeface import Weight, composed, tinos
from certify.signing.pdfa import declare

MARGIN, TOP, BOTTOM = 25.0, 25.0, 22.0  # mm
TITLE_SIZE, HEADING_SIZE, TEXT_SIZE, FOOT_SIZE = 15.0, 12.0, 11.0, 9.0
SPACE_BEFORE = 3.0  # mm above a heading
PDF_VERSION = "1.7"
_NAMES = {Weight.REGULAR: FONT_NAME, Weight.BOLD: BOLD_NAME}
_WIDTH = (A4_WIDTH - 2 * MARGIN) * POINTS_PER_MM


@dataclass(frozen=True)
class Section:
    """A heading and the lines below it, each a paragraph of its own."""

    heading: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class _Row:
    text: str
    size: float
    weight: Weight
    before: float = 0.0  # points left free above

    @property
    def height(self) -> float:
        return self.before + self.size * LINE_PITCH


def report_pdf(title: str, sections: Sequence[Section], foot: str, at: datetime) -> bytes:
    """The report; `foot` stands on every page, with its number.

    Raises: CertifyFault FONT_MISSING.
    """
    pages = list(_pages(_rows_of(title, sections)))
    with pikepdf.new() as pdf:
        fonts = pikepdf.Dictionary(
            {name: embed_in_pages(weight, pdf) for weight, name in sorted(_NAMES.items())}
        )
        for number, rows in enumerate(pages, start=1):
            page = pdf.add_blank_page(page_size=(A4_WIDTH * POINTS_PER_MM, A4_HEIGHT * POINTS_PER_MM))
            page.obj.Resources = pikepdf.Dictionary(Font=fonts)
            page.obj.Contents = pikepdf.Stream(pdf, _content(rows, f"{foot}   {number}/{len(pages)}"))
        declare(pdf, at)
        with pdf.open_metadata(set_pikepdf_as_editor=False, update_docinfo=True) as xmp:
            xmp["dc:title"] = composed(title)
        out = BytesIO()
        pdf.save(out, min_version=PDF_VERSION, deterministic_id=True)
    return out.getvalue()


def showable(text: str) -> str:
    """The text in letters that the typeface has (rule 1)."""
    known = tinos().glyphs
    plain = " ".join(composed(text).split())
    return "".join(letter if letter in known else f"[U+{ord(letter):04X}]" for letter in plain)


def _rows_of(title: str, sections: Sequence[Section]) -> Iterator[_Row]:
    yield from _wrapped(title, TITLE_SIZE, Weight.BOLD)
    for section in sections:
        for number, row in enumerate(_wrapped(section.heading, HEADING_SIZE, Weight.BOLD)):
            yield _Row(row.text, row.size, row.weight, 0.0 if number else SPACE_BEFORE * POINTS_PER_MM)
        for line in section.lines:
            yield from _wrapped(line, TEXT_SIZE, Weight.REGULAR)


def _wrapped(text: str, size: float, weight: Weight) -> Iterator[_Row]:
    measure = partial(tinos(weight).width, size=size)
    words = " ".join(part for word in showable(text).split() for part in _parts(word, size, weight))
    for row in wrap([words], measure, _WIDTH) or ():
        yield _Row(row, size, weight)


def _parts(word: str, size: float, weight: Weight) -> Iterator[str]:
    """A word as it is, or in pieces no wider than the column."""
    face, begun = tinos(weight), 0
    for end in range(1, len(word) + 1):
        if face.width(word[begun:end], size) > _WIDTH:
            yield word[begun : end - 1]
            begun = end - 1
    yield word[begun:]


def _pages(rows: Iterator[_Row]) -> Iterator[list[_Row]]:
    room = (A4_HEIGHT - TOP - BOTTOM) * POINTS_PER_MM
    page: list[_Row] = []
    for row in rows:
        if page and sum(one.height for one in page) + row.height > room:
            yield page
            page = []
        page.append(row)
    yield page


def _content(rows: Sequence[_Row], foot: str) -> bytes:
    drawn, at = [], (A4_HEIGHT - TOP) * POINTS_PER_MM
    for row in rows:
        drawn.append(_drawn(row, at - row.before))
        at -= row.height
    drawn.append(_drawn(_Row(showable(foot), FOOT_SIZE, Weight.REGULAR), BOTTOM * POINTS_PER_MM / 2))
    return b"\n".join(drawn)


def _drawn(row: _Row, top: float) -> bytes:
    face = tinos(row.weight)
    baseline = top - face.ascent * row.size / 1000
    head = b"BT 0 g %s %.4g Tf" % (_NAMES[row.weight].encode(), row.size)
    return b"%s 1 0 0 1 %.2f %.2f Tm %s ET" % (head, MARGIN * POINTS_PER_MM, baseline, face.show(row.text))
