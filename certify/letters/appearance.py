"""Visible signatures, drawn letter by letter in Tinos from the forms dated law hands in.

Rules of this module:
1. Nothing is clipped and nothing overlaps: lines are measured, wrapped at spaces and set smaller within the
   form's limits; what still does not fit raises TEXT_TOO_LONG before anything is signed.
2. Text is NFC and drawn glyph by glyph, so extraction returns the very words.
3. No transparency; black is DeviceGray and colours are DeviceRGB, both covered by the file's sRGB intent.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.content import AppearanceContent, ResourceType
from pyhanko.pdf_utils.layout import BoxConstraints
from pyhanko.pdf_utils.writer import BasePdfFileWriter

from certify.letters.embedding import in_revision
from certify.letters.typeface import Typeface, composed, tinos
from certify.model import LOCAL_TIME, Align, Appearance, Box, CertifyFault, Corner, FaultCode, Signer

POINTS_PER_MM = 72 / 25.4
LINE_PITCH = 1.2  # of the font size
SIZE_STEP = 0.5  # points between two tries
FONT_NAME = "/Tinos"
SMALL_MM = (105.0, 54.0)  # smaller pages than A6 or a card are receipts and slips
SMALL_MARGIN = 1.0  # mm between a form and the edge of such a page
SLACK = 0.01  # points of rounding allowed at a box edge

# Turns a form's own upright space into the page's, for each /Rotate of the page.
UPRIGHT = {0: None, 90: (0, 1, -1, 0, 0, 0), 180: (-1, 0, 0, -1, 0, 0), 270: (0, -1, 1, 0, 0, 0)}


@dataclass(frozen=True)
class Drawing:
    """Lines that fit their box: size and box in points, and for each line its indent and text."""

    size: float
    width: float
    height: float
    lines: tuple[tuple[float, str], ...]
    colour: tuple[float, float, float]

    def operators(self, face: Typeface, font_name: str = FONT_NAME) -> bytes:
        """The content stream that draws the lines, first baseline at the top of the box."""
        top = self.height - face.ascent * self.size / 1000
        placed = [
            b"1 0 0 1 %.2f %.2f Tm %s" % (indent, top - row * self.size * LINE_PITCH, face.show(text))
            for row, (indent, text) in enumerate(self.lines)
        ]
        head = b"q BT %s %s %.4g Tf" % (colour_operator(self.colour), font_name.encode(), self.size)
        return b"\n".join([head, *placed, b"ET Q"])


@dataclass(frozen=True)
class PageFrame:
    """The visible part of a page in points of its own space, and how it is turned for the reader."""

    left: float
    bottom: float
    right: float
    top: float
    rotate: int = 0

    @property
    def upright_size(self) -> tuple[float, float]:
        """Width and height as the reader sees them."""
        width, height = self.right - self.left, self.top - self.bottom
        return (width, height) if self.rotate % 180 == 0 else (height, width)

    def place(self, box: Box) -> tuple[float, float, float, float]:
        """`box` of the upright page as a rectangle (x1, y1, x2, y2) of the page's own space."""
        wide, high = self.upright_size
        across, down = box.x * POINTS_PER_MM, box.y * POINTS_PER_MM
        width, height = box.width * POINTS_PER_MM, box.height * POINTS_PER_MM
        x = across if box.corner in {Corner.TOP_LEFT, Corner.BOTTOM_LEFT} else wide - across - width
        y = high - down - height if box.corner in {Corner.TOP_LEFT, Corner.TOP_RIGHT} else down
        if x < -SLACK or y < -SLACK or x + width > wide + SLACK or y + height > high + SLACK:
            raise CertifyFault(FaultCode.RENDER_FAILED, f"{box} does not lie on a page of {wide} x {high} pt")
        return self._turned(x, y, x + width, y + height)

    def _turned(self, x1: float, y1: float, x2: float, y2: float) -> tuple[float, float, float, float]:
        wide, high = self.upright_size
        match self.rotate % 360:
            case 90:
                x1, y1, x2, y2 = high - y2, x1, high - y1, x2
            case 180:
                x1, y1, x2, y2 = wide - x2, high - y2, wide - x1, high - y1
            case 270:
                x1, y1, x2, y2 = y1, wide - x2, y2, wide - x1
        return (x1 + self.left, y1 + self.bottom, x2 + self.left, y2 + self.bottom)


def words_of(appearance: Appearance, signer: Signer, at: datetime, kind_word: str = "") -> tuple[str, ...]:
    """The form's lines with the signer, the local time of `at` and the kind of copy filled in, in NFC."""
    local = at.astimezone(LOCAL_TIME)
    values = {
        "name": signer.name,
        "title": signer.title.replace("\n", " "),
        "agency": signer.agency,
        "kind": kind_word,
        "date": f"{local:%d/%m/%Y}",
        "time": f"{local:%H:%M:%S}",
    }
    return fill(appearance.lines, values)


def fill(lines: Sequence[str], values: Mapping[str, object]) -> tuple[str, ...]:
    """Templates filled and in NFC.

    Raises: CertifyFault RENDER_FAILED for a template that asks for what is not there.
    """
    try:
        return tuple(composed(line.format_map(values)) for line in lines)
    except (KeyError, ValueError, IndexError, AttributeError) as wrong:
        raise CertifyFault(FaultCode.RENDER_FAILED, f"template: {wrong!r}") from wrong


def draw(appearance: Appearance, words: Sequence[str], face: Typeface | None = None) -> Drawing:
    """Set `words` into the form's box.

    Raises: CertifyFault TEXT_TOO_LONG when even the smallest size overflows.
    """
    face = face or tinos()
    width, height = appearance.box.width * POINTS_PER_MM, appearance.box.height * POINTS_PER_MM
    size = appearance.font_size
    while size >= appearance.smallest_size:
        rows = wrap(words, partial(face.width, size=size), width)
        if rows is not None and _height_of(len(rows), face, size) <= height + SLACK:
            placed = tuple((_indent(row, face, size, width, appearance.align), row) for row in rows)
            return Drawing(size, width, height, placed, appearance.colour)
        size -= SIZE_STEP
    raise CertifyFault(FaultCode.TEXT_TOO_LONG, f"profile {appearance.profile}: {' / '.join(words)}")


def fitted(appearance: Appearance, words: Sequence[str], frame: PageFrame) -> Appearance:
    """The form as it fits a small page: narrower, and as high as its words then need. Others change nothing.

    Raises: CertifyFault PAGE_TOO_SMALL when the words do not fit in any way.
    """
    box = appearance.box
    wide, high = (side / POINTS_PER_MM for side in frame.upright_size)
    if wide >= SMALL_MM[0] and high >= SMALL_MM[1]:
        return appearance
    if box.x + box.width <= wide and box.y + box.height <= high:
        return appearance
    width = min(box.width, wide - 2 * SMALL_MARGIN)
    room = high - 2 * SMALL_MARGIN
    x, height = min(box.x, wide - SMALL_MARGIN - width), min(box.height, room)
    while width > 0 and 0 < height <= room:
        y = min(box.y, high - SMALL_MARGIN - height)
        smaller = replace(appearance, box=Box(box.corner, x, y, width, height))
        if _has_room(smaller, words):
            return smaller
        height += 1.0
    raise CertifyFault(FaultCode.PAGE_TOO_SMALL, f"{box} on a page of {wide:.0f} x {high:.0f} mm")


def _has_room(appearance: Appearance, words: Sequence[str]) -> bool:
    try:
        draw(appearance, words)
    except CertifyFault as fault:
        if fault.code is not FaultCode.TEXT_TOO_LONG:
            raise
        return False
    return True


def wrap(lines: Sequence[str], measure: Callable[[str], float], width: float) -> list[str] | None:
    """Break lines at spaces so that each fits `width`; None when one word alone does not."""
    rows: list[str] = []
    for line in lines:
        if measure(line) <= width + SLACK:
            rows.append(line)  # spacing and all
            continue
        row = ""
        for word in line.split():
            longer = f"{row} {word}" if row else word
            if measure(longer) <= width + SLACK:
                row = longer
                continue
            if row:
                rows.append(row)
            if measure(word) > width + SLACK:
                return None
            row = word
        rows.append(row)
    return rows


def colour_operator(colour: tuple[float, float, float]) -> bytes:
    """The fill colour: DeviceGray for greys, DeviceRGB otherwise."""
    if len(set(colour)) == 1:
        return b"%.4g g" % colour[0]
    return b"%.4g %.4g %.4g rg" % colour


@dataclass(frozen=True)
class FormStyle:
    """Hands pyHanko a finished drawing: `font` refers to the font in the file, `rotate` is the page's."""

    drawing: Drawing
    font: Any
    rotate: int = 0

    def create_stamp(self, writer: BasePdfFileWriter, box: BoxConstraints, text_params: Any) -> "FormContent":
        """The drawing as an appearance; the measured box counts, not the one pyHanko read back."""
        del box, text_params
        return FormContent(writer, self.drawing, self.font, self.rotate % 360)


class FormContent(AppearanceContent):
    """One drawing as a form XObject."""

    def __init__(self, writer: BasePdfFileWriter, drawing: Drawing, font: Any, rotate: int) -> None:
        super().__init__(writer, BoxConstraints(width=drawing.width, height=drawing.height))
        self._drawing, self._rotate = drawing, rotate
        self.set_resource(ResourceType.FONT, generic.NameObject(FONT_NAME), font)

    def render(self) -> bytes:
        """The operators of the drawing."""
        return self._drawing.operators(tinos())

    def as_form_xobject(self) -> generic.StreamObject:
        """The form, turned against the page's rotation so that the reader sees it upright."""
        form = super().as_form_xobject()
        if matrix := UPRIGHT[self._rotate]:
            form["/Matrix"] = in_revision(list(matrix), self._ensure_writer)
        return form


def _height_of(rows: int, face: Typeface, size: float) -> float:
    return ((rows - 1) * LINE_PITCH + (face.ascent - face.descent) / 1000) * size


def _indent(row: str, face: Typeface, size: float, width: float, align: Align) -> float:
    return 0.0 if align is Align.LEFT else max(0.0, (width - face.width(row, size)) / 2)
