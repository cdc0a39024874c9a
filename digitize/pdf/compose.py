"""One finished page as a PDF of its own: pictures placed by matrix and clip, and hidden words over them.

Turning, straightening and cropping are the picture's matrix and the page's clip alone (ISO 32000-1 8.3.4,
8.5.4); the page has the paper's size, and the scan keeps its scale.
"""

import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pikepdf
from pikepdf import Array, Dictionary, Name

from digitize.model import Box, PageText
from digitize.pdf.text_layer import POINTS_PER_MM, lay
from digitize.pixels.geometry import Pose
from digitize.pixels.raster import Coding, Stream

Matrix = tuple[float, float, float, float, float, float]
WHOLE = Box(0.0, 0.0, 1.0, 1.0)
CONTENT_LEVEL = 6  # of zlib; 9 costs twice as much and saves 1 %
COLOUR_CHANNELS = 3


@dataclass(frozen=True)
class Layer:
    """One picture of a page: its stream, and the matrix that lays its unit square there, in points.

    With a `tint` (RGB, 0-1) it is a stencil: its black pixels are painted in that colour, its white ones
    leave what lies below.
    """

    stream: Stream
    matrix: Matrix
    tint: tuple[float, float, float] | None = None


def write_page(stream: Stream, pose: Pose, text: PageText, out: Path, crop: Box | None = None) -> None:
    """Write one page that shows a whole scan, or of it what lies within `crop`, to `out`.

    `crop` is a box of the upright scan: the scan turned and straightened about its middle, in a frame of its
    own size. The words and the size of `text` are those of what is shown. Not a byte of the scan is changed,
    and what lies outside `crop` stays in the file, unseen.
    The font `/F0` is not in it: the whole document shares one.
    """
    width, height = points(text)
    layer = Layer(stream, placement(pose, width, height, crop or WHOLE))
    write_layers((layer,), text, out, clipped=crop is not None)


def write_layers(layers: Sequence[Layer], text: PageText, out: Path, *, clipped: bool = False) -> None:
    """Write one page of pictures laid one over the other, the first at the bottom, and hidden words."""
    pdf = pikepdf.Pdf.new()
    width, height = points(text)
    shown = [_show(layer, number) for number, layer in enumerate(layers)]
    clip = [f"0 0 {width:.3f} {height:.3f} re W n"] if clipped else []
    content = "\n".join(["q", *clip, *shown, "Q\n"]).encode("ascii") + lay(text)
    pictures = {_name(number): _picture(pdf, layer) for number, layer in enumerate(layers)}
    page = Dictionary(
        Type=Name.Page,
        MediaBox=Array([0, 0, round(width, 3), round(height, 3)]),
        Resources=Dictionary(XObject=Dictionary(pictures)),
        Contents=pikepdf.Stream(pdf, zlib.compress(content, CONTENT_LEVEL), Filter=Name.FlateDecode),
    )
    pdf.pages.append(pikepdf.Page(pdf.make_indirect(page)))
    pdf.save(out, static_id=True, stream_decode_level=pikepdf.StreamDecodeLevel.none, compress_streams=False)


def points(text: PageText) -> tuple[float, float]:
    """Width and height of the page in points."""
    return text.width_mm * POINTS_PER_MM, text.height_mm * POINTS_PER_MM


def placement(pose: Pose, width: float, height: float, crop: Box = WHOLE) -> Matrix:
    """The matrix that lays the unit square of the scan on an upright page of `width` by `height`.

    The scan is turned clockwise by the pose's rotation, then straightened anticlockwise, both about its
    middle; `crop` of that frame fills the page.
    """
    whole_width, whole_height = width / (crop.right - crop.left), height / (crop.bottom - crop.top)
    sideways = pose.rotation % 180 == 90  # noqa: PLR2004 degrees
    across, along = (whole_height, whole_width) if sideways else (whole_width, whole_height)
    angle = math.radians(pose.skew_degrees - pose.rotation)
    cos, sin = math.cos(angle), math.sin(angle)
    a, b, c, d = across * cos, across * sin, -along * sin, along * cos
    middle = whole_width * (0.5 - crop.left), whole_height * (crop.bottom - 0.5)
    return a, b, c, d, middle[0] - (a + c) / 2, middle[1] - (b + d) / 2


def _show(layer: Layer, number: int) -> str:
    matrix = " ".join(f"{value:.5f}" for value in layer.matrix)
    tint = " ".join(f"{value:.3f}" for value in layer.tint) + " rg " if layer.tint else ""
    return f"q {tint}{matrix} cm {_name(number)} Do Q"


def _name(number: int) -> str:
    return f"/Im{number}"


def _picture(pdf: pikepdf.Pdf, layer: Layer) -> pikepdf.Object:
    stream = layer.stream
    entries = Dictionary(
        Type=Name.XObject,
        Subtype=Name.Image,
        Width=stream.width,
        Height=stream.height,
        BitsPerComponent=1 if stream.coding is Coding.G4 else 8,
        Filter=Name("/" + stream.coding),
    )
    if layer.tint:
        entries.ImageMask = True
    else:
        entries.ColorSpace = Name.DeviceRGB if stream.channels == COLOUR_CHANNELS else Name.DeviceGray
    if stream.coding is Coding.G4:
        entries.DecodeParms = Dictionary(K=-1, Columns=stream.width, Rows=stream.height)
    return pikepdf.Stream(pdf, stream.data, entries)
