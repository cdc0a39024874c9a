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
from office.law.archive_fields import ArchiveFields, archive_fields_in

Entry = TypeVar("Entry")
RULEBOOK = Path(__file__).parent / "rulebook"


@dataclass(frozen=True)
class Sentence:
    """A code and the words that people read for it, from its first day on.

    `effective_until`: the first day on which it no longer holds (hết hiệu lực từ ngày); None: it still does.
    `english`: the same in English, where the words are the desk's own and not the law's.
    """

    code: str
    words: str
    effective_from: date
    effective_until: date | None = None
    english: str = ""

    def said(self, lang: str) -> str:
        """The words in this language; in Vietnamese where the law alone has words for it."""
        return self.english if lang == "en" and self.english else self.words

    def has_begun(self, day: date) -> bool:
        """Has it ever held by `day`?"""
        return self.effective_from <= day

    def holds(self, day: date) -> bool:
        """Is it in force on `day`?"""
        return self.has_begun(day) and (self.effective_until is None or day < self.effective_until)


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
    dated_refusals: tuple[Sentence, ...]
    dated_checks: tuple[Sentence, ...]
    dated_procedures: tuple[Sentence, ...]
    archive: ArchiveFields

    def refusals(self, day: date) -> Mapping[int, str]:
        """The grounds on which a copy is refused on `day`, by their number in the law, word for word."""
        return {int(one.code): one.words for one in _in_force(self.dated_refusals, day)}

    def checks(self, day: date) -> tuple[Sentence, ...]:
        """What the clerk states on `day` before a copy goes to the officer."""
        return _in_force(self.dated_checks, day)

    def procedures(self, day: date) -> Mapping[str, str]:
        """The procedures for which a dossier can be opened on `day`: code and name."""
        return {one.code: one.words for one in _in_force(self.dated_procedures, day)}

    def procedure_names(self, day: date) -> Mapping[str, str]:
        """Every procedure there has been by `day`, ended ones too: old dossiers keep their names."""
        return {one.code: one.words for one in _newest_words(self.dated_procedures, day)}

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
        dated_refusals=_sentences(certification["refusals"], "clause", "sentence"),
        dated_checks=_sentences(certification["checks"], "code", "sentence"),
        dated_procedures=_sentences(_read(folder / "procedures.toml")["procedures"], "code", "name"),
        archive=archive_fields_in(_read(folder / "archive.toml")),
    )


def _read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _sentences(entries: Iterable[Mapping[str, Any]], code: str, words: str) -> tuple[Sentence, ...]:
    return tuple(
        Sentence(
            code=str(entry[code]),
            words=entry[words],
            effective_from=entry["effective_from"],
            effective_until=entry.get("effective_until"),
            english=entry.get("english", ""),
        )
        for entry in entries
    )


def _newest_words(sentences: Iterable[Sentence], day: date) -> tuple[Sentence, ...]:
    """Of each code the newest that has begun by `day`, in the order of the file."""
    begun = sorted((one for one in sentences if one.has_begun(day)), key=lambda one: one.effective_from)
    newest = {one.code: one for one in begun}
    return tuple(newest[code] for code in dict.fromkeys(one.code for one in sentences) if code in newest)


def _in_force(sentences: Iterable[Sentence], day: date) -> tuple[Sentence, ...]:
    return tuple(one for one in _newest_words(sentences, day) if one.holds(day))


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
