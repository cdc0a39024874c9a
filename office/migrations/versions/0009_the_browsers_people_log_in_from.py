"""Browsers that their owners logged in from: each counts its own tries at the door."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table of browsers."""
    op.create_table(
        "browsers",
        sa.Column("token_digest", sa.String(length=64), nullable=False),
        sa.Column("account", sa.String(length=36), nullable=False),
        sa.Column("known_at", sa.String(length=32), nullable=False),
        sa.Column("tried_at", sa.String(length=32), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name=op.f("fk_browsers_account")),
        sa.PrimaryKeyConstraint("token_digest", name=op.f("pk_browsers")),
    )
    op.create_index(op.f("ix_browsers_account"), "browsers", ["account"], unique=False)


def downgrade() -> None:
    """Take it away again."""
    op.drop_table("browsers")
