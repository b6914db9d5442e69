"""What a click on what is followed brings back: a notice, a subscription, a watch, a wish.

As `bot.views.refs`: typed, versioned, and short enough for Slack.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from bot.errors import StaleReference
from bot.views.refs import (
    BUTTON_VALUE_CHARS,
    OPTION_VALUE_CHARS,
    fitting,
    packed,
    parts,
    unpacked,
)

if TYPE_CHECKING:
    from datetime import datetime

HOUR = "1h"
"""Of the menu that mutes: for an hour."""
MORNING = "09:00"
"""Until tomorrow at nine, in the zone of the person who chooses it."""
UNMUTE = "unmute"

_NOTICE = "n1"
_FOLLOW = "f2"
_WISH = "w1"
_EVERYWHERE = "all"


@dataclass(frozen=True, slots=True)
class NoticeRef:
    """A notice of a subscription, and what is chosen for it.

    Attributes:
        subscription_id: the subscription it comes from (`Subscription.id`).
        notice_key: the notice (`Notice.key`).
        choice: of the menu that mutes: `HOUR`, `MORNING` or `UNMUTE`; otherwise "".
    """

    subscription_id: str
    notice_key: str
    choice: str = ""

    def pack(self, limit: int = OPTION_VALUE_CHARS) -> str:
        """The reference as text; the notice's key comes last.

        Raises:
            ReferenceTooLong: it does not fit into `limit` characters.
        """
        return fitting(f"{_NOTICE}|{self.choice}|{self.subscription_id}|{self.notice_key}", limit)

    @classmethod
    def unpack(cls, text: str) -> NoticeRef:
        """Read `pack` back.

        Raises:
            StaleReference: the text is of another version, or of none.
        """
        choice, subscription_id, notice_key = parts(text, _NOTICE, 3)
        return cls(subscription_id, notice_key, choice)


class FollowKind(StrEnum):
    """What a channel can have."""

    SUBSCRIPTION = "subscription"
    WATCH = "watch"


@dataclass(frozen=True, slots=True)
class FollowRef:
    """A subscription or a watch, and what is chosen for it.

    Attributes:
        kind: which of the two.
        id: its ID (`Subscription.id`, `Watch.id`).
        choice: of the menu that mutes: `HOUR`, `MORNING` or `UNMUTE`; of `sub.widen`: the
            statuses it is to have then, parted by commas (`complete,failed`); otherwise "".
        everywhere: it stands in a list of all channels, which is to be drawn again as one.
    """

    kind: FollowKind
    id: str
    choice: str = ""
    everywhere: bool = False

    def pack(self, limit: int = OPTION_VALUE_CHARS) -> str:
        """The reference as text; the ID comes last.

        Raises:
            ReferenceTooLong: it does not fit into `limit` characters.
        """
        scope = _EVERYWHERE if self.everywhere else ""
        return fitting(f"{_FOLLOW}|{self.choice}|{scope}|{self.kind}|{self.id}", limit)

    @classmethod
    def unpack(cls, text: str) -> FollowRef:
        """Read `pack` back.

        Raises:
            StaleReference: the text is of another version, or of none.
        """
        choice, scope, kind, known_as = parts(text, _FOLLOW, 4)
        try:
            return cls(FollowKind(kind), known_as, choice, everywhere=scope == _EVERYWHERE)
        except ValueError as error:
            raise StaleReference from error


@dataclass(frozen=True, slots=True)
class WishRef:
    """A watch, and what is wished of it, or of another in its place (`bot.watch.widening.Wish`).

    Attributes:
        watch_id: the watch (`Watch.id`).
        key: the stored key (`Ask.key`) of what is to be watched.
        until: when it is to end; None is where nobody says.
        name: what it is to be called; "" where nobody says.
    """

    watch_id: str
    key: str
    until: datetime | None = None
    name: str = ""

    def pack(self, limit: int = BUTTON_VALUE_CHARS) -> str:
        """The reference as text; the name comes last.

        Raises:
            ReferenceTooLong: it does not fit into `limit` characters.
        """
        head = f"{_WISH}|{packed(self.until)}|{self.key}|{self.watch_id}"
        return fitting(f"{head}|{self.name}", limit)

    @classmethod
    def unpack(cls, text: str) -> WishRef:
        """Read `pack` back.

        Raises:
            StaleReference: the text is of another version, or of none.
        """
        until, key, watch_id, name = parts(text, _WISH, 4)
        try:
            return cls(watch_id, key, unpacked(until), name)
        except (ValueError, OverflowError) as error:
            raise StaleReference from error
