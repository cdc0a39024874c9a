"""What a clerk asks of the reading of a paper stays with the paper."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; papers there are keep the usual reading."""
    op.add_column("papers", sa.Column("wishes", sa.JSON(), nullable=True))


def downgrade() -> None:
    """Take the column away again."""
    op.drop_column("papers", "wishes")  # in place: other rows refer to papers
