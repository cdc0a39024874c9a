"""Rows on which a machine can work now, oldest first: free, and not put aside for later or for a person."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from office.nouns import Chore, Copy, Paper
from office.procedure import State
from office.rows import claims
from office.rows.nouns import chore_of, copy_of, paper_of
from office.tables import chores, copies, dossiers, papers

ROWS_AT_ONCE = 100


def waiting_papers(connection: Connection, now: datetime, states: Iterable[State]) -> Iterator[Paper]:
    """The papers in these states, by the instant of their scan; read as far as they are asked for."""
    ready = _ready(papers, now) & papers.c.state.in_(list(states))
    yield from map(paper_of, _free(connection, sa.select(papers).where(ready), papers.c.scanned_at, now))


def waiting_copies(
    connection: Connection, now: datetime, states: Iterable[State], age: sa.Column[datetime]
) -> Iterator[tuple[Copy, str]]:
    """The copies in these states, by `age`, each with the id of its dossier."""
    chosen = sa.select(copies, papers.c.dossier).join(papers, copies.c.paper == papers.c.id)
    ready = _ready(copies, now) & copies.c.state.in_(list(states))
    for row in _free(connection, chosen.where(ready), age, now):
        yield copy_of(row), row.dossier


def waiting_chores(connection: Connection, now: datetime, places: Iterable[str]) -> Iterator[Chore]:
    """The chores of these places, by the instant they were last done; those never done come first."""
    ready = _ready(chores, now) & chores.c.place.in_(list(places))
    yield from map(
        chore_of, _free(connection, sa.select(chores).where(ready), chores.c.done_at.nulls_first(), now)
    )


def dossiers_at_work(connection: Connection, now: datetime) -> frozenset[str]:
    """The dossiers that somebody has now."""
    rows = connection.execute(sa.select(dossiers).where(dossiers.c.owner.is_not(None)))
    return frozenset(row.id for row in rows if not claims.is_free(row, now))


def _ready(table: sa.Table, now: datetime) -> sa.ColumnElement[bool]:
    return sa.or_(table.c.retry_at <= now, sa.and_(table.c.fault.is_(None), table.c.retry_at.is_(None)))


def _free(
    connection: Connection, chosen: sa.Select[Any], age: sa.ColumnElement[Any], now: datetime
) -> Iterator[Row[Any]]:
    in_parts = chosen.order_by(age).execution_options(yield_per=ROWS_AT_ONCE)
    with connection.execute(in_parts) as rows:
        yield from (row for row in rows if claims.is_free(row, now))
