"""Pages of a signed revision beside the same pages of the whole file, as pictures: for screen and print.

Two readers of the bytes may agree and a third still show something else; so the pages are drawn from both
and must be the same everywhere but in the boxes of later signatures, and there nothing may lie over what was
signed. Every page is drawn, as small as a change can still be seen: DPI dots per inch, at most LONGEST_SIDE
dots.

Rules of this module:
1. Boxes of a page are counted together; when they take more than half of it, none of it is left out.
2. Inside a box only blank paper may change. Ink is what differs from the lightest paper around it, or
   clearly from the page's.
3. A page is drawn for print as well wherever annotation flags or layers can make the two differ; what is
   printed is compared with the signed revision in the same way, and with what is shown.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

import pypdfium2
from pypdfium2 import raw

Box = tuple[float, float, float, float]
DPI = 60
LONGEST_SIDE = 1400
_POINTS_PER_INCH = 72
_LARGEST_SHARE = 0.5  # of the page; larger boxes could hide what was signed: compared like the rest
_MARGIN = 1  # dots around a box that anti-aliasing may touch
_PAPER_AROUND = 7  # dots, 3 mm: where the paper's own shade is looked for
_INK, _CLEAR_INK = 16, 96  # of 255: darker than the paper around, than the page's paper
_VISIBLE_CHANGE = 24  # of 255
_PALE_CHANGE = 16  # of 255: where ink lies, for a watermark is pale
_FEWEST_DOTS = 4  # fewer changed dots are rounding at the edge of a glyph
_COLOURS = 3
_INVISIBLE, _HIDDEN, _PRINT, _NO_VIEW, _TOGGLE = 1, 2, 4, 32, 256  # ISO 32000-2 table 167


class Change(IntEnum):
    """What became of a page, worst last."""

    NONE = 0
    INK_COVERED = 1
    DIFFERS = 2


@dataclass(frozen=True)
class Places:
    """Boxes of one page in which something later may stand: of signatures, and of fields filled since."""

    signatures: tuple[Box, ...] = ()
    filled: tuple[Box, ...] = ()


@dataclass(frozen=True)
class PageChanges:
    """Pages (from 1) that differ from what was signed, have its ink covered, print otherwise than shown."""

    differing: tuple[int, ...] = ()
    covered: tuple[int, ...] = ()
    printed_otherwise: tuple[int, ...] = ()


@dataclass(frozen=True)
class Comparison:
    """Two states of a file, where later boxes lie (page from 1), and whether it has layers.

    `may_fill`: the signer allowed fields to be filled or comments to be made, so that one over signed ink is
    a doubt and no forgery.
    """

    signed: bytes
    whole: bytes
    places: Mapping[int, Places] = field(default_factory=dict)
    layered: bool = False
    may_fill: bool = False


def compare_pages(asked: Comparison) -> PageChanges:
    """Draw and compare every page.

    Raises: pypdfium2.PdfiumError when one of the two states cannot be drawn.
    """
    with _opened(asked.signed) as before, _opened(asked.whole) as after:
        changes = {number: _compared(before, after, number, asked) for number in _numbers(before, after)}
    return PageChanges(
        differing=tuple(number for number, (change, _) in changes.items() if change is Change.DIFFERS),
        covered=tuple(number for number, (change, _) in changes.items() if change is Change.INK_COVERED),
        printed_otherwise=tuple(number for number, (_, otherwise) in changes.items() if otherwise),
    )


@contextmanager
def _opened(data: bytes) -> Iterator[Any]:
    document = pypdfium2.PdfDocument(data)
    try:
        document.init_forms()  # without it the appearances of fields are not drawn
        yield document
    finally:
        document.close()


def _numbers(before: Any, after: Any) -> range:
    return range(1, max(len(before), len(after)) + 1)


def _compared(before: Any, after: Any, number: int, asked: Comparison) -> tuple[Change, bool]:
    """What became of one page, and whether it prints otherwise than it shows."""
    if number > min(len(before), len(after)):
        return Change.DIFFERS, False
    then, now = before[number - 1], after[number - 1]
    try:
        if then.get_size() != now.get_size():
            return Change.DIFFERS, False
        return _pictures_compared(then, now, asked, asked.places.get(number, Places()))
    finally:
        then.close()
        now.close()


def _pictures_compared(then: Any, now: Any, asked: Comparison, places: Places) -> tuple[Change, bool]:
    pages = [(page, _flags(page)) for page in (then, now)]
    if not asked.layered and all(_is_shown(one) and _is_printed(one) for _, flags in pages for one in flags):
        return _change(_picture(then), _picture(now), places, asked), False
    shown = [_flagged_picture(page, [_is_shown(one) for one in flags]) for page, flags in pages]
    printed = [
        _flagged_picture(page, [_is_printed(one) for one in flags], layers_for_print=asked.layered)
        for page, flags in pages
    ]
    changes = (_change(then, now, places, asked) for then, now in (shown, printed))
    return max(changes), _visibly_other(shown[1], printed[1])


@dataclass(frozen=True)
class _Picture:
    """Dots of a page, and how page units become dots."""

    dots: bytes
    size: tuple[int, int]
    stride: int
    channels: int
    place: Any

    def mask(self, boxes: Iterable[Box]) -> Any:
        """Where boxes lie: true inside."""
        import numpy as np  # noqa: PLC0415 only pages that changed are looked at closely

        width, height = self.size
        inside = np.zeros((height, width), dtype=bool)
        for left, bottom, right, top in boxes:
            (x1, y1), (x2, y2) = self.place.to_bitmap(left, bottom), self.place.to_bitmap(right, top)
            rows = slice(max(min(y1, y2) - _MARGIN, 0), max(max(y1, y2) + _MARGIN + 1, 0))
            columns = slice(max(min(x1, x2) - _MARGIN, 0), max(max(x1, x2) + _MARGIN + 1, 0))
            inside[rows, columns] = True
        return inside

    def colours(self) -> Any:
        """Rows, columns, colours; as signed numbers."""
        import numpy as np  # noqa: PLC0415

        width, height = self.size
        rows = np.frombuffer(self.dots, dtype=np.uint8).reshape(height, self.stride)
        return rows[:, : width * self.channels].reshape(height, width, -1)[..., :_COLOURS].astype(np.int16)


def _picture(page: Any, *, layers_for_print: bool = False) -> _Picture:
    scale = min(DPI / _POINTS_PER_INCH, LONGEST_SIDE / max(*page.get_size(), 1))
    way = "print" if layers_for_print else None  # it also draws a little otherwise, so only where it must
    bitmap = page.render(scale=scale, may_draw_forms=True, draw_annots=True, optimize_mode=way)
    try:
        place = bitmap.get_posconv(page)
        size = (bitmap.width, bitmap.height)
        return _Picture(bytes(bitmap.buffer), size, bitmap.stride, bitmap.n_channels, place)
    finally:
        bitmap.close()


def _change(before: _Picture, after: _Picture, places: Places, asked: Comparison) -> Change:
    if before.dots == after.dots:
        return Change.NONE
    old, new = before.colours(), after.colours()
    moved = _moved(old, new)
    by_hand, by_filling = before.mask(places.signatures), before.mask(places.filled)
    allowed = by_hand | by_filling
    if allowed.sum() > _LARGEST_SHARE * allowed.size or (moved > 0)[~allowed].any():
        return Change.DIFFERS
    covered = (moved > _PALE_CHANGE) & _ink_below(old, moved)
    if not asked.may_fill and (covered & ~by_hand).sum() >= _FEWEST_DOTS:
        return Change.DIFFERS
    return Change.INK_COVERED if covered.sum() >= _FEWEST_DOTS else Change.NONE


def _visibly_other(shown: _Picture, printed: _Picture) -> bool:
    if shown.dots == printed.dots:
        return False
    moved = _moved(shown.colours(), printed.colours())
    return bool((moved > _VISIBLE_CHANGE).sum() >= _FEWEST_DOTS)


def _moved(old: Any, new: Any) -> Any:
    """How far each dot moved, in the colour in which it moved most."""
    import numpy as np  # noqa: PLC0415

    apart = abs(new - old)
    furthest = apart[..., 0]
    for colour in range(1, apart.shape[2]):  # far quicker than max() over so short an axis
        furthest = np.maximum(furthest, apart[..., colour])
    return furthest


def _ink_below(colours: Any, moved: Any) -> Any:
    """Where something is drawn or printed (rule 2), looked for around the dots that moved."""
    import numpy as np  # noqa: PLC0415

    ink = np.zeros(moved.shape, dtype=bool)
    rows, columns = (np.flatnonzero((moved > _PALE_CHANGE).any(axis=axis)) for axis in (1, 0))
    if rows.size == 0:
        return ink
    reach = _PAPER_AROUND + 1
    there = tuple(slice(max(found[0] - reach, 0), found[-1] + reach + 1) for found in (rows, columns))
    ink[there] = _ink(colours[there], _paper(colours))
    return ink


def _paper(colours: Any) -> Any:
    """The page's own paper: of each colour, the shade that 98 of 100 dots do not exceed."""
    import numpy as np  # noqa: PLC0415

    dots = colours.shape[0] * colours.shape[1]
    counts = (np.bincount(colours[..., colour].ravel(), minlength=256) for colour in range(colours.shape[2]))
    return np.array([np.searchsorted(np.cumsum(each), 0.98 * dots) for each in counts])


def _ink(colours: Any, paper: Any) -> Any:
    """Where something is darker than the paper, and one dot around it."""
    around = _spread(colours, _PAPER_AROUND)
    darker, clearly = around - colours, paper - colours
    ink = (darker[..., 0] > _INK) | (clearly[..., 0] > _CLEAR_INK)
    for colour in range(1, colours.shape[2]):
        ink |= (darker[..., colour] > _INK) | (clearly[..., colour] > _CLEAR_INK)
    return _spread(ink[..., None], 1)[..., 0]


def _spread(dots: Any, reach: int) -> Any:
    """The largest value within `reach` dots, sideways and up and down."""
    import numpy as np  # noqa: PLC0415

    for axis in (0, 1):
        widest = dots.copy()
        for step in range(1, min(reach, dots.shape[axis] - 1) + 1):
            forth = [slice(None)] * dots.ndim
            back = [slice(None)] * dots.ndim
            forth[axis], back[axis] = slice(step, None), slice(None, -step)
            np.maximum(widest[tuple(forth)], dots[tuple(back)], out=widest[tuple(forth)])
            np.maximum(widest[tuple(back)], dots[tuple(forth)], out=widest[tuple(back)])
        dots = widest
    return dots


# what shows and what prints: pdfium honours the flags of stamps and not all of those of form fields, so in
# its own copy of the document the flags are rewritten until everything is plainly there or hidden


def _is_shown(flags: int) -> bool:
    return not flags & (_INVISIBLE | _HIDDEN | _NO_VIEW | _TOGGLE)


def _is_printed(flags: int) -> bool:
    return bool(flags & _PRINT) and not flags & (_INVISIBLE | _HIDDEN)


def _flags(page: Any) -> list[int]:
    """The flags of every annotation; a link has no appearance of its own and counts as plain."""
    return [
        _PRINT
        if raw.FPDFAnnot_GetSubtype(annotation) == raw.FPDF_ANNOT_LINK
        else raw.FPDFAnnot_GetFlags(annotation)
        for annotation in _annotations(page)
    ]


def _annotations(page: Any) -> Iterator[Any]:
    for index in range(raw.FPDFPage_GetAnnotCount(page)):
        annotation = raw.FPDFPage_GetAnnot(page, index)
        if annotation:
            try:
                yield annotation
            finally:
                raw.FPDFPage_CloseAnnot(annotation)


def _flagged_picture(page: Any, there: Sequence[bool], *, layers_for_print: bool = False) -> _Picture:
    for annotation, is_there in zip(_annotations(page), there, strict=True):
        raw.FPDFAnnot_SetFlags(annotation, _PRINT if is_there else _HIDDEN)
    return _picture(page, layers_for_print=layers_for_print)
