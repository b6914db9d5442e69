"""Alembic runs this file once an upgrade, on the connection that `bot.store.upgrade` gives it."""

from alembic import context

from bot.store.schema import metadata
from bot.store.upgrade import VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
)
context.run_migrations()
