"""A page's recipe tells how its reading plane was made: made again, it has the same pixels."""

from dataclasses import replace

import numpy as np
import pytest

from digitize.pixels.geometry import turn
from digitize.pixels.raster import Raster
from digitize.sight import Aim
from digitize.staging import digest, replay
from scanner_adapters.simulator.handling import Handling
from scanner_adapters.simulator.papers.papers import Paper
from scanner_adapters.simulator.papers.wear import Wear
from tests.digitize.digitize_scans import (
    SEED,
    head,
    laid_on,
    paper,
    plain_desk,
    raster_of,
    scanned,
    seen,
    turned,
)
from tests.digitize.test_dewarp import curled

CORNERS = np.array([(120, 160), (800, 130), (820, 760), (100, 740)], np.float32)
SHOWN = tuple((float(x) / 900, float(y) / 900) for x, y in CORNERS)


def note(wear: Wear | None = None, kind: Paper = Paper.LETTER, **made: object) -> np.ndarray:
    return head(scanned(kind, wear=wear or Wear(noise_sigma=3.0), **made), 90)  # type: ignore[arg-type]


def photographed() -> Raster:
    page = head(paper(Paper.LETTER).image, 190)
    return raster_of(laid_on(plain_desk((900, 900), 60), page, CORNERS), size_assumed=True)


def one_line(tilt: float, quarter_turns: int) -> np.ndarray:
    return scanned(Paper.LINE, wear=Wear(skew_degrees=tilt, quarter_turns=quarter_turns, noise_sigma=3.0))


PAGES = {
    "straight": (lambda: raster_of(note()), Aim()),
    "a little askew": (lambda: raster_of(note(Wear(skew_degrees=0.6, noise_sigma=3.0))), Aim()),
    "askew": (lambda: raster_of(note(Wear(skew_degrees=-3.4, noise_sigma=3.0))), Aim()),
    "turned": (lambda: raster_of(turned(note(), 1)), Aim()),
    "upside down and askew": (lambda: raster_of(turned(note(Wear(skew_degrees=2.7)), 2)), Aim()),
    "noisy, shaded, sealed": (
        lambda: raster_of(note(Wear(shade=0.4, noise_sigma=25.0, extra_seals=1))),
        Aim(),
    ),
    "grey": (lambda: raster_of(note().mean(axis=2).astype(np.uint8)), Aim()),
    "one line": (lambda: raster_of(one_line(2.3, 0)), Aim()),
    "one line upside down": (lambda: raster_of(one_line(2.3, 2)), Aim()),
    "one line on its side": (lambda: raster_of(one_line(-1.9, 1)), Aim()),
    "empty": (lambda: raster_of(note(kind=Paper.BLANK)), Aim()),
    "empty and turned by its source": (lambda: replace(raster_of(note(kind=Paper.BLANK)), turn=90), Aim()),
    "corners shown": (photographed, Aim(shown=SHOWN)),
    "photographed": (photographed, Aim()),
    "levelled": (lambda: raster_of(curled(note(), 5.0)), Aim(dewarp=True)),
    "levelled and turned": (lambda: raster_of(turned(curled(note(), 5.0), 3)), Aim(dewarp=True)),
    "back lifted": (
        lambda: raster_of(note(handling=Handling(bleed=0.2))),
        Aim(back=raster_of(head(scanned(Paper.REPORT, seed=SEED + 1), 90))),
    ),
}


@pytest.mark.parametrize("page", PAGES)
def test_a_recipe_gives_the_same_pixels_again(tmp_path, page):
    make, aim = PAGES[page]
    raster = make()
    recipe = seen(raster, tmp_path, aim).recipe
    assert recipe is not None
    again = replay(recipe, raster, aim.back)
    assert digest(again) == recipe.pixels_sha256


def test_the_recipe_tells_what_was_done(tmp_path):
    levelled = seen(raster_of(turned(curled(note(), 5.0), 3)), tmp_path, Aim(dewarp=True)).recipe
    assert levelled is not None
    assert (levelled.dewarped, levelled.rotation, levelled.corners) == (True, 90, None)
    shown = seen(photographed(), tmp_path, Aim(shown=SHOWN)).recipe
    assert shown is not None
    assert (shown.corners, shown.dewarped, shown.back) == (SHOWN, False, False)
    assert any(version.startswith("OpenCV") for version in shown.versions)


def test_other_pixels_have_another_digest():
    plane = np.full((40, 30), 200, np.uint8)
    other = plane.copy()
    other[3, 4] = 199
    assert len({digest(plane), digest(other), digest(turn(plane, 90)), digest(plane[:-1])}) == 4
