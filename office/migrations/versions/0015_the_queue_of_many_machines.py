"""On PostgreSQL the acts of many machines are carried by a queue, in a schema of its own.

Its jobs are disposable and the rows say what is due, so a step that brings a newer schema makes it anew.
"""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Lay the schema; on SQLite there is no queue."""
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        from office.work.queue import lay_schema  # noqa: PLC0415 heavy, and of PostgreSQL alone

        lay_schema(connection)


def downgrade() -> None:
    """Take it away again."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP SCHEMA IF EXISTS procrastinate CASCADE")
