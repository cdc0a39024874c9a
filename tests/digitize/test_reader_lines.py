"""Rules of finding and cutting lines of print."""

import math

import cv2
import numpy as np
import pytest
from PIL import Image

from digitize.plane import planes
from digitize.reader.cut import ABOVE, BELOW, LINE_HEIGHT, cut_middle_line, cut_page
from digitize.reader.lines import CAPITALS_TO_SMALL, find_lines
from scanner_adapters.simulator.papers import sheets
from scanner_adapters.simulator.papers.wear import Wear, wear_down
from tests.digitize.reader_pages import printed

X_HEIGHT = 0.459  # of the size, in Tinos
DPI = 300


def tilted(page: np.ndarray, degrees: float) -> np.ndarray:
    turned = Image.fromarray(page).rotate(-degrees, Image.Resampling.BICUBIC, fillcolor=245)
    return np.asarray(turned)


@pytest.mark.parametrize("size", [34, 54, 75])
@pytest.mark.parametrize(
    ("text", "capitals"),
    [
        ("Căn cứ Luật Tổ chức chính quyền địa phương", False),
        ("ỦY BAN NHÂN DÂN PHƯỜNG ĐỒNG NGUYÊN", True),
        ("Số định danh: 046099123456", None),
        ("12/2025 - 0987", None),
    ],
)
def test_baseline_and_letter_height_are_measured_whatever_the_letters(text, capitals, size):
    (line,) = find_lines(printed((text, 90, 260, size)), DPI).lines
    assert line.baseline == pytest.approx(260, abs=0.05 * size)
    assert line.x_height == pytest.approx(X_HEIGHT * size, rel=0.07)
    assert capitals in (None, line.is_capitals)


@pytest.mark.parametrize("size", [24, 27, 30])
def test_small_print_is_measured_without_the_blur_around_its_letters(size):
    text = "Thời gian làm việc của bộ phận một cửa"
    page = cv2.GaussianBlur(printed((text, 90, 260, size)), (0, 0), 0.8)
    (line,) = find_lines(page, DPI).lines
    assert line.x_height == pytest.approx(X_HEIGHT * size, rel=0.1)


@pytest.mark.parametrize("degrees", [-0.9, -0.3, 0.5, 1.0])
def test_a_tilted_line_is_cut_level(degrees):
    page = tilted(printed(("Ngày tháng năm sinh của người yêu cầu đăng ký khai sinh", 90, 260, 54)), degrees)
    _, (cut,) = cut_page(page, DPI)
    assert math.degrees(math.atan(cut.line.slope)) == pytest.approx(degrees, abs=0.12)
    dark = (cut.pixels < 128).sum(axis=1)
    base = round(ABOVE / (ABOVE + BELOW) * LINE_HEIGHT)
    assert dark[base - 1] > 3 * dark[base + 2]  # the letters' feet stand on one row


def test_a_cut_has_room_for_marks_and_tails_and_one_size_of_letters():
    small, large = printed(("Ếg Ểy xếp", 90, 260, 40)), printed(("Ếg Ểy xếp", 90, 260, 80))
    for page in (small, large):
        cut = cut_page(page, DPI)[1][0]
        assert cut.pixels.shape[0] == LINE_HEIGHT
        ink = np.flatnonzero((cut.pixels < 128).any(axis=1))
        assert 0 < ink[0] <= 7  # faces with higher marks need the room
        assert LINE_HEIGHT - 5 <= ink[-1] < LINE_HEIGHT


def test_a_cut_tells_where_its_columns_lie_on_the_page():
    _, (cut,) = cut_page(printed(("Hồ sơ", 400, 260, 54)), DPI)
    ink = np.flatnonzero((cut.pixels < 128).any(axis=0))
    assert cut.column(float(ink[0])) == pytest.approx(400, abs=4)


def test_neighbours_are_painted_over():
    lower = ("nhà nước cấp cho người dân", 90, 256, 54)
    alone = cut_page(printed(lower), DPI)[1][0]
    below = cut_page(printed(("gypq gypq gypq gypq ngày", 90, 198, 54), lower), DPI)[1][1]
    assert below.pixels.shape == alone.pixels.shape
    assert np.abs(below.pixels.astype(int) - alone.pixels).max() < 60  # a tail would be 200 darker


@pytest.mark.parametrize("leading", [50, 51, 52, 53])
def test_a_mark_that_touches_the_tail_above_it_stays(leading):
    lower = [("khẳng", 90 + 160 * word, 256, 54) for word in range(8)]
    upper = [("bahq", left - 34, row - leading, size) for _, left, row, size in lower]  # q above each ẳ
    alone = cut_page(printed(*lower), DPI)[1][0]
    above, below = cut_page(printed(*upper, *lower), DPI)[1]
    marks = slice(0, round((ABOVE - 1.2) / (ABOVE + BELOW) * LINE_HEIGHT))  # rows of hooks and breves
    seen, wanted = ((cut.pixels[marks] < 128).sum() for cut in (below, alone))
    assert 0.75 * wanted < seen < 1.25 * wanted
    assert above.line.baseline == pytest.approx(256 - leading, abs=3)


@pytest.mark.parametrize("skew", [0.0, 0.8])
def test_every_cell_of_a_ruled_table_is_a_line_of_its_own(skew):
    page = wear_down(sheets.table(4).image, Wear(noise_sigma=4, texture=2, skew_degrees=skew), 3)
    layout = find_lines(planes.reading_plane(np.ascontiguousarray(page[..., ::-1])), DPI)
    assert len(layout.lines) == 80  # 15 rows of 5 cells, 4 lines above them, 1 below
    assert layout.doubt < 0.02


@pytest.mark.parametrize("make", [sheets.decision, sheets.certificate, sheets.letter])
def test_the_two_cells_of_a_head_are_found_apart_and_no_line_is_lost(make):
    sheet = make(5)
    layout = find_lines(planes.reading_plane(np.ascontiguousarray(sheet.image[..., ::-1])), DPI)
    marks = 3  # a signature and the seal's letters may look like lines
    assert len(sheet.lines) <= len(layout.lines) <= len(sheet.lines) + marks
    head = [line for line in layout.lines if line.baseline < 32.2 / 25.4 * DPI]
    assert sorted(line.left < 1181 < line.right for line in head) == [False] * 4


def test_a_page_number_alone_and_dashes_at_the_start_are_kept():
    page = printed(("2", 700, 100, 54), ("- Như trên;", 90, 300, 40), ("Nơi nhận của văn bản", 90, 240, 48))
    number, _, dash = find_lines(page, DPI).lines
    assert (number.left, number.baseline) == pytest.approx((702, 100), abs=4)
    assert dash.left == pytest.approx(92, abs=4)


def test_capitals_are_one_and_a_half_times_as_high_as_the_reader_expects():
    assert pytest.approx(0.655 / X_HEIGHT, abs=0.01) == CAPITALS_TO_SMALL


def test_an_empty_page_has_no_lines_and_no_doubt():
    layout, cuts = cut_page(np.full((900, 700), 250, np.uint8), DPI)
    assert (layout.lines, layout.doubt, cuts) == ((), 0.0, ())


def test_the_middle_line_of_a_picture_is_cut_and_not_its_neighbours():
    rows = [
        ("dòng phía trên", 60, 60, 54),
        ("dòng chính giữa dài hơn", 60, 122, 54),
        ("dòng dưới", 60, 184, 54),
    ]
    cut = cut_middle_line(printed(*rows, size=(900, 210)), DPI)
    assert cut is not None
    assert cut.line.baseline == pytest.approx(122, abs=2)
