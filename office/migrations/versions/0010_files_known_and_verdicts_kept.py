"""Files of the office that stand in no book are known by their digest; verdicts on known files are kept."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add both tables."""
    op.create_table(
        "known_files",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("made_at", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_known_files")),
    )
    op.create_table(
        "verdicts",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("asked", sa.String(length=64), nullable=False),
        sa.Column("judged_at", sa.String(length=32), nullable=False),
        sa.Column("verdict", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", "asked", name=op.f("pk_verdicts")),
    )


def downgrade() -> None:
    """Take both away again."""
    op.drop_table("verdicts")
    op.drop_table("known_files")
