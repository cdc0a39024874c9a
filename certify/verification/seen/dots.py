"""Two pictures of one page, dot by dot: where they differ, and whether signed ink lies there.

Ink is what differs from the lightest paper around it, or clearly from the page's. All pictures of one page
have one size; a mask is a grey picture of that size, 255 where something is so and else 0.
"""

from collections.abc import Iterable
from itertools import accumulate

from PIL import Image, ImageChops

Corner = tuple[int, int]  # counted in dots from the top left
DotBox = tuple[Corner, Corner]  # any two opposite corners; both belong to it
FEWEST_DOTS = 4  # fewer changed dots are rounding at the edge of a glyph
PALE_CHANGE = 16  # of 255: where ink lies, for a watermark is pale
_VISIBLE_CHANGE = 24  # of 255
_MARGIN = 1  # dots around a box that anti-aliasing may touch
_PAPER_AROUND = 7  # dots, 3 mm: where the paper's own shade is looked for
_INK, _CLEAR_INK = 16, 96  # of 255: darker than the paper around, than the page's paper
_NOT_PAPER = 0.98  # of the page's dots: the lightest few are lights, not paper
_SHADES = 256
_LAYOUTS = {1: ("L", "L"), 3: ("RGB", "RGB"), 4: ("RGB", "RGBX")}  # by bytes a dot; the fourth is no colour


def as_picture(dots: bytes, size: tuple[int, int], stride: int, channels: int) -> Image.Image:
    """The colours of a bitmap of which each row takes `stride` bytes, each dot `channels`; in any order."""
    mode, layout = _LAYOUTS[channels]
    return Image.frombytes(mode, size, dots, "raw", layout, stride)


def mask_of(boxes: Iterable[DotBox], size: tuple[int, int]) -> Image.Image:
    """Where boxes lie, with the margin around them."""
    inside = Image.new("L", size)
    for (x1, y1), (x2, y2) in boxes:
        left, top = max(min(x1, x2) - _MARGIN, 0), max(min(y1, y2) - _MARGIN, 0)
        right, bottom = min(max(x1, x2) + _MARGIN + 1, size[0]), min(max(y1, y2) + _MARGIN + 1, size[1])
        if left < right and top < bottom:
            inside.paste(255, (left, top, right, bottom))
    return inside


def moved(old: Image.Image, new: Image.Image) -> Image.Image:
    """How far each dot moved, in the colour in which it moved most."""
    furthest, *others = ImageChops.difference(old, new).split()
    for other in others:
        furthest = ImageChops.lighter(furthest, other)
    return furthest


def both(one: Image.Image, other: Image.Image) -> Image.Image:
    """Where both masks are set."""
    return ImageChops.darker(one, other)


def either(one: Image.Image, other: Image.Image) -> Image.Image:
    """Where at least one of the masks is set."""
    return ImageChops.lighter(one, other)


def outside(picture: Image.Image, mask: Image.Image) -> Image.Image:
    """The picture where the mask is not set, else 0."""
    return ImageChops.darker(picture, ImageChops.invert(mask))


def how_many(mask: Image.Image) -> int:
    """The dots that are set."""
    return mask.histogram()[-1]


def differ_visibly(shown: Image.Image, printed: Image.Image) -> bool:
    """Whether a reader would see another page on paper than on the screen."""
    return how_many(_over(moved(shown, printed), _VISIBLE_CHANGE)) >= FEWEST_DOTS


def covered_ink(old: Image.Image, change: Image.Image) -> Image.Image:
    """Where something lay that changed; it is looked for around the dots that moved."""
    there = _over(change, PALE_CHANGE)
    ink = Image.new("L", old.size)
    if box := there.getbbox():
        reach = _PAPER_AROUND + 1
        left, top, right, bottom = box
        around = (
            max(left - reach, 0),
            max(top - reach, 0),
            min(right + reach, old.width),
            min(bottom + reach, old.height),
        )
        ink.paste(_ink(old.crop(around), _paper(old)), around)
    return both(there, ink)


def _over(picture: Image.Image, least: int) -> Image.Image:
    return picture.point([255 if shade > least else 0 for shade in range(_SHADES)])


def _paper(page: Image.Image) -> tuple[int, ...]:
    """The page's own paper: of each colour, the shade that 98 of 100 dots do not exceed."""
    enough = _NOT_PAPER * page.width * page.height
    return tuple(
        next(shade for shade, dots in enumerate(accumulate(colour.histogram())) if dots >= enough)
        for colour in page.split()
    )


def _ink(part: Image.Image, paper: tuple[int, ...]) -> Image.Image:
    """Where something is darker than the paper, and one dot around it."""
    ink = Image.new("L", part.size)
    for colour, shade in zip(part.split(), paper, strict=True):
        darker = _over(ImageChops.subtract(_spread(colour, _PAPER_AROUND), colour), _INK)
        clearly = colour.point([255 if shade - dot > _CLEAR_INK else 0 for dot in range(_SHADES)])
        ink = either(ink, either(darker, clearly))
    return _spread(ink, 1)


def _spread(picture: Image.Image, reach: int) -> Image.Image:
    """The largest value within `reach` dots, sideways and up and down."""
    done = 0
    while done < reach:
        step = min(done + 1, reach - done)
        for right, down in ((step, 0), (0, step)):
            forth, back = _shifted(picture, right, down), _shifted(picture, -right, -down)
            picture = ImageChops.lighter(picture, ImageChops.lighter(forth, back))
        done += step
    return picture


def _shifted(picture: Image.Image, right: int, down: int) -> Image.Image:
    """The same size; 0 where the picture moved away from."""
    return picture.crop((-right, -down, picture.width - right, picture.height - down))
