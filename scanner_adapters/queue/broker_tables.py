"""The broker's rows: one for each device, one for each turn. `office` merges them into its migrations."""

import sqlalchemy as sa

from foundation.row_types import Instant, new_metadata

metadata = new_metadata()


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
