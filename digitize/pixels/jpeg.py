"""What a JPEG file says about itself, read from its markers (ITU-T T.81 annex B), and whether it is whole."""

import re
import struct
from dataclasses import dataclass

from digitize.pixels.exif import CENTIMETRES_PER_INCH, NOTHING, Dpi, Told, read_told
from digitize.pixels.orientation import Orientation, orientation_of

START = b"\xff\xd8"
STANDALONE = bytes((0x01, *range(0xD0, 0xD8)))  # TEM and the restart markers carry no length
NO_MARKER = b"\x00\xff" + STANDALONE  # after 0xFF: a stuffed zero, a fill byte, what stands in coded data
MARKER = re.compile(b"\xff([^" + re.escape(NO_MARKER) + b"])", re.DOTALL)
FRAMES = {0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF}
EMBEDDABLE_FRAMES = {0xC0, 0xC1, 0xC2}  # baseline, extended and progressive Huffman: what DCTDecode reads
END_OF_IMAGE = 0xD9
START_OF_SCAN = 0xDA
APP0, APP1, APP2 = 0xE0, 0xE1, 0xE2
RGB_COMPONENTS = b"RGB"  # component names of a JPEG that was not turned into YCbCr
EXIF_MARK = b"Exif\0\0"
MULTI_PICTURE_MARK = b"MPF\0"  # CIPA DC-007: further pictures follow the first one


@dataclass(frozen=True)
class JpegHeader:
    """Width and height in pixels as stored, and what the file tells of itself.

    `dpis` are the dots per inch that it tells, across and down as stored: JFIF's first, then EXIF's. `length`
    is that of the first picture in bytes, where others follow it in the file.
    """

    width: int
    height: int
    components: int
    precision: int
    frame: int
    names: bytes
    dpis: tuple[Dpi, ...]
    orientation: Orientation
    length: int | None = None

    @property
    def is_embeddable(self) -> bool:
        """Can a PDF viewer show this stream as it is, in grey or RGB?"""
        plain = self.frame in EMBEDDABLE_FRAMES and self.precision == 8  # noqa: PLR2004 bits
        return plain and self.components in (1, 3) and self.names != RGB_COMPONENTS


class BrokenJpegError(ValueError):
    """The markers do not make a whole JPEG."""


def read_header(data: bytes) -> JpegHeader:
    """Walk the markers from start to end of image.

    Raises: BrokenJpegError when a marker is cut, no frame is there or the end of the image is missing.
    """
    segments, end = _segments(data)
    frame = next(((marker, body) for marker, body in segments if marker in FRAMES), None)
    if frame is None:
        raise BrokenJpegError("no frame")
    marker, body = frame
    if len(body) < 6 or len(body) < 6 + 3 * body[5]:  # noqa: PLR2004 T.81 B.2.2: fixed part and components
        raise BrokenJpegError("frame header cut")
    precision, height, width, components = struct.unpack(">BHHB", body[:6])
    if not width or not height:
        raise BrokenJpegError("no size")
    names = bytes(body[6 + 3 * index] for index in range(components))
    jfif, told = _told(segments)
    is_first = any(kind == APP2 and part.startswith(MULTI_PICTURE_MARK) for kind, part in segments)
    return JpegHeader(
        width,
        height,
        components,
        precision,
        marker,
        names,
        tuple(dpi for dpi in (jfif, told.dpi) if dpi),
        orientation_of(told.orientation),
        end if is_first else None,
    )


def _told(segments: list[tuple[int, bytes]]) -> tuple[Dpi | None, Told]:
    jfif, told = None, NOTHING
    for marker, body in segments:
        if marker == APP0 and body[:5] == b"JFIF\0":
            jfif = _jfif_density(body) or jfif
        elif marker == APP1 and body.startswith(EXIF_MARK):
            told = read_told(body[len(EXIF_MARK) :])
    return jfif, told


def _segments(data: bytes) -> tuple[list[tuple[int, bytes]], int]:
    """The segments up to the end of the image, and where that is."""
    if not data.startswith(START):
        raise BrokenJpegError("no start of image")
    found: list[tuple[int, bytes]] = []
    at = 2
    while True:
        at, marker = _next_marker(data, at)
        if marker == END_OF_IMAGE:
            return found, at
        length = int.from_bytes(data[at : at + 2], "big")
        if length < 2 or at + length > len(data):  # noqa: PLR2004 the length counts its own two bytes
            raise BrokenJpegError("segment cut")
        if marker != START_OF_SCAN:
            found.append((marker, data[at + 2 : at + length]))
        at += length


def _next_marker(data: bytes, at: int) -> tuple[int, int]:
    """Find the next marker, passing over entropy-coded data, stuffed zeros and fill bytes."""
    found = MARKER.search(data, at)
    if found is None:
        raise BrokenJpegError("no end of image")
    return found.end(), found[1][0]


def _jfif_density(body: bytes) -> Dpi | None:
    if len(body) < 12:  # noqa: PLR2004 JFIF 1.02: identifier, version, units, densities
        return None
    unit, across, down = struct.unpack(">BHH", body[7:12])
    if unit not in (1, 2) or not across or not down:
        return None
    per_inch = 1.0 if unit == 1 else CENTIMETRES_PER_INCH
    return across * per_inch, down * per_inch
