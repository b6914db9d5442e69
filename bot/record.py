"""The audit record: who changed what, where, when, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


class Deed(StrEnum):
    """What a person did that changes what the bot does, or what others see of it."""

    WATCH = "watch"
    WIDEN_WATCH = "widen_watch"
    STOP_WATCH = "stop_watch"
    SUBSCRIBE = "subscribe"
    WIDEN = "widen"
    UNSUBSCRIBE = "unsubscribe"
    MUTE = "mute"
    UNMUTE = "unmute"
    SEE = "see"
    SET_DEFAULT = "set_default"
    CLEAR_DEFAULT = "clear_default"
    EXPORT = "export"
    CANCEL_EXPORT = "cancel_export"
    PREFER = "prefer"


class Outcome(StrEnum):
    """What came of it."""

    BEGUN = "begun"
    """It was begun, and what came of it was never written: the bot ended meanwhile."""
    DONE = "done"
    REFUSED = "refused"
    """The person may not (`bot.roles`)."""
    FAILED = "failed"
    """It went wrong, or there was nothing to change."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the record.

    Attributes:
        id: its number, from 1; 0 where it is not written yet.
        at: when it was begun, in UTC.
        team_id, channel_id, user_id: where and by whom; `channel_id` is "" for what was done in
            the app's Home.
        deed: what was done.
        about: to what: names and values as they may be shown (`{"domain": "live.example.com"}`),
            without any secret.
        outcome: what came of it.
    """

    id: int
    at: datetime
    team_id: str
    channel_id: str
    user_id: str
    deed: Deed
    about: Mapping[str, str] = field(default_factory=dict)
    outcome: Outcome = Outcome.BEGUN

    def to_json(self) -> str:
        """The entry as a line of JSON, its moment as ISO 8601 in UTC."""
        return msgspec.json.encode(self).decode()
