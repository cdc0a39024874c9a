"""Rows become nouns here, and nowhere else."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any, TypeVar

from sqlalchemy.engine import Row

from digitize.model import Origin
from office.nouns import (
    Chore,
    Copy,
    Dossier,
    FieldRead,
    FileKept,
    PageRead,
    Paper,
    Person,
    Sensitivity,
)
from office.procedure import CopyState, FileRole, PaperState, Role

Noun = TypeVar("Noun")
Convert = Callable[[Any], Any]
GUARDED: Mapping[str, Convert] = {"sensitivity": Sensitivity}


def dossier_of(row: Row[Any]) -> Dossier:
    """The dossier that this row keeps."""
    return _built(Dossier, row, GUARDED)


def paper_of(row: Row[Any]) -> Paper:
    """The paper that this row keeps."""
    return _built(Paper, row, {**GUARDED, "state": PaperState})


def copy_of(row: Row[Any]) -> Copy:
    """The copy that this row keeps."""
    return _built(Copy, row, {**GUARDED, "state": CopyState, "checks": tuple}, {"form": "kind"})


def chore_of(row: Row[Any]) -> Chore:
    """The chore that this row keeps."""
    return _built(Chore, row, {})


def file_of(row: Row[Any]) -> FileKept:
    """The kept file that this row names."""
    return _built(FileKept, row, {"role": FileRole, "origin": _origin})


def person_of(row: Row[Any]) -> Person:
    """The account that this row keeps, without its password."""
    return _built(Person, row, {"clearance": Sensitivity, "roles": _roles})


def page_of(row: Row[Any]) -> PageRead:
    """The page that this row tells about."""
    return _built(PageRead, row, {})


def field_of(row: Row[Any]) -> FieldRead:
    """The field that this row keeps."""
    return _built(FieldRead, row, {})


def _built(
    kind: type[Noun], row: Row[Any], convert: Mapping[str, Convert], columns: Mapping[str, str] | None = None
) -> Noun:
    """Every attribute from the column of its name, or of the name that `columns` says."""
    named = row._mapping  # noqa: SLF001 SQLAlchemy's public view of a row by name
    values = {}
    for field in fields(kind):  # type: ignore[arg-type]
        value = named[(columns or {}).get(field.name, field.name)]
        values[field.name] = convert[field.name](value) if field.name in convert else value
    return kind(**values)


def _origin(kept: str | None) -> Origin | None:
    return None if kept is None else Origin(kept)


def _roles(names: list[str]) -> frozenset[Role]:
    return frozenset(Role(name) for name in names)
