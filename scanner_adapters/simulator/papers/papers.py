"""More papers of the page maker: those whose layout or face readers stumble over.

A full report, the same in italics, two columns, a notice in bold capitals, minutes, a page with one line.
The same kind, seed and resolution give the same pixels.
"""

import random
from collections.abc import Callable, Mapping
from enum import StrEnum
from types import MappingProxyType

from scanner_adapters.simulator.papers import phrases, sheets
from scanner_adapters.simulator.papers.layout import (
    A4_MM,
    AFTER_PARAGRAPH,
    BODY,
    BOLD,
    ITALIC,
    LEFT,
    LINE_MM,
    PAGE,
    RIGHT,
    Measure,
    centred,
    closing,
    header,
    paragraph,
)
from scanner_adapters.simulator.papers.lettering import Canvas, Face, Style, blank_canvas, wrap
from scanner_adapters.simulator.papers.phrases import Scene
from scanner_adapters.simulator.papers.sheets import Sheet, sheet_of
from scanner_adapters.simulator.papers.truth import Part

MIDDLE = (LEFT + RIGHT) / 2
BOTTOM = 272.0  # baseline that no line goes below
COLUMN_GAP = 9.0
COLUMN = Style(Face.REGULAR, 11.5)
COLUMN_LINE = 5.4
LARGE = Style(Face.BOLD, 15)
LARGE_LINE = 9.0
NOTICES_A_PAGE = 9
CLAUSES_A_HEADING = 4


class Paper(StrEnum):
    """Every kind of paper the page maker draws."""

    DECISION = "decision"
    CERTIFICATE = "certificate"
    TABLE = "table"
    LETTER = "letter"
    REPORT = "report"
    ITALICS = "italics"
    COLUMNS = "columns"
    CAPITALS = "capitals"
    MINUTE = "minute"
    LINE = "line"
    BLANK = "blank"


def draw_paper(paper: Paper, seed: int, dpi: int = 300) -> Sheet:
    """The sheet of this kind and seed."""
    return MAKERS[paper](seed, dpi)


def report(seed: int, dpi: int = 300) -> Sheet:
    """A report (báo cáo) that fills its page: header, headings, paragraphs, no closing."""
    return _full_page("report", seed, dpi, BODY)


def italics(seed: int, dpi: int = 300) -> Sheet:
    """The same report set in italics throughout."""
    return _full_page("italics", seed, dpi, ITALIC)


def columns(seed: int, dpi: int = 300) -> Sheet:
    """A bulletin (bản tin) in two columns under one title; each column is a block."""
    about, canvas, chance = _started(seed, dpi)
    below = centred(canvas, f"BẢN TIN PHƯỜNG {about.ward.upper()}", 28, Style(Face.BOLD, 14)) + 4
    clauses = _clauses(chance)
    width = (RIGHT - LEFT - COLUMN_GAP) / 2
    for left in (LEFT, LEFT + width + COLUMN_GAP):
        canvas.begin(Part.COLUMN)
        measure = Measure(left, width, 5.0, COLUMN_LINE)
        _fill(canvas, clauses, below, COLUMN, measure)
    return sheet_of("columns", canvas, about, {"type": "BẢN TIN"})


def capitals(seed: int, dpi: int = 300) -> Sheet:
    """A public notice in bold capitals, with closing, seal and signature."""
    about, canvas, chance = _started(seed, dpi)
    header(canvas, about, f"Số: {about.number:02d}/TB-UBND")
    below = 66.0
    for notice in chance.sample(phrases.NOTICES, min(NOTICES_A_PAGE, len(phrases.NOTICES))):
        for words in wrap(canvas, notice, (RIGHT - LEFT, RIGHT - LEFT), LARGE):
            canvas.centre(" ".join(words), MIDDLE, below, LARGE)
            below += LARGE_LINE
    closing(canvas, about, seed, below + 6, body="TM. ỦY BAN NHÂN DÂN")
    return sheet_of("capitals", canvas, about, {"type": "THÔNG BÁO"})


def minute(seed: int, dpi: int = 300) -> Sheet:
    """Minutes (biên bản) written down on the spot: no header, no seal, half a page."""
    about, canvas, chance = _started(seed, dpi)
    canvas.centre("BIÊN BẢN LÀM VIỆC", MIDDLE, 30, Style(Face.BOLD, 15))
    told = f"Hôm nay, {about.dated}, tại nhà số {about.house} đường {about.street}, chúng tôi gồm có:"
    below = paragraph(canvas, told, 44, BODY)
    for place in (1, 2, 3):
        below = paragraph(canvas, f"{place}. Ông (bà) {phrases.full_name(chance)}", below, BODY)
    clauses = _clauses(chance)
    for _ in range(6):
        below = paragraph(canvas, clauses.pop(), below, BODY)
    return sheet_of("minute", canvas, about, {"type": "BIÊN BẢN"})


def single_line(seed: int, dpi: int = 300) -> Sheet:
    """A page that says a single line, somewhere on its upper half."""
    about, canvas, chance = _started(seed, dpi)
    line = chance.choice(phrases.SINGLE_LINES)
    said = line.format(number=about.number, house=about.house, person=about.person)
    canvas.put(said, LEFT + chance.uniform(0, 50), chance.uniform(40, 150), BODY)
    return sheet_of("line", canvas, about, {})


def _full_page(kind: str, seed: int, dpi: int, style: Style) -> Sheet:
    about, canvas, chance = _started(seed, dpi)
    header(canvas, about, f"Số: {about.number:02d}/BC-UBND")
    canvas.centre("BÁO CÁO", MIDDLE, 60, Style(Face.BOLD, 14))
    below = centred(canvas, f"Về việc {about.subject}", 67, BOLD) + 3
    clauses = _clauses(chance)
    for heading in phrases.HEADINGS:
        if below > BOTTOM - 4 * LINE_MM:
            break
        canvas.put(heading, LEFT + PAGE.indent, below, BOLD)
        section, clauses = clauses[:CLAUSES_A_HEADING], clauses[CLAUSES_A_HEADING:]
        below = _fill(canvas, section, below + LINE_MM + AFTER_PARAGRAPH, style, PAGE)
    return sheet_of(kind, canvas, about, {"type": "BÁO CÁO"})


def _started(seed: int, dpi: int) -> tuple[Scene, Canvas, random.Random]:
    return phrases.scene(seed), blank_canvas(*A4_MM, dpi), random.Random(seed)  # noqa: S311 sample text


def _clauses(chance: random.Random) -> list[str]:
    return chance.sample(phrases.CLAUSES, len(phrases.CLAUSES))


def _fill(canvas: Canvas, clauses: list[str], below: float, style: Style, measure: Measure) -> float:
    """Set paragraphs, each taken from `clauses`, as long as the next one fits on the page."""
    while clauses:
        widths = (measure.width - measure.indent, measure.width)
        if below + (len(wrap(canvas, clauses[-1], widths, style)) - 1) * measure.line > BOTTOM:
            break
        below = paragraph(canvas, clauses.pop(), below, style, measure)
    return below


def _blank(_seed: int, dpi: int) -> Sheet:
    return sheets.blank(dpi)


MAKERS: Mapping[Paper, Callable[[int, int], Sheet]] = MappingProxyType(
    {
        Paper.DECISION: sheets.decision,
        Paper.CERTIFICATE: sheets.certificate,
        Paper.TABLE: sheets.table,
        Paper.LETTER: sheets.letter,
        Paper.REPORT: report,
        Paper.ITALICS: italics,
        Paper.COLUMNS: columns,
        Paper.CAPITALS: capitals,
        Paper.MINUTE: minute,
        Paper.LINE: single_line,
        Paper.BLANK: _blank,
    }
)
