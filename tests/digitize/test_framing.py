"""Where the paper lies: cut out of a photograph, or left alone when in doubt."""

from dataclasses import replace

import cv2
import numpy as np
import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digitize.model import ReasonCode, Verdict, Wishes
from digitize.paper.framing import crop_of, frame
from digitize.paper.paper_edges import Quad, find_paper
from digitize.pixels.geometry import straighten, turn
from scanner_adapters.simulator.desks import Desk, photograph
from scanner_adapters.simulator.papers.papers import Paper
from scanner_adapters.simulator.papers.scans import Recipe, make_scan
from tests.digitize.digitize_scans import (
    CARD_MM,
    Pixels,
    card,
    head,
    laid_on,
    paper,
    plain_desk,
    raster_of,
    save,
    scanned,
)

WITHIN = 30 / 4000  # of the picture's longer side


def askew(size: tuple[int, int], around: tuple[int, int], bend: float = 0.03) -> np.ndarray:
    """Corners of a paper of `size` seen at a slant, its middle in the middle of the picture."""
    wide, high = size
    places = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)], np.float32) * (wide / 2, high / 2)
    places += np.array([(bend, 0), (-bend, bend), (0, -bend), (bend, bend)]) * wide / 2
    return np.asarray(places + np.array(around) / 2, np.float32)


def farthest(found: Quad, true: np.ndarray, size: tuple[int, int]) -> float:
    """How far the worst corner lies off, as a share of the picture's longer side."""
    apart = np.linalg.norm(found.points(*size) - np.asarray(true), axis=1)
    return float(apart.max()) / max(size)


def photo(page: Pixels, fill: float = 0.8, tone: float = 50) -> tuple[Pixels, np.ndarray]:
    """A small photograph of a page on a plain desk, and the page's corners in it."""
    size = (900, 1200)
    height, width = page.shape[:2]
    scale = fill * min(size[0] / width, size[1] / height)
    corners = askew((round(width * scale), round(height * scale)), size)
    return laid_on(plain_desk(size, tone), page, corners), corners


@pytest.mark.parametrize("desk", [Desk.DARK, Desk.WOOD, Desk.CHECKER])
def test_a_photographed_papers_corners_are_found(desk):
    taken = photograph(paper(Paper.DECISION, dpi=200).image, desk, 5)
    pixels = np.ascontiguousarray(taken.image[..., ::-1])
    found = find_paper(pixels)
    assert found is not None
    assert farthest(found, np.array(taken.corners), (3000, 4000)) <= WITHIN


@pytest.mark.parametrize("seed", [3885354584003, 3885354584007])
def test_the_corners_are_found_where_a_pattern_beside_the_paper_is_stronger_than_its_edge(seed):
    scan = make_scan(Recipe(Paper.CERTIFICATE, seed, desk=Desk.CHECKER))
    found = find_paper(np.ascontiguousarray(scan.image[..., ::-1]))
    assert found is not None
    size = (scan.image.shape[1], scan.image.shape[0])
    assert farthest(found, np.asarray(scan.corners), size) <= WITHIN


@pytest.mark.parametrize("tone", [30, 90, 140, 190])
@pytest.mark.parametrize("kind", [Paper.DECISION, Paper.TABLE, Paper.COLUMNS])
def test_the_corners_are_found_on_plain_desks_of_any_tone_darker_than_paper(kind, tone):
    picture, corners = photo(scanned(kind, dpi=100), tone=tone)
    found = find_paper(np.ascontiguousarray(picture[..., ::-1]))
    assert found is not None
    assert farthest(found, corners, (900, 1200)) <= WITHIN


def noise() -> Pixels:
    return np.random.default_rng(3).integers(0, 256, (1200, 900, 3), np.uint8)


@pytest.mark.parametrize("kind", list(Paper))
def test_a_page_that_fills_the_scan_has_no_edges_to_be_found(kind):
    assert find_paper(raster_of(scanned(kind, dpi=100), 100).pixels) is None


@pytest.mark.parametrize(
    "picture", [np.full((1200, 900, 3), 255, np.uint8), plain_desk((900, 1200), 235), noise()]
)
def test_where_no_paper_is_none_is_found(picture):
    assert find_paper(picture) is None


@pytest.mark.parametrize("size_assumed", [True, False])
@pytest.mark.parametrize("size", [(1, 1), (2, 2), (7, 5), (1, 900), (900, 3), (59, 800)])
def test_a_picture_of_a_few_pixels_is_kept_whole(size, size_assumed):
    framed = frame(raster_of(plain_desk(size, 200), 25, size_assumed=size_assumed), None)
    assert framed.corners is None
    assert framed.paper is None


def test_a_paper_that_runs_out_of_the_picture_is_not_cut():
    page = scanned(Paper.REPORT, dpi=100)
    for beyond in ((-300, 0), (300, 0), (0, -400), (0, 400)):
        corners = askew((700, 990), (900, 1200)) + np.array(beyond, np.float32)
        picture = laid_on(plain_desk((900, 1200), 50), page, corners)
        assert find_paper(np.ascontiguousarray(picture[..., ::-1])) is None


def test_the_corners_that_a_person_showed_win():
    picture, _ = photo(paper(Paper.DECISION, dpi=100).image)
    shown = ((0.2, 0.2), (0.7, 0.2), (0.7, 0.8), (0.2, 0.8))
    raster = raster_of(picture, size_assumed=True)
    assert frame(raster, None).corners not in (None, shown)
    assert frame(raster, shown).corners == shown


@pytest.mark.parametrize(
    ("page", "size"),
    [
        (paper(Paper.DECISION, dpi=100).image, (210.0, 297.0)),
        (np.ascontiguousarray(np.rot90(paper(Paper.DECISION, dpi=100).image)), (297.0, 210.0)),
        (card(300), CARD_MM),
        (np.ascontiguousarray(np.rot90(card(300))), CARD_MM[::-1]),
    ],
)
def test_a_rectified_paper_gets_its_true_size(page, size):
    picture, corners = photo(page)
    framed = frame(raster_of(picture, size_assumed=True), None)
    assert framed.corners is not None
    assert farthest(Quad(framed.corners), corners, (900, 1200)) <= WITHIN
    assert (framed.raster.width_mm, framed.raster.height_mm) == size
    assert not framed.raster.size_assumed
    height, width = framed.raster.pixels.shape[:2]
    assert width / height == pytest.approx(size[0] / size[1], rel=0.06)


def test_a_photograph_whose_paper_is_in_doubt_keeps_its_whole_picture(desk, tmp_path):
    page = head(paper(Paper.LETTER).image, 220)
    wide = round(0.6 * page.shape[1])
    picture = laid_on(plain_desk((1200, 1600), 251), page[:, :wide], askew((wide, 1200), (1200, 1600)))
    scan = save(picture, tmp_path / "photo.jpg", dpi=None)
    done = desk.digitize(scan)
    report = done.pages[0].report
    assert report.quad is None
    assert report.crop is None
    assert ReasonCode.EDGES_UNSURE in {reason.code for reason in report.reasons}
    assert report.verdict is Verdict.LOOK
    with pikepdf.open(done.finished.path) as pdf:
        (image,) = pdf.pages[0].get_images().values()
        assert image.read_raw_bytes() == scan.read_bytes()


def test_a_person_shows_the_corners_and_the_paper_is_cut_out(desk, tmp_path):
    picture, corners = photo(head(paper(Paper.LETTER).image, 148), tone=249)
    height, width = picture.shape[:2]
    shown = tuple((float(x) / width, float(y) / height) for x, y in corners)
    scan = save(picture, tmp_path / "photo.jpg", dpi=None)
    report = desk.digitize(scan, wishes=Wishes(corners=((1, shown),))).pages[0].report
    assert report.quad == shown
    assert ReasonCode.EDGES_UNSURE not in {reason.code for reason in report.reasons}
    assert report.recipe is not None
    assert report.recipe.corners == shown


def test_a_grey_scan_and_a_scan_of_known_size_are_never_cut_like_photographs():
    picture, _ = photo(paper(Paper.DECISION, dpi=100).image)
    told = raster_of(picture, 100)
    assert frame(told, None).corners is None
    grey = replace(told, pixels=np.ascontiguousarray(told.pixels[..., 0]), size_assumed=True)
    assert frame(grey, None).corners is None


@settings(max_examples=30)
@given(
    st.tuples(st.floats(0.15, 0.35), st.floats(0.2, 0.4), st.floats(0.6, 0.8), st.floats(0.55, 0.8)),
    st.sampled_from([0, 90, 180, 270]),
    st.floats(-6, 6),
)
def test_the_crop_is_the_box_that_the_paper_fills_once_it_is_upright(edges, rotation, tilt):
    width, height = 420, 594
    left, top, right, bottom = (edge * side for edge, side in zip(edges, (width, height) * 2, strict=True))
    lying = np.array([(left, top), (right, top), (right, bottom), (left, bottom)], np.float32)
    middle = np.array([width / 2, height / 2])
    angle = np.radians(tilt)
    spin = np.array([(np.cos(angle), np.sin(angle)), (-np.sin(angle), np.cos(angle))])
    corners = (lying - middle) @ spin + middle
    scan = np.full((height, width), 255, np.uint8)
    cv2.fillConvexPoly(scan, np.rint(corners * 16).astype(np.int32), (0,), cv2.LINE_AA, 4)
    upright = straighten(turn(scan, rotation), tilt)
    rows, columns = np.nonzero(upright < 128)
    quad = Quad(tuple((float(x) / width, float(y) / height) for x, y in corners))
    crop = crop_of(quad, rotation, tilt, (width, height))
    high, wide = upright.shape
    told = (crop.left * wide, crop.top * high, crop.right * wide, crop.bottom * high)
    drawn = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
    assert told == pytest.approx(drawn, abs=2)
