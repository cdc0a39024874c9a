"""What key holders have been asked stays until they answer."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "signings",
        sa.Column("copy", sa.String(length=36), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("prepared", sa.String(length=64), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("ticket", sa.Text(), nullable=True),
        sa.Column("asked_at", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["copy"], ["copies.id"], name=op.f("fk_signings_copy")),
        sa.PrimaryKeyConstraint("copy", "role", name=op.f("pk_signings")),
    )


def downgrade() -> None:
    """Take the table away again."""
    op.drop_table("signings")
