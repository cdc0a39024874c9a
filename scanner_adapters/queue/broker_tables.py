"""The broker's rows: one for each device, one for each turn. `office` merges them into its migrations."""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_name)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = sa.MetaData(naming_convention=NAMING)


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


scan_devices = sa.Table(
    "scan_devices",
    metadata,
    sa.Column("device", sa.String(200), primary_key=True),
    sa.Column("last", sa.Integer, nullable=False),  # the number of the turn asked for last
    sa.Column("fence", sa.Integer, nullable=False),  # counts whoever held the device
)

scan_turns = sa.Table(
    "scan_turns",
    metadata,
    sa.Column("job", sa.String(128), primary_key=True),  # that the pages go to
    sa.Column("device", sa.ForeignKey("scan_devices.device"), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("session", sa.String(64), nullable=False, index=True),
    sa.Column("operator", sa.String(64), nullable=False),
    sa.Column("owner", sa.String(128), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("fence", sa.Integer, nullable=False, server_default="0"),
    sa.Column("pages", sa.Integer, nullable=False, server_default="0"),
    sa.Column("until", Instant, nullable=False),  # heard of no more after this: the turn is given up
    sa.UniqueConstraint("device", "number"),
)
