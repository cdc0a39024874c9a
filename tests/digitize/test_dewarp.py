"""Curled lines of bound books made level, where that is asked for; flat pages left alone."""

import cv2
import numpy as np
import pytest

from digitize.model import Wishes
from digitize.paper.dewarp import find_curl, level
from digitize.paper.overview import look_over
from scanner_adapters.simulator.papers.papers import Paper
from scanner_adapters.simulator.papers.wear import Wear
from tests.digitize.digitize_desk import found_share
from tests.digitize.digitize_scans import DPI, Pixels, head, paper, raster_of, save, scanned

STRIPS = 8  # across the page, in which lines must stand at one height


def curled(image: Pixels, millimetres: float, dpi: int = DPI) -> Pixels:
    """The page as a bound book shows it: lines run over half a wave, so high in the middle."""
    height, width = image.shape[:2]
    columns = np.broadcast_to(np.arange(width, dtype=np.float32), (height, width))
    wave = np.sin(np.arange(width, dtype=np.float32) / width * np.pi * 1.3) * millimetres / 25.4 * dpi
    rows = np.arange(height, dtype=np.float32)[:, None] + wave.astype(np.float32)[None, :]
    paper_tone = (250, 249, 246)
    return np.asarray(
        cv2.remap(image, np.ascontiguousarray(columns), rows, cv2.INTER_CUBIC, borderValue=paper_tone),
        np.uint8,
    )


def unevenness(image: Pixels, flat: Pixels) -> float:
    """By how many pixels at most the strips of a page stand higher than others, against the flat page."""
    reach = 80
    shifts = []
    for at in range(1, STRIPS - 1):
        columns = slice(at * flat.shape[1] // STRIPS, (at + 1) * flat.shape[1] // STRIPS)
        one, other = (255 - page[:, columns].max(axis=2).mean(axis=1) for page in (image, flat))
        found = [float((np.roll(one, by) * other)[reach:-reach].sum()) for by in range(-reach, reach + 1)]
        shifts.append(int(np.argmax(found)) - reach)
    return float(np.ptp(shifts))


@pytest.mark.parametrize("millimetres", [2.0, 4.0, -4.0, 7.0])
@pytest.mark.parametrize("kind", [Paper.REPORT, Paper.DECISION])
def test_curled_lines_are_made_level(kind, millimetres):
    flat = paper(kind).image
    bent = curled(flat, millimetres)
    curl = find_curl(look_over(raster_of(bent)).ink)
    assert curl is not None
    assert unevenness(bent, flat) > 6
    assert unevenness(level(bent, curl), flat) <= 4


@pytest.mark.parametrize(
    ("kind", "height_mm"),
    [*((kind, 297) for kind in Paper), (Paper.TABLE, 130), (Paper.LETTER, 90), (Paper.LETTER, 60)],
)
def test_a_flat_page_is_left_alone_however_little_it_says(kind, height_mm):
    assert find_curl(look_over(raster_of(head(scanned(kind), height_mm))).ink) is None


@pytest.mark.parametrize("tilt", [-3.0, 1.0])
def test_a_tilt_alone_is_no_curl(tilt):
    page = scanned(Paper.REPORT, wear=Wear(skew_degrees=tilt))
    assert find_curl(look_over(raster_of(page)).ink) is None


def test_a_levelled_page_is_read_better_than_as_it_was(desk, tmp_path):
    flat = head(paper(Paper.REPORT, dpi=200).image, 150, 200)
    scan = save(curled(flat, 9.0, 200), tmp_path / "book.jpg", 200)
    said = [word for line in paper(Paper.REPORT, dpi=200).lines[:20] for word in line.split()]
    bent, levelled = desk.digitize(scan), desk.digitize(scan, wishes=Wishes(dewarp=True))
    shares = [found_share(said, done.text) for done in (bent, levelled)]
    assert shares[1] > shares[0]
    assert shares[1] > 0.85
    recipes = [done.pages[0].report.recipe for done in (bent, levelled)]
    assert [recipe is not None and recipe.dewarped for recipe in recipes] == [False, True]


def test_a_flat_page_keeps_its_own_pixels_though_levelling_was_asked_for(desk, tmp_path):
    import pikepdf

    scan = save(head(scanned(Paper.LETTER), 90), tmp_path / "flat.jpg")
    done = desk.digitize(scan, wishes=Wishes(dewarp=True))
    with pikepdf.open(done.finished.path) as pdf:
        (image,) = pdf.pages[0].get_images().values()
        assert image.read_raw_bytes() == scan.read_bytes()
