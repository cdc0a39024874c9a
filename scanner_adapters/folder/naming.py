"""What names of files in a scan folder say: which of them are pages, and in which order.

Names are compared stem first, then by their ending; numbers by their value; a copy, `Image (2).jpg`, comes
after its original. Nothing here touches a disk.
"""

import re
import unicodedata
from pathlib import PurePath

SYSTEM_FILES = frozenset(
    (
        "thumbs.db",
        "ehthumbs.db",
        "ehthumbs_vista.db",
        "desktop.ini",
        "icon\r",
        "autorun.inf",
        "indexervolumeguid",
    )
)
PAGE_ENDINGS = frozenset(("", ".jpg", ".jpeg", ".jfif", ".png", ".tif", ".tiff", ".pdf"))
COPY = re.compile(r"^(?P<original>.*\S)\s*\((?P<number>[0-9]{1,6})\)$", re.DOTALL)

Parts = tuple[tuple[int, int, str], ...]


def is_system_file(name: str) -> bool:
    """Did an operating system leave this file, of which no page can come?"""
    return name.casefold() in SYSTEM_FILES


def is_named_like_a_page(name: str) -> bool:
    """Has it the ending of a picture or a PDF, or none at all? Asked only of files that hold nothing yet."""
    return PurePath(name).suffix.casefold() in PAGE_ENDINGS


def page_order(name: str) -> tuple[Parts, int, Parts, str]:
    """What to sort names by: the stem, the number of the copy (0: the original), the ending, the name."""
    path = PurePath(name)
    copied = COPY.match(path.stem)
    stem, number = (copied["original"], int(copied["number"])) if copied else (path.stem, 0)
    return natural(stem.rstrip()), number, natural(path.suffix), name


def natural(text: str) -> Parts:
    """Words and numbers in turn, the numbers by their value: 2 before 10."""
    parts = re.split(r"([0-9]+)", unicodedata.normalize("NFC", text).casefold())
    told = ((0, int(part), "") if place % 2 else (1, 0, part) for place, part in enumerate(parts) if part)
    return tuple(told)
