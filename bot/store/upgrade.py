"""Bringing a database to this version's schema, without any file outside the package."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from bot.errors import StoreUnavailable

if TYPE_CHECKING:
    from sqlalchemy import Connection

# The bot's own name, so that it can share a database with another application's alembic.
VERSION_TABLE = "preload_bot_version"


@dataclass(frozen=True, slots=True)
class Upgraded:
    """From which revision of the schema to which; None is an empty database."""

    before: str | None
    after: str | None


def upgrade(connection: Connection) -> Upgraded:
    """Run the migrations that are missing, all of them or none; none missing is fine.

    Of two processes that start at once the second waits in `Database.writing`, and finds the work
    done.

    Args:
        connection: of `Database.writing`.

    Raises:
        StoreUnavailable: the database was written by a newer version of the bot.
    """
    config = Config()
    config.set_main_option("script_location", "bot.store:migrations")
    config.attributes["connection"] = connection
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
    current = context.get_current_revision()
    if current is not None and current not in known:
        raise StoreUnavailable(
            f"the store has the schema of a newer version (revision {current}): "
            "run that version, or name another store in store.url"
        )
    command.upgrade(config, "head")
    return Upgraded(current, context.get_current_revision())
