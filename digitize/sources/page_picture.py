"""A scanned page's only picture, taken as it is: a JPEG byte for byte, anything else pixel for pixel.

It is taken only where it is the page as a person sees it. What draws nothing but the plain picture shows
that by its structure; any other page is drawn and compared with the picture, place by place: clip paths,
layers, transparency, overlays, stencils and inverted colours all show there.
"""

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pikepdf
import pypdfium2
from pypdfium2 import raw as pdfium

from digitize.pixels import jpeg
from digitize.pixels.geometry import turn as turned
from digitize.pixels.raster import MM_PER_INCH, Raster
from digitize.sources import scans
from digitize.sources.drawing import MM_PER_POINT, as_pixels, grey_of

EDGE_MM = 1.0  # a full-page picture ends this near the page's edges
COMPARED_DPI = 100.0
PLACE_MM = 2.0  # the side of a place whose ink is compared
LEAST_DIFFERENCE = 22.0  # of 255, of a place's mean tone: a covered word differs by 30 and more
SMALLEST = 8  # pixels a side; a smaller drawing cannot be compared
PLAIN_PAGE = frozenset(
    ("/Type", "/Parent", "/MediaBox", "/CropBox", "/TrimBox", "/BleedBox", "/ArtBox", "/Rotate", "/UserUnit")
) | {"/Resources", "/Contents", "/Metadata", "/LastModified", "/StructParents", "/Tabs", "/Group", "/Thumb"}
PLAIN_PICTURE = frozenset(
    ("/Type", "/Subtype", "/Name", "/Width", "/Height", "/BitsPerComponent", "/ColorSpace", "/Filter")
) | {"/Length", "/Interpolate", "/Intent", "/Metadata", "/StructParent"}
LAYING = frozenset(("q", "Q", "cm", "Do"))
UNSEEN_WRITING = frozenset(
    ("BT", "ET", "Tr", "Tf", "Tm", "Td", "TD", "T*", "Tz", "Tc", "Tw", "TL", "Ts", "Tj")
)
UNSEEN_WRITING |= {"TJ", "'", '"'}
INVISIBLE = 3  # text rendering mode, ISO 32000-1 table 106


def page_picture(page: pypdfium2.PdfPage, path: Path, index: int, unit: float) -> Raster | None:
    """The picture, if it fills the page and is all that is seen; `unit` is the page's UserUnit.

    Raises: DigitizeFault TOO_LARGE; BrokenJpegError.
    """
    picture = _only_picture(page)
    placed = _placed(page, picture, unit) if picture else None
    if picture is None or placed is None:
        return None
    raster = _kept_jpeg(path, index, placed) or _native(picture, path, placed)
    if raster is None:
        return None
    raster = replace(raster, turn=placed[2], turn_told=True)
    return raster if _is_plain(path, index) or _looks_alike(page, raster) else None


def _only_picture(page: pypdfium2.PdfPage) -> pypdfium2.PdfImage | None:
    pictures = [thing for thing in page.get_objects(max_depth=3) if thing.type == pdfium.FPDF_PAGEOBJ_IMAGE]
    return pictures[0] if len(pictures) == 1 and pictures[0].level == 0 else None


def _placed(
    page: pypdfium2.PdfPage, picture: pypdfium2.PdfImage, unit: float
) -> tuple[float, float, int] | None:
    """Width and height in mm as the pixels lie, and the clockwise turn; None unless the page is filled."""
    a, b, c, d, _, _ = picture.get_matrix().get()
    straight = min(abs(a), abs(b)) < 0.01 * max(abs(a), abs(b), 1e-6)
    if not straight or a * d - b * c <= 0:
        return None
    slack = EDGE_MM / MM_PER_POINT / unit
    frame, bounds = page.get_bbox(), picture.get_bounds()
    if any(abs(edge - other) > slack for edge, other in zip(frame, bounds, strict=True)):
        return None
    lying = round(math.degrees(math.atan2(b, a)) / 90) * 90
    scale = MM_PER_POINT * unit
    return math.hypot(a, b) * scale, math.hypot(c, d) * scale, (page.get_rotation() - lying) % 360


def _kept_jpeg(path: Path, index: int, placed: tuple[float, float, int]) -> Raster | None:
    """The page's JPEG, if a PDF viewer decodes it as any other program does."""
    try:
        with pikepdf.open(path) as pdf:
            pictures = list(pdf.pages[index].get_images(recursive=False).values())
            if len(pictures) != 1 or not _is_plain_jpeg(pictures[0]):
                return None
            data = bytes(pictures[0].read_raw_bytes())
    except (pikepdf.PdfError, pikepdf.PasswordError, IndexError, ValueError, TypeError, RecursionError):
        return None  # qpdf refuses what pdfium can still show: then the page is drawn
    header = jpeg.read_header(data)
    scans.refuse_excess(header.width, header.height, path)
    if not header.is_embeddable:
        return None
    return scans.jpeg_raster(data, header, (placed[0], placed[1], False), path)


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


def _native(picture: pypdfium2.PdfImage, path: Path, placed: tuple[float, float, int]) -> Raster | None:
    told = picture.get_metadata()
    scans.refuse_excess(told.width, told.height, path)
    try:
        return Raster(as_pixels(picture.get_bitmap(render=False)), placed[0], placed[1])
    except (pypdfium2.PdfiumError, ValueError):
        return None


def _is_plain(path: Path, index: int) -> bool:
    """Does the page's content lay one plain JPEG and write nothing that is painted?"""
    try:
        with pikepdf.open(path) as pdf:
            page = pdf.pages[index]
            pictures = list(page.get_images(recursive=False).values())
            if not page.obj.keys() <= PLAIN_PAGE or len(pictures) != 1:
                return False
            if not pictures[0].keys() <= PLAIN_PICTURE or not _is_plain_jpeg(pictures[0]):
                return False
            return _lays_only(pikepdf.parse_content_stream(page))
    except (pikepdf.PdfError, pikepdf.PasswordError, IndexError, ValueError, TypeError, RecursionError):
        return False


def _lays_only(content: Any) -> bool:
    laid, mode = 0, 0
    for instruction in content:
        name = str(instruction.operator)
        if name == "Tr":
            mode = instruction.operands[0]
        elif name in ("Tj", "TJ", "'", '"') and mode != INVISIBLE:
            return False
        laid += name == "Do"
        if name not in LAYING and name not in UNSEEN_WRITING:
            return False
    return laid == 1


def _looks_alike(page: pypdfium2.PdfPage, raster: Raster) -> bool:
    """Does the bare picture look like the drawn page, in every place?"""
    shown = (raster.height_mm, raster.width_mm) if raster.turn % 180 else (raster.width_mm, raster.height_mm)
    scale = min(COMPARED_DPI, raster.pixels_dpi) * shown[0] / MM_PER_INCH / page.get_width()
    drawn = grey_of(as_pixels(page.render(scale=scale, may_draw_forms=True)))
    if min(drawn.shape) < SMALLEST:
        return False
    bare = np.ascontiguousarray(turned(grey_of(raster.pixels), raster.turn))
    small = cv2.resize(bare, (drawn.shape[1], drawn.shape[0]), interpolation=cv2.INTER_AREA)
    side = max(3, round(PLACE_MM / shown[0] * drawn.shape[1]))
    tones = [cv2.blur(picture.astype(np.float32), (side, side)) for picture in (drawn, small)]
    return float(np.abs(tones[0] - tones[1]).max()) <= LEAST_DIFFERENCE
