"""Pages of a PDF as pdfium draws them, with and without the words that the file carries itself."""

from collections.abc import Iterator
from contextlib import contextmanager

import cv2
import numpy as np
import pypdfium2
from pypdfium2 import raw as pdfium

from digitize.pixels.raster import MM_PER_INCH, Pixels

POINTS_PER_INCH = 72
MM_PER_POINT = MM_PER_INCH / POINTS_PER_INCH
NESTED = 6  # levels of forms within forms
GREY_AXES = 2


def draw(page: pypdfium2.PdfPage, scale: float) -> Pixels:
    """The page as it is seen, `scale` pixels to a point; grey where all channels agree, else BGR."""
    return as_pixels(page.render(scale=scale))


@contextmanager
def switched_off(page: pypdfium2.PdfPage, *, text: bool) -> Iterator[None]:
    """Without the page's text, or without everything else, as long as the block lasts."""
    hidden = []
    for thing in page.get_objects(max_depth=NESTED):
        is_text = thing.type == pdfium.FPDF_PAGEOBJ_TEXT
        if thing.type != pdfium.FPDF_PAGEOBJ_FORM and is_text == text:
            pdfium.FPDFPageObj_SetIsActive(thing, False)  # noqa: FBT003 C
            hidden.append(thing)
    try:
        yield
    finally:
        for thing in hidden:
            pdfium.FPDFPageObj_SetIsActive(thing, True)  # noqa: FBT003 C


def as_pixels(bitmap: pypdfium2.PdfBitmap) -> Pixels:
    """Grey where all channels agree, else BGR."""
    whole = np.asarray(bitmap.to_numpy(), np.uint8)
    if whole.ndim == GREY_AXES:
        return whole.copy()
    if whole.shape[2] == 1:
        return whole[..., 0].copy()
    blue, green, red = whole[..., 0], whole[..., 1], whole[..., 2]
    if np.array_equal(blue, green) and np.array_equal(green, red):
        return np.ascontiguousarray(green)
    return np.ascontiguousarray(whole[..., :3])


def grey_of(pixels: Pixels) -> Pixels:
    """Brightness alone."""
    if pixels.ndim == GREY_AXES:
        return pixels
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY), np.uint8)
