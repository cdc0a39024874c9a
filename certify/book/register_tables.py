"""The rows of the register."""

import sqlalchemy as sa

from foundation.row_types import Instant, new_metadata

metadata = new_metadata()
"""The rows of the register. `office` merges them into its migrations."""

books = sa.Table(
    "certify_books",
    metadata,
    sa.Column("code", sa.String(16), primary_key=True),
    sa.Column("medium", sa.String(16), primary_key=True),
    sa.Column("year", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("volume", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("opened_at", Instant, nullable=False),
    sa.Column("opened_by", sa.String(128), nullable=False),
    sa.Column("closed_at", Instant),
    sa.Column("closed_by", sa.String(128)),
    sa.Column("total", sa.Integer),
)
series = sa.Table(
    "certify_series",
    metadata,
    sa.Column("code", sa.String(16), primary_key=True),
    sa.Column("medium", sa.String(16), primary_key=True),
    sa.Column("year", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("last", sa.Integer, nullable=False),
)
rows = sa.Table(
    "certify_entries",
    metadata,
    sa.Column("request_id", sa.String(64), primary_key=True),
    sa.Column("code", sa.String(16), nullable=False),
    sa.Column("medium", sa.String(16), nullable=False),
    sa.Column("year", sa.Integer, nullable=False),
    sa.Column("value", sa.Integer, nullable=False),
    sa.Column("volume", sa.Integer, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("reserved_at", Instant, nullable=False),
    sa.Column("requester", sa.String(200), nullable=False, server_default=""),
    sa.Column("requester_paper", sa.String(100), nullable=False, server_default=""),
    sa.Column("title", sa.String(500), nullable=False, server_default=""),
    sa.Column("signer_name", sa.String(200), nullable=False, server_default=""),
    sa.Column("signer_title", sa.String(200), nullable=False, server_default=""),
    sa.Column("copies", sa.Integer, nullable=False, server_default="1"),
    sa.Column("fee", sa.Integer, nullable=False, server_default="0"),
    sa.Column("note", sa.String(500), nullable=False, server_default=""),
    sa.Column("reason", sa.String(500)),
    sa.Column("finished_at", Instant),
    sa.UniqueConstraint("code", "medium", "year", "value"),
    sa.ForeignKeyConstraint(
        ["code", "medium", "year", "volume"],
        ["certify_books.code", "certify_books.medium", "certify_books.year", "certify_books.volume"],
    ),
)
versions = sa.Table(
    "certify_versions",
    metadata,
    sa.Column("sha256", sa.String(64), primary_key=True),
    sa.Column("request_id", sa.String(64), sa.ForeignKey("certify_entries.request_id"), nullable=False),
    sa.Column("ordinal", sa.Integer, nullable=False),
    sa.Column("recorded_at", Instant, nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.UniqueConstraint("request_id", "ordinal"),
)
