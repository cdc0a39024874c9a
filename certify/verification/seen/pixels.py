"""Pages of a signed revision beside the same pages of the whole file, as pictures: for screen and print.

Two readers of the bytes may agree and a third still show something else; so the pages are drawn from both
and must be the same everywhere but in the boxes of later signatures, and there nothing may lie over what was
signed. Every page is drawn, as small as a change can still be seen: DPI dots per inch, at most LONGEST_SIDE
dots; but for those of which the renderer itself shows that both would be drawn from the same objects.

Rules of this module:
1. Boxes of a page are counted together; when they take more than half of it, none of it is left out.
2. Inside a box only blank paper may change; what ink is says seen.dots.
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

from certify.verification.seen.unchanged import unchanged_pages

Box = tuple[float, float, float, float]
DPI = 60
LONGEST_SIDE = 1400
_POINTS_PER_INCH = 72
_LARGEST_SHARE = 0.5  # of the page; larger boxes could hide what was signed: compared like the rest
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
    """Compare every page, and draw those that may differ.

    Raises: pypdfium2.PdfiumError when one of the two states cannot be drawn.
    """
    unchanged = frozenset() if asked.layered else unchanged_pages(asked.signed, asked.whole)
    with _opened(asked.signed) as before, _opened(asked.whole) as after:
        drawn = [number for number in _numbers(before, after) if number not in unchanged]
        changes = {number: _compared(before, after, number, asked) for number in drawn}
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
    """Dots of a page, and how page units become dots.

    `bitmap`: the bytes, width and height, the bytes of a row, those of a dot.
    """

    bitmap: tuple[bytes, tuple[int, int], int, int]
    place: Any

    def is_like(self, other: "_Picture") -> bool:
        """Whether both show the very same."""
        return self.bitmap == other.bitmap

    def corners(self, boxes: Iterable[Box]) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
        """Where boxes lie among the dots."""
        for left, bottom, right, top in boxes:
            yield self.place.to_bitmap(left, bottom), self.place.to_bitmap(right, top)


def _picture(page: Any, *, layers_for_print: bool = False) -> _Picture:
    scale = min(DPI / _POINTS_PER_INCH, LONGEST_SIDE / max(*page.get_size(), 1))
    way = "print" if layers_for_print else None  # it also draws a little otherwise, so only where it must
    bitmap = page.render(scale=scale, may_draw_forms=True, draw_annots=True, optimize_mode=way)
    try:
        place = bitmap.get_posconv(page)
        size = (bitmap.width, bitmap.height)
        return _Picture((bytes(bitmap.buffer), size, bitmap.stride, bitmap.n_channels), place)
    finally:
        bitmap.close()


def _change(before: _Picture, after: _Picture, places: Places, asked: Comparison) -> Change:
    if before.is_like(after):
        return Change.NONE
    from certify.verification.seen import dots  # noqa: PLC0415 only pages that changed are looked at closely

    old, new = (dots.as_picture(*one.bitmap) for one in (before, after))
    change = dots.moved(old, new)
    by_hand = dots.mask_of(before.corners(places.signatures), old.size)
    allowed = dots.either(by_hand, dots.mask_of(before.corners(places.filled), old.size))
    if (
        dots.how_many(allowed) > _LARGEST_SHARE * old.width * old.height
        or dots.outside(change, allowed).getbbox()
    ):
        return Change.DIFFERS
    covered = dots.covered_ink(old, change)
    if not asked.may_fill and dots.how_many(dots.outside(covered, by_hand)) >= dots.FEWEST_DOTS:
        return Change.DIFFERS
    return Change.INK_COVERED if dots.how_many(covered) >= dots.FEWEST_DOTS else Change.NONE


def _visibly_other(shown: _Picture, printed: _Picture) -> bool:
    if shown.is_like(printed):
        return False
    from certify.verification.seen import dots  # noqa: PLC0415

    return dots.differ_visibly(*(dots.as_picture(*one.bitmap) for one in (shown, printed)))


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
