"""The turns of the scanners: who waits for which machine, who holds it."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make both tables."""
    op.create_table(
        "scan_devices",
        sa.Column("device", sa.String(length=200), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("device", name=op.f("pk_scan_devices")),
    )
    op.create_table(
        "scan_turns",
        sa.Column("job", sa.String(length=128), nullable=False),
        sa.Column("device", sa.String(length=200), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("session", sa.String(length=64), nullable=False),
        sa.Column("operator", sa.String(length=64), nullable=False),
        sa.Column("owner", sa.String(length=128), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("fence", sa.Integer(), server_default="0", nullable=False),
        sa.Column("pages", sa.Integer(), server_default="0", nullable=False),
        sa.Column("until", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["device"], ["scan_devices.device"], name=op.f("fk_scan_turns_device")),
        sa.PrimaryKeyConstraint("job", name=op.f("pk_scan_turns")),
        sa.UniqueConstraint("device", "number", name=op.f("uq_scan_turns_device")),
    )
    with op.batch_alter_table("scan_turns", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_scan_turns_session"), ["session"], unique=False)


def downgrade() -> None:
    """Take the tables away again."""
    op.drop_table("scan_turns")
    op.drop_table("scan_devices")
