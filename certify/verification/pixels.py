"""Pages of a signed revision beside the same pages of the whole file, as pictures.

Two readers of the bytes may agree and a third still show something else; so the pages are drawn from both
and must be the same everywhere but in the boxes of signatures added since. Every page is drawn, as small as
a change can still be seen: DPI dots per inch, at most LONGEST_SIDE dots.
"""

from collections.abc import Iterator, Mapping, Sequence

import pypdfium2

Box = tuple[float, float, float, float]
DPI = 60
LONGEST_SIDE = 1400
_POINTS_PER_INCH = 72
_LARGEST_BOX = 0.5  # of the page; a larger one could hide what was signed, so it is compared like the rest
_MARGIN = 1  # dots around a box that anti-aliasing may touch


def pages_that_differ(signed: bytes, whole: bytes, boxes: Mapping[int, Sequence[Box]]) -> Iterator[int]:
    """Page numbers (from 1) that look different outside `boxes` (page number → boxes in page units).

    Raises: pypdfium2.PdfiumError when one of the two cannot be drawn.
    """
    before, after = pypdfium2.PdfDocument(signed), pypdfium2.PdfDocument(whole)
    try:
        before.init_forms()  # without it the appearances of fields are not drawn
        after.init_forms()
        for index in range(max(len(before), len(after))):
            one_is_missing = index >= min(len(before), len(after))
            if one_is_missing or _differs(before[index], after[index], boxes.get(index + 1, ())):
                yield index + 1
    finally:
        before.close()
        after.close()


def _differs(before: pypdfium2.PdfPage, after: pypdfium2.PdfPage, boxes: Sequence[Box]) -> bool:
    try:
        if before.get_size() != after.get_size():
            return True
        return _picture(before, boxes) != _picture(after, boxes)
    finally:
        before.close()
        after.close()


def _picture(page: pypdfium2.PdfPage, boxes: Sequence[Box]) -> bytes:
    scale = min(DPI / _POINTS_PER_INCH, LONGEST_SIDE / max(*page.get_size(), 1))
    bitmap = page.render(scale=scale, may_draw_forms=True, draw_annots=True)
    try:
        place = bitmap.get_posconv(page)
        pixels = bytearray(bitmap.buffer)
        width, height = page.get_size()
        for left, bottom, right, top in boxes:
            if abs((right - left) * (top - bottom)) > _LARGEST_BOX * width * height:
                continue
            corners = place.to_bitmap(left, bottom), place.to_bitmap(right, top)
            _blank(pixels, bitmap, corners)
        return bytes(pixels)
    finally:
        bitmap.close()


def _blank(
    pixels: bytearray, bitmap: pypdfium2.PdfBitmap, corners: tuple[tuple[int, int], tuple[int, int]]
) -> None:
    (x1, y1), (x2, y2) = corners
    left, right = max(min(x1, x2) - _MARGIN, 0), min(max(x1, x2) + _MARGIN + 1, bitmap.width)
    top, bottom = max(min(y1, y2) - _MARGIN, 0), min(max(y1, y2) + _MARGIN + 1, bitmap.height)
    width = max(right - left, 0) * bitmap.n_channels
    for row in range(top, bottom):
        start = row * bitmap.stride + left * bitmap.n_channels
        pixels[start : start + width] = bytes(width)
