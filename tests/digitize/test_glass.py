"""A small paper on a scanner's glass: framed wherever it lies, and never where nothing is sure."""

import cv2
import numpy as np
import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digitize.paper.framing import frame
from digitize.paper.glass import find_small_paper
from digitize.paper.overview import look_over
from digitize.paper.paper_edges import Quad
from scanner_adapters.simulator.papers.papers import Paper
from scanner_adapters.simulator.papers.wear import Wear
from tests.digitize.digitize_desk import found_share
from tests.digitize.digitize_scans import (
    CARD_LINES,
    CARD_MM,
    Pixels,
    card,
    laid_on,
    paper,
    plain_desk,
    raster_of,
    save,
    scanned,
)

A4_MM, A5_MM = (210.0, 297.0), (148.5, 210.0)
POINTS_PER_MM = 72 / 25.4
WITHIN_MM = 0.6
MIDDLE = (0.5, 0.48)
FLAT_LID = 205.0


def with_photograph(page: Pixels) -> Pixels:
    """The card as real ones are: of a pale green, a dark portrait near its edge."""
    tinted = np.asarray(page * np.array([0.85, 0.97, 0.93]), np.uint8)
    height, width = page.shape[:2]
    tinted[round(0.3 * height) : round(0.85 * height), round(0.78 * width) : round(0.97 * width)] = (
        90,
        110,
        140,
    )
    return tinted


A5_PAGE = paper(Paper.LETTER, dpi=141).image
A5_WORDS = paper(Paper.LETTER, dpi=141).text.split()
CARD_PAGE = card(200)
REAL_CARD = with_photograph(CARD_PAGE)
CARD_WORDS = " ".join(CARD_LINES).split()
UPRIGHT_CARD = np.ascontiguousarray(np.rot90(REAL_CARD))
SMALL_PAPERS = [(A5_PAGE, A5_MM), (CARD_PAGE, CARD_MM), (REAL_CARD, CARD_MM), (UPRIGHT_CARD, CARD_MM[::-1])]


def lying(size_mm: tuple[float, float], dpi: int, turned: float, at: tuple[float, float]) -> np.ndarray:
    """Corners of a turned paper, `at` of the way from the glass's top left to its bottom right."""
    places = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * np.array(size_mm) / 2 * dpi / 25.4
    angle = np.radians(turned)
    spin = np.array([(np.cos(angle), np.sin(angle)), (-np.sin(angle), np.cos(angle))])
    places = places @ spin
    least, most = -places.min(axis=0), np.array(A4_MM) * dpi / 25.4 - places.max(axis=0)
    return np.asarray(places + least + (most - least) * np.array(at), np.float32)


def lid(dpi: int, tone: float = FLAT_LID) -> Pixels:
    width, height = (round(side / 25.4 * dpi) for side in A4_MM)
    return plain_desk((width, height), tone)


def on_the_glass(
    page: Pixels, size_mm: tuple[float, float], dpi: int, turned: float, at: tuple[float, float] = MIDDLE
) -> Pixels:
    """A small paper on an A4 glass under a grey lid."""
    return laid_on(lid(dpi), page, lying(size_mm, dpi, turned, at))


@settings(max_examples=40)
@given(
    st.sampled_from(SMALL_PAPERS),
    st.tuples(st.floats(0, 1), st.floats(0, 1)),
    st.floats(-8, 8),
    st.sampled_from([20.0, 120.0, 205.0, 230.0]),
    st.floats(0, 0.1),
)
def test_a_small_paper_is_found_wherever_it_lies_on_a_lid_of_another_tone(small, at, turned, tone, dimmed):
    page, size = small
    corners = lying(size, 100, turned, at)
    picture = laid_on(lid(100, tone), page, corners)
    height, width = picture.shape[:2]
    dimming = np.linspace(1, 1 - dimmed, width)[None, :, None]
    found = find_small_paper(look_over(raster_of(np.asarray(picture * dimming, np.uint8), 100)))
    assert found is not None
    near = [np.linalg.norm(corners - corner, axis=1).min() for corner in found.points(width, height)]
    assert max(near) / 100 * 25.4 <= WITHIN_MM


def test_corners_are_told_clockwise_from_the_top_left_of_the_glass():
    found = find_small_paper(look_over(raster_of(on_the_glass(REAL_CARD, CARD_MM, 100, 5.0), 100)))
    assert found is not None
    (left, top), (right, _), _, (_, bottom) = found.corners
    assert left < right
    assert top < bottom
    assert cv2.contourArea(np.array(found.corners, np.float32), oriented=True) > 0


@pytest.mark.parametrize(
    ("page", "size", "said", "turned", "at"),
    [
        (A5_PAGE, A5_MM, A5_WORDS, 0.0, MIDDLE),
        (A5_PAGE, A5_MM, A5_WORDS, -2.0, (0, 0)),
        (CARD_PAGE, CARD_MM, CARD_WORDS, 3.0, MIDDLE),
        (REAL_CARD, CARD_MM, CARD_WORDS, 0.0, (1, 0)),
    ],
    ids=["A5 straight", "A5 tilted in a corner", "card tilted", "card with a photograph in a corner"],
)
def test_a_small_paper_under_a_grey_lid_is_framed_true_to_size(desk, tmp_path, page, size, said, turned, at):
    scan = save(on_the_glass(page, size, 200, turned, at), tmp_path / "small.jpg", 200)
    done = desk.digitize(scan)
    text, report = done.pages[0].text, done.pages[0].report
    assert report.crop is not None
    assert (text.width_mm, text.height_mm) == pytest.approx(size, abs=1)
    assert found_share(said, done.text) >= 0.9
    boxes = [word.box for line in text.lines for word in line.words]
    assert all(0 <= box.left < box.right <= 1 and 0 <= box.top < box.bottom <= 1 for box in boxes)
    with pikepdf.open(done.finished.path) as pdf:
        *_, width, height = (float(edge) / POINTS_PER_MM for edge in pdf.pages[0].mediabox)
        assert (width, height) == pytest.approx(size, abs=1)
        (image,) = pdf.pages[0].get_images().values()
        assert image.read_raw_bytes() == scan.read_bytes()


def small_paper_in(picture: Pixels, dpi: int = 100) -> Quad | None:
    return find_small_paper(look_over(raster_of(picture, dpi)))


def test_two_papers_on_one_glass_both_stay():
    both = laid_on(
        on_the_glass(REAL_CARD, CARD_MM, 100, 0, (0, 0)), CARD_PAGE, lying(CARD_MM, 100, 0, (1, 1))
    )
    assert small_paper_in(both) is None


def test_what_was_written_beside_the_paper_stays():
    picture = on_the_glass(REAL_CARD, CARD_MM, 100, 0, (0, 0))
    cv2.putText(picture, "ban sao", (400, 900), cv2.FONT_HERSHEY_SIMPLEX, 1.5, (90, 90, 90), 3)
    assert small_paper_in(picture) is None


@pytest.mark.parametrize("beyond_mm", [3, 8, 30])
def test_a_small_paper_that_lay_partly_beside_the_glass_is_not_framed(beyond_mm):
    """Its text may be cut: then the clerk sees the whole glass and what is told of its edge."""
    corners = lying(A5_MM, 100, 0, (0, 0)) - np.array((beyond_mm / 25.4 * 100, 0), np.float32)
    assert small_paper_in(laid_on(lid(100), A5_PAGE, corners)) is None


@pytest.mark.parametrize("turned", [-2.0, 2.0, 5.0])
@pytest.mark.parametrize("at", [(0, 0), (0.5, 0.5)])
def test_a_tilted_sheet_wider_than_the_glass_is_not_framed(at, turned):
    across = np.ascontiguousarray(np.rot90(A5_PAGE))
    corners = lying((210.0, 148.5), 100, turned, at)
    assert small_paper_in(laid_on(lid(100), across, corners)) is None


def test_a_sheet_that_shows_one_edge_alone_may_be_a_larger_one_and_is_not_framed():
    across = np.ascontiguousarray(np.rot90(A5_PAGE))
    assert small_paper_in(laid_on(lid(100), across, lying((210.0, 148.5), 100, 0, (0.5, 0)))) is None


def test_a_card_on_a_glass_hardly_larger_than_itself_is_framed():
    glass, corners = plain_desk((394, 268), FLAT_LID), lying(CARD_MM, 100, 0, (0, 0)) + 12  # 100 x 68 mm
    found = small_paper_in(laid_on(glass, REAL_CARD, corners))
    assert found is not None
    assert np.linalg.norm(found.points(394, 268) - corners, axis=1).max() / 100 * 25.4 <= WITHIN_MM


def test_a_card_that_fills_the_picture_is_not_framed():
    assert small_paper_in(card(100)) is None


def test_what_is_as_large_as_an_a5_but_has_no_corners_is_not_framed():
    picture = lid(100)
    cv2.ellipse(picture, (413, 584), (291, 413), 0, 0, 360, (250, 250, 250), -1)
    assert small_paper_in(picture) is None


def test_a_paper_of_the_lids_own_tone_is_not_framed():
    assert small_paper_in(laid_on(lid(100, 250.0), A5_PAGE, lying(A5_MM, 100, 0, MIDDLE))) is None


@pytest.mark.parametrize("kind", list(Paper))
def test_a_page_that_fills_the_glass_is_no_small_paper(kind):
    assert small_paper_in(scanned(kind, dpi=100)) is None


@pytest.mark.parametrize("size_mm", [(80, 120), (150, 150), (190, 270)])
def test_a_paper_of_no_known_format_is_not_framed(size_mm):
    page = cv2.resize(A5_PAGE, (600, 900))
    assert small_paper_in(laid_on(lid(100), page, lying(size_mm, 100, 0, (0.2, 0.2)))) is None


@pytest.mark.parametrize("inset_mm", [8, 17, 23.5, 31])
def test_a_frame_printed_on_a_certificate_is_no_paper_edge(inset_mm):
    """One 23.5 mm inside encloses 163 x 250 mm, one of 17 mm about a B5, one of 31 mm an A5 across."""
    page = scanned(Paper.CERTIFICATE, dpi=100).copy()
    height, width = page.shape[:2]
    inset = round(inset_mm / 25.4 * 100)
    cv2.rectangle(page, (inset, inset), (width - inset, height - inset), (150, 30, 40), 4)
    framed = frame(raster_of(page, 100), None)
    assert framed.paper is None
    assert framed.corners is None


@pytest.mark.parametrize("size", [(176, 250), (148, 210), (125, 176)])
def test_a_printed_frame_as_large_as_a_known_format_is_no_paper_edge(size):
    page = scanned(Paper.BLANK, dpi=100).copy()
    wide, high = (round(side / 25.4 * 100) for side in size)
    left, top = (827 - wide) // 2, (1169 - high) // 2
    small = cv2.resize(paper(Paper.CERTIFICATE, dpi=100).image, (wide, high), interpolation=cv2.INTER_AREA)
    page[top : top + high, left : left + wide] = small
    cv2.rectangle(page, (left, top), (left + wide, top + high), (60, 60, 60), 3)
    assert frame(raster_of(page, 100), None).paper is None


def test_a_broad_printed_frame_as_large_as_a_known_format_is_no_paper_edge():
    page = scanned(Paper.BLANK, dpi=100).copy()
    page[200:1027, 100:683] = 120, 40, 40  # an A5 at 100 dots per inch
    page[230:997, 130:653] = 250
    assert small_paper_in(page) is None


def test_a_tilted_full_scan_is_no_small_paper():
    page = scanned(Paper.DECISION, wear=Wear(skew_degrees=3.0, noise_sigma=3.0))
    assert frame(raster_of(page), None).paper is None
