"""Pictures of pages for screens: a page of a PDF, or a scanned picture file, as a JPEG of a given width.

Made for looking, never for keeping: the archive's pages are those of the file itself.
"""

from pathlib import Path

import cv2
import numpy as np
import pypdfium2
from numpy.typing import NDArray

from digitize.model import DigitizeFault, FaultCode

PDF_MARK = b"%PDF-"
MARK_WITHIN = 1024  # bytes; readers look for the mark no further (ISO 32000-2 annex I)
QUALITIES = (80, 68, 56, 44)  # of JPEG; the first that is light enough is taken, else the last
BYTES_PER_PIXEL_OF_WIDTH = 160  # 160 kB at 1000 pixels, what a page may send; thumbnails get by with less
LEAST_BYTES = 8_000  # a thumbnail of 160 pixels
THUMBNAIL_WIDTH = 200  # pixels
TALLEST = 20_000  # pixels; a JPEG can be no taller than 65535
MOST_PIXELS = 40_000_000  # an absurdly tall page is drawn narrower


def draw_page(source: Path, page: int, width: int, out: Path) -> None:
    """Write `page` (from 1) of `source` to `out` as a JPEG `width` pixels wide, light enough for screens.

    A picture file counts as a document of one page. Foreign bytes: call in a confined child only.
    Raises: DigitizeFault UNREADABLE, or NO_PAGES when there is no such page.
    """
    pixels = _drawn(source, page, width) if _is_pdf(source) else _shrunk(source, page, width)
    out.write_bytes(_as_light_jpeg(pixels, width))


def _is_pdf(source: Path) -> bool:
    with source.open("rb") as file:
        return PDF_MARK in file.read(MARK_WITHIN)


def _drawn(source: Path, page: int, width: int) -> NDArray[np.uint8]:
    try:
        with pypdfium2.PdfDocument(source) as document:
            if not 1 <= page <= len(document):
                raise DigitizeFault(FaultCode.NO_PAGES, source.name, page)
            document.init_forms()  # signature boxes are form fields
            sheet = document[page - 1]
            scale = _bounded(sheet.get_width(), sheet.get_height(), width)
            bitmap = sheet.render(scale=scale)
            return np.ascontiguousarray(bitmap.to_numpy()[:, :, :3])
    except pypdfium2.PdfiumError as broken:
        raise DigitizeFault(FaultCode.UNREADABLE, source.name, page, str(broken)) from broken


def _shrunk(source: Path, page: int, width: int) -> NDArray[np.uint8]:
    if page != 1:
        raise DigitizeFault(FaultCode.NO_PAGES, source.name, page)
    pixels = cv2.imread(str(source), cv2.IMREAD_COLOR)
    if pixels is None:
        raise DigitizeFault(FaultCode.UNREADABLE, source.name, page)
    height, full_width = pixels.shape[:2]
    scale = min(1.0, _bounded(full_width, height, width))
    size = (max(1, round(full_width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _bounded(full_width: float, full_height: float, width: int) -> float:
    scale = min(width / max(full_width, 1.0), TALLEST / max(full_height, 1.0))
    pixels = full_width * full_height * scale**2
    return scale if pixels <= MOST_PIXELS else scale * float(np.sqrt(MOST_PIXELS / pixels))


def _as_light_jpeg(pixels: NDArray[np.uint8], width: int) -> bytes:
    heaviest = LEAST_BYTES if width <= THUMBNAIL_WIDTH else BYTES_PER_PIXEL_OF_WIDTH * width
    encoded = b""
    for quality in QUALITIES:
        _, buffer = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
        encoded = buffer.tobytes()
        if len(encoded) <= heaviest:
            break
    return encoded
