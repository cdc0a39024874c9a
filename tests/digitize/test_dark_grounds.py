"""White print on black, a page or a bar of it, is read and shown as it is; nothing else is turned about."""

import numpy as np
import pytest

from digitize.paper.dark_grounds import as_positive
from digitize.paper.overview import look_over
from digitize.pixels.geometry import turn
from scanner_adapters.simulator.papers.lettering import Face, Style, blank_canvas
from scanner_adapters.simulator.papers.papers import Paper
from tests.digitize.digitize_scans import (
    DPI,
    card,
    head,
    laid_on,
    paper,
    plain_desk,
    raster_of,
    scanned,
    seen,
    words_of,
)

LINES = ("Ủy ban nhân dân phường Đồng Nguyễn", "trả lời đơn của ông Nguyễn Văn Thưởng")


def grounds_of(image):
    return look_over(raster_of(np.ascontiguousarray(image, np.uint8))).grounds


def note(lines=LINES, size=14.0, high=60.0):
    canvas = blank_canvas(150, high, DPI)
    for row, line in enumerate(lines):
        canvas.put(line, 12, 15 + 0.7 * size * row, Style(Face.REGULAR, size))
    return np.asarray(canvas.image)


def coloured(paper_tone, ink_tone):
    share = note().astype(float) / 255
    return (np.array(paper_tone) * share + np.array(ink_tone) * (1 - share)).astype(np.uint8)


def barred(tone=(10, 10, 30), ink=(255, 255, 255)):
    """An ordinary page whose first line is white on a bar."""
    page = note((*LINES, *LINES), high=90).copy()
    top, bottom = (round(mm / 25.4 * DPI) for mm in (9, 20))
    bar = page[top:bottom].astype(float) / 255
    page[top:bottom] = (np.array(tone) * bar + np.array(ink) * (1 - bar)).astype(np.uint8)
    return page


NEGATIVES = {
    "a letter": lambda: 255 - head(paper(Paper.LETTER).image),
    "a worn scan": lambda: 255 - head(scanned(Paper.REPORT)),
    "grey": lambda: (255 - note())[..., 0],
    "black and white": lambda: np.where(note()[..., 0] > 128, 0, 255),
    "on its side": lambda: turn(255 - note(), 90),
    "a number alone": lambda: 255 - note(("17",), 12),
    "large letters": lambda: 255 - note(("GIẤY MỜI",), 48),
    "white on dark blue": lambda: coloured((10, 40, 120), (255, 255, 255)),
    "yellow on dark red": lambda: coloured((130, 10, 20), (255, 240, 90)),
    "grey on black": lambda: coloured((15, 15, 15), (170, 170, 170)),
}


@pytest.mark.parametrize("name", NEGATIVES)
def test_a_page_that_is_dark_with_light_print_is_turned_about_for_the_reader(name):
    found = grounds_of(NEGATIVES[name]())
    assert found is not None
    assert found.mean() > 0.95


BARS = {
    "black": lambda: barred((0, 0, 0)),
    "dark blue": lambda: barred((0, 50, 120)),
    "dark red": lambda: barred((140, 0, 20)),
    "dark green": lambda: barred((0, 90, 40), (250, 250, 210)),
    "on its side": lambda: turn(barred(), 270),
}


@pytest.mark.parametrize("name", BARS)
def test_a_bar_with_light_print_is_turned_about_alone(name):
    page = BARS[name]()
    found = grounds_of(page)
    assert found is not None
    assert 0.05 < found.mean() < 0.2
    kept = as_positive(page[..., ::-1], found)
    assert (kept == page[..., ::-1]).mean() > 0.7


def half_a_photograph():
    page = note((*LINES, *LINES), high=120).copy()
    page[400:, 300:] = np.random.default_rng(3).normal(50, 8, page[400:, 300:].shape).clip(0, 255)
    return page


ORDINARY = {
    "a letter": lambda: head(paper(Paper.LETTER).image),
    "a worn scan": lambda: head(scanned(Paper.REPORT)),
    "bold and close": lambda: note(("ỦY BAN NHÂN DÂN THÀNH PHỐ",) * 6, 11, 80),
    "all black": lambda: np.zeros((600, 800, 3)),
    "all black and noisy": lambda: np.random.default_rng(1).normal(20, 5, (600, 800, 3)).clip(0, 255),
    "a black edge": lambda: np.pad(note(), ((0, 0), (80, 0), (0, 0))),
    "black all around": lambda: np.pad(note(), ((80, 80), (80, 80), (0, 0))),
    "a dark picture": half_a_photograph,
    "a card on a black lid": lambda: laid_on(
        plain_desk((1240, 1754), 12.0),
        card(DPI),
        np.array([(300, 300), (805, 300), (805, 619), (300, 619)], np.float32),
    ),
    "white": lambda: np.full((600, 800, 3), 255),
}


@pytest.mark.parametrize("name", ORDINARY)
def test_nothing_else_is_turned_about(name):
    assert grounds_of(ORDINARY[name]()) is None


def test_white_print_on_black_is_read_and_is_not_blank(tmp_path):
    page = raster_of(255 - head(paper(Paper.LETTER).image))
    sight = seen(page, tmp_path)
    usual = seen(raster_of(head(paper(Paper.LETTER).image)), tmp_path)
    assert words_of(sight.lines) == words_of(usual.lines)
    assert sight.reasons == usual.reasons


def test_a_bar_is_read_like_the_lines_around_it(tmp_path):
    assert words_of(seen(raster_of(barred()), tmp_path).lines) == " ".join((*LINES, *LINES)).split()
