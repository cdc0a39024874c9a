"""The words laid under a picture come back, whole and in order, from poppler and from pdfium."""

import subprocess
from collections import Counter
from itertools import pairwise

import pikepdf
import pypdfium2
import pytest

from digitize.model import Box, Line, PageText, Word
from digitize.pdf.compose import write_page
from digitize.pixels.coding import jpeg_stream
from digitize.pixels.geometry import Pose
from scanner_adapters.simulator.papers import sheets
from tests.digitize.digitize_papers import finished

LEAST_F1 = 0.995
A4 = (210.0, 297.0)
LETTER_MM, LINE_MM = 2.1, 4.6
PLAIN = "Ủy ban nhân dân phường Đồng Nguyễn trả lời đơn của ông Nguyễn Văn Thưởng"


def line(text: str, left: float, top: float, *, slope: float = 0.0, gap: float = LETTER_MM) -> Line:
    """Words side by side from `left`, `top` (mm), each as long as its letters, falling by `slope`."""
    words, at = [], left
    for part in text.split():
        fall, width = slope * (at - left), LETTER_MM * len(part)
        edges = (at / A4[0], (top + fall) / A4[1], (at + width) / A4[0], (top + fall + LINE_MM) / A4[1])
        words.append(Word(part, Box(*(min(edge, 1.0) for edge in edges)), 90.0))
        at += width + gap
    return Line(tuple(words))


def down_the_page(text: str, left: float, top: float) -> Line:
    words, at = [], top
    for part in text.split():
        length = LETTER_MM * len(part)
        words.append(
            Word(part, Box(left / A4[0], at / A4[1], (left + LINE_MM) / A4[0], (at + length) / A4[1]), 90.0)
        )
        at += length + LETTER_MM
    return Line(tuple(words))


def table() -> tuple[Line, ...]:
    cells = ("STT", "Họ và tên", "Số định danh", "Ghi chú")
    rows = [cells, *[(f"{n}", "Trần Thị Mỹ", f"0792{n:08d}", "đủ") for n in range(1, 12)]]
    columns = (20, 40, 90, 150)
    return tuple(
        line(cell, left, 40 + 7 * at)
        for at, row in enumerate(rows)
        for cell, left in zip(row, columns, strict=True)
    )


PAGES = {
    "body text": tuple(line(PLAIN, 25, 30 + 6 * at) for at in range(35)),
    "skewed words": tuple(line(PLAIN, 20, 30 + 9 * at, slope=0.02) for at in range(20)),
    "tight lines": tuple(line(PLAIN, 20, 30 + 4.7 * at) for at in range(40)),
    "words hardly apart": tuple(line(PLAIN, 20, 30 + 9 * at, gap=0.0) for at in range(20)),
    "words that overlap": tuple(line(PLAIN, 20, 30 + 9 * at, gap=-2.5 * LETTER_MM) for at in range(20)),
    "table": table(),
    "two cells of a header": (
        line("ỦY BAN NHÂN DÂN", 20, 20),
        line("PHƯỜNG MỸ PHƯỚC", 20, 26),
        line("Số: 15/QĐ-UBND", 20, 33),
        line("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", 85, 20),
        line("Độc lập - Tự do - Hạnh phúc", 90, 26),
    ),
    "turned lines": (
        line(PLAIN, 25, 30),
        down_the_page("Mã hồ sơ 000.00.12.H29-260805-0012 lưu tại kho", 190, 60),
    ),
    "long words": tuple(
        line("https://dichvucong.example.vn/tra-cuu-ho-so?ma=000.00.12.H29 Nghiêng-nghiêng", 15, 30 + 8 * at)
        for at in range(6)
    ),
    "numbers and punctuation": tuple(
        line("1.250.000,5 đ; (35%) 05/01/2026 “trích” [1] a) b/ *c* & 12h30’ – …", 15, 30 + 8 * at)
        for at in range(8)
    ),
    "hyphen at a line's end": tuple(line("Độc lập - Tự do kết thúc -", 25, 30 + 8 * at) for at in range(8)),
}


def from_pdfium(path) -> str:
    with pypdfium2.PdfDocument(path) as document:
        text = document[0].get_textpage().get_text_range()
    return text.replace("\ufffe", "-").replace("\x02", "-")  # its own marks for a hyphen at a line's end


def from_poppler(path, *options) -> str:
    command = ["pdftotext", *options, "-enc", "UTF-8", path, "-"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def from_poppler_as_laid(path) -> str:
    """With its lines as they stand; as prose, poppler takes a hyphen at a line's end away."""
    return from_poppler(path, "-layout")


READERS = {"pdfium": from_pdfium, "poppler": from_poppler_as_laid}


def f1(laid: str, out: str) -> float:
    wanted, found = Counter(laid.split()), Counter(out.split())
    return 2 * (wanted & found).total() / (wanted.total() + found.total())


def laid_down(folder, lines: tuple[Line, ...], pose: Pose) -> tuple[PageText, object]:
    page = PageText(1, *A4, lines)
    picture = jpeg_stream(sheets.blank(30).image, 70, full_colour=False)
    write_page(picture, pose, page, folder / "page.pdf")
    return page, finished(folder, folder / "page.pdf")


@pytest.mark.parametrize("kind", PAGES)
def test_words_come_back(tmp_path, kind):
    page, out = laid_down(tmp_path, PAGES[kind], Pose(90, 1.5))
    as_prose = {} if "hyphen" in kind else {"poppler's prose": from_poppler}
    for name, read in (READERS | as_prose).items():
        assert f1(page.text, read(out)) >= LEAST_F1, name


@pytest.mark.parametrize("reader", READERS)
def test_lines_come_back_in_the_order_they_were_read(tmp_path, reader):
    page, out = laid_down(tmp_path, PAGES["body text"], Pose())
    assert READERS[reader](out).split() == page.text.split()


def test_the_headers_cells_come_back_one_after_the_other(tmp_path):
    page, out = laid_down(tmp_path, PAGES["two cells of a header"], Pose())
    assert from_pdfium(out).split() == page.text.split()
    assert from_poppler(out, "-raw").split() == page.text.split()


def test_each_line_is_one_text_object_and_words_never_run_together(tmp_path):
    page, out = laid_down(tmp_path, PAGES["body text"], Pose())
    with pikepdf.open(out) as pdf:
        operators = [str(each.operator) for each in pikepdf.parse_content_stream(pdf.pages[0])]
    assert operators.count("BT") == len(page.lines)
    text = from_poppler(out)
    assert all(f"{one.text} {other.text}" in text for one, other in pairwise(page.lines[0].words))


def test_font_and_map_add_less_than_ten_kilobytes(tmp_path):
    _, out = laid_down(tmp_path, PAGES["body text"], Pose())
    with pikepdf.open(out) as pdf:
        font = pdf.pages[0].Resources.Font.F0
        below = font.DescendantFonts[0]
        streams = (font.ToUnicode, below.CIDToGIDMap, below.FontDescriptor.FontFile2)
        assert sum(len(stream.read_raw_bytes()) for stream in streams) < 10_000
