"""How an official paper is laid out (NĐ 30/2020 PL I): header in two cells, body, closing, tables.

Lengths are millimetres; `below` is the baseline to start on, and what is returned is the next one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from scanner_adapters.simulator.papers import marks
from scanner_adapters.simulator.papers.lettering import INK, Canvas, Face, Style, wrap
from scanner_adapters.simulator.papers.phrases import Scene
from scanner_adapters.simulator.papers.truth import Part

A4_MM = (210.0, 297.0)
LEFT, RIGHT = 30.0, 193.0  # margins 30 mm left, 17 mm right
BODY = Style(Face.REGULAR, 13.5)
BOLD = Style(Face.BOLD, 13.5)
ITALIC = Style(Face.ITALIC, 13.5)
LINE_MM = 6.4
AFTER_PARAGRAPH = 1.6
INDENT_MM = 10.0
ROW_MM = 9.0
COUNTRY = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
MOTTO = "Độc lập - Tự do - Hạnh phúc"


@dataclass(frozen=True)
class Measure:
    """Where lines of text stand: from `left`, `width` wide, the first of a paragraph set in by `indent`."""

    left: float = LEFT
    width: float = RIGHT - LEFT
    indent: float = INDENT_MM
    line: float = LINE_MM


PAGE = Measure()


def header(canvas: Canvas, about: Scene, number: str, subject: str = "") -> None:
    """Set who issues the paper and its number in the left cell, country, motto and date in the right one."""
    left, right = 62.0, 146.0
    canvas.begin(Part.HEADER_LEFT)
    motto, small = Style(Face.BOLD, 13), Style(Face.REGULAR, 12)
    canvas.centre("ỦY BAN NHÂN DÂN", left, 24, Style(Face.BOLD, 12.5))
    canvas.centre(f"PHƯỜNG {about.ward.upper()}", left, 30, Style(Face.BOLD, 12.5))
    canvas.rule(left - 12, 32.2, 24)
    canvas.centre(number, left, 41, Style(Face.REGULAR, 13))
    for row, words in enumerate(wrap(canvas, subject, (60, 60), small) if subject else []):
        canvas.centre(" ".join(words), left, 47 + 5.5 * row, small)
    canvas.begin(Part.HEADER_RIGHT)
    canvas.centre(COUNTRY, right, 24, Style(Face.BOLD, 12))
    canvas.centre(MOTTO, right, 30, motto)
    width = canvas.width_of(MOTTO, motto)
    canvas.rule(right - width / 2, 32.2, width)
    canvas.centre(about.dated, right, 41, Style(Face.ITALIC, 13))
    canvas.begin(Part.BODY)


def closing(canvas: Canvas, about: Scene, seed: int, below: float, *, body: str = "") -> None:
    """Set recipients left, signer right; `body` is for whom the signer signs, none where he decides alone."""
    block = 150.0
    canvas.begin(Part.CLOSING_LEFT)
    canvas.put("Nơi nhận:", LEFT, below, Style(Face.BOLD_ITALIC, 12))
    for row, recipient in enumerate(("- Như trên;", "- Lưu: VT, VP."), start=1):
        canvas.put(recipient, LEFT, below + 5 * row, Style(Face.REGULAR, 11))
    canvas.begin(Part.CLOSING_RIGHT)
    for line in (*([body] if body else []), "KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH"):
        canvas.centre(line, block, below, BOLD)
        below += 6
    canvas.centre(about.signer, block, below + 29, BOLD)
    marks.write_signature(canvas, (block, below + 10), seed)
    # A seal covers about a third of the signature, on its left.
    words = f"ỦY BAN NHÂN DÂN PHƯỜNG {about.ward.upper()}"
    marks.press_seal(canvas, (block - 23, below + 10), words, seed)


def paragraph(canvas: Canvas, text: str, below: float, style: Style, measure: Measure = PAGE) -> float:
    """Set a paragraph from edge to edge, its last line as long as it is."""
    lines = wrap(canvas, text, (measure.width - measure.indent, measure.width), style)
    for row, words in enumerate(lines):
        indent = measure.indent if row == 0 else 0.0
        if row < len(lines) - 1:
            canvas.justify(words, measure.left + indent, measure.width - indent, below, style)
        else:
            canvas.put(" ".join(words), measure.left + indent, below, style)
        below += measure.line
    return below + AFTER_PARAGRAPH


def centred(canvas: Canvas, text: str, below: float, style: Style) -> float:
    """Set lines around the middle of the text."""
    for words in wrap(canvas, text, (140, 140), style):
        canvas.centre(" ".join(words), 111.5, below, style)
        below += LINE_MM
    return below


def labelled(canvas: Canvas, label: str, value: str, below: float) -> float:
    """Set a label and, bold, its value as one line."""
    canvas.remember(f"{label} {value}")
    canvas.draw(label, LEFT + INDENT_MM, below, BODY)
    canvas.draw(value, LEFT + INDENT_MM + canvas.width_of(f"{label} ", BODY), below, BOLD)
    return below + LINE_MM + 1.4


def grid(canvas: Canvas, rows: Sequence[tuple[str, ...]], top: float, edges: Sequence[float]) -> float:
    """Draw a ruled table between the vertical `edges`, its first row bold; returns its bottom."""
    for place, row in enumerate(rows):
        canvas.rule(edges[0], top + place * ROW_MM, edges[-1] - edges[0])
        style = Style(Face.BOLD, 12) if place == 0 else Style(Face.REGULAR, 12)
        for left, cell in zip(edges, row, strict=False):
            canvas.draw(cell, left + 2, top + place * ROW_MM + 6.2, style)
        canvas.remember_row(row)
    bottom = top + len(rows) * ROW_MM
    canvas.rule(edges[0], bottom, edges[-1] - edges[0])
    for edge in edges:
        line = (edge, top, edge + 0.25, bottom)
        canvas.pen.rectangle([canvas.pixels(length) for length in line], fill=INK)
    canvas.begin(Part.BODY)
    return bottom
