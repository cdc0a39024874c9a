"""What the tables of this room share: constraint names, instants, an insert that lets the first win."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Dialect

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_name)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class Instant(sa.types.TypeDecorator[datetime]):
    """An aware UTC instant, kept as ISO 8601 text whose order is time's order."""

    impl = sa.String(32)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> str | None:
        """Write UTC with microseconds."""
        return None if value is None else value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def process_result_value(self, value: Any, _dialect: Dialect) -> datetime | None:
        """Read an aware instant."""
        return None if value is None else datetime.fromisoformat(value)


def insert_once(connection: Connection, table: sa.Table, values: Mapping[str, Any]) -> None:
    """Insert unless a row with that key stands there already."""
    on_sqlite = connection.dialect.name == "sqlite"
    statement = (
        sqlite.insert(table).values(values).on_conflict_do_nothing()
        if on_sqlite
        else postgresql.insert(table).values(values).on_conflict_do_nothing()
    )
    connection.execute(statement)
