"""Which handler takes what: by the request, by the control, by the callback ID."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.errors import StaleReference
from bot.manifest import CHECK, FORM
from bot.views.form import Field
from handlers import (
    audit,
    boards,
    cards,
    check,
    export,
    form,
    help,  # noqa: A004 - the command's name
    home,
    lists,
    notices,
    paging,
    subscriptions,
    tasks,
    watches,
    which_account,
)
from handlers.requests import (
    AskRequest,
    AuditRequest,
    DefaultRequest,
    DeliveriesRequest,
    ExportRequest,
    HelpRequest,
    ListRequest,
    Request,
    SubscribeRequest,
    TasksRequest,
    UnsubscribeRequest,
    WatchRequest,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from bot.reader import Reader
    from bot.slack.incoming import Click, Command, Shortcut, Submission, Suggestion
    from bot.views.limits import Block
    from handlers.desk import Desk
    from handlers.reply import Reply

COMMANDS: Mapping[type, Callable[[Desk, Command, Reply, Any], Awaitable[None]]] = {
    TasksRequest: tasks.answer,
    WatchRequest: which_account.answer,
    SubscribeRequest: which_account.answer,
    UnsubscribeRequest: subscriptions.leave,
    ListRequest: lists.answer,
    DeliveriesRequest: lists.deliveries,
    ExportRequest: which_account.answer,
    AuditRequest: audit.answer,
    AskRequest: form.answer,
    DefaultRequest: which_account.answer,
    HelpRequest: help.answer,
}

CLICKS: Mapping[str, Callable[[Desk, Click, Reply], Awaitable[None]]] = {
    "page.prev": paging.turn,
    "page.next": paging.turn,
    "page.refresh": paging.refresh,
    "page.status": paging.filter_status,
    "page.more": paging.more,
    "page.share": paging.share,
    "page.open": cards.open_task,
    "page.watch": watches.begin,
    "card.refresh": cards.refresh,
    "card.stream": cards.list_stream,
    "card.watch": watches.begin_stream,
    "check.prev": check.turn,
    "check.next": check.turn,
    "check.refresh": check.refresh,
    "check.watch": check.watch,
    "check.account": check.turn,
    "export.cancel": export.cancel,
    "form.open": form.open_kept,
    "widen": paging.ask,
    "home.refresh": home.refresh,
    "home.open": home.open_followed,
    "home.mute": home.mute,
    "home.unsubscribe": home.unsubscribe,
    "home.stop": home.stop,
    "home.language": home.choose_language,
    "home.zone": home.choose_zone,
    "home.rows": home.choose_rows,
    "domain.pick": paging.pick_domain,
    "account.pick": paging.pick_account,
    "account.command": which_account.pick,
    "board.open": cards.open_task,
    "board.stop": boards.stop,
    "notice.mute": notices.mute,
    "notice.seen": notices.see,
    "notice.open": paging.begin,
    "notice.unsubscribe": notices.unsubscribe,
    "sub.mute": lists.mute,
    "sub.remove": lists.remove,
    "sub.widen": subscriptions.widen,
    "watch.stop": lists.stop,
    "watch.end": watches.end,
    "watch.widen": watches.widen,
    "watch.separately": watches.separately,
}

SHORTCUTS: Mapping[str, Callable[[Desk, Shortcut, Reply], Awaitable[None]]] = {
    CHECK: check.answer,
    FORM: form.open_empty,
}
"""By their callback IDs, those of `bot.manifest`."""

FORMS: Mapping[str, Callable[[Desk, Submission, Reader], Awaitable[Request]]] = {FORM: form.read}
"""By their callback IDs: what a form that was sent asks for; or `Misfilled`."""

SUGGESTIONS: Mapping[str, Callable[[Desk, Suggestion], Awaitable[list[Block]]]] = {
    Field.DOMAIN: form.suggest,
}
"""By the menu's `action_id`: the options that fit what was typed, soon."""


async def gone(_desk: Desk, _click: Click, _reply: Reply) -> None:
    """Take a click on a control that there is no more."""
    raise StaleReference
