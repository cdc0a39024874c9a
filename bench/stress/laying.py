"""How a page was found to lie, held against how it lies: tilt, turn, corners of a photographed paper."""

from dataclasses import dataclass

import numpy as np

from bench.stress.making import PageFile
from digitize.model import PageReport

Corners = tuple[tuple[float, float], ...]
QUAD_PICTURE = 4000.0  # corner errors are told in pixels of a picture whose longer side has so many
WRONG_CROP = 0.02  # of the longer side: a corner farther off has cut the paper or kept the desk
FULL_FRAME = 0.005  # of a side: corners this near to the picture's own mean that nothing was cropped


FRAME = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))


@dataclass(frozen=True)
class Lay:
    """Errors of geometry on one page.

    Args:
        skew: degrees that remain after straightening; None for photographs.
        straight: the page lay straight.
        moved: the room straightened it.
        turned_right: it stands upright now.
        quad: largest error of a corner that was cut at, in pixels of 4000; None where nothing was cut off.
        accepted: the room cut something off.
    """

    skew: float | None
    straight: bool
    moved: bool
    turned_right: bool
    quad: float | None
    accepted: bool

    @property
    def wrong_crop(self) -> bool:
        """What was cut off is not what lies beside the paper."""
        return self.quad is not None and self.quad > WRONG_CROP * QUAD_PICTURE


def lay_of(file: PageFile, report: PageReport) -> Lay:
    """Compare what the report says with how the page was made."""
    wear, is_photograph = file.page.recipe.wear, file.corners is not None
    quad = _corner_error(file, _cut_at(report))
    return Lay(
        skew=None if is_photograph else round(abs(report.skew_degrees + wear.skew_degrees), 3),
        straight=not is_photograph and wear.skew_degrees == 0,
        moved=report.skew_degrees != 0,
        turned_right=report.rotation == -90 * wear.quarter_turns % 360,
        quad=quad,
        accepted=quad is not None,
    )


def _cut_at(report: PageReport) -> Corners | None:
    """Corners of the part that was kept, as fractions; None where the report tells of no cut.

    `quad` are those of a photographed paper, clockwise from the top left of the picture; `crop` is the part
    of an upright scan.
    """
    quad, crop = getattr(report, "quad", None), getattr(report, "crop", None)
    if quad is not None:
        return tuple((float(x), float(y)) for x, y in quad)
    if crop is None:
        return None
    left, top, right, bottom = crop.left, crop.top, crop.right, crop.bottom
    return ((left, top), (right, top), (right, bottom), (left, bottom))


def _corner_error(file: PageFile, kept: Corners | None) -> float | None:
    """Largest distance of found from true corners in pixels of 4000; a scan's paper fills the picture.

    None where nothing was cut off, and for a page that lay beside the glass: its lid may be cut off.
    """
    lens = file.page.recipe.lens
    if kept is None or lens.cut_seal or any(lens.shift_mm):
        return None
    size, found = np.array(file.size, float), np.array(kept)
    if np.abs(found - FRAME).max() < FULL_FRAME:
        return None
    true = np.array(FRAME) * size if file.corners is None else np.array(file.corners)
    return float(np.linalg.norm(found * size - true, axis=1).max() * QUAD_PICTURE / size.max())
