"""Alembic's entry: runs the chain on the connection that `upgrade` hands over."""

from __future__ import annotations

from alembic import context

import ops.store.schema  # noqa: F401  the tables register themselves
from worker.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
