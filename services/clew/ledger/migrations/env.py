"""Runs the migrations on the connection that `clew.ledger.postgres_schema` hands in, inside its transaction."""

from __future__ import annotations

from alembic import context

from clew.ledger.postgres_tables import metadata

context.configure(
    connection=context.config.attributes["connection"], target_metadata=metadata, transaction_per_migration=False
)
with context.begin_transaction():
    context.run_migrations()
