"""Print of the back that shines through leaves the reading plane where the back is known."""

import cv2
import numpy as np
import pytest

from digitize.model import Wishes
from digitize.plane.bleed import lift_bleed
from digitize.plane.planes import reading_plane
from scanner_adapters.simulator.handling import Handling
from scanner_adapters.simulator.papers.papers import Paper
from tests.digitize.digitize_scans import SEED, Pixels, head, paper, raster_of, save, scanned


def front(bleed: float, kind: Paper = Paper.DECISION) -> Pixels:
    return reading_plane(raster_of(scanned(kind, handling=Handling(bleed=bleed))).pixels)


def back(kind: Paper = Paper.REPORT, seed: int = SEED + 1) -> Pixels:
    return reading_plane(raster_of(scanned(kind, seed=seed)).pixels)


def moved(plane: Pixels, right: int, down: int) -> Pixels:
    """The sheet lay a little elsewhere when its other side was scanned."""
    move = np.array([[1, 0, right], [0, 1, down]], np.float32)
    size = (plane.shape[1], plane.shape[0])
    return np.asarray(cv2.warpAffine(plane, move, size, borderValue=(245,)), np.uint8)


def ghost(plane: Pixels, kind: Paper = Paper.DECISION) -> float:
    """How much darker than the bare paper the plane is where only the back is printed."""
    own = cv2.dilate((paper(kind).image.max(axis=2) < 200).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    behind = np.fliplr(paper(Paper.REPORT, SEED + 1).image.max(axis=2))
    printed, bare = (behind < 90) & ~own, (cv2.erode(behind, np.ones((9, 9), np.uint8)) > 200) & ~own
    return float(plane[bare].mean() - plane[printed].mean())


@pytest.mark.parametrize("shift", [(0, 0), (9, -6)])
@pytest.mark.parametrize("bleed", [0.12, 0.2, 0.28])
def test_the_ghost_gets_at_least_half_as_faint(bleed, shift):
    before = front(bleed)
    after = lift_bleed(before, moved(back(), *shift))
    assert ghost(before) > 8
    assert ghost(after) <= ghost(before) / 2


def test_the_fronts_own_ink_stays():
    before = front(0.2)
    after = lift_bleed(before, back())
    ink = before < 120
    assert np.array_equal(after[ink], before[ink])
    assert (after >= before).mean() > 0.999


@pytest.mark.parametrize("other", [(Paper.LETTER, 91), (Paper.TABLE, 92), (Paper.COLUMNS, 93)])
def test_an_unrelated_back_changes_nothing(other):
    before = front(0.2)
    assert lift_bleed(before, back(*other)) is before


@pytest.mark.parametrize("kind", [Paper.DECISION, Paper.TABLE, Paper.BLANK])
def test_where_nothing_shines_through_nothing_changes(kind):
    before = reading_plane(raster_of(scanned(kind)).pixels)
    assert lift_bleed(before, back()) is before
    empty = np.full_like(before, 243)
    assert lift_bleed(before, empty) is before


def test_two_sides_of_a_sheet_help_each_other_and_the_recipe_tells(desk, tmp_path):
    both = scanned(Paper.LETTER, handling=Handling(bleed=0.2)), scanned(Paper.REPORT, seed=SEED + 1)
    scans = [save(head(side, 130), tmp_path / f"{at}.jpg") for at, side in enumerate(both)]
    helped = desk.digitize(*scans, wishes=Wishes(duplex=True)).pages
    alone = desk.digitize(*scans).pages
    lifted = [
        [page.report.recipe is not None and page.report.recipe.back for page in run]
        for run in (helped, alone)
    ]
    assert lifted == [[True, False], [False, False]]
    assert helped[1].text == alone[1].text
