"""Rules of the single stages: JPEG markers, paper size, reading order, hidden text, what is checked."""

import math
import struct

import cv2
import numpy as np
import pikepdf
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digitize.model import Box, DigitizeFault, FaultCode, Line, PageText, Word
from digitize.pdf.check import inspect
from digitize.pdf.compose import placement, write_page
from digitize.pixels import geometry, jpeg
from digitize.pixels.geometry import Pose
from digitize.pixels.raster import Coding, Stream
from digitize.sources.scans import size_from
from digitize.words.reading_order import in_reading_order
from tests.digitize.digitize_papers import finished
from vietnamese.letters import ACCENTED_LETTERS, nfc


def coded(pixels: np.ndarray) -> bytes:
    return cv2.imencode(".jpg", pixels)[1].tobytes()


def word(text: str, left: float, top: float, right: float, bottom: float) -> Word:
    return Word(text, Box(left, top, right, bottom), 90.0)


def line(text: str, left: float, top: float, width: float = 0.2, height: float = 0.012) -> Line:
    step = width / max(1, len(text.split()))
    words = [
        word(part, left + step * at, top, left + step * at + 0.9 * step, top + height)
        for at, part in enumerate(text.split())
    ]
    return Line(tuple(words))


GOOD_JPEG = coded(np.full((40, 30, 3), 128, np.uint8))


def test_a_jpeg_header_tells_size_and_components():
    header = jpeg.read_header(GOOD_JPEG)
    assert (header.width, header.height, header.components, header.is_embeddable) == (30, 40, 3, True)


@given(st.integers(0, len(GOOD_JPEG) - 1))
def test_no_part_of_a_jpeg_passes_for_a_whole_one(length):
    with pytest.raises(jpeg.BrokenJpegError):
        jpeg.read_header(GOOD_JPEG[:length])


@given(st.binary(max_size=60))
def test_any_bytes_after_a_start_of_image_end_in_a_header_or_a_clear_error(tail):
    try:
        jpeg.read_header(jpeg.START + tail)
    except jpeg.BrokenJpegError:
        return


@pytest.mark.parametrize(("value", "turn"), [(1, 0), (3, 180), (6, 90), (8, 270)])
def test_a_cameras_orientation_is_understood(value, turn):
    tiff = b"II*\0" + struct.pack("<IH", 8, 1) + struct.pack("<HHIHH", 0x0112, 3, 1, value, 0)
    body = jpeg.EXIF_MARK + tiff
    told = GOOD_JPEG[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + GOOD_JPEG[2:]
    assert jpeg.read_header(told).orientation.turn == turn


@pytest.mark.parametrize(
    ("pixels", "dpi", "expected"),
    [
        ((2480, 3508), (300.0, 300.0), (210.0, 297.0, False)),
        ((1728, 1145), (204.0, 98.0), (215.2, 296.8, False)),  # a fax: other resolution down than across
        ((1240, 1754), (72.0, 72.0), (210.0, 297.0, True)),  # what programs write that do not know
        ((1754, 1240), None, (297.0, 210.0, True)),
        ((800, 800), (0.0, 0.0), (101.6, 101.6, True)),
    ],
)
def test_paper_size_is_what_is_told_if_it_can_be_true(pixels, dpi, expected):
    width, height, assumed = size_from(*pixels, dpi)
    assert (width, height) == pytest.approx(expected[:2], abs=0.1)
    assert assumed is expected[2]


@given(st.floats(0.1, 0.9), st.floats(0.1, 0.9), st.floats(-8, 8))
def test_a_straightened_box_lies_where_its_pixels_went(x, y, tilt):
    height, width = 300, 200
    box = geometry.straighten_box(Box(x - 0.01, y - 0.01, x + 0.01, y + 0.01), tilt, width, height)
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), tilt, 1.0)
    there = matrix @ np.array([x * width, y * height, 1.0])
    middle = np.array([(box.left + box.right) / 2 * width, (box.top + box.bottom) / 2 * height])
    if 0.02 < there[0] / width < 0.98 and 0.02 < there[1] / height < 0.98:
        assert middle == pytest.approx(there, abs=0.6)


@given(st.sampled_from([0, 90, 180, 270]), st.floats(-10, 10))
def test_the_picture_is_turned_about_the_pages_middle_and_keeps_its_size(rotation, skew):
    width, height = 595.0, 842.0
    a, b, c, d, e, f = placement(Pose(rotation, skew), width, height)
    assert (a / 2 + c / 2 + e, b / 2 + d / 2 + f) == pytest.approx((width / 2, height / 2))
    sides = (math.hypot(a, b), math.hypot(c, d))
    assert sides == pytest.approx((width, height) if rotation % 180 == 0 else (height, width))
    assert a * d - b * c == pytest.approx(width * height)  # never mirrored


def test_two_cells_are_read_one_after_the_other_and_body_lines_down_the_page():
    lines = [
        line("ỦY BAN NHÂN DÂN CỘNG HÒA", 0.1, 0.05, 0.3),
        line("CỘNG HÒA XÃ HỘI", 0.55, 0.052, 0.3),
        line("PHƯỜNG MỸ PHƯỚC", 0.12, 0.08),
        line("Độc lập", 0.6, 0.08),
        line("Căn cứ luật được ban hành trong năm nay và các năm trước", 0.1, 0.12, 0.8),
        line("Xét đề nghị của văn phòng và các phòng ban có liên quan", 0.1, 0.15, 0.8),
    ]
    ordered = [found.text for found in in_reading_order(list(reversed(lines)), 0.7)]
    assert ordered == [lines[at].text for at in (0, 2, 1, 3, 4, 5)]


def test_a_line_across_both_cells_is_cut_at_the_gap():
    left, right = line("ỦY BAN", 0.1, 0.05), line("CỘNG HÒA", 0.6, 0.05)
    both = [Line(left.words + right.words), line("PHƯỜNG", 0.1, 0.08), line("Độc lập", 0.6, 0.08)]
    assert [found.text for found in in_reading_order(both, 0.7)] == [
        "ỦY BAN",
        "PHƯỜNG",
        "CỘNG HÒA",
        "Độc lập",
    ]


boxes = st.tuples(st.floats(0, 0.9), st.floats(0, 0.95), st.floats(0.005, 0.1)).map(
    lambda at: Box(at[0], at[1], at[0] + at[2], at[1] + 0.015)
)


@given(st.lists(st.lists(boxes, min_size=1, max_size=4), max_size=25))
def test_reading_order_loses_no_word_and_adds_none(found):
    lines = [
        Line(tuple(Word(f"{row}.{at}", box, 1.0) for at, box in enumerate(row_of)))
        for row, row_of in enumerate(found)
    ]
    ordered = in_reading_order(lines, 0.7)
    assert sorted(w.text for one in ordered for w in one.words) == sorted(
        w.text for one in lines for w in one.words
    )


# pdfium takes a hyphen at the end of a line away, as prose wants it
letters = st.sampled_from(sorted(ACCENTED_LETTERS) + list("abcxyzABC0129/:.,()“”"))
texts = st.lists(st.text(letters, min_size=1, max_size=9), min_size=1, max_size=30)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts)
def test_any_vietnamese_words_laid_come_back_from_the_file(tmp_path_factory, words):
    folder = tmp_path_factory.mktemp("laid")
    laid = [
        word(nfc(text), left, top, left + 0.02 * len(nfc(text)), top + 0.015)
        for at, text in enumerate(words)
        for left, top in [(0.05 + 0.3 * (at % 3), 0.05 + 0.03 * (at // 3))]
    ]
    rows = tuple(Line(tuple(laid[at : at + 3])) for at in range(0, len(laid), 3))
    page = PageText(1, 210.0, 297.0, rows)
    out = compose_alone(folder, page)
    inspect(out, [page.text])
    import pypdfium2

    with pypdfium2.PdfDocument(out) as document:
        assert document[0].get_textpage().get_text_range().split() == page.text.split()


def compose_alone(folder, page: PageText):
    stream = Stream(GOOD_JPEG, Coding.JPEG, 30, 40, 3)
    write_page(stream, Pose(), page, folder / "page.pdf")
    return finished(folder, folder / "page.pdf")


def test_a_file_whose_words_or_marks_are_gone_is_not_called_done(tmp_path):
    page = PageText(1, 210.0, 297.0, (line("Quyết định về việc khen thưởng", 0.1, 0.1, 0.5),))
    out = compose_alone(tmp_path, page)
    inspect(out, [page.text])
    for texts_laid in ([page.text + " thêm chữ nữa"], [page.text, ""], []):
        with pytest.raises(DigitizeFault) as told:
            inspect(out, texts_laid)
        assert told.value.code is FaultCode.PDFA_INVALID
    with pikepdf.open(out, allow_overwriting_input=True) as pdf:
        del pdf.Root.OutputIntents
        pdf.save(out)
    with pytest.raises(DigitizeFault):
        inspect(out, [page.text])


def test_words_that_run_down_the_page_come_back_too(tmp_path):
    down = Line((word("thẳng", 0.5, 0.1, 0.52, 0.2), word("đứng", 0.5, 0.21, 0.52, 0.3)))
    up = Line((word("ngược", 0.7, 0.3, 0.72, 0.4), word("lên", 0.7, 0.2, 0.72, 0.29)))
    page = PageText(1, 210.0, 297.0, (down, up))
    inspect(compose_alone(tmp_path, page), [page.text])
