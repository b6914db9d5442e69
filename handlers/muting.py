"""How long a subscription is muted: what the menus that mute offer."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from bot.errors import StaleReference
from bot.views import follow_refs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from zoneinfo import ZoneInfo

_HOUR: Final = timedelta(hours=1)
_NINE: Final = time(9)


def until(choice: str, *, now: datetime, zone: ZoneInfo) -> datetime | None:
    """The end of the silence that was chosen, in UTC; None ends it now.

    Args:
        choice: `follow_refs.HOUR`, `follow_refs.MORNING` or `follow_refs.UNMUTE`.
        now: the present moment, aware.
        zone: where the person who chose is.

    Raises:
        StaleReference: the choice is none of these.
    """
    if choice not in _CHOICES:
        raise StaleReference
    return _CHOICES[choice](now, zone)


def _tomorrow_morning(now: datetime, zone: ZoneInfo) -> datetime:
    tomorrow = now.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(tomorrow, _NINE, zone).astimezone(UTC)


_CHOICES: Final[Mapping[str, Callable[[datetime, ZoneInfo], datetime | None]]] = {
    follow_refs.HOUR: lambda now, _: now + _HOUR,
    follow_refs.MORNING: _tomorrow_morning,
    follow_refs.UNMUTE: lambda _now, _zone: None,
}
