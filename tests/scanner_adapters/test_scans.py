from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from scanner_adapters.simulator.desks import Desk
from scanner_adapters.simulator.handling import Handling
from scanner_adapters.simulator.papers.lens import Lens
from scanner_adapters.simulator.papers.papers import Paper, draw_paper
from scanner_adapters.simulator.papers.scans import SCANNER, Recipe, as_jpeg, make_scan

PLAIN = Recipe(Paper.MINUTE, 3, dpi=100)


@pytest.fixture(scope="module")
def plain():
    return make_scan(PLAIN)


def test_the_same_recipe_gives_the_same_bytes(plain):
    assert as_jpeg(make_scan(PLAIN)) == as_jpeg(plain)


def test_a_second_take_shows_the_same_paper_in_other_pixels(plain):
    again = make_scan(replace(PLAIN, take=1))
    assert again.blocks == plain.blocks
    assert not np.array_equal(again.image, plain.image)
    assert np.abs(again.image.astype(int) - plain.image).mean() < 6


def test_a_scan_has_the_resolution_asked_for_and_says_so(plain):
    with Image.open(BytesIO(as_jpeg(plain))) as picture:
        assert picture.size == (827, 1169)
        assert tuple(round(float(step)) for step in picture.info["dpi"]) == (100, 100)


def test_the_truth_is_that_of_the_paper(plain):
    assert plain.blocks == draw_paper(Paper.MINUTE, 3, 100).blocks
    assert plain.corners is None


def test_handling_wear_and_lens_all_leave_their_mark(plain):
    for changed in (
        replace(PLAIN, handling=Handling(punch_holes=True)),
        replace(PLAIN, handling=Handling(bleed=0.2)),
        replace(PLAIN, wear=replace(SCANNER, shade=0.4)),
        replace(PLAIN, lens=Lens(defocus=2)),
    ):
        assert np.abs(make_scan(changed).image.astype(int) - plain.image).max() > 30


def test_a_photograph_knows_its_corners_and_not_its_resolution():
    taken = make_scan(replace(PLAIN, desk=Desk.WOOD))
    assert taken.corners is not None
    assert taken.dpi is None
    with Image.open(BytesIO(as_jpeg(taken))) as picture:
        assert picture.size == (3000, 4000)
        assert "dpi" not in picture.info
