"""When each dossier of the archive was read again, and what became of it."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "fixity",
        sa.Column("unit_read", sa.String(length=96), nullable=False),
        sa.Column("read_at", sa.String(length=32), nullable=True),
        sa.Column("version", sa.Integer(), server_default="0", nullable=False),
        sa.Column("damaged", sa.Integer(), server_default="0", nullable=False),
        sa.Column("replicated_version", sa.Integer(), nullable=True),
        sa.Column("released_version", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("unit_read", name=op.f("pk_fixity")),
    )
    op.create_index(op.f("ix_fixity_read_at"), "fixity", ["read_at"])


def downgrade() -> None:
    """Take it away again."""
    op.drop_index(op.f("ix_fixity_read_at"), table_name="fixity")
    op.drop_table("fixity")
