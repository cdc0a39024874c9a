"""The archive's fields as dated data: which there are, which codes they take, how long they may be.

TT 05/2025/TT-BNV names 18 fields of a dossier and 21 of a document; lengths are those of NĐ 30/2020/NĐ-CP
where it has them. What is written into the archive is held against these tables first.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, TypeVar

DIGITIZED, MIXED = "02", "03"  # of confidenceLevel: there is, or was, paper
NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, 2.2

Dated = TypeVar("Dated", "FieldTable", "CodeList", "Maintenance")


class Misfit(StrEnum):
    """Why a value cannot stand in its field."""

    MISSING = "MISSING"
    TOO_LONG = "TOO_LONG"
    NOT_IN_LIST = "NOT_IN_LIST"
    NO_NUMBER = "NO_NUMBER"
    NO_DATE = "NO_DATE"
    NO_XML = "NO_XML"
    UNKNOWN = "UNKNOWN_FIELD"


@dataclass(frozen=True)
class ArchiveField:
    """One field: its name in files, its words for people, what it takes.

    `length`: letters of a text, figures of a number; 0: no limit is set. `codes`: the list its value is from.
    """

    name: str
    words: str
    kind: str = "text"
    length: int = 0
    codes: str = ""
    required: bool = False
    required_when_digitized: bool = False


@dataclass(frozen=True)
class FieldTable:
    """The fields of a dossier or of a document, from a day on."""

    name: str
    effective_from: date
    fields: tuple[ArchiveField, ...]


@dataclass(frozen=True)
class CodeList:
    """A list of codes, 01 and on, with their words, from a day on."""

    name: str
    effective_from: date
    words: tuple[str, ...]

    @property
    def codes(self) -> Mapping[str, str]:
        """Code → words."""
        return {f"{number:02d}": words for number, words in enumerate(self.words, 1)}


@dataclass(frozen=True)
class Maintenance:
    """How long dossiers of a procedure are kept, as a code; `procedure` empty: of all others."""

    name: str
    effective_from: date
    code: str


@dataclass(frozen=True)
class ArchiveFields:
    """Every version of the tables; before the first one began, the first one holds."""

    tables: tuple[FieldTable, ...]
    lists: tuple[CodeList, ...]
    maintenances: tuple[Maintenance, ...]

    def fields(self, table: str, day: date) -> tuple[ArchiveField, ...]:
        """The fields of `dossier` or `document` on `day`, in their order."""
        return _in_force(self.tables, table, day).fields

    def codes(self, name: str, day: date) -> Mapping[str, str]:
        """The codes of a list on `day`, with their words."""
        return _in_force(self.lists, name, day).codes

    def code_of(self, name: str, words: str, day: date) -> str:
        """The code that has these words, whatever case they are in; empty when the list has none."""
        found = (code for code, said in self.codes(name, day).items() if said.casefold() == words.casefold())
        return next(found, "")

    def maintenance(self, procedure: str, day: date) -> str:
        """How long dossiers of a procedure opened on `day` are kept, as a code of the list `maintenance`."""
        own = any(one.name == procedure for one in self.maintenances)
        return _in_force(self.maintenances, procedure if own else "", day).code

    def misfits(self, table: str, values: Mapping[str, str], day: date) -> Mapping[str, Misfit]:
        """What cannot stand in its field, by the field's name; every field that is not told is empty."""
        known = self.fields(table, day)
        found: dict[str, Misfit] = dict.fromkeys(values.keys() - {one.name for one in known}, Misfit.UNKNOWN)
        is_paper = values.get("confidenceLevel") in (DIGITIZED, MIXED)
        for one in known:
            misfit = self._misfit(one, values.get(one.name, ""), day, is_paper=is_paper)
            if misfit is not None:
                found[one.name] = misfit
        return found

    def _misfit(self, one: ArchiveField, value: str, day: date, *, is_paper: bool) -> Misfit | None:
        if not value:
            is_required = one.required or (one.required_when_digitized and is_paper)
            return Misfit.MISSING if is_required else None
        if NO_XML.search(value):
            return Misfit.NO_XML
        if one.codes:
            return None if value in self.codes(one.codes, day) else Misfit.NOT_IN_LIST
        if one.kind == "date":
            return None if _is_date(value) else Misfit.NO_DATE
        if one.kind == "number" and not (value.isascii() and value.isdigit()):
            return Misfit.NO_NUMBER
        return Misfit.TOO_LONG if one.length and len(value) > one.length else None


def archive_fields_in(told: Mapping[str, Any]) -> ArchiveFields:
    """The tables of the rulebook's file. Raises: KeyError, TypeError for a broken one."""
    return ArchiveFields(
        tables=tuple(
            FieldTable(
                one["name"], one["effective_from"], tuple(ArchiveField(**field) for field in one["fields"])
            )
            for one in told["tables"]
        ),
        lists=tuple(
            CodeList(one["name"], one["effective_from"], tuple(one["words"])) for one in told["codes"]
        ),
        maintenances=tuple(
            Maintenance(one["procedure"], one["effective_from"], one["code"]) for one in told["maintenance"]
        ),
    )


def _in_force(dated: Iterable[Dated], name: str, day: date) -> Dated:
    ordered = sorted((one for one in dated if one.name == name), key=lambda one: one.effective_from)
    if not ordered:
        raise LookupError(f"the rulebook has no {name!r}")
    begun = [one for one in ordered if one.effective_from <= day]
    return begun[-1] if begun else ordered[0]


def _is_date(value: str) -> bool:
    """DD/MM/YYYY, a day of the calendar."""
    try:
        return datetime.strptime(value, "%d/%m/%Y").strftime("%d/%m/%Y") == value  # noqa: DTZ007 a day, no instant
    except ValueError:
        return False
