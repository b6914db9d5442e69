"""A watch in words: what it is called, until when it goes on, how it ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.views.happenings import names
from bot.views.mentions import channel, person
from bot.views.mrkdwn import escaped, owned
from bot.views.status import filter_word
from bot.views.times import clock
from bot.watch.model import Ending

if TYPE_CHECKING:
    from datetime import datetime

    from bot.reader import Reader
    from bot.watch.model import Watch
    from bot.words import Words

_NAME_CHARS = 100


def title(watch: Watch, w: Words) -> str:
    """What a watch is called, escaped: its name, its only stream, or what is asked for."""
    if watch.name.strip():
        return escaped(watch.name, _NAME_CHARS)
    ask = watch.ask
    if len(ask.urls) == 1:
        return names(ask.urls, ask.domain)[0]
    domain = escaped(owned(ask.domain, ask.account), _NAME_CHARS)
    if ask.status is None:
        return domain
    return w.t("{domain}, status={status}", domain=domain, status=filter_word(ask.status, w))


def shown_of(watch: Watch, w: Words) -> dict[str, str]:
    """A watch's `{name}`, `{channel}` and `{person}`."""
    return {
        "name": title(watch, w),
        "channel": channel(watch.channel_id, w),
        "person": person(watch.owner),
    }


def length_of(watch: Watch, reader: Reader, w: Words, now: datetime) -> str:
    """When a watch ends."""
    time = clock(watch.until, reader, now)
    if watch.is_list:
        return w.t("Until every stream is finished, {time} at the latest", time=time)
    return w.t("Watched until {time}", time=time)


def ending_of(watch: Watch, reader: Reader, w: Words, now: datetime) -> str:
    """How a watch ended, and when; "" while it goes on."""
    if watch.ended_at is None:
        return ""
    time = clock(watch.ended_at, reader, now)
    if watch.ending is Ending.STOPPED and watch.stopped_by is not None:
        return w.t("Stopped by {person} at {time}", person=person(watch.stopped_by), time=time)
    if watch.ending is Ending.FINISHED:
        return w.t("Ended at {time}: every stream is finished", time=time)
    return w.t("Ended at {time}", time=time)
