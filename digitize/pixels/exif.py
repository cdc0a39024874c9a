"""What the first directory of a TIFF structure tells, as EXIF carries it in JPEG and PNG (TIFF 6.0)."""

import struct
from dataclasses import dataclass

ORIENTATION, ACROSS, DOWN, UNIT = 0x0112, 0x011A, 0x011B, 0x0128
INCH, CENTIMETRE = 2, 3
CENTIMETRES_PER_INCH = 2.54
MOST_ENTRIES = 64
ENTRY_BYTES = 12
SHORT, RATIONAL = 3, 5

Dpi = tuple[float, float]


@dataclass(frozen=True)
class Told:
    """The orientation tag, and dots per inch across and down as the pixels are stored."""

    orientation: int | None = None
    dpi: Dpi | None = None


NOTHING = Told()


def read_told(tiff: bytes) -> Told:
    """Read the first directory; what is broken says nothing."""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return NOTHING
    try:
        values = dict(_entries(tiff, order))
    except struct.error:
        return NOTHING
    return Told(_whole(values.get(ORIENTATION)), _dpi(values))


def _entries(tiff: bytes, order: str) -> list[tuple[int, float]]:
    (start,) = struct.unpack_from(order + "I", tiff, 4)
    (count,) = struct.unpack_from(order + "H", tiff, start)
    found = []
    for index in range(min(count, MOST_ENTRIES)):
        at = start + 2 + ENTRY_BYTES * index
        if at + ENTRY_BYTES > len(tiff):
            break
        tag, kind, number = struct.unpack_from(order + "HHI", tiff, at)
        value = _value(tiff, order, kind, at + 8) if number == 1 else None
        if value is not None:
            found.append((tag, value))
    return found


def _value(tiff: bytes, order: str, kind: int, at: int) -> float | None:
    if kind == SHORT:
        return float(struct.unpack_from(order + "H", tiff, at)[0])
    if kind != RATIONAL:
        return None
    (there,) = struct.unpack_from(order + "I", tiff, at)
    if there + 8 > len(tiff):
        return None
    above, below = struct.unpack_from(order + "II", tiff, there)
    return above / below if below else None


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)


def _dpi(values: dict[int, float]) -> Dpi | None:
    across, down, unit = values.get(ACROSS), values.get(DOWN), values.get(UNIT, INCH)
    if not across or not down or unit not in (INCH, CENTIMETRE):
        return None
    per_inch = CENTIMETRES_PER_INCH if unit == CENTIMETRE else 1.0
    return across * per_inch, down * per_inch
