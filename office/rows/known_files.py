"""Which files are this office's own, by their digests: the register's, and those that stand in no book.

The certification book knows every certified copy. Clerks' signed scans are known by the row of the file that
is kept; copies by the agency alone, until their own book stands, by a row of their own.
"""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from office.procedure import FileRole
from office.tables import files, known_files


def remember(connection: Connection, sha256: str, at: datetime) -> None:
    """The file with this digest (hex) left this office; told again, nothing changes."""
    if not _remembered(connection, sha256):
        connection.execute(sa.insert(known_files).values(sha256=sha256, made_at=at))


def is_known(connection: Connection, sha256: str) -> bool:
    """Whether this office made the file with this digest, though no book tells of it."""
    scan = sa.select(files.c.id).where(files.c.sha256 == sha256, files.c.role == FileRole.SIGNED_SCAN)
    return _remembered(connection, sha256) or connection.execute(scan.limit(1)).first() is not None


def _remembered(connection: Connection, sha256: str) -> bool:
    chosen = sa.select(known_files.c.sha256).where(known_files.c.sha256 == sha256)
    return connection.execute(chosen).first() is not None
