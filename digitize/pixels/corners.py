"""Corners of a paper in a photograph: what a person may show, and how they turn with the picture."""

from itertools import pairwise

from digitize.model import Corners

FOUR = 4
LEAST_AREA = 0.01  # of the picture: a card photographed from afar still fills more


def can_be_paper(corners: Corners) -> bool:
    """Do four points within the picture, clockwise and convex, enclose enough of it to be a paper?"""
    if len(corners) != FOUR or not all(0 <= part <= 1 for corner in corners for part in corner):
        return False
    ring = (*corners, *corners[:2])
    sides = [(after[0] - corner[0], after[1] - corner[1]) for corner, after in pairwise(ring)]
    turns_right = all(one[0] * then[1] - one[1] * then[0] > 0 for one, then in pairwise(sides))
    return turns_right and _area(corners) >= LEAST_AREA


def turned(corners: Corners, degrees: int) -> Corners:
    """The same corners once the picture has been turned clockwise by `degrees` (a multiple of 90).

    They still begin at the picture's top left, so they are told from another one on.
    """
    for _ in range(degrees // 90 % 4):
        moved = tuple((round(1 - down, 6), across) for across, down in corners)
        corners = (moved[-1], *moved[:-1])
    return corners


def _area(corners: Corners) -> float:
    ring = (*corners, corners[0])
    return sum(one[0] * then[1] - then[0] * one[1] for one, then in pairwise(ring)) / 2
