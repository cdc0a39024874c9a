from itertools import pairwise

import numpy as np
import pytest

from scanner_adapters.simulator.papers.sheets import blank, decision
from scanner_adapters.simulator.papers.wear import PAPER, Wear, wear_down

DPI = 100
EVERYTHING = Wear(
    shade=0.4, skew_degrees=2, noise_sigma=5, blur=0.8, extra_seals=1, texture=2, jpeg_quality=80
)


@pytest.fixture(scope="module")
def page():
    return decision(3, DPI).image


@pytest.fixture(scope="module")
def paper():
    return blank(DPI).image


def test_no_wear_leaves_the_page_as_it_is(page):
    assert np.array_equal(wear_down(page, Wear(), 1, DPI), page)


def test_the_same_seed_wears_the_same_way_and_the_page_itself_stays(page):
    before = page.copy()
    first, again = (wear_down(page, EVERYTHING, 7, DPI) for _ in range(2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, wear_down(page, EVERYTHING, 8, DPI))
    assert np.array_equal(page, before)


def test_a_shade_of_half_takes_half_the_light_in_the_darkest_corner(paper):
    shaded = wear_down(paper, Wear(shade=0.5), 1, DPI).astype(float)
    assert shaded.min() == pytest.approx(paper.min() * 0.5, rel=0.02)
    assert shaded.max() == pytest.approx(paper.max(), rel=0.02)


def test_quarter_turns_go_clockwise(page):
    turned = wear_down(page, Wear(quarter_turns=1), 1, DPI)
    assert turned.shape[:2] == page.shape[1::-1]
    assert np.array_equal(turned[:, -1], page[0])  # the top row has become the right column
    assert np.array_equal(wear_down(page, Wear(quarter_turns=4), 1, DPI), page)


def test_a_skewed_page_keeps_its_size_and_shows_paper_in_the_corners(page):
    skewed = wear_down(page, Wear(skew_degrees=5), 1, DPI)
    assert skewed.shape == page.shape
    assert tuple(skewed[0, 0]) == PAPER


@pytest.mark.parametrize("degrees", [2.0, -3.0])
def test_a_positive_skew_turns_counter_clockwise(degrees):
    picture = np.full((401, 401, 3), 250, np.uint8)
    picture[196:205, 376:385] = 0  # a dot 180 pixels right of the middle
    skewed = wear_down(picture, Wear(skew_degrees=degrees), 1, DPI)
    row, column = np.argwhere(skewed.min(axis=2) < 128).mean(axis=0)
    assert row == pytest.approx(200 - 180 * np.sin(np.radians(degrees)), abs=1)
    assert column == pytest.approx(200 + 180 * np.cos(np.radians(degrees)), abs=1)


def test_noise_has_the_sigma_asked_for():
    grey = np.full((400, 400, 3), 128, np.uint8)
    noisy = wear_down(grey, Wear(noise_sigma=6), 1, DPI).astype(float)
    assert noisy.std() == pytest.approx(6, rel=0.1)


def test_texture_is_slight_and_no_flat_tone(paper):
    textured = wear_down(paper, Wear(texture=2), 1, DPI).astype(float)
    assert 0.5 < textured.std() < 3
    assert abs(textured.mean() - paper.mean()) < 2


def test_blur_lowers_every_edge(page):
    edges = [
        np.abs(np.diff(wear_down(page, Wear(blur=sigma), 1, DPI).astype(float), axis=1)).max()
        for sigma in (0, 1, 2)
    ]
    assert all(sharper > softer for sharper, softer in pairwise(edges))


def test_extra_seals_are_red_and_lie_on_the_page(paper):
    image = wear_down(paper, Wear(extra_seals=2), 3, DPI).astype(int)
    assert ((image[..., 0] - image[..., 1]) > 60).sum() > 500


def test_any_picture_can_be_worn_down_even_a_small_odd_one():
    odd = np.random.default_rng(1).integers(0, 255, (37, 53, 3), dtype=np.uint8)
    assert wear_down(odd, EVERYTHING, 1, 20).shape == odd.shape
