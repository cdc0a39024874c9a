"""Alembic's door: every room's rows in one history."""

from alembic import context

from office.schema import ALL_METADATA

engine = context.config.attributes["engine"]
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=ALL_METADATA, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
