"""What odd inputs are made of: a page with words, as a picture and as a PDF that an office program writes."""

import io
from collections.abc import Sequence
from functools import cache

import numpy as np
import pikepdf
from numpy.typing import NDArray
from pikepdf import Array, Dictionary, Name, Stream
from PIL import Image

from certify.letters.embedding import embed_in_pages
from certify.letters.typeface import Weight, tinos
from scanner_adapters.simulator.papers.lettering import Face, Style, blank_canvas

Pixels = NDArray[np.uint8]
LINES = (
    "ỦY BAN NHÂN DÂN PHƯỜNG ĐỒNG TÂM",
    "Giấy xác nhận nơi cư trú của công dân",
    "Ông Nguyễn Văn Hùng sinh ngày 15 tháng 8 năm 1975",
    "hiện ở tổ dân phố số 9 đường Trần Phú",
)
SAYS = tuple(" ".join(LINES).split())
READ = 0.93  # of the words that are read from a picture at 200 dpi
DPI, POINTS = 200, 12.0
A5_MM, A4_POINTS = (148.0, 210.0), (595.276, 841.89)
LINE_MM, LEFT_MM, TOP_MM = 9.0, 14.0, 22.0


@cache
def page(lines: tuple[str, ...] = LINES, size_mm: tuple[float, float] = A5_MM, dpi: int = DPI) -> Image.Image:
    """Lines of print on white paper."""
    canvas = blank_canvas(*size_mm, dpi)
    for row, line in enumerate(lines):
        canvas.put(line, LEFT_MM, TOP_MM + LINE_MM * row, Style(Face.REGULAR, POINTS))
    return canvas.image


@cache
def drawing(size_mm: tuple[float, float] = A5_MM, dpi: int = DPI) -> Image.Image:
    """No words: bars and a box, none of them like another."""
    canvas = blank_canvas(*size_mm, dpi)
    for row in range(9):
        canvas.rule(12, 20 + 9 * row, 25 + 11 * (row % 5), thickness=2.5)
    canvas.rule(90, 20, 40, thickness=30)
    return canvas.image


def jpeg(image: Image.Image, dpi: int = DPI) -> bytes:
    """The picture as a scanner's JPEG."""
    held = io.BytesIO()
    image.save(held, "JPEG", quality=90, dpi=(dpi, dpi))
    return held.getvalue()


def add_words(pdf: pikepdf.Pdf, lines: Sequence[str], size: tuple[float, float] = A4_POINTS) -> pikepdf.Page:
    """A page with these lines as text, 14 points high, the first 60 points below its top."""
    contents = b"\n".join(line_of(line, 72, size[1] - 60 - 22 * row) for row, line in enumerate(lines))
    made = Dictionary(
        Type=Name.Page,
        MediaBox=Array([0, 0, *size]),
        Resources=Dictionary(Font=Dictionary(F1=embed_in_pages(Weight.REGULAR, pdf)), XObject=Dictionary()),
        Contents=Stream(pdf, contents),
    )
    pdf.pages.append(pikepdf.Page(pdf.make_indirect(made)))
    return pdf.pages[-1]


def line_of(text: str, left: float, bottom: float, points: float = 14, mode: int = 0) -> bytes:
    """The operators that write one line with the page's font."""
    placed = b"BT %d Tr /F1 %.1f Tf 1 0 0 1 %.1f %.1f Tm " % (mode, points, left, bottom)
    return placed + tinos().show(text) + b" ET"


def add_scan(
    pdf: pikepdf.Pdf, image: Image.Image, size: tuple[float, float] = A4_POINTS, **keys: object
) -> pikepdf.Page:
    """A page that is one scanned picture; `keys` are further entries of the picture."""
    picture = picture_of(pdf, image, **keys)
    made = Dictionary(
        Type=Name.Page,
        MediaBox=Array([0, 0, *size]),
        Resources=Dictionary(
            XObject=Dictionary(I0=picture), Font=Dictionary(F1=embed_in_pages(Weight.REGULAR, pdf))
        ),
        Contents=Stream(pdf, b"q %.3f 0 0 %.3f 0 0 cm /I0 Do Q" % size),
    )
    pdf.pages.append(pikepdf.Page(pdf.make_indirect(made)))
    return pdf.pages[-1]


def picture_of(pdf: pikepdf.Pdf, image: Image.Image, **keys: object) -> Stream:
    """A picture object."""
    space = Name.DeviceGray if image.mode == "L" else Name.DeviceRGB
    entries = Dictionary(
        Type=Name.XObject,
        Subtype=Name.Image,
        Width=image.width,
        Height=image.height,
        BitsPerComponent=8,
        ColorSpace=space,
        Filter=Name.DCTDecode,
        **keys,
    )
    return Stream(pdf, jpeg(image), entries)


def write_over(pdf: pikepdf.Pdf, page_of: pikepdf.Page, *operators: bytes) -> None:
    """Further operators behind those of the page."""
    page_of.obj.Contents = Stream(pdf, b"\n".join((page_of.obj.Contents.read_bytes(), *operators)))


def write_under(pdf: pikepdf.Pdf, page_of: pikepdf.Page, *operators: bytes) -> None:
    """Operators before those of the page."""
    page_of.obj.Contents = Stream(pdf, b"\n".join((*operators, page_of.obj.Contents.read_bytes())))
