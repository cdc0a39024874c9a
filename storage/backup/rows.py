"""Every row of a database as lines of JSON, and back, whatever form the database has just then.

1. Tables and columns are asked of the database itself: a house is backed up before it is brought to a newer
   form, too.
2. A table goes in parts that begin and end at the same rows each time: a part in which nothing changed is the
   same bytes again.
3. JSON columns are taken as the text that stands there: NULL and `null` stay apart.
"""

import base64
import hashlib
import json
import zlib
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import zstandard
from sqlalchemy.engine import Connection

from storage.backup.sets import Tally

REVISION = "alembic_version"
ROWS_AT_ONCE = 1000
USUAL_PART, MOST_PART = 2048, 20_000  # rows
_MODULUS = 1 << 256


class JsonAsText(sa.types.UserDefinedType[str]):
    """A JSON column of PostgreSQL, read and written as the text that stands in it."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        """The column's type (SQLAlchemy's hook)."""
        return "JSON"

    def column_expression(self, column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
        """What is selected (SQLAlchemy's hook)."""
        return sa.cast(column, sa.Text)

    def bind_expression(self, bindvalue: sa.BindParameter[Any]) -> sa.ColumnElement[Any]:
        """What is inserted (SQLAlchemy's hook)."""
        return sa.cast(bindvalue, sa.JSON)


class Counting:
    """A tally in the making."""

    def __init__(self) -> None:
        self._count = self._sum = 0

    def take(self, line: bytes) -> None:
        """One more row."""
        self._count += 1
        self._sum = (self._sum + int.from_bytes(hashlib.sha256(line).digest())) % _MODULUS

    def told(self) -> Tally:
        """What was taken so far."""
        return Tally(self._count, f"{self._sum:064x}")


def revision(connection: Connection) -> str:
    """The form that the database has now."""
    return str(connection.execute(sa.text(f"SELECT version_num FROM {REVISION}")).scalar_one())  # noqa: S608 a constant


def tables(connection: Connection, without: Collection[str] = ()) -> list[sa.Table]:
    """Every table in the order in which rows point at each other, but for Alembic's own and `without`."""
    metadata = sa.MetaData()
    metadata.reflect(connection)
    for table in metadata.tables.values():
        for column in table.c:
            if isinstance(column.type, sa.JSON):
                is_postgresql = connection.dialect.name == "postgresql"
                column.type = JsonAsText() if is_postgresql else sa.Text()
    return [table for table in metadata.sorted_tables if table.name not in {REVISION, *without}]


def lines(connection: Connection, table: sa.Table) -> Iterator[tuple[bytes, bool]]:
    """Each row as a line, in the order of the keys, and whether a part ends with it (rule 2)."""
    keys = [column.name for column in table.primary_key.columns]
    chosen = sa.select(*table.c).order_by(*table.primary_key.columns)
    with connection.execute(chosen.execution_options(yield_per=ROWS_AT_ONCE)) as found:
        for row in found.mappings():
            told = {name: _plain(value) for name, value in row.items()}
            key = json.dumps([told[name] for name in keys], ensure_ascii=False).encode()
            line = json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
            yield line + b"\n", zlib.crc32(key) % USUAL_PART == 0


def tally(connection: Connection, table: sa.Table) -> Tally:
    """How many rows a table has now, and their digest."""
    counting = Counting()
    for line, _ends in lines(connection, table):
        counting.take(line)
    return counting.told()


def parts(
    connection: Connection, table: sa.Table, target: Path, counting: Counting
) -> Iterator[tuple[Path, int]]:
    """Write a table part after part into the file `target`, which the next part replaces.

    Yields: the file, and how many rows are in it.
    """
    part: list[bytes] = []
    for line, ends in lines(connection, table):
        counting.take(line)
        part.append(line)
        if ends or len(part) >= MOST_PART:
            yield _packed(target, part), len(part)
            part = []
    if part:
        yield _packed(target, part), len(part)


def put_back(connection: Connection, table: sa.Table, packed: Path) -> int:
    """Insert the rows of a part. Returns: how many."""
    readers = {column.name: column.type for column in table.c}
    told = zstandard.decompress(packed.read_bytes()).splitlines()
    rows = [{name: _value(readers[name], value) for name, value in json.loads(line).items()} for line in told]
    for start in range(0, len(rows), ROWS_AT_ONCE):
        connection.execute(sa.insert(table), rows[start : start + ROWS_AT_ONCE])
    return len(rows)


def tallies(connection: Connection, without: Collection[str]) -> Mapping[str, Tally]:
    """Of every table the tally now."""
    return {table.name: tally(connection, table) for table in tables(connection, without)}


def _packed(target: Path, part: list[bytes]) -> Path:
    target.write_bytes(zstandard.compress(b"".join(part)))
    return target


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(bytes(value)).decode("ascii")
    return value


def _value(kind: Any, told: Any) -> Any:
    if told is None:
        return None
    if isinstance(kind, sa.Date):
        return date.fromisoformat(told)
    if isinstance(kind, sa.LargeBinary):
        return base64.b64decode(told)
    return told
