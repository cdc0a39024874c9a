"""One finished page as a PDF of its own: the scan's stream, placed by a matrix, and hidden words over it.

Turning and straightening are the picture's matrix alone (ISO 32000-1 8.3.4); the page has the paper's size.
"""

import math
import zlib
from pathlib import Path

import pikepdf
from pikepdf import Array, Dictionary, Name

from digitize.geometry import Pose
from digitize.model import PageText
from digitize.raster import Coding, Stream
from digitize.text_layer import POINTS_PER_MM, lay

IMAGE = "/Im0"


def write_page(stream: Stream, pose: Pose, text: PageText, out: Path) -> None:
    """Write one page to `out`. The font `/F0` is not in it: the whole document shares one."""
    pdf = pikepdf.Pdf.new()
    width, height = text.width_mm * POINTS_PER_MM, text.height_mm * POINTS_PER_MM
    matrix = " ".join(f"{value:.5f}" for value in placement(pose, width, height))
    content = f"q {matrix} cm {IMAGE} Do Q\n".encode("ascii") + lay(text)
    page = Dictionary(
        Type=Name.Page,
        MediaBox=Array([0, 0, round(width, 3), round(height, 3)]),
        Resources=Dictionary(XObject=Dictionary({IMAGE: _image(pdf, stream)})),
        Contents=pikepdf.Stream(pdf, zlib.compress(content, 9), Filter=Name.FlateDecode),
    )
    pdf.pages.append(pikepdf.Page(pdf.make_indirect(page)))
    pdf.save(out, static_id=True, stream_decode_level=pikepdf.StreamDecodeLevel.none, compress_streams=False)


def placement(pose: Pose, width: float, height: float) -> tuple[float, float, float, float, float, float]:
    """The matrix that lays the unit square of the scan on an upright page of `width` by `height`.

    The scan is centred, turned clockwise by the pose's rotation, then straightened anticlockwise.
    """
    sideways = pose.rotation % 180 == 90  # noqa: PLR2004 degrees
    across, along = (height, width) if sideways else (width, height)
    angle = math.radians(pose.skew_degrees - pose.rotation)
    cos, sin = math.cos(angle), math.sin(angle)
    a, b, c, d = across * cos, across * sin, -along * sin, along * cos
    return a, b, c, d, width / 2 - (a + c) / 2, height / 2 - (b + d) / 2


def _image(pdf: pikepdf.Pdf, stream: Stream) -> pikepdf.Object:
    entries = Dictionary(
        Type=Name.XObject,
        Subtype=Name.Image,
        Width=stream.width,
        Height=stream.height,
        BitsPerComponent=1 if stream.coding is Coding.G4 else 8,
        ColorSpace=Name.DeviceRGB if stream.channels == 3 else Name.DeviceGray,  # noqa: PLR2004
        Filter=Name("/" + stream.coding),
    )
    if stream.coding is Coding.G4:
        entries.DecodeParms = Dictionary(K=-1, Columns=stream.width, Rows=stream.height)
    return pikepdf.Stream(pdf, stream.data, entries)
