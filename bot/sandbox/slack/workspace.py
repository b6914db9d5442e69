"""The people, channels and names of the local workspace."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

TEAM_ID = "T0001"
TEAM_NAME = "Live Ops"
TEAM_DOMAIN = "live-ops"
APP_ID = "A0001"
BOT_ID = "B0001"
VERIFICATION_TOKEN = "local-verification-token"  # noqa: S105 - Slack's deprecated field, no secret
COMMAND = "/preload"
COMMANDS = (
    {
        "command": COMMAND,
        "description": "Is every live stream preloaded?",
        "usage_hint": "[tasks] domain=live.example.com status=failed",
    },
)
SHORTCUTS = (
    {"type": "global", "callback_id": "form", "name": "Ask about preload tasks"},
    {"type": "message", "callback_id": "check", "name": "Check these streams"},
)
"""What the app offers beside its command, as its manifest says."""
SCOPES = (
    "commands",
    "chat:write",
    "users:read",
    "channels:read",
    "groups:read",
    "channels:history",
    "groups:history",
    "im:write",
    "files:read",
    "files:write",
    "usergroups:read",
)
"""What the app was granted: the scopes its manifest asks for."""


@dataclass(frozen=True, slots=True)
class User:
    """A person, or the bot.

    Attributes:
        is_admin: an admin and owner of the workspace.
        is_guest: a guest of several channels.
        team_id: the workspace they are of: another one's people meet the bot in shared channels.
    """

    id: str
    name: str
    real_name: str
    locale: str
    tz: str
    is_bot: bool = False
    is_admin: bool = False
    is_guest: bool = False
    team_id: str = TEAM_ID

    def tz_offset(self, at: datetime) -> int:
        """Seconds east of UTC."""
        offset = at.astimezone(ZoneInfo(self.tz)).utcoffset()
        return int(offset.total_seconds()) if offset else 0


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel, or the direct messages between the bot and one person (`user`)."""

    id: str
    name: str
    topic: str = ""
    user: str | None = None

    @property
    def is_im(self) -> bool:
        """Whether these are direct messages."""
        return self.user is not None

    def admits(self, user: str) -> bool:
        """Whether the person is in it."""
        return self.user in {None, user}

    def for_page(self) -> dict[str, str]:
        """As the local page is told."""
        name, kind = (BOT.real_name, "im") if self.is_im else (self.name, "channel")
        return {"id": self.id, "name": name, "kind": kind, "topic": self.topic}


BOT = User("U0BOT", "preload", "Preload", "en-US", "UTC", is_bot=True)
PEOPLE = (
    User("U0001", "anna", "Anna Wright", "en-US", "Europe/London", is_admin=True),
    User("U0002", "liwei", "李伟", "zh-CN", "Asia/Shanghai"),
    User("U0003", "gus", "Gus Gast", "en-GB", "Europe/Berlin", is_guest=True),
    User("U0004", "eva", "Eva Extern", "en-US", "America/New_York", team_id="T0002"),
)
GROUPS = {"S0001": ("streaming", ("U0001",))}
"""User groups: the handle and the members of each."""
CHANNELS = (
    Channel("C0001", "live-ops", "Tonight's streams"),
    Channel("C0002", "general", "Everything else"),
    Channel("C0003", "cup-final", "The bot is not in this channel"),
    *(Channel(f"D{person.id[1:]}", "directmessage", user=person.id) for person in PEOPLE),
)
BOT_STARTS_IN = frozenset(
    channel.id for channel in CHANNELS if channel.is_im or channel.name != "cup-final"
)
_USERS = {user.id: user for user in (*PEOPLE, BOT)}
_CHANNELS = {channel.id: channel for channel in CHANNELS}


def user(user_id: object) -> User | None:
    """The person or bot of this ID."""
    return _USERS.get(str(user_id))


def channel(channel_id: object) -> Channel | None:
    """The channel of this ID; a person's ID is their direct messages."""
    name = str(channel_id)
    return _CHANNELS.get(f"D{name[1:]}" if name in _USERS else name)


def person(user_id: str) -> User:
    """The person of this ID.

    Raises:
        LookupError: there is none.
    """
    found = user(user_id)
    if found is None or found.is_bot:
        raise LookupError(f"there is no {user_id}")
    return found


def where(user_id: str, channel_id: str) -> tuple[User, Channel]:
    """The person, and the channel that they are in.

    Raises:
        LookupError: there is no such person, or not there.
    """
    place = channel(channel_id)
    if place is None or not place.admits(user_id):
        raise LookupError(f"{user_id} is not in {channel_id}")
    return person(user_id), place


def names() -> Mapping[str, str]:
    """What a composer makes a mention of: `#live-ops` → `<#C0001|live-ops>`."""
    channels = {f"#{one.name}": f"<#{one.id}|{one.name}>" for one in CHANNELS if not one.is_im}
    return channels | {f"@{one.name}": f"<@{one.id}|{one.name}>" for one in _USERS.values()}


def described(one: User, at: datetime, *, with_locale: bool) -> dict[str, Any]:
    """A user as `users.info` answers."""
    locale = {"locale": one.locale} if with_locale else {}
    return {
        "id": one.id,
        "team_id": one.team_id,
        "name": one.name,
        "real_name": one.real_name,
        "deleted": False,
        "is_bot": one.is_bot,
        "is_admin": one.is_admin,
        "is_owner": one.is_admin,
        "is_primary_owner": one.is_admin,
        "is_restricted": one.is_guest,
        "is_ultra_restricted": False,
        "is_stranger": one.team_id != TEAM_ID,
        "tz": one.tz,
        "tz_label": one.tz,
        "tz_offset": one.tz_offset(at),
        "profile": {"real_name": one.real_name, "display_name": one.name},
        **locale,
    }
