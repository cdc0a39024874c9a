"""Numbers as people and programs type them, read strictly and within bounds.

Python reads far more as a number than anybody means (`1_0`, `٣`, `+5`, ` 7`, `1e9`, `nan`), and gives up on
the digits of a very long one. Whatever comes from outside is read here: plain ASCII digits, so many at most,
between the bounds that the caller names; everything else is no number.
"""

import re

MOST_DIGITS = 18  # a signed 64-bit integer holds every number of so many digits
_WHOLE = re.compile(rf"[0-9]{{1,{MOST_DIGITS}}}")
_DECIMAL = re.compile(r"-?[0-9]{1,9}(?:[.,][0-9]{1,18})?")


def whole_number(text: str, least: int, most: int) -> int | None:
    """The whole number that `text` is, when it lies between `least` and `most` (0 or above); else None."""
    if not _WHOLE.fullmatch(text):
        return None
    number = int(text)
    return number if least <= number <= most else None


def decimal_number(text: str, least: float, most: float) -> float | None:
    """The number that `text` is, with a point or (as in Vietnam) a comma; None when out of bounds or none."""
    if not _DECIMAL.fullmatch(text):
        return None
    number = float(text.replace(",", "."))
    return number if least <= number <= most else None
