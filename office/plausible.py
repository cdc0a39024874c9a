"""What a confirmed value can be: dates that exist, numbers and symbols of their form, names with letters.

Held before anything is archived for good. Only what cannot stand on any paper is refused; what is merely
unusual is the clerk's to see. An empty value says that the paper has none.
"""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from enum import StrEnum

from office.typed import whole_number

EARLIEST_YEAR = 1800  # older papers belong to archives of another kind
CENTURY = 100
DAY_MONTH_YEAR = 3
YEAR_FIGURES = 4
MOST_LETTERS = 1000  # what a field's row holds
DATES = frozenset({"issued_on"})
NUMBERS = frozenset({"number_symbol"})
PARTS_OF_DATE = re.compile(r"\s*[/.\-]\s*")
WRITTEN_TOGETHER = re.compile(r"([0-9]{2})([0-9]{2})([0-9]{4})")
SIGNS_OF_NUMBERS = frozenset(" /-–.,&()+_:")
UNPRINTED = frozenset({"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"})


class Doubt(StrEnum):
    """Why a value cannot stand on the paper."""

    UNPRINTED = "UNPRINTED"
    TOO_LONG = "TOO_LONG"
    NO_LETTER = "NO_LETTER"
    NO_NUMBER = "NO_NUMBER"
    NO_DATE = "NO_DATE"
    NOT_IN_CALENDAR = "NOT_IN_CALENDAR"
    TOO_EARLY = "TOO_EARLY"
    IN_FUTURE = "IN_FUTURE"


def as_kept(name: str, value: str, today: date) -> str:
    """The value as it is kept: composed (NFC), trimmed, a date as dd/mm/yyyy, mm/yyyy or yyyy."""
    plain = unicodedata.normalize("NFC", value).strip()
    if name in DATES and doubt_about(name, plain, today) is None:
        return "/".join(f"{part:02d}" for part in _date_typed(plain, today))
    return plain


def doubts(values: Mapping[str, str], today: date) -> Mapping[str, Doubt]:
    """What is impossible among these values, by the field's name."""
    found = {name: doubt_about(name, value, today) for name, value in values.items()}
    return {name: doubt for name, doubt in found.items() if doubt is not None}


def doubt_about(name: str, value: str, today: date) -> Doubt | None:
    """Why this field cannot have this value; None when it can. `today`: the day at the counter (+07:00)."""
    plain = unicodedata.normalize("NFC", value).strip()
    if not plain:
        return None
    if any(unicodedata.category(letter) in UNPRINTED for letter in plain):
        return Doubt.UNPRINTED
    if len(plain) > MOST_LETTERS:
        return Doubt.TOO_LONG
    if name in DATES:
        return _doubt_about_date(plain, today)
    if name in NUMBERS:
        return None if _is_number(plain) else Doubt.NO_NUMBER
    return None if any(map(str.isalpha, plain)) else Doubt.NO_LETTER


def _is_number(text: str) -> bool:
    """15/QĐ-UBND, 01/2024/NĐ-CP, CH 00123, 5: letters, figures and the signs between them."""
    known = all(letter.isalnum() or letter in SIGNS_OF_NUMBERS for letter in text)
    return known and any(map(str.isalnum, text)) and not re.search(r"/\s*/", text)


def _doubt_about_date(text: str, today: date) -> Doubt | None:
    parts = _date_typed(text, today)
    if not parts:
        return Doubt.NO_DATE
    day, month, year = (1,) * (DAY_MONTH_YEAR - len(parts)) + parts
    try:
        first = date(year, month, day)
    except ValueError:
        return Doubt.NOT_IN_CALENDAR
    if year < EARLIEST_YEAR:
        return Doubt.TOO_EARLY
    return Doubt.IN_FUTURE if first > today else None


def _date_typed(text: str, today: date) -> tuple[int, ...]:
    """Day, month, year; month, year; or the year alone; empty for what is no date at all."""
    together = WRITTEN_TOGETHER.fullmatch(text)
    pieces = together.groups() if together else PARTS_OF_DATE.split(text)
    numbers = [whole_number(piece, 0, 9999) for piece in pieces]
    known = tuple(number for number in numbers if number is not None)
    if len(known) != len(pieces) or len(known) > DAY_MONTH_YEAR:
        return ()
    if len(pieces[-1]) == YEAR_FIGURES:
        return known
    is_short = len(pieces[-1]) == YEAR_FIGURES // 2 and len(known) > 1
    return (*known[:-1], _whole_year(known[-1], today)) if is_short else ()


def _whole_year(short: int, today: date) -> int:
    """The year meant by its last two figures: the latest that is not still to come."""
    year = today.year - today.year % CENTURY + short
    return year if year <= today.year else year - CENTURY
