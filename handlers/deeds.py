"""What is done or attempted, in the words of the record: all fit to be seen, signatures masked."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC
from typing import TYPE_CHECKING, Final

from bot.errors import StaleReference
from bot.record import Deed
from bot.views.commands import command
from bot.views.refs import EXPORT, ChoiceRef
from handlers.requests import (
    DefaultRequest,
    ExportRequest,
    SubscribeRequest,
    UnsubscribeRequest,
    WatchRequest,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from bot.asks import Ask
    from bot.watch.model import Subscription, Watch
    from handlers.requests import Request

_REQUESTS: Final[Mapping[type, Deed]] = {
    WatchRequest: Deed.WATCH,
    SubscribeRequest: Deed.SUBSCRIBE,
    UnsubscribeRequest: Deed.UNSUBSCRIBE,
    ExportRequest: Deed.EXPORT,
}

_CONTROLS: Final[Mapping[str, Deed]] = {
    "page.watch": Deed.WATCH,
    "card.watch": Deed.WATCH,
    "check.watch": Deed.WATCH,
    "export.cancel": Deed.CANCEL_EXPORT,
    "board.stop": Deed.STOP_WATCH,
    "notice.mute": Deed.MUTE,
    "notice.seen": Deed.SEE,
    "notice.unsubscribe": Deed.UNSUBSCRIBE,
    "sub.mute": Deed.MUTE,
    "sub.remove": Deed.UNSUBSCRIBE,
    "sub.widen": Deed.WIDEN,
    "home.mute": Deed.MUTE,
    "home.unsubscribe": Deed.UNSUBSCRIBE,
    "home.stop": Deed.STOP_WATCH,
    "home.language": Deed.PREFER,
    "home.zone": Deed.PREFER,
    "home.rows": Deed.PREFER,
    "watch.stop": Deed.STOP_WATCH,
    "watch.end": Deed.STOP_WATCH,
    "watch.widen": Deed.WIDEN_WATCH,
    "watch.separately": Deed.WATCH,
}


def by_request(request: Request) -> Deed | None:
    """What a request would do, known before any handler has it; None if it only looks."""
    if isinstance(request, DefaultRequest):
        if request.clear:
            return Deed.CLEAR_DEFAULT
        return Deed.SET_DEFAULT if request.domain else None
    return _REQUESTS.get(type(request))


def by_control(action_id: str, value: str) -> Deed | None:
    """What a control would do, likewise; of `page.more` the option that was taken tells it."""
    if action_id == "page.more":
        with suppress(StaleReference):
            return Deed.EXPORT if ChoiceRef.unpack(value).choice == EXPORT else None
    return _CONTROLS.get(action_id)


def of_ask(ask: Ask) -> dict[str, str]:
    """To what something is done, where that is a question."""
    return {"account": ask.account, "what": command(ask)}


def of_watch(watch: Watch) -> dict[str, str]:
    """To what something is done, where that is a watch."""
    place = {"id": watch.id, "channel": watch.channel_id, "name": watch.name}
    return {**place, **of_ask(watch.ask), "until": until(watch.until)}


def of_subscription(subscription: Subscription) -> dict[str, str]:
    """To what something is done, where that is a subscription."""
    return {
        "id": subscription.id,
        "channel": subscription.channel_id,
        "account": subscription.account,
        "status": ",".join(sorted(subscription.statuses)),
    }


def until(moment: datetime | None) -> str:
    """A moment in UTC (`2026-11-22T19:42Z`); "" for none."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%MZ}" if moment is not None else ""
