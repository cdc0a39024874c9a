from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bench.stress.conditions import SEED, Fate, all_pages
from bench.stress.goals import goals_of
from bench.stress.laying import Lay, lay_of
from bench.stress.making import PageFile
from bench.stress.report import rows_of, table
from bench.stress.running import FAULT, Outcome
from digitize.model import Box, PageReport, Verdict

UPRIGHT = Lay(0.0, straight=True, moved=False, turned_right=True, quad=None, accepted=False)
CORNERS = ((300.0, 400.0), (2700.0, 400.0), (2700.0, 3600.0), (300.0, 3600.0))


def page_of(name):
    return next(all_pages(SEED, (name,)))


def outcome(name, errors=0, verdict="GOOD", lay=UPRIGHT, words=200):
    return Outcome(page_of(name), Path("page.jpg"), verdict, (), errors, 1000, 0, words, 2.0, lay, "")


def goal(outcomes, name):
    return next(goal for goal in goals_of(outcomes) if goal.name.startswith(name))


def test_only_legible_pages_count_for_the_error_rate():
    outcomes = (outcome("ordinary", 4), outcome("soft", 8), outcome("glare", 500, "SCAN_AGAIN"))
    assert goal(outcomes, "mean CER").value == pytest.approx(0.006)
    assert goal(outcomes, "CER of the worst condition (soft)").value == pytest.approx(0.008)


def test_pages_read_badly_must_be_told_whatever_their_condition():
    outcomes = (outcome("ordinary", 21), outcome("glare", 300, "LOOK"), outcome("motion", 0))
    assert goal(outcomes, "pages with CER above").value == 0.5
    assert goal(outcomes, "spoiled pages that are told").value == 0.5


def test_any_word_about_a_good_page_is_a_false_alarm():
    outcomes = (outcome("ordinary"), outcome("table", verdict="LOOK"), outcome("120-dpi", verdict="LOOK"))
    assert goal(outcomes, "false alarms").value == 0.5


def test_legible_pages_may_be_looked_at_but_not_refused():
    looked = (outcome("ordinary", verdict="LOOK"), outcome("glare", verdict="SCAN_AGAIN"))
    assert goal(looked, "legible pages refused").value == 0
    for refused in ("SCAN_AGAIN", FAULT):
        assert goal((*looked, outcome("120-dpi", verdict=refused)), "legible pages refused").value > 0


def test_a_blank_page_is_flagged_and_says_nothing():
    blank = replace(outcome("blank", verdict="LOOK", words=0), letters=0)
    assert goal((blank,), "words invented").state == "held"
    assert goal((blank,), "blank pages not flagged").state == "held"
    assert goal((replace(blank, words=3),), "words invented").value == 3
    assert replace(blank, words=3).cer == 1.0
    assert goal((replace(blank, verdict="GOOD"),), "blank pages not flagged").state == "broken"


def test_geometry_is_told_of_legible_pages():
    tilted = replace(UPRIGHT, skew=0.25, straight=False, moved=True)
    lays = (UPRIGHT, tilted, replace(UPRIGHT, moved=True), replace(UPRIGHT, turned_right=False))
    outcomes = tuple(outcome("ordinary", lay=lay) for lay in lays)
    assert goal(outcomes, "residual skew").value == 0.25
    assert goal(outcomes, "straight pages changed").value == 1
    assert goal(outcomes, "orientation right").value == 0.75


def test_crops_of_photographs_are_right_refused_or_wrong():
    def seen(name, quad):
        lay = Lay(None, straight=False, moved=False, turned_right=True, quad=quad, accepted=quad is not None)
        return outcome(name, lay=lay)

    outcomes = (seen("photo-dark", 12.0), seen("photo-wood", None), seen("photo-white", 300.0))
    assert goal(outcomes, "corner error").value == 12.0
    assert goal(outcomes, "wrong crops").value == 1
    assert goal(outcomes, "papers found").value == 0.5


def report_of(rotation=0, skew=0.0):
    return PageReport(1, Verdict.GOOD, (), 300.0, rotation, skew, 10, 90.0, 1.0, 1000)


def test_a_page_lies_right_when_its_turn_and_tilt_are_undone():
    page = page_of("ordinary")
    wear = replace(page.recipe.wear, quarter_turns=1, skew_degrees=2.0)
    file = PageFile(
        replace(page, recipe=replace(page.recipe, wear=wear)), Path("page.jpg"), (), None, (100, 100)
    )
    right = lay_of(file, report_of(270, -1.98))
    assert right.turned_right
    assert right.skew == pytest.approx(0.02)
    assert not lay_of(file, report_of(90, -2.0)).turned_right
    assert lay_of(file, report_of(270, 0.0)).skew == 2.0


@dataclass(frozen=True)
class WithQuad(PageReport):
    quad: tuple[tuple[float, float], ...] | None = None
    crop: Box | None = None


@pytest.mark.parametrize(
    ("moved", "error"), [((0.0, 0.0), 0.0), ((0.003, 0.0), 9.0), ((0.0, 0.04), 160.0), (None, None)]
)
def test_corners_are_held_against_the_true_ones(moved, error):
    file = PageFile(page_of("photo-dark"), Path("page.jpg"), (), CORNERS, (3000, 4000))
    quad = None
    if moved is not None:
        quad = tuple((x / 3000 + moved[0], y / 4000 + moved[1]) for x, y in CORNERS)
    lay = lay_of(file, WithQuad(1, Verdict.GOOD, (), 300.0, 0, 0.0, 10, 90.0, 1.0, 1000, quad))
    assert lay.quad == (None if error is None else pytest.approx(error, abs=0.01))
    assert lay.accepted == (moved is not None)
    assert lay.wrong_crop == (error == 160.0)


def test_the_picture_s_own_corners_are_no_crop():
    file = PageFile(page_of("photo-dark"), Path("page.jpg"), (), CORNERS, (3000, 4000))
    frame = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
    lay = lay_of(file, WithQuad(1, Verdict.LOOK, (), 300.0, 0, 0.0, 10, 90.0, 1.0, 1000, frame))
    assert (lay.quad, lay.accepted) == (None, False)


def test_each_condition_has_its_row():
    outcomes = (outcome("ordinary", 30), outcome("ordinary"), outcome("glare", 300, "SCAN_AGAIN"))
    first, second = rows_of(outcomes)
    assert (first.condition, first.pages, first.cer, first.bad) == ("ordinary", 2, 0.015, 0.5)
    assert (second.fate, second.verdicts["SCAN_AGAIN"]) == (Fate.SPOILED, 1)
    assert len(table((first, second)).splitlines()) == 3


@pytest.mark.parametrize(("right", "wrong"), [(1.0, False), (0.9, True)])
def test_a_scan_that_fills_the_glass_must_not_be_cut(right, wrong):
    file = PageFile(page_of("ordinary"), Path("page.jpg"), (), None, (2480, 3508))
    cut = WithQuad(1, Verdict.GOOD, (), 300.0, 0, 0.0, 10, 90.0, 1.0, 1000, None, Box(0.0, 0.0, right, 1.0))
    assert lay_of(file, cut).wrong_crop == wrong
    clipped = PageFile(page_of("clipped"), Path("page.jpg"), (), None, (2480, 3508))
    assert not lay_of(clipped, cut).wrong_crop
