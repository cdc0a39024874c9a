import numpy as np
import pytest

from scanner_adapters.simulator.handling import Handling, handle
from scanner_adapters.simulator.papers.papers import Paper, draw_paper

DPI = 100
EVERYTHING = Handling(60, True, 0.85, 0.15, 1, 1, True, True, 14.0)


@pytest.fixture(scope="module")
def page():
    return draw_paper(Paper.REPORT, 3, DPI).image


@pytest.fixture(scope="module")
def back():
    return draw_paper(Paper.REPORT, 4, DPI).image


@pytest.fixture(scope="module")
def paper():
    return draw_paper(Paper.BLANK, 0, DPI).image


def share(image, margin, over, under):
    channels = image.astype(int)
    return float(np.mean(channels[..., over] - channels[..., under] > margin))


def test_an_untouched_paper_stays_as_it_is(page):
    assert np.array_equal(handle(page, Handling(), 1, DPI), page)


def test_the_same_seed_does_the_same_and_the_paper_itself_stays(page, back):
    before = page.copy()
    first, again = (handle(page, EVERYTHING, 7, DPI, back) for _ in range(2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, handle(page, EVERYTHING, 8, DPI, back))
    assert np.array_equal(page, before)


def test_pencil_is_as_pale_as_asked_and_lies_in_grains(page):
    drawn = handle(page, Handling(ink_level=150, pencil=True), 1, DPI)
    assert drawn.min() >= 148
    assert drawn.min() < 165
    plain = handle(page, Handling(ink_level=150), 1, DPI)
    assert np.std(drawn[plain < 160]) > np.std(plain[plain < 160])


def test_grey_paper_is_darker_all_over(paper):
    grey = handle(paper, Handling(paper_tone=0.8), 1, DPI)
    assert grey.mean() == pytest.approx(paper.mean() * 0.8, rel=0.01)


def test_print_from_the_back_shines_through_mirrored_and_pale(paper, back):
    seen = handle(paper, Handling(bleed=0.2), 1, DPI, back).min(axis=2)
    assert 190 < seen.min() < 240
    mirrored = np.fliplr(back).min(axis=2)
    assert seen[mirrored < 100].mean() < seen[mirrored > 200].mean() - 15


def test_print_does_not_shine_through_without_a_back(paper):
    with pytest.raises(ValueError, match="back page"):
        handle(paper, Handling(bleed=0.2), 1, DPI)


def test_seals_come_in_red_and_in_blue(paper):
    red, blue = (handle(paper, Handling(red_seals=2), 3, DPI), handle(paper, Handling(blue_seals=2), 3, DPI))
    assert share(red, 60, 0, 2) > 0.001
    assert share(red, 60, 2, 0) == 0
    assert share(blue, 60, 2, 0) > 0.001
    assert share(blue, 60, 0, 2) == 0


def test_print_under_a_seal_stays_as_dark_as_it_was(page):
    sealed = handle(page, Handling(red_seals=4, blue_seals=4), 5, DPI)
    dark = page.max(axis=2) < 60
    assert np.abs(sealed[dark].astype(int) - page[dark]).max() <= 24


def test_a_straddling_seal_lies_at_the_right_edge(paper):
    sealed = handle(paper, Handling(straddling_seal=True), 2, DPI).astype(int)
    columns = np.flatnonzero((sealed[..., 0] - sealed[..., 1] > 60).any(axis=0))
    assert columns[-1] >= sealed.shape[1] - 2
    assert columns[0] > sealed.shape[1] * 0.85


@pytest.mark.parametrize("seed", range(4))
def test_two_holes_are_80_mm_apart_at_the_left_edge(paper, seed):
    holed = handle(paper, Handling(punch_holes=True), seed, DPI)
    rows, columns = np.nonzero((holed != paper).any(axis=2))
    assert columns.max() * 25.4 / DPI < 18
    assert np.ptp(rows) * 25.4 / DPI == pytest.approx(86, abs=1.5)


@pytest.mark.parametrize("seed", range(8))
def test_a_folded_corner_hides_no_print(page, seed):
    folded = handle(page, Handling(folded_corner_mm=15), seed, DPI)
    changed = (folded != page).any(axis=2)
    assert 0.001 < changed.mean() < 0.01
    assert not (changed & (page.min(axis=2) < 128)).any()
