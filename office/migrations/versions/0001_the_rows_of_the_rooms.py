"""The rows of the rooms: ledger, change numbers, register, its log."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None
TABLES = (
    "certify_log_leaves",
    "certify_log_head",
    "certify_versions",
    "certify_entries",
    "certify_series",
    "certify_books",
    "ledger_head",
    "ledger_entries",
    "change_number",
)


def upgrade() -> None:
    """Make every table, those referred to first."""
    _change_number()
    _ledger_entries()
    _ledger_head()
    _certify_books()
    _certify_series()
    _certify_entries()
    _certify_versions()
    _certify_log_head()
    _certify_log_leaves()


def downgrade() -> None:
    """Take the tables away again, in the opposite order."""
    for name in TABLES:
        op.drop_table(name)


def _change_number() -> None:
    op.create_table(
        "change_number",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_change_number")),
    )


def _ledger_entries() -> None:
    op.create_table(
        "ledger_entries",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("prev", sa.String(length=64), nullable=False),
        sa.Column("h", sa.String(length=64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("what", sa.String(length=64), nullable=False),
        sa.Column("at", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_ledger_entries")),
    )
    with op.batch_alter_table("ledger_entries", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ledger_entries_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_ledger_entries_subject"), ["subject"], unique=False)


def _ledger_head() -> None:
    op.create_table(
        "ledger_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("length", sa.BigInteger(), nullable=False),
        sa.Column("head", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_head")),
    )


def _certify_books() -> None:
    op.create_table(
        "certify_books",
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("medium", sa.String(length=16), nullable=False),
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("volume", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("opened_at", sa.String(length=32), nullable=False),
        sa.Column("opened_by", sa.String(length=128), nullable=False),
        sa.Column("closed_at", sa.String(length=32), nullable=True),
        sa.Column("closed_by", sa.String(length=128), nullable=True),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("code", "medium", "year", "volume", name=op.f("pk_certify_books")),
    )


def _certify_series() -> None:
    op.create_table(
        "certify_series",
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("medium", sa.String(length=16), nullable=False),
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("code", "medium", "year", name=op.f("pk_certify_series")),
    )


def _certify_entries() -> None:
    op.create_table(
        "certify_entries",
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("medium", sa.String(length=16), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("volume", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reserved_at", sa.String(length=32), nullable=False),
        sa.Column("requester", sa.String(length=200), server_default="", nullable=False),
        sa.Column("requester_paper", sa.String(length=100), server_default="", nullable=False),
        sa.Column("title", sa.String(length=500), server_default="", nullable=False),
        sa.Column("signer_name", sa.String(length=200), server_default="", nullable=False),
        sa.Column("signer_title", sa.String(length=200), server_default="", nullable=False),
        sa.Column("copies", sa.Integer(), server_default="1", nullable=False),
        sa.Column("fee", sa.Integer(), server_default="0", nullable=False),
        sa.Column("note", sa.String(length=500), server_default="", nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("finished_at", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(
            ["code", "medium", "year", "volume"],
            ["certify_books.code", "certify_books.medium", "certify_books.year", "certify_books.volume"],
            name=op.f("fk_certify_entries_code"),
        ),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_certify_entries")),
        sa.UniqueConstraint("code", "medium", "year", "value", name=op.f("uq_certify_entries_code")),
    )


def _certify_versions() -> None:
    op.create_table(
        "certify_versions",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.String(length=32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"], ["certify_entries.request_id"], name=op.f("fk_certify_versions_request_id")
        ),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_certify_versions")),
        sa.UniqueConstraint("request_id", "ordinal", name=op.f("uq_certify_versions_request_id")),
    )


def _certify_log_head() -> None:
    op.create_table(
        "certify_log_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certify_log_head")),
    )


def _certify_log_leaves() -> None:
    op.create_table(
        "certify_log_leaves",
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entry", sa.LargeBinary(), nullable=False),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_certify_log_leaves")),
    )
