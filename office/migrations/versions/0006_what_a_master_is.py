"""Each file that came in is known as a scan, as born digital or as signed, by itself."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; files read before keep NULL, and the rule of their time decides about them."""
    op.add_column("files", sa.Column("origin", sa.String(16), nullable=True))


def downgrade() -> None:
    """Take the column away again."""
    op.drop_column("files", "origin")
