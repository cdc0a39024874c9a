"""Feeders learn a page's length only at its end; some then tell it behind the picture and nowhere else.

ISO 10918-1 B.2.5 has a marker for it, DNL; hardly any decoder reads it. So the length is put where all look.
"""

import os
import struct
from pathlib import Path

DNL = b"\xff\xdc\x00\x04"  # define number of lines: two bytes follow, then the end of the picture
END = b"\xff\xd9"
TAIL_BYTES = len(DNL) + 2 + len(END)
FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
START_OF_SCAN = 0xDA


def restored_height(path: Path) -> bytes | None:
    """The file's JPEG with the height its last marker tells; None when there is nothing to put right."""
    with path.open("rb") as file:
        if file.seek(0, os.SEEK_END) < TAIL_BYTES:
            return None
        file.seek(-TAIL_BYTES, os.SEEK_END)
        if not file.read().startswith(DNL):  # nearly always: the page is not read a second time
            return None
    return with_height(path.read_bytes())


def with_height(data: bytes) -> bytes | None:
    """The same JPEG with the height its last marker tells; None when there is nothing to put right."""
    tail = data[-TAIL_BYTES:]
    if not data.startswith(b"\xff\xd8") or not tail.startswith(DNL) or not tail.endswith(END):
        return None
    (lines,) = struct.unpack(">H", tail[4:6])
    at = _height_at(data)
    if not at or not lines or data[at : at + 2] == tail[4:6]:
        return None
    return data[:at] + tail[4:6] + data[at + 2 :]


def _height_at(data: bytes) -> int:
    """Where the frame header tells the height; 0 when there is no frame header before the first scan."""
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:  # noqa: PLR2004 every marker starts so
        marker = data[at + 1]
        if marker in FRAMES:
            return at + 5
        if marker == START_OF_SCAN:
            return 0
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return 0
