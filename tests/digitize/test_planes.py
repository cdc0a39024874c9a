"""The reading plane: inks leave, print stays, holes are filled; the visible page is touched only if asked."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pikepdf
import pytest

from digitize.model import Wishes
from digitize.paper.overview import look_over
from digitize.plane import planes
from scanner_adapters.simulator.handling import Handling
from scanner_adapters.simulator.papers.papers import Paper
from scanner_adapters.simulator.papers.wear import Wear
from tests.digitize.digitize_scans import OFFICE, head, paper, raster_of, save, scanned

RED, BLUE = (60, 50, 215), (190, 70, 50)  # BGR
INKS = {"red": (RED,), "blue": (BLUE,), "both": (RED, BLUE)}
BLACK_WORD = (30, 30, 30)


def stamped(*inks: tuple[int, int, int]) -> np.ndarray:
    """A word in black with a ring of each ink through it."""
    page = np.full((400, 600, 3), 250, np.uint8)
    for place, ink in enumerate(inks):
        cv2.circle(page, (220 + 160 * place, 200), 130, ink, 12)
    cv2.putText(page, "CHU KY", (60, 215), cv2.FONT_HERSHEY_SIMPLEX, 3, BLACK_WORD, 8)
    return page


@pytest.mark.parametrize("inks", INKS.values(), ids=INKS)
def test_coloured_ink_leaves_the_reading_plane_and_black_ink_stays(inks):
    page = stamped(*inks)
    plane = planes.reading_plane(page)
    black = page.max(axis=2) < 60
    beside = cv2.dilate(black.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    coloured = (page.max(axis=2).astype(int) - page.min(axis=2)) > 100
    core = cv2.erode(coloured.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    assert plane[core & ~beside].min() > 195
    assert plane[black].max() < 110


@pytest.mark.parametrize(
    "handling",
    [Handling(red_seals=3), Handling(blue_seals=3), Handling(red_seals=2, blue_seals=2)],
    ids=["red", "blue", "both"],
)
def test_seals_leave_a_whole_page_whose_print_stays(handling):
    clean = raster_of(scanned(Paper.REPORT, wear=Wear())).pixels
    sealed = raster_of(scanned(Paper.REPORT, handling=handling, wear=Wear())).pixels
    bare, plane = planes.reading_plane(clean), planes.reading_plane(sealed)
    under = (np.abs(sealed.astype(int) - clean).max(axis=2) > 60) & (bare > 220)
    core = cv2.erode((clean.max(axis=2) < 60).astype(np.uint8), np.ones((2, 2), np.uint8)) > 0
    assert under.sum() > 1000
    assert np.median(plane[under]) > 190
    assert np.percentile(plane[under], 5) > 150
    assert np.percentile(plane[core], 99) < 120


def test_a_page_without_colour_is_not_lifted():
    page = raster_of(paper(Paper.REPORT).image).pixels
    assert np.array_equal(planes.drop_inks(page), cv2.cvtColor(page, cv2.COLOR_BGR2GRAY))


@pytest.mark.parametrize("shade", [0.3, 0.5])
def test_uneven_light_is_evened(shade):
    page = raster_of(scanned(Paper.REPORT, wear=Wear(shade=shade))).pixels
    plane = planes.reading_plane(page)
    corners = [
        plane[rows, columns]
        for rows in (slice(80), slice(-80, None))
        for columns in (slice(80), slice(-80, None))
    ]
    tones = [float(np.median(corner)) for corner in corners]
    assert max(tones) - min(tones) < 8


@pytest.mark.parametrize("seed", range(3))
def test_punched_holes_are_filled_in_the_plane_alone(seed):
    page = scanned(Paper.REPORT, handling=Handling(punch_holes=True), wear=OFFICE, seed=seed)
    raster = raster_of(page)
    holes = planes.punched_holes(look_over(raster))
    tone = min(int(page[hole_middle(hole, page)].max()) for hole in holes) if holes else 255
    assert len(holes) == 2 or tone > 180  # a grey lid shows no darker than pencil
    before = raster.pixels.copy()
    plane = planes.reading_plane(raster.pixels, holes)
    paper_tone = float(np.median(plane))
    for hole in holes:
        assert plane[hole_middle(hole, plane)] == pytest.approx(paper_tone, abs=12)
    assert np.array_equal(raster.pixels, before)


def hole_middle(hole, page: np.ndarray) -> tuple[int, int]:
    height, width = page.shape[:2]
    return int((hole.top + hole.bottom) / 2 * height), int((hole.left + hole.right) / 2 * width)


@pytest.mark.parametrize("kind", list(Paper))
def test_no_letter_of_a_page_is_taken_for_a_punched_hole(kind):
    assert planes.punched_holes(look_over(raster_of(scanned(kind)))) == ()


def test_whitening_makes_the_paper_white_and_keeps_its_colours():
    page = raster_of(scanned(Paper.DECISION, wear=Wear(shade=0.4))).pixels
    white = planes.whiten(page)
    assert np.percentile(white[::8, ::8], 20) >= 240
    before, after = (cv2.cvtColor(each, cv2.COLOR_BGR2HSV) for each in (page, white))
    ink = (before[..., 1] > 120) & (before[..., 2] > 60)
    assert np.abs(before[..., 0][ink].astype(int) - after[..., 0][ink]).mean() < 3


def visible(path: Path) -> bytes:
    with pikepdf.open(path) as pdf:
        (image,) = pdf.pages[0].get_images().values()
        return bytes(image.read_raw_bytes())


def test_the_visible_page_is_the_scan_unless_whitening_is_asked_for(desk, tmp_path):
    worn = scanned(Paper.DECISION, handling=Handling(red_seals=1, punch_holes=True), wear=Wear(shade=0.4))
    scan = save(head(worn, 100), tmp_path / "scan.jpg")
    usual = desk.digitize(scan)
    untouched = visible(usual.finished.path)
    assert untouched == scan.read_bytes()
    assert usual.pages[0].report.recipe is not None
    assert not usual.pages[0].report.recipe.whitened
    asked = desk.digitize(scan, wishes=Wishes(whiten=True))
    assert visible(asked.finished.path) != untouched
    assert asked.pages[0].text == usual.pages[0].text  # what is read does not change
    assert asked.pages[0].report.recipe == replace(usual.pages[0].report.recipe, whitened=True)
