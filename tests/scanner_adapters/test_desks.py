from itertools import pairwise

import cv2
import numpy as np
import pytest

from scanner_adapters.simulator.desks import HEIGHT, WIDTH, Desk, photograph
from scanner_adapters.simulator.papers.papers import Paper, draw_paper


@pytest.fixture(scope="module")
def page():
    return draw_paper(Paper.LETTER, 2, 150).image


@pytest.fixture(scope="module")
def photographs(page):
    return {desk: photograph(page, desk, 11) for desk in Desk}


@pytest.fixture(params=Desk)
def taken(request, photographs):
    return photographs[request.param]


def test_all_corners_lie_in_the_picture_clockwise_from_the_top_left(taken):
    corners = np.array(taken.corners)
    assert taken.image.shape == (HEIGHT, WIDTH, 3)
    assert (corners > 0).all()
    assert (corners < (WIDTH, HEIGHT)).all()
    assert corners[0, 0] < corners[1, 0]
    assert corners[0, 1] < corners[3, 1]
    turns = [np.cross([*(b - a), 0], [*(c - b), 0])[2] for (a, b), (_, c) in pairwise_corners(corners)]
    assert min(turns) > 0


def pairwise_corners(corners):
    around = [*corners, corners[0], corners[1]]
    return pairwise(list(pairwise(around)))


def test_set_upright_by_its_corners_the_page_is_itself_again(taken, page):
    height, width = page.shape[:2]
    sides = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    back = cv2.getPerspectiveTransform(np.array(taken.corners, np.float32), sides)
    upright = cv2.warpPerspective(taken.image, back, (width, height)).astype(float).min(axis=2)
    dark = cv2.erode((page.min(axis=2) < 80).astype(np.uint8), np.ones((2, 2), np.uint8)) > 0
    light = cv2.erode((page.min(axis=2) > 240).astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    assert np.median(upright[dark]) < np.median(upright[light]) - 80


def test_the_same_seed_gives_the_same_picture(page, photographs):
    first, again = photographs[Desk.DARK], photograph(page, Desk.DARK, 11)
    assert np.array_equal(first.image, again.image)
    assert first.corners == again.corners
    assert first.corners != photograph(page, Desk.DARK, 6).corners


def test_desks_differ_from_the_paper_save_the_white_one(photographs):
    def apart(desk):
        image = photographs[desk].image.astype(float)
        paper = image[HEIGHT // 2, WIDTH // 2 - 200 : WIDTH // 2 + 200].max(axis=0)
        return np.abs(image[:15].mean(axis=(0, 1)) - paper).max()

    assert apart(Desk.DARK) > 100
    assert apart(Desk.WOOD) > 60
    assert apart(Desk.WHITE) < 60
