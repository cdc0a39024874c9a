"""Corners that a person shows are those of a paper, and turn with the picture."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ExifTags, Image

from digitize.model import Wishes
from digitize.pixels.corners import can_be_paper, turned
from scanner_adapters.simulator.desks import HEIGHT, WIDTH, Desk, photograph
from scanner_adapters.simulator.papers import sheets
from tests.digitize.digitize_desk import Desk as ReadingDesk

SQUARE = ((0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.1, 0.9))
QUARTERS = st.sampled_from([0, 90, 180, 270])
CORNER = st.floats(0.02, 0.3)


@st.composite
def papers(draw):
    near = [(draw(CORNER), draw(CORNER)) for _ in range(4)]
    far = [(0, 0), (1, 0), (1, 1), (0, 1)]
    return tuple(
        (round(abs(x - across), 6), round(abs(y - down), 6))
        for (x, y), (across, down) in zip(far, near, strict=True)
    )


@given(papers(), QUARTERS)
def test_a_turned_paper_is_a_paper_and_turned_back_it_is_itself(corners, degrees):
    assert can_be_paper(corners)
    assert can_be_paper(turned(corners, degrees))
    back = turned(turned(corners, degrees), -degrees)
    assert np.allclose(back, corners, atol=1e-5)


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_corners_turn_as_the_pixels_do(degrees):
    """Each corner of a picture's own pixel is found again where numpy's turn puts it."""
    picture = np.zeros((40, 20), np.uint8)
    corners = ((0.2, 0.1), (0.8, 0.2), (0.9, 0.7), (0.1, 0.8))
    for mark, (across, down) in enumerate(corners, start=1):
        picture[int(down * 40), int(across * 20)] = mark
    after = np.rot90(picture, -degrees // 90)
    height, width = after.shape
    first = degrees // 90
    for place, (across, down) in enumerate(turned(corners, degrees)):
        y, x = np.argwhere(after == (place - first) % 4 + 1)[0]
        assert (x / width, y / height) == pytest.approx((across, down), abs=0.06)


@pytest.mark.parametrize(
    "corners",
    [
        SQUARE[:3],
        (*SQUARE, (0.5, 0.5)),
        ((-0.01, 0.1), *SQUARE[1:]),
        (*SQUARE[:2], (0.9, 1.01), SQUARE[3]),
        (*SQUARE[:2], (0.9, float("nan")), SQUARE[3]),
        SQUARE[::-1],
        (SQUARE[0], SQUARE[2], SQUARE[1], SQUARE[3]),
        ((0.5, 0.5), *SQUARE[1:3], (0.45, 0.45)),
        ((0.1, 0.1), (0.5, 0.1), (0.9, 0.1), (0.5, 0.5)),
        tuple((0.5 + x / 20, 0.5 + y / 20) for x, y in SQUARE),
        ((0.5, 0.5),) * 4,
    ],
)
def test_nonsense_is_no_paper(corners):
    assert not can_be_paper(corners)


@pytest.mark.slow
def test_corners_are_those_of_the_picture_as_its_source_turns_it(tmp_path):
    """A phone held sideways stores the picture lying and says how it is to be turned."""
    sheet = sheets.certificate(3, dpi=150)
    taken = photograph(sheet.image, Desk.WHITE, 5)
    upright = tuple((x / WIDTH, y / HEIGHT) for x, y in taken.corners)
    lying = cv2.rotate(taken.image, cv2.ROTATE_90_COUNTERCLOCKWISE)
    told = Image.Exif()
    told[ExifTags.Base.Orientation] = 6  # to be turned clockwise
    Image.fromarray(lying).save(tmp_path / "lying.jpg", quality=88, exif=told)
    outcome = ReadingDesk(tmp_path).digitize(tmp_path / "lying.jpg", wishes=Wishes(corners=((1, upright),)))
    report = outcome.pages[0].report
    assert np.allclose(report.quad, upright, atol=1e-4)
    assert np.allclose(report.recipe.corners, turned(upright, -90), atol=1e-4)
    assert "CHỨNG" in outcome.text or "XÁC NHẬN" in outcome.text
