"""How a page was found to lie, held against how it lies: tilt, turn, corners of a photographed paper."""

from dataclasses import dataclass

import numpy as np

from bench.stress.making import PageFile
from digitize.model import PageReport

QUAD_PICTURE = 4000.0  # corner errors are told in pixels of a picture whose longer side has so many
WRONG_CROP = 0.02  # of the longer side: a corner farther off has cut the paper or kept the desk
FULL_FRAME = 0.005  # of a side: corners this near to the picture's own mean that nothing was cropped


@dataclass(frozen=True)
class Lay:
    """Errors of geometry on one page.

    Args:
        skew: degrees that remain after straightening; None for photographs.
        straight: the page lay straight.
        moved: the room straightened it.
        turned_right: it stands upright now.
        quad: largest corner error in pixels of 4000; None where no paper was sought or none accepted.
        accepted: the room took corners other than the picture's own.
    """

    skew: float | None
    straight: bool
    moved: bool
    turned_right: bool
    quad: float | None
    accepted: bool

    @property
    def wrong_crop(self) -> bool:
        """Corners were taken that are not the paper's."""
        return self.quad is not None and self.quad > WRONG_CROP * QUAD_PICTURE


def lay_of(file: PageFile, report: PageReport) -> Lay:
    """Compare what the report says with how the page was made."""
    wear = file.page.recipe.wear
    if file.corners is not None:
        quad = _corner_error(file, report)
        return Lay(
            None,
            straight=False,
            moved=False,
            turned_right=report.rotation == 0,
            quad=quad,
            accepted=quad is not None,
        )
    return Lay(
        skew=round(abs(report.skew_degrees + wear.skew_degrees), 3),
        straight=wear.skew_degrees == 0,
        moved=report.skew_degrees != 0,
        turned_right=report.rotation == -90 * wear.quarter_turns % 360,
        quad=None,
        accepted=False,
    )


def _corner_error(file: PageFile, report: PageReport) -> float | None:
    """Largest distance between true and found corners, in pixels of 4000; None where no crop was made.

    The report's `quad` holds four corners (x, y) as fractions of the picture, clockwise from the top left.
    """
    found = getattr(report, "quad", None)
    if found is None:
        return None
    size = np.array(file.size, float)
    corners = np.asarray(
        [(corner.x, corner.y) if hasattr(corner, "x") else tuple(corner) for corner in found]
    )
    frame = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], float)
    if np.abs(corners - frame).max() < FULL_FRAME:
        return None
    apart = np.linalg.norm(corners * size - np.array(file.corners), axis=1)
    return float(apart.max() * QUAD_PICTURE / size.max())
