"""What a watch shows of what is wished, and what it is once it is widened to that. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.live.model import stream_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from bot.asks import Ask
    from bot.watch.model import Watch


@dataclass(frozen=True, slots=True)
class Wish:
    """What someone wants to be watched, by a watch of its own or by one there is.

    Attributes:
        ask: which streams, as in `Watch.ask`.
        until: when it is to end at the latest; None is where nobody says.
        name: what it is to be called; "" is where nobody says.
    """

    ask: Ask
    until: datetime | None = None
    name: str = ""


def streams_of(ask: Ask) -> dict[str, str]:
    """The streams that a question names: key → play URL, as in `Watch.streams`."""
    streams: dict[str, str] = {}
    for url in ask.urls:
        streams.setdefault(stream_of(url), url)
    return streams


def covers(watch: Watch, ask: Ask) -> bool:
    """Whether the watch shows all that is asked for."""
    if not ask.urls or not watch.is_list:
        return watch.ask == ask
    return shared(watch, ask) == len(streams_of(ask))


def shared(watch: Watch, ask: Ask) -> int:
    """How many streams of a list the watch, if it is one of a list too, shows in the same way."""
    if not ask.urls or not watch.is_list or replace(watch.ask, urls=()) != replace(ask, urls=()):
        return 0
    return len(streams_of(ask).keys() & watch.streams.keys())


def covering(watches: Iterable[Watch], ask: Ask) -> Watch | None:
    """The first that shows all that is asked for; None where none does."""
    return next((watch for watch in watches if covers(watch, ask)), None)


def overlapping(watches: Iterable[Watch], ask: Ask) -> Watch | None:
    """The one that shows the most of what is asked for; None where none shows any of it."""
    most = max(watches, key=lambda watch: shared(watch, ask), default=None)
    return most if most is not None and shared(most, ask) else None


def widened(watch: Watch, wish: Wish) -> Watch:
    """The watch with the streams of the wish too, its name, and its end where that is later.

    There may be more URLs than one question takes: `bot.live.model.MAX_URLS`.
    """
    named = streams_of(wish.ask)
    more = {key: url for key, url in named.items() if key not in watch.streams}
    return replace(
        watch,
        ask=replace(watch.ask, urls=(*watch.ask.urls, *more.values())),
        streams={**watch.streams, **more},
        is_read=watch.is_read and not more,
        until=max(watch.until, wish.until or watch.until),
        name=wish.name or watch.name,
    )
