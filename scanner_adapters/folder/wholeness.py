"""Does a file reach its own end? Walks each kind's own structure, because decoders forgive too much.

Rules, one for each kind:
1. JPEG: the segments lead to the picture's own end marker (a thumbnail's does not count), ISO 10918-1 B.1.
2. PNG: every chunk up to IEND is there and keeps its checksum, ISO 15948 clause 5.
3. TIFF: every directory, every value and every strip or tile lies inside the file, TIFF 6.0 section 2.
4. PDF: nothing follows the last end-of-file marker, and a startxref stands before it, ISO 32000-2 7.5.5.
"""

import random
import re
import struct
import zlib
from collections.abc import Iterator, Mapping
from mmap import mmap

from scanner_adapters.model import FaultCode, ScanFault

Bytes = bytes | mmap
MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")  # what ends a run of entropy-coded bytes
RESTART = re.compile(rb"\xff[\xd0-\xd7]")
JPEG_END, JPEG_SCAN = 0xD9, 0xDA
JPEG_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}  # the tables' and reserved markers lie between
JPEG_BARE = (0x01, 0xD8)  # markers without a length
TAIL_OF_PDF = 1024
END_OF_PDF = re.compile(rb"startxref\s+\d+\s+%%EOF[\s\0]*\Z")
VALUE_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}  # by type
PIECES = ((273, 279), (324, 325), (513, 514))  # offsets and lengths: strips, tiles, a JPEG of old style
MOST_DIRECTORIES = 1000


def require_whole(data: Bytes, media_type: str) -> None:
    """Walk to the file's end. Raises: ScanFault INCOMPLETE_FILE."""
    try:
        if media_type == "image/jpeg":
            jpeg_end(data)
        elif media_type == "image/png":
            _walk_png(data)
        elif media_type == "image/tiff":
            _walk_tiff(data)
        elif not END_OF_PDF.search(data[-TAIL_OF_PDF:]):
            raise _cut("PDF without its end")
    except (struct.error, IndexError, ValueError) as outside:
        raise ScanFault(FaultCode.INCOMPLETE_FILE, f"ends early: {outside}") from outside


def jpeg_end(data: Bytes) -> tuple[int, int]:
    """Where the last scan starts and where the end marker stands. Raises: ScanFault INCOMPLETE_FILE."""
    at, scan = 2, 0
    missing: set[tuple[int, int]] = set()
    while found := MARKER.search(data, at):
        marker, at = data[found.start() + 1], found.end()
        if marker == JPEG_END:
            break
        segment = data[at + 2 : at + int.from_bytes(data[at : at + 2], "big")]
        if marker in JPEG_FRAMES:
            missing = {(part, place) for part in segment[6::3] for place in range(64)}
        elif marker == JPEG_SCAN:
            scan = at
            missing -= _told_by_scan(segment)
        at += 0 if marker in JPEG_BARE else len(segment) + 2
    if found is None or missing or not scan:
        raise _cut("JPEG without its end")
    return scan, found.start()


def _told_by_scan(segment: bytes) -> set[tuple[int, int]]:
    """The coefficients, by component, whose last bit this scan tells; a progressive JPEG has many scans."""
    parts, (first, last, bits) = segment[1:-3:2], segment[-3:]
    return set() if bits % 16 else {(part, place) for part in parts for place in range(first, last + 1)}


def padded_jpeg(data: Bytes) -> bytes:
    """The picture with strange bytes before its end marker.

    A whole picture is decoded before these are reached; a cut one that was given an end takes them for its
    missing blocks and looks different, where the decoder would silently have filled the blocks with grey.
    """
    scan, end = jpeg_end(data)
    kept = data[:end].rstrip(b"\xff")  # fill bytes before a marker
    restarts = RESTART.findall(kept, scan)
    following = (restarts[-1][1] + 1) % 8 if restarts else 0
    chance = random.Random(end)  # noqa: S311 filling, not a secret
    filling = b"\xfe" + bytes(chance.choices(range(1, 255), k=511))  # starts unlike the zeros of a decoder
    return kept + filling + bytes((0xFF, 0xD0 + following)) + filling + data[end : end + 2]


def _walk_png(data: Bytes) -> None:
    at, kind = 8, b""
    while kind != b"IEND":
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        end = at + 8 + length
        if struct.unpack(">I", data[end : end + 4])[0] != zlib.crc32(data[at + 4 : end]):
            raise _cut(f"PNG chunk {kind!r} is damaged")
        at = end + 4


def _walk_tiff(data: Bytes) -> None:
    order = "<" if data[:2] == b"II" else ">"
    at, seen = _number(data, order, 4, 4), set[int]()
    if at == 0:
        raise _cut("TIFF without a page")
    while at:
        if at in seen or len(seen) > MOST_DIRECTORIES:
            raise _cut("TIFF directories without end")
        seen.add(at)
        entries = _number(data, order, at, 2)
        values = dict(_values(data, order, at + 2, entries))
        _require_pieces(values, len(data))
        at = _number(data, order, at + 2 + 12 * entries, 4)


def _values(data: Bytes, order: str, at: int, entries: int) -> Iterator[tuple[int, tuple[int, ...]]]:
    """The values of a directory: whole numbers for the tags that tell of pieces, nothing for others."""
    wanted = {tag for pair in PIECES for tag in pair}
    for entry in range(at, at + 12 * entries, 12):
        tag, kind, count = struct.unpack(order + "HHI", data[entry : entry + 8])
        width = VALUE_BYTES.get(kind, 1)
        start = entry + 8 if width * count <= 4 else _number(data, order, entry + 8, 4)  # noqa: PLR2004 TIFF 6.0
        if start + width * count > len(data):
            raise _cut(f"TIFF tag {tag} lies outside the file")
        if tag in wanted and width in (2, 4):
            letters = order + str(count) + ("H" if width == 2 else "I")  # noqa: PLR2004 bytes
            yield tag, struct.unpack(letters, data[start : start + width * count])


def _require_pieces(values: Mapping[int, tuple[int, ...]], size: int) -> None:
    found = [(values[starts], values.get(lengths, ())) for starts, lengths in PIECES if starts in values]
    if not found:
        raise _cut("TIFF page without pixels")
    for starts, lengths in found:
        known = lengths or (1,) * len(starts)  # very old writers leave the lengths out
        if len(known) != len(starts) or any(map(lambda a, b: a + b > size, starts, known)):
            raise _cut("TIFF pixels lie outside the file")


def _number(data: Bytes, order: str, at: int, width: int) -> int:
    number: int = struct.unpack(order + ("H" if width == 2 else "I"), data[at : at + width])[0]  # noqa: PLR2004
    return number


def _cut(what: str) -> ScanFault:
    return ScanFault(FaultCode.INCOMPLETE_FILE, what)
