"""What it is that a person attempts, as the record calls it: known before any handler has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.record import Deed
from handlers.requests import (
    DefaultRequest,
    ExportRequest,
    SubscribeRequest,
    UnsubscribeRequest,
    WatchRequest,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

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
    "watch.stop": Deed.STOP_WATCH,
    "watch.end": Deed.STOP_WATCH,
    "watch.widen": Deed.WIDEN_WATCH,
    "watch.separately": Deed.WATCH,
}


def by_request(request: Request) -> Deed | None:
    """What a request would do; None if it only looks."""
    if isinstance(request, DefaultRequest):
        if request.clear:
            return Deed.CLEAR_DEFAULT
        return Deed.SET_DEFAULT if request.domain else None
    return _REQUESTS.get(type(request))


def by_control(action_id: str) -> Deed | None:
    """What a control would do; None if it only looks."""
    return _CONTROLS.get(action_id)
