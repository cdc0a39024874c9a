import numpy as np
import pytest

from scanner_adapters.simulator.papers.lens import Lens, picture
from scanner_adapters.simulator.papers.papers import Paper, draw_paper

DPI = 100


@pytest.fixture(scope="module")
def page():
    return draw_paper(Paper.DECISION, 3, DPI).image


@pytest.fixture(scope="module")
def dot():
    image = np.full((101, 101, 3), 255, np.uint8)
    image[50, 50] = 0
    return image


def spread(image):
    rows, columns = np.nonzero(image.min(axis=2) < 255)
    return np.ptp(rows), np.ptp(columns)


def test_a_good_lens_changes_nothing(page):
    assert np.array_equal(picture(page, Lens(), 1, DPI), page)


def test_the_same_seed_gives_the_same_picture(page):
    blurred = Lens(defocus=2, motion=5, glare_mm=30, shift_mm=(-10.0, 5.0))
    assert np.array_equal(picture(page, blurred, 4, DPI), picture(page, blurred, 4, DPI))


def test_out_of_focus_a_point_becomes_a_disc(dot):
    rows, columns = spread(picture(dot, Lens(defocus=6), 1, DPI))
    assert abs(rows - 12) <= 1
    assert abs(columns - 12) <= 1


@pytest.mark.parametrize("seed", range(5))
def test_moved_a_point_becomes_a_streak(dot, seed):
    rows, columns = spread(picture(dot, Lens(motion=20), seed, DPI))
    assert np.hypot(rows, columns) == pytest.approx(20, abs=3)


@pytest.mark.parametrize("seed", range(5))
def test_glare_blots_out_print_and_leaves_the_rest(page, seed):
    glared = picture(page, Lens(glare_mm=50), seed, DPI)
    assert (glared == 255).all(axis=2).mean() > 0.02
    dark = page.min(axis=2) < 100
    lost = (dark & (glared.min(axis=2) > 200)).sum() / dark.sum()
    assert 0.02 < lost < 0.5
    assert (glared == page).all(axis=2).mean() > 0.8


def test_what_lay_off_the_glass_is_lost(page):
    moved = picture(page, Lens(shift_mm=(-25.4, 0.0)), 1, DPI)
    assert np.array_equal(moved[:, :-100], page[:, 100:])
    assert moved.shape == page.shape
    assert np.ptp(moved[:, -90:]) < 5


@pytest.mark.parametrize("lost", [0.35, 0.65])
def test_the_lower_edge_runs_through_the_seal(page, lost):
    def red(image):
        return (image[..., 0].astype(int) - image[..., 1:].max(axis=2) > 60).any(axis=1)

    cut = picture(page, Lens(cut_seal=lost), 1, DPI)
    assert red(cut)[-1]
    assert red(cut).sum() == pytest.approx(red(page).sum() * (1 - lost), rel=0.1)


def test_a_page_without_seal_has_none_to_cut():
    with pytest.raises(ValueError, match="no red seal"):
        picture(draw_paper(Paper.REPORT, 1, DPI).image, Lens(cut_seal=0.5), 1, DPI)
