"""Bringing a database to this version's schema, without any file outside the package."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from bot.errors import StoreUnfit

if TYPE_CHECKING:
    from sqlalchemy import Connection

# The bot's own name, so that it can share a database with another application's alembic.
VERSION_TABLE = "preload_bot_version"


@dataclass(frozen=True, slots=True)
class Upgraded:
    """From which revision of the schema to which; None is an empty database."""

    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Revision:
    """Which revision of the schema a database has (None: it is empty), and which it is to have."""

    found: str | None
    needed: str


def revision(connection: Connection) -> Revision:
    """What there is, without changing it.

    Raises:
        StoreUnfit: the database was written by a newer version of the bot.
    """
    scripts = ScriptDirectory.from_config(_config())
    found = _context(connection).get_current_revision()
    if found is not None and found not in {one.revision for one in scripts.walk_revisions()}:
        raise StoreUnfit(
            f"the store has the schema of a newer version (revision {found})",
            "run that version, or name another store in store.url",
        )
    return Revision(found, str(scripts.get_current_head()))


def upgrade(connection: Connection) -> Upgraded:
    """Run the migrations that are missing, all of them or none; none missing is fine.

    Of two processes that start at once the second waits in `Database.writing`, and finds the work
    done.

    Args:
        connection: of `Database.writing`.

    Raises:
        StoreUnfit: as `revision` does.
    """
    before = revision(connection).found
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    return Upgraded(before, _context(connection).get_current_revision())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "bot.store:migrations")
    return config


def _context(connection: Connection) -> MigrationContext:
    return MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
