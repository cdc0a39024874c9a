"""A signing program on somebody's computer gets a file at a one-time address and gives a signed one back."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what came back, and the address that is open."""
    op.add_column("signings", sa.Column("returned", sa.String(length=64), nullable=True))
    op.add_column("signings", sa.Column("address", sa.String(length=64), nullable=True))
    op.add_column("signings", sa.Column("address_until", sa.String(length=32), nullable=True))
    op.create_index(op.f("ix_signings_address"), "signings", ["address"])


def downgrade() -> None:
    """Take them away again."""
    op.drop_index(op.f("ix_signings_address"), "signings")
    for name in ("address_until", "address", "returned"):
        op.drop_column("signings", name)
