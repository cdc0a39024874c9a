"""Pages of foreign PDFs, each decided by itself: one scanned picture, born digital, or drawn to be read.

A scanned page that is one full-page picture gives that picture: a JPEG byte for byte, anything else pixel
for pixel. A born-digital page gives its own words. Everything else is drawn at 300 dpi and read.
"""

import math
import mmap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import pikepdf
import pypdfium2
from pypdfium2 import raw as pdfium

from digitize.model import DigitizeFault, FaultCode
from digitize.pixels import jpeg
from digitize.pixels.raster import MM_PER_INCH, Pixels, Raster
from digitize.sources import scans
from digitize.sources.born_digital import is_born_digital, own_lines
from digitize.sources.form_fields import refuse_endless_fields
from digitize.sources.pdfa_claim import claims_pdfa

POINTS_PER_INCH = 72
MM_PER_POINT = MM_PER_INCH / POINTS_PER_INCH
DRAWN_DPI = 300.0
MOST_DRAWN_PIXELS = 60_000_000
LEAST_DRAWN_DPI = 72.0
EDGE_MM = 1.0  # a full-page picture ends this near the page's edges
SAME_LOOK_SIDE = 96  # pixels of the thumbnails that are compared
SAME_LOOK = 12.0  # of 255, mean difference
GREY_AXES = 2
SIGNATURE_MARK = b"/ByteRange"  # a signature's dictionary can never hide in an object stream


@dataclass(frozen=True)
class Overview:
    """How many pages, whether somebody signed it, whether it already is PDF/A-2u."""

    pages: int
    is_signed: bool
    is_pdfa: bool


def overview(path: Path) -> Overview:
    """Raises: DigitizeFault UNREADABLE, ENCRYPTED."""
    with _opened(path) as document:
        pages = len(document)
    return Overview(pages, _is_signed(path), claims_pdfa(path))


def load_page(path: Path, index: int) -> Raster:
    """Page `index` (from 0) as pixels, with its own words when it is born digital.

    Raises: DigitizeFault UNREADABLE, TOO_LARGE.
    """
    with _opened(path) as document, _faults(path, index):
        if document.get_formtype() == pdfium.FORMTYPE_ACRO_FORM:
            refuse_endless_fields(path)
            document.init_forms()  # filled-in fields and signature boxes are part of what people see
        page = document[index]
        width, height = page.get_size()
        if not (0 < width < math.inf and 0 < height < math.inf):
            raise DigitizeFault(FaultCode.UNREADABLE, path.name, index + 1, "page without area")
        if is_born_digital(page):
            return _drawn(page, path, index, own_words=True)
        return _scanned(page, path, index) or _drawn(page, path, index, own_words=False)


def _scanned(page: pypdfium2.PdfPage, path: Path, index: int) -> Raster | None:
    """The page's only picture, if it fills the page and nothing else is to be seen on it."""
    picture = _only_picture(page)
    if picture is None:
        return None
    placed = _placed(page, picture)
    if placed is None:
        return None
    width_mm, height_mm, turn = placed
    data = _kept_jpeg(path, index)
    if data is not None:
        header = jpeg.read_header(data)
        scans.refuse_excess(header.width, header.height, path)
        if header.is_embeddable:
            raster = scans.jpeg_raster(data, header, (width_mm, height_mm, False), path)
            return replace(raster, turn=turn, turn_told=True)
    pixels = _native_pixels(picture, path)
    if pixels is None or not _looks_alike(page, pixels, turn):
        return None
    return Raster(pixels, width_mm, height_mm, turn=turn, turn_told=True)


def _only_picture(page: pypdfium2.PdfPage) -> pypdfium2.PdfImage | None:
    pictures: list[pypdfium2.PdfImage] = []
    for thing in page.get_objects(max_depth=3):
        if thing.type == pdfium.FPDF_PAGEOBJ_IMAGE:
            pictures.append(thing)
        elif thing.type == pdfium.FPDF_PAGEOBJ_TEXT:
            if pdfium.FPDFTextObj_GetTextRenderMode(thing) != pdfium.FPDF_TEXTRENDERMODE_INVISIBLE:
                return None
        elif thing.type != pdfium.FPDF_PAGEOBJ_FORM:
            return None
        if len(pictures) > 1:
            return None
    if pdfium.FPDFPage_GetAnnotCount(page) or len(pictures) != 1:
        return None
    return pictures[0] if pictures[0].level == 0 else None


def _placed(page: pypdfium2.PdfPage, picture: pypdfium2.PdfImage) -> tuple[float, float, int] | None:
    """Width and height in mm as the pixels lie, and the clockwise turn; None unless the page is filled."""
    a, b, c, d, _, _ = picture.get_matrix().get()
    straight = min(abs(a), abs(b)) < 0.01 * max(abs(a), abs(b), 1e-6)
    if not straight or a * d - b * c <= 0:
        return None
    slack = EDGE_MM / MM_PER_POINT
    frame, bounds = page.get_bbox(), picture.get_bounds()
    if any(abs(edge - other) > slack for edge, other in zip(frame, bounds, strict=True)):
        return None
    lying = round(math.degrees(math.atan2(b, a)) / 90) * 90
    turn = (page.get_rotation() - lying) % 360
    return math.hypot(a, b) * MM_PER_POINT, math.hypot(c, d) * MM_PER_POINT, turn


def _kept_jpeg(path: Path, index: int) -> bytes | None:
    """The bytes of the page's JPEG, if nothing in the PDF changes how they look."""
    try:
        with pikepdf.open(path) as pdf:
            pictures = list(pdf.pages[index].get_images(recursive=False).values())
            if len(pictures) != 1 or not _is_plain_jpeg(pictures[0]):
                return None
            return bytes(pictures[0].read_raw_bytes())
    except (pikepdf.PdfError, pikepdf.PasswordError, IndexError, ValueError, TypeError, RecursionError):
        return None  # qpdf refuses what pdfium can still show: then the page is drawn


def _is_plain_jpeg(picture: pikepdf.Object) -> bool:
    filters = picture.get("/Filter")
    if isinstance(filters, pikepdf.Array) and len(filters) == 1:
        filters = filters[0]
    changed = any(key in picture for key in ("/SMask", "/Mask", "/Decode", "/DecodeParms", "/ImageMask"))
    return filters == pikepdf.Name.DCTDecode and not changed and _is_plain_colour(picture.get("/ColorSpace"))


def _is_plain_colour(space: pikepdf.Object | None) -> bool:
    if isinstance(space, pikepdf.Array) and len(space) == 2:  # noqa: PLR2004 a name and its profile
        return space[0] in (pikepdf.Name.ICCBased, pikepdf.Name.CalRGB, pikepdf.Name.CalGray)
    return space in (pikepdf.Name.DeviceRGB, pikepdf.Name.DeviceGray)


def _native_pixels(picture: pypdfium2.PdfImage, path: Path) -> Pixels | None:
    told = picture.get_metadata()
    scans.refuse_excess(told.width, told.height, path)
    try:
        return _as_pixels(picture.get_bitmap(render=False))
    except (pypdfium2.PdfiumError, ValueError):
        return None


def _looks_alike(page: pypdfium2.PdfPage, pixels: Pixels, turn: int) -> bool:
    """Does the bare picture look like the drawn page? Masks and inverted colours show here."""
    width, height = page.get_size()
    drawn = _as_pixels(page.render(scale=SAME_LOOK_SIDE / max(width, height)))
    bare = np.rot90(pixels, -turn // 90)
    size = (drawn.shape[1], drawn.shape[0])
    small = cv2.resize(np.ascontiguousarray(bare), size, interpolation=cv2.INTER_AREA)
    difference = _grey(drawn).astype(np.int16) - _grey(np.asarray(small, np.uint8))
    return float(np.abs(difference).mean()) <= SAME_LOOK


def _drawn(page: pypdfium2.PdfPage, path: Path, index: int, *, own_words: bool) -> Raster:
    width, height = (side * _user_unit(path, index) for side in page.get_size())
    inches = width * height / POINTS_PER_INCH**2
    dpi = min(DRAWN_DPI, math.sqrt(MOST_DRAWN_PIXELS / inches))
    if dpi < LEAST_DRAWN_DPI:
        raise DigitizeFault(FaultCode.TOO_LARGE, path.name, index + 1, f"{width:.0f} x {height:.0f} points")
    pixels = _as_pixels(page.render(scale=dpi / POINTS_PER_INCH * width / page.get_width()))
    lines = (own_lines(page) or None) if own_words else None  # letters that make no word are read like a scan
    return Raster(pixels, width * MM_PER_POINT, height * MM_PER_POINT, lines=lines, turn_told=True)


def _user_unit(path: Path, index: int) -> float:
    """How many points one unit of the page is (ISO 32000-1 table 30); pdfium leaves it out."""
    try:
        with pikepdf.open(path) as pdf:
            unit = float(pdf.pages[index].obj.get("/UserUnit", 1))
    except (pikepdf.PdfError, pikepdf.PasswordError, IndexError, ValueError, TypeError, RecursionError):
        return 1.0
    return unit if 0 < unit < math.inf else 1.0


def _as_pixels(bitmap: pypdfium2.PdfBitmap) -> Pixels:
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


def _grey(pixels: Pixels) -> Pixels:
    return (
        pixels if pixels.ndim == GREY_AXES else np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY), np.uint8)
    )


def _is_signed(path: Path) -> bool:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return data.find(SIGNATURE_MARK) >= 0


@contextmanager
def _opened(path: Path) -> Iterator[pypdfium2.PdfDocument]:
    try:
        document = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as broken:
        locked = "password" in str(broken).lower()
        code = FaultCode.ENCRYPTED if locked else FaultCode.UNREADABLE
        raise DigitizeFault(code, path.name, None, str(broken)) from broken
    with document:
        yield document


@contextmanager
def _faults(path: Path, index: int) -> Iterator[None]:
    try:
        yield
    except (pypdfium2.PdfiumError, jpeg.BrokenJpegError) as broken:
        raise DigitizeFault(FaultCode.UNREADABLE, path.name, index + 1, str(broken)) from broken
    except MemoryError as excess:
        raise DigitizeFault(FaultCode.TOO_LARGE, path.name, index + 1, "not enough memory") from excess
