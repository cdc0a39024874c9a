"""The catalogue: what every index has to hold, in the order of its change numbers."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from office.tables import catalogue, dossiers, papers


@dataclass(frozen=True)
class Entry:
    """An archived paper as the index asks for it.

    Args:
        change: the number under which it was entered; a paper entered again has a later one too.
        paper: its id.
        code: its dossier's code.
        procedure: its dossier's procedure.
        created_at: when its dossier was opened.
        fault: what its row says went wrong last.
    """

    change: int
    paper: str
    ordinal: int
    title: str
    unit: str
    sensitivity: int
    fault: str | None
    code: str
    procedure: str
    created_at: datetime


_TABLES: Mapping[str, sa.Table] = {
    **dict.fromkeys(("change", "paper"), catalogue),
    **dict.fromkeys(("ordinal", "title", "unit", "sensitivity", "fault"), papers),
    **dict.fromkeys(("code", "procedure", "created_at"), dossiers),
}


def newest_change(connection: Connection) -> int:
    """The last number entered; 0 before the first."""
    return int(connection.execute(sa.select(sa.func.max(catalogue.c.change))).scalar() or 0)


def entries(connection: Connection, after: int = 0, limit: int | None = None) -> tuple[Entry, ...]:
    """The entries with a later number than `after`, oldest first, at most `limit`."""
    columns: list[sa.Column[Any]] = [_TABLES[field.name].c[field.name] for field in fields(Entry)]
    joined = sa.select(*columns).join_from(catalogue, papers, catalogue.c.paper == papers.c.id)
    joined = joined.join(dossiers, papers.c.dossier == dossiers.c.id)
    chosen = joined.where(catalogue.c.change > after).order_by(catalogue.c.change).limit(limit)
    return tuple(Entry(*row) for row in connection.execute(chosen))
