"""Every PDF that arrives is verified, and what was found stands in its row before anybody accepts it."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; files that came before keep NULL and are verified when somebody receives them."""
    op.add_column("arrivals", sa.Column("checked", sa.JSON(), nullable=True))


def downgrade() -> None:
    """Take the column away again."""
    op.drop_column("arrivals", "checked")
