"""Alembic's entry: runs on the connection that `flows.store.schema` hands over."""

from alembic import context

from flows.store.schema import TABLES

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=TABLES,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
