"""What a JPEG file says about itself, read from its markers (ITU-T T.81 annex B), and whether it is whole."""

import re
import struct
from dataclasses import dataclass

START = b"\xff\xd8"
STANDALONE = bytes((0x01, *range(0xD0, 0xD8)))  # TEM and the restart markers carry no length
NO_MARKER = b"\x00\xff" + STANDALONE  # after 0xFF: a stuffed zero, a fill byte, what stands in coded data
MARKER = re.compile(b"\xff([^" + re.escape(NO_MARKER) + b"])", re.DOTALL)
FRAMES = {0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF}
EMBEDDABLE_FRAMES = {0xC0, 0xC1, 0xC2}  # baseline, extended and progressive Huffman: what DCTDecode reads
END_OF_IMAGE = 0xD9
START_OF_SCAN = 0xDA
APP0, APP1, APP14 = 0xE0, 0xE1, 0xEE
CENTIMETRES_PER_INCH = 2.54
RGB_COMPONENTS = b"RGB"  # component names of a JPEG that was not turned into YCbCr
EXIF_MARK = b"Exif\0\0"
ORIENTATION_TAG = 0x0112
EXIF_QUARTER_TURNS = {3: 180, 6: 90, 8: 270}


@dataclass(frozen=True)
class JpegHeader:
    """Width and height in pixels, dots per inch when told, clockwise turn the camera asks for (EXIF)."""

    width: int
    height: int
    components: int
    precision: int
    frame: int
    names: bytes
    dpi: tuple[float, float] | None
    turn: int

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
    frame: tuple[int, bytes] | None = None
    dpi: tuple[float, float] | None = None
    turn = 0
    for marker, body in _segments(data):
        if marker in FRAMES and frame is None:
            frame = marker, body
        elif marker == APP0 and body[:5] == b"JFIF\0":
            dpi = _jfif_density(body) or dpi
        elif marker == APP1 and body[:6] == EXIF_MARK:
            turn = _exif_turn(body[6:])
    if frame is None:
        raise BrokenJpegError("no frame")
    marker, body = frame
    if len(body) < 6 or len(body) < 6 + 3 * body[5]:  # noqa: PLR2004 T.81 B.2.2: fixed part and components
        raise BrokenJpegError("frame header cut")
    precision, height, width, components = struct.unpack(">BHHB", body[:6])
    if not width or not height:
        raise BrokenJpegError("no size")
    names = bytes(body[6 + 3 * index] for index in range(components))
    return JpegHeader(width, height, components, precision, marker, names, dpi, turn)


def _segments(data: bytes) -> list[tuple[int, bytes]]:
    if not data.startswith(START):
        raise BrokenJpegError("no start of image")
    found: list[tuple[int, bytes]] = []
    at = 2
    while True:
        at, marker = _next_marker(data, at)
        if marker == END_OF_IMAGE:
            return found
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


def _jfif_density(body: bytes) -> tuple[float, float] | None:
    if len(body) < 12:  # noqa: PLR2004 JFIF 1.02: identifier, version, units, densities
        return None
    unit, across, down = struct.unpack(">BHH", body[7:12])
    if unit not in (1, 2) or not across or not down:
        return None
    per_inch = 1.0 if unit == 1 else CENTIMETRES_PER_INCH
    return across * per_inch, down * per_inch


def _exif_turn(tiff: bytes) -> int:
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None or len(tiff) < 10:  # noqa: PLR2004 TIFF header and entry count
        return 0
    start = struct.unpack(order + "I", tiff[4:8])[0]
    (count,) = struct.unpack(order + "H", tiff[start : start + 2].ljust(2, b"\0"))
    for index in range(min(count, 64)):
        entry = tiff[start + 2 + 12 * index : start + 14 + 12 * index]
        if len(entry) < 12:  # noqa: PLR2004 TIFF 6.0: bytes of an entry
            break
        tag, _kind, _count, value = struct.unpack(order + "HHIH", entry[:10])
        if tag == ORIENTATION_TAG:
            return EXIF_QUARTER_TURNS.get(value, 0)
    return 0
