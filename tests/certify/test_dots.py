"""Two pictures of a page, dot by dot: what moved, what is ink, what only lies on blank paper."""

import random

import pytest
from PIL import Image, ImageDraw, ImageFilter

from certify.verification.seen.dots import (
    _spread,
    as_picture,
    covered_ink,
    differ_visibly,
    how_many,
    mask_of,
    moved,
    outside,
)

SIZE = (120, 90)
PAPERS = {"white": (255, 255, 255), "yellowed": (228, 214, 180), "grey": (190, 190, 190)}


def page(paper, *drawn):
    """A page of this paper with rectangles: place and colour."""
    picture = Image.new("RGB", SIZE, paper)
    for place, colour in drawn:
        ImageDraw.Draw(picture).rectangle(place, colour)
    return picture


def covered(old, new):
    return how_many(covered_ink(old, moved(old, new)))


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_rows_may_be_longer_than_their_dots_and_a_fourth_byte_is_no_colour(channels):
    row = b"".join(bytes((10 * dot, 20, 30, 99)[:channels]) for dot in range(5)) + b"\xff\xff\xff"
    picture = as_picture(row * 2, (5, 2), len(row), channels)
    assert picture.size == (5, 2)
    assert picture.getpixel((4, 1)) == (40 if channels == 1 else (40, 20, 30))


@pytest.mark.parametrize("paper", PAPERS.values(), ids=PAPERS)
def test_a_stamp_on_blank_paper_covers_nothing(paper):
    assert covered(page(paper), page(paper, ((30, 30, 60, 60), (200, 0, 0)))) == 0


@pytest.mark.parametrize("paper", PAPERS.values(), ids=PAPERS)
@pytest.mark.parametrize("paint", [(255, 255, 255), (0, 0, 120)], ids=["white paint", "a stamp"])
@pytest.mark.parametrize("line", [(40, 40, 70, 42), (0, 0, 10, 2), (110, 80, 119, 89)], ids=str)
def test_whatever_lies_over_a_line_covers_ink_also_at_the_edges(paper, paint, line):
    old = page(paper, (line, (20, 20, 20)))
    new = page(paper, (line, (20, 20, 20)), ((line[0], line[1], line[2], line[3]), paint))
    assert covered(old, new) >= (line[2] - line[0]) * (line[3] - line[1])


def test_a_pale_watermark_is_ink():
    old = page((255, 255, 255), ((40, 40, 60, 44), (225, 225, 225)))
    assert covered(old, page((255, 255, 255))) > 0


def test_a_dark_field_as_wide_as_a_page_is_ink_in_its_middle_too():
    """Around it nothing is lighter for a long way; beside the page's paper it is dark."""
    old = page((255, 255, 255), ((20, 20, 80, 70), (40, 40, 40)))
    new = page((255, 255, 255), ((20, 20, 80, 70), (40, 40, 40)), ((45, 45, 50, 50), (90, 90, 90)))
    assert covered(old, new) == 36


def test_boxes_have_a_margin_and_end_with_the_page():
    assert how_many(mask_of([((10, 10), (12, 11))], SIZE)) == 5 * 4
    assert how_many(mask_of([((12, 11), (10, 10))], SIZE)) == 5 * 4
    assert how_many(mask_of([((-50, -50), (500, 500))], SIZE)) == SIZE[0] * SIZE[1]
    assert how_many(mask_of([((-50, -50), (-20, -20)), ((300, 5), (400, 9))], SIZE)) == 0


def test_what_moved_outside_of_the_boxes_is_left():
    old, new = page((255, 255, 255)), page((255, 255, 255), ((10, 10, 19, 10), (250, 255, 255)))
    change = moved(old, new)
    assert change.getextrema() == (0, 5)  # in the colour in which it moved most
    assert outside(change, mask_of([((11, 11), (14, 11))], SIZE)).getbbox() == (16, 10, 20, 11)


def test_rounding_at_the_edge_of_a_letter_is_no_other_page():
    paper = page((255, 255, 255))
    assert not differ_visibly(paper, page((255, 255, 255), ((10, 10, 60, 60), (240, 240, 240))))
    assert not differ_visibly(paper, page((255, 255, 255), ((10, 10, 12, 10), (0, 0, 0))))
    assert differ_visibly(paper, page((255, 255, 255), ((10, 10, 13, 10), (0, 0, 0))))


@pytest.mark.parametrize("reach", [1, 2, 3, 5, 7])
def test_the_largest_value_around_is_that_of_another_programs_filter(reach):
    dice = random.Random(reach)  # noqa: S311 -- a test that repeats
    for size in ((40, 30), (9, 25), (20, 1), (1, 1)):
        picture = Image.frombytes("L", size, dice.randbytes(size[0] * size[1]))
        wide = Image.new("L", (size[0] + 2 * reach, size[1] + 2 * reach))
        wide.paste(picture, (reach, reach))
        filtered = wide.filter(ImageFilter.MaxFilter(2 * reach + 1))
        cut = (reach, reach, reach + size[0], reach + size[1])
        assert _spread(picture, reach).tobytes() == filtered.crop(cut).tobytes()
