"""Rows: the engine and its transactions, on SQLite or PostgreSQL.

1. `reading` sees one instant of the database and cannot change it.
2. `writing` is one short transaction; on SQLite it holds the write lock from its first moment, so that it
   never fails half-way because another writer came first.
3. What `writing` returned from is on the disk.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.exc import DBAPIError, OperationalError

from foundation.row_types import new_metadata
from storage.faults import StorageCode, StorageFault

metadata = new_metadata()
"""The rows of this room: the ledger and the change numbers. `office` merges them into its migrations."""

LOCK_WAIT_SECONDS = 30  # longer than any transaction here may take
_READS = "motcua_reads"
_SQLITE_PRAGMAS = (
    f"busy_timeout={LOCK_WAIT_SECONDS * 1000}",
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
)
_SQLITE_CODES = {
    "SQLITE_BUSY": StorageCode.BUSY,
    "SQLITE_LOCKED": StorageCode.BUSY,
    "SQLITE_FULL": StorageCode.DISK_FULL,
}
_POSTGRESQL_CODES = {  # SQLSTATE, PostgreSQL's appendix A
    "55P03": StorageCode.BUSY,
    "40001": StorageCode.BUSY,
    "40P01": StorageCode.BUSY,
    "53100": StorageCode.DISK_FULL,
    "53300": StorageCode.BUSY,
}


def open_engine(url: str) -> Engine:
    """An engine for `sqlite:///PATH` or `postgresql://…`, set up the way this house keeps rows."""
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        return _sqlite(address)
    return _postgresql(address)


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction that reads one instant of the database; writing in it is refused by the database.

    Raises: StorageFault BUSY or UNREACHABLE.
    """
    if engine.dialect.name == "sqlite":
        options: dict[str, Any] = {_READS: True}
    else:
        options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with _told_as_faults(), engine.connect().execution_options(**options) as connection, connection.begin():
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One short transaction that is kept when the block ends and undone when it raises.

    Raises: StorageFault BUSY when others held the lock for half a minute, DISK_FULL, UNREACHABLE.
    """
    with _told_as_faults(), engine.connect() as connection, connection.begin():
        yield connection


def _sqlite(address: URL) -> Engine:
    engine = sa.create_engine(address)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver begins nothing by itself
        for pragma in _SQLITE_PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        reads = connection.get_execution_options().get(_READS, False)
        connection.exec_driver_sql(f"PRAGMA query_only={'ON' if reads else 'OFF'}")
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

    return engine


def _postgresql(address: URL) -> Engine:
    engine = sa.create_engine(address.set(drivername="postgresql+psycopg"), pool_pre_ping=True)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.execute(f"SET lock_timeout = '{LOCK_WAIT_SECONDS}s'")
        connection.commit()

    return engine


@contextmanager
def _told_as_faults() -> Iterator[None]:
    """Tell what only the world can be blamed for as StorageFault; programming errors stay what they are."""
    try:
        yield
    except DBAPIError as failed:
        code = _code_of(failed)
        if code is None:
            raise
        raise StorageFault(code, str(failed.orig)) from failed


def _code_of(failed: DBAPIError) -> StorageCode | None:
    name = getattr(failed.orig, "sqlite_errorname", None)
    if name is not None:
        return next((code for start, code in _SQLITE_CODES.items() if name.startswith(start)), None)
    state = getattr(failed.orig, "sqlstate", None)
    if state is None and isinstance(failed, OperationalError):
        return StorageCode.UNREACHABLE
    return _POSTGRESQL_CODES.get(state or "")
