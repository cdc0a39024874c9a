"""Rows become nouns here, and nowhere else."""

import base64
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import date
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy.engine import Row

from certify.signing.keyring import KeyPlace, Purpose
from digitize.model import Origin
from office.nouns import (
    Capacity,
    Certificate,
    Chore,
    Copy,
    Delegation,
    Dossier,
    FieldRead,
    FileKept,
    PageRead,
    Paper,
    Person,
    Sensitivity,
)
from office.procedure import CopyState, FileRole, PaperState, Role

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Noun = TypeVar("Noun", bound="DataclassInstance")
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


def certificate_of(row: Row[Any]) -> Certificate:
    """The certificate that this row keeps."""
    return _built(Certificate, row, {"kept": KeyPlace, "der": base64.b64decode, "chain": _chain})


def delegation_of(row: Row[Any]) -> Delegation:
    """The delegation that this row keeps."""
    days = {"since": date.fromisoformat, "until": _day}
    return _built(Delegation, row, {"purpose": Purpose, "capacity": Capacity, **days})


def _built(
    kind: type[Noun], row: Row[Any], convert: Mapping[str, Convert], columns: Mapping[str, str] | None = None
) -> Noun:
    """Every attribute from the column of its name, or of the name that `columns` says."""
    named = row._mapping  # noqa: SLF001 SQLAlchemy's public view of a row by name
    values = {}
    for field in fields(kind):
        value = named[(columns or {}).get(field.name, field.name)]
        values[field.name] = convert[field.name](value) if field.name in convert else value
    return kind(**values)


def _origin(kept: str | None) -> Origin | None:
    return None if kept is None else Origin(kept)


def _roles(names: list[str]) -> frozenset[Role]:
    return frozenset(Role(name) for name in names)


def _chain(kept: list[str]) -> tuple[bytes, ...]:
    return tuple(base64.b64decode(above) for above in kept)


def _day(kept: str | None) -> date | None:
    return None if kept is None else date.fromisoformat(kept)
