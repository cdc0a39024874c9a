"""Law as dated data: what the rulebook says on a given day.

The files of `office/rulebook/` are read once at start-up. An entry holds from its `effective_from`; the
newest entry that has begun wins, so a change of law is a new entry and old acts stay explainable.
"""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from certify.model import Align, Appearance, Box, Corner, Wording

Entry = TypeVar("Entry")
RULEBOOK = Path(__file__).parent / "rulebook"


@dataclass(frozen=True)
class Sentence:
    """A code and the words that people read for it."""

    code: str
    words: str


@dataclass(frozen=True)
class Tariff:
    """The fee for copies certified from an original (TT 226/2016/TT-BTC Art. 4), in đồng."""

    effective_from: date
    first_pages: int
    first_price: int
    next_price: int
    cap_per_copy: int

    def fee(self, pages_of_original: int, copies: int = 1) -> int:
        """Đồng for `copies` copies of an original of so many pages; the statement's page is free."""
        cheap = max(0, pages_of_original - self.first_pages)
        full = pages_of_original - cheap
        return copies * min(self.cap_per_copy, full * self.first_price + cheap * self.next_price)


@dataclass(frozen=True)
class Rules:
    """Everything the rulebook says, every version of it."""

    wordings: tuple[Wording, ...]
    tariffs: tuple[Tariff, ...]
    dated_appearances: tuple[tuple[date, Appearance], ...]
    refusals: Mapping[int, str]
    checks: tuple[Sentence, ...]
    procedures: Mapping[str, str]

    def wording(self, day: date) -> Wording:
        """The lời chứng in force on `day`. Raises LookupError when there is none yet."""
        return _newest((w.effective_from, w) for w in self.wordings if w.effective_from <= day)

    def tariff(self, day: date) -> Tariff:
        """The tariff in force on `day`. Raises LookupError when there is none yet."""
        return _newest((t.effective_from, t) for t in self.tariffs if t.effective_from <= day)

    def appearance(self, profile: str, day: date) -> Appearance:
        """The visible signature form of `profile` in force on `day`. Raises LookupError if none is."""
        return _newest((d, a) for d, a in self.dated_appearances if a.profile == profile and d <= day)


def load_rules(folder: Path = RULEBOOK) -> Rules:
    """Read the rulebook. Raises: OSError, tomllib.TOMLDecodeError, KeyError for a broken one."""
    certification = _read(folder / "certification.toml")
    return Rules(
        wordings=tuple(_wording(entry) for entry in certification["wordings"]),
        tariffs=tuple(Tariff(**entry) for entry in certification["tariffs"]),
        dated_appearances=tuple(_appearance(e) for e in _read(folder / "appearances.toml")["appearances"]),
        refusals={entry["clause"]: entry["sentence"] for entry in certification["refusals"]},
        checks=tuple(Sentence(entry["code"], entry["sentence"]) for entry in certification["checks"]),
        procedures={e["code"]: e["name"] for e in _read(folder / "procedures.toml")["procedures"]},
    )


def _read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _wording(entry: Mapping[str, Any]) -> Wording:
    return Wording(**{**entry, "small_print": tuple(entry["small_print"])})


def _appearance(entry: Mapping[str, Any]) -> tuple[date, Appearance]:
    red, green, blue = entry.get("colour", (0.0, 0.0, 0.0))
    appearance = Appearance(
        profile=entry["profile"],
        box=Box(Corner(entry["corner"]), *_four(entry["box"])),
        lines=tuple(entry["lines"]),
        font_size=entry["font_size"],
        smallest_size=entry.get("smallest_size", 7.0),
        colour=(red, green, blue),
        align=Align(entry.get("align", "left")),
    )
    return entry["effective_from"], appearance


def _four(numbers: Sequence[float]) -> tuple[float, float, float, float]:
    left, top, width, height = numbers
    return left, top, width, height


def _newest(entries: Iterable[tuple[date, Entry]]) -> Entry:
    dated = sorted(entries, key=lambda entry: entry[0])
    if not dated:
        raise LookupError("the rulebook has nothing in force on that day")
    return dated[-1][1]
