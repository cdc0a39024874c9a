"""A dossier is claimed while it is described, and the work of the house itself stands in rows."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the claim to dossiers, and the table of chores."""
    for column in _work():
        op.add_column("dossiers", column)
    op.create_table(
        "chores",
        sa.Column("id", sa.String(length=96), nullable=False),
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("place", sa.String(length=36), server_default="", nullable=False),
        sa.Column("done_at", sa.String(length=32), nullable=True),
        *_work(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chores")),
    )


def downgrade() -> None:
    """Take both away again."""
    op.drop_table("chores")
    for column in _work():
        op.drop_column("dossiers", column.name)  # in place: other rows refer to dossiers


def _work() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("owner", sa.String(length=128), nullable=True),
        sa.Column("lease_until", sa.String(length=32), nullable=True),
        sa.Column("fence", sa.Integer(), server_default="0", nullable=False),
        sa.Column("fault", sa.String(length=128), nullable=True),
        sa.Column("retry_at", sa.String(length=32), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
    )
