"""Rows that two people may want to write at the same moment."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection


def insert_if_new(connection: Connection, table: sa.Table, **values: Any) -> bool:
    """Write the row unless one with its key is there already; False when it was."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    return connection.execute(insert(table).values(**values).on_conflict_do_nothing()).rowcount == 1
