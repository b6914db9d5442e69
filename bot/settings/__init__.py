"""What the person who runs the bot decides: one frozen `Settings`, read once by `load`."""

from bot.settings.model import (
    Account,
    CallsPerS,
    Display,
    Grant,
    Log,
    Recording,
    RedisPlace,
    Server,
    Settings,
    Slack,
    StorePlace,
    Watching,
)
from bot.settings.reading import WrongSettings, load, require
from bot.settings.variables import suffix_of

__all__ = [
    "Account",
    "CallsPerS",
    "Display",
    "Grant",
    "Log",
    "Recording",
    "RedisPlace",
    "Server",
    "Settings",
    "Slack",
    "StorePlace",
    "Watching",
    "WrongSettings",
    "load",
    "require",
    "suffix_of",
]
