"""What tables of all rooms share: constraint names, instants, and inserts that let the first win."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Dialect

from foundation.clock import as_text, from_text

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_name)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
Upsert = sqlite.Insert | postgresql.Insert


def new_metadata() -> sa.MetaData:
    """A room's own collection of tables; `office` merges them into its migrations."""
    return sa.MetaData(naming_convention=NAMING)


class Instant(sa.types.TypeDecorator[datetime]):
    """An aware UTC instant, kept as sortable text, so that both databases give back the same value."""

    impl = sa.String(32)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:  # noqa: ARG002 SQLAlchemy's signature
        """Write UTC with microseconds."""
        return None if value is None else as_text(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002 SQLAlchemy's signature
        """Read the text back as an aware instant."""
        return None if value is None else from_text(value)


def insert_into(connection: Connection, table: sa.Table) -> Upsert:
    """An INSERT that can say what is to be done when a row with that key is there already."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


def insert_once(connection: Connection, table: sa.Table, **values: Any) -> bool:
    """Write the row unless one with its key is there already; False when it was."""
    statement = insert_into(connection, table).values(**values).on_conflict_do_nothing()
    written = statement.returning(*table.primary_key.columns)  # not every driver counts the rows of an INSERT
    return connection.execute(written).first() is not None
