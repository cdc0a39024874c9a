"""A sheet scanned twice is told; forms that only look alike, and blank pages, are not."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from digitize.judging.twins import LOOK_BACK, Likeness, Twins, likeness
from digitize.model import Box, Line, PageReport, Reason, ReasonCode, Verdict, Word
from scanner_adapters.simulator.papers.lettering import Style, blank_canvas
from scanner_adapters.simulator.papers.papers import Paper
from scanner_adapters.simulator.papers.wear import wear_down
from tests.digitize.digitize_scans import OFFICE, Pixels, paper, raster_of, save, turned

REPORT = PageReport(1, Verdict.GOOD, (), 300.0, 0, 0.0, 40, 95.0, 1.0, 1000)
BLANK = replace(REPORT, verdict=Verdict.LOOK, reasons=(Reason(ReasonCode.BLANK),))
DPI = 150
FORM = (
    "TỜ KHAI ĐĂNG KÝ THƯỜNG TRÚ",
    "Kính gửi: Công an phường Vĩnh Mỹ, tỉnh Khánh Hòa",
    "Họ, chữ đệm và tên: {name}",
    "Số định danh cá nhân: {number}",
    "Đề nghị cơ quan đăng ký cư trú giải quyết theo quy định của pháp luật",
    "Tôi cam đoan những nội dung khai trên đây là đúng sự thật",
    "và chịu trách nhiệm trước pháp luật về lời khai của mình",
)
HUNG, NHUNG = ("Trần Quốc Hùng", "056088001234"), ("Lê Thị Nhung", "056190007716")


@cache
def form(name: str, number: str) -> tuple[Pixels, tuple[str, ...]]:
    """The same printed form, filled in by one person."""
    canvas = blank_canvas(210, 120, DPI)
    for row, line in enumerate(FORM):
        canvas.put(line.format(name=name, number=number), 25, 20 + 11 * row, Style(points=14))
    return np.asarray(canvas.image), tuple(canvas.lines)


def lines(texts: tuple[str, ...], sure: float = 92.0) -> tuple[Line, ...]:
    box = Box(0.1, 0.1, 0.2, 0.2)
    return tuple(Line(tuple(Word(word, box, sure) for word in text.split())) for text in texts)


def take(image: Pixels, texts: tuple[str, ...], chance: int, *, extra: tuple[Line, ...] = ()) -> Likeness:
    """One scan of a paper: its own noise, and what was read on it."""
    return likeness(raster_of(wear_down(image, OFFICE, chance, DPI), DPI).pixels, 0, (*lines(texts), *extra))


def is_told(*pages: Likeness, report: PageReport = REPORT) -> list[bool]:
    twins = Twins()
    told = (twins.told(report, page) for page in pages)
    return [ReasonCode.DOUBLED in {reason.code for reason in each.reasons} for each in told]


@pytest.mark.parametrize("kind", [Paper.DECISION, Paper.REPORT, Paper.TABLE, Paper.COLUMNS])
def test_two_scans_of_one_page_are_told_at_the_second(kind):
    sheet = paper(kind)
    assert is_told(*(take(sheet.image, sheet.lines, chance) for chance in (1, 2))) == [False, True]


def test_a_second_scan_is_told_though_a_word_was_read_otherwise_and_specks_were_read():
    sheet = paper(Paper.REPORT)
    other = (sheet.lines[0].replace("ỦY", "UỶ") + " nhân", *sheet.lines[1:])
    specks = lines((". ~ l", "xq zz"), sure=20.0)
    pages = take(sheet.image, sheet.lines, 1), take(sheet.image, other, 2, extra=specks)
    assert is_told(*pages) == [False, True]


def test_a_second_scan_that_was_fed_upside_down_is_told():
    sheet = paper(Paper.DECISION)
    over = wear_down(turned(sheet.image, 2), OFFICE, 2, DPI)
    again = likeness(raster_of(over, DPI).pixels, 180, lines(sheet.lines))
    assert is_told(take(sheet.image, sheet.lines, 1), again) == [False, True]


def test_two_forms_that_differ_in_name_and_number_are_two_pages():
    assert is_told(*(take(*form(*person), chance) for chance, person in enumerate((HUNG, NHUNG)))) == [
        False,
        False,
    ]
    assert is_told(*(take(*form(*HUNG), chance) for chance in (1, 2))) == [False, True]


@pytest.mark.parametrize("kind", [Paper.CERTIFICATE, Paper.LETTER, Paper.DECISION, Paper.LINE, Paper.TABLE])
def test_papers_of_one_kind_are_not_the_same_page(kind):
    sheets = [paper(kind, seed) for seed in range(20, 24)]
    assert not any(is_told(*(take(sheet.image, sheet.lines, 1) for sheet in sheets)))


def test_blank_pages_are_never_doubled():
    empty = take(paper(Paper.BLANK).image, (), 1)
    assert is_told(empty, empty, empty, report=BLANK) == [False, False, False]


def test_a_page_is_compared_with_those_shortly_before_it():
    first = take(paper(Paper.DECISION).image, paper(Paper.DECISION).lines, 1)
    others = [replace(first, words=tuple(f"từ{page}.{at}" for at in range(40))) for page in range(LOOK_BACK)]
    assert is_told(first, *others[:-1], first)[-1]
    assert not is_told(first, *others, first)[-1]


def test_nothing_worse_than_a_look_is_asked_and_a_graver_verdict_stays():
    twins, page = Twins(), take(paper(Paper.REPORT).image, paper(Paper.REPORT).lines, 1)
    worst = replace(REPORT, verdict=Verdict.SCAN_AGAIN)
    verdicts = [twins.told(report, page).verdict for report in (REPORT, REPORT, worst)]
    assert verdicts == [Verdict.GOOD, Verdict.LOOK, Verdict.SCAN_AGAIN]


def test_a_stack_with_a_doubled_sheet_tells_it_and_keeps_every_page(desk, tmp_path):
    papers = [(*HUNG, 1), (*NHUNG, 2), (*HUNG, 3)]
    scans = [
        save(wear_down(form(name, number)[0], OFFICE, chance, DPI), tmp_path / f"{chance}.jpg", DPI)
        for name, number, chance in papers
    ]
    reports = [page.report for page in desk.digitize(*scans).pages]
    doubled = [ReasonCode.DOUBLED in {reason.code for reason in report.reasons} for report in reports]
    assert doubled == [False, False, True]
