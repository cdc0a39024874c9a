"""The paper in the simulated machine: files or drawn sheets, scanned as a job's ticket wants."""

import re
from functools import lru_cache
from io import BytesIO
from pathlib import Path

from PIL import Image

from scanner_adapters.simulator.machine import Leaf
from scanner_adapters.simulator.papers import sheets
from scanner_adapters.simulator.tickets import UNIT, Ticket

SUFFIXES = (".jpg", ".jpeg", ".png", ".tif", ".tiff")
MODES = {"BlackAndWhite1": "1", "Grayscale8": "L", "RGB24": "RGB"}
FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "application/pdf": "PDF"}
A4_INCHES = (210 / 25.4, 297 / 25.4)
QUALITY = 90
SAME = 0.02  # of a resolution
DRAWN = (sheets.decision, sheets.table, sheets.letter, sheets.certificate)


def leaves_from_folder(folder: Path) -> list[Leaf]:
    """The pictures of a folder in natural order of their names, one for each side. Raises: OSError."""
    named = [path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES]
    return [leaf_from_file(path) for path in sorted(named, key=_natural)]


def leaf_from_file(path: Path) -> Leaf:
    """A picture as a side of paper; the file's own bytes where it already is what the ticket wants."""

    def scan(ticket: Ticket) -> bytes:
        with Image.open(path) as picture:
            if _is_as_wanted(picture, ticket):
                return path.read_bytes()
            return scanned(picture, _inches(picture), ticket)

    return scan


def drawn_leaves(count: int, seed: int) -> list[Leaf]:
    """Office papers drawn for this purpose: always the same for the same seed."""
    return [_drawn_leaf(place, seed + place) for place in range(count)]


def scanned(picture: Image.Image, inches: tuple[float, float], ticket: Ticket) -> bytes:
    """What a scanner delivers of a paper of this size: region, resolution, colour and type of the ticket."""
    left, top, width, height = (side / UNIT for side in ticket.region)
    across, down = picture.width / inches[0], picture.height / inches[1]
    right, bottom = min(left + width, inches[0]), min(top + height, inches[1])
    box = (left * across, top * down, right * across, bottom * down)
    size = (round((right - left) * ticket.dpi), round((bottom - top) * ticket.dpi))
    page = picture.convert("RGB").resize(size, Image.Resampling.BILINEAR, box=box)
    if ticket.turned:
        page = page.transpose(Image.Transpose.ROTATE_180)
    return _written(page.convert(MODES[ticket.color]), ticket)


def _written(page: Image.Image, ticket: Ticket) -> bytes:
    held = BytesIO()
    if ticket.media_type == "application/pdf":
        page.save(held, format="PDF", resolution=ticket.dpi)
    else:
        page.save(held, format=FORMATS[ticket.media_type], dpi=(ticket.dpi, ticket.dpi), quality=QUALITY)
    return held.getvalue()


def _is_as_wanted(picture: Image.Image, ticket: Ticket) -> bool:
    told = picture.info.get("dpi")
    same_dpi = told is None or abs(float(told[0]) / ticket.dpi - 1) < SAME
    same_kind = picture.format == FORMATS[ticket.media_type] and picture.mode == MODES[ticket.color]
    fits = all(side <= room * (1 + SAME) for side, room in zip(picture.size, ticket.pixels, strict=True))
    return same_dpi and same_kind and fits and not ticket.turned


def _inches(picture: Image.Image) -> tuple[float, float]:
    told = picture.info.get("dpi")
    if told and min(told) > 1:
        return picture.width / float(told[0]), picture.height / float(told[1])
    return A4_INCHES


def _drawn_leaf(place: int, seed: int) -> Leaf:
    return lambda ticket: _drawn(place % len(DRAWN), seed, ticket)


@lru_cache(maxsize=8)
def _drawn(kind: int, seed: int, ticket: Ticket) -> bytes:
    sheet = DRAWN[kind](seed, min(ticket.dpi, UNIT))
    return scanned(Image.fromarray(sheet.image), A4_INCHES, ticket)


def _natural(path: Path) -> list[tuple[int, str]]:
    parts = re.split(r"(\d+)", path.name)
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]
