"""How text lies on a page: its tilt, its axis, which side is up."""

import numpy as np
import pytest

from digitize.paper.direction import LEAST_ANGLE, Lay, find_lay
from digitize.paper.overview import look_over
from scanner_adapters.simulator.handling import Handling
from scanner_adapters.simulator.papers.papers import Paper
from scanner_adapters.simulator.papers.wear import Wear
from tests.digitize.digitize_scans import raster_of, scanned, turned

TILTS = (0.08, -0.15, 0.3, -0.7, 1.3, -2.6, 4.4, -6.8, 9.0, -10.0)
TEXTS = [kind for kind in Paper if kind not in (Paper.BLANK, Paper.LINE)]
PENCIL = Handling(ink_level=145, pencil=True)


def lay_of(image: np.ndarray, dpi: int = 150) -> Lay:
    return find_lay(look_over(raster_of(image, dpi)))


@pytest.mark.parametrize("tilt", TILTS)
@pytest.mark.parametrize("kind", [Paper.DECISION, Paper.TABLE, Paper.LETTER])
def test_what_tilt_remains_is_a_tenth_of_a_degree_at_most(kind, tilt):
    wear = Wear(skew_degrees=tilt, shade=0.3, extra_seals=1, noise_sigma=3.0)
    lay = lay_of(scanned(kind, wear=wear))
    assert not lay.sideways
    assert lay.tilt + tilt == pytest.approx(0, abs=0.1)


@pytest.mark.parametrize("tilt", [0.12, -0.5, 3.3])
@pytest.mark.parametrize("quarter_turns", [1, 2, 3])
def test_a_tilt_is_found_whichever_way_the_page_was_fed(quarter_turns, tilt):
    lay = lay_of(scanned(Paper.LETTER, wear=Wear(skew_degrees=tilt, quarter_turns=quarter_turns)))
    assert lay.sideways == (quarter_turns % 2 == 1)
    assert lay.tilt + tilt == pytest.approx(0, abs=0.1)


@pytest.mark.parametrize("tilt", [-4.2, -3.0, 0.2, 0.8])
def test_a_pencilled_page_is_straightened_too(tilt):
    lay = lay_of(scanned(Paper.MINUTE, handling=PENCIL, wear=Wear(skew_degrees=tilt, noise_sigma=3.0)))
    assert lay.tilt + tilt == pytest.approx(0, abs=0.1)
    assert lay.upside_down is False


@pytest.mark.parametrize("quarter_turns", [0, 1, 2, 3])
@pytest.mark.parametrize("kind", list(Paper))
def test_a_straight_page_is_not_moved_and_its_axis_is_known(kind, quarter_turns):
    lay = lay_of(turned(scanned(kind, dpi=100), quarter_turns), 100)
    assert lay.tilt == 0.0
    assert lay.sideways == (quarter_turns % 2 == 1 and kind is not Paper.BLANK)


@pytest.mark.parametrize("quarter_turns", [0, 2])
@pytest.mark.parametrize("tilt", [0.0, 4.0])
@pytest.mark.parametrize("kind", TEXTS)
def test_the_marks_tell_which_side_is_up(kind, tilt, quarter_turns):
    wear = Wear(skew_degrees=tilt, quarter_turns=quarter_turns, noise_sigma=3.0)
    assert lay_of(scanned(kind, wear=wear)).upside_down is (quarter_turns == 2)


@pytest.mark.parametrize("quarter_turns", [1, 3])
def test_the_marks_tell_it_of_a_page_on_its_side_too(quarter_turns):
    """Turned clockwise once more, a page that was turned clockwise stands on its head."""
    lay = lay_of(scanned(Paper.REPORT, wear=Wear(quarter_turns=quarter_turns)))
    assert lay.upside_down is (quarter_turns == 1)


@pytest.mark.parametrize("image", [np.full((500, 300, 3), 255, np.uint8), scanned(Paper.BLANK, dpi=100)])
def test_an_empty_page_has_neither_tilt_nor_upper_side(image):
    lay = lay_of(image, 100)
    assert (lay.sideways, lay.tilt, lay.upside_down) == (False, 0.0, None)


def test_letters_without_marks_leave_the_question_open():
    page = np.full((1200, 850, 3), 250, np.uint8)
    for row in range(60, 1100, 24):  # lines of small letters, nothing above and nothing below them
        for column in range(60 + row % 7, 780, 9):
            page[row : row + 8, column : column + 5] = 40
    lay = lay_of(page, 100)
    assert not lay.sideways
    assert lay.upside_down is None


def test_no_tilt_below_the_least_is_ever_told():
    tilts = [lay_of(scanned(Paper.DECISION, wear=Wear(skew_degrees=tilt))).tilt for tilt in (0.02, 0.05, 0.1)]
    assert all(tilt == 0 or abs(tilt) >= LEAST_ANGLE for tilt in tilts)
