"""Names of the years of the lunar calendar: Giáp Tý to Quý Hợi, sixty that come round again."""

from collections.abc import Iterator

_STEMS = ("Giáp", "Ất", "Bính", "Đinh", "Mậu", "Kỷ", "Canh", "Tân", "Nhâm", "Quý")
_BRANCHES = ("Tý", "Sửu", "Dần", "Mão", "Thìn", "Tỵ", "Ngọ", "Mùi", "Thân", "Dậu", "Tuất", "Hợi")
_ROUND = 60


def lunar_years() -> Iterator[str]:
    """Each name once, in the order of the years."""
    for year in range(_ROUND):
        yield f"{_STEMS[year % len(_STEMS)]} {_BRANCHES[year % len(_BRANCHES)]}"
