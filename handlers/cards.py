"""Open a task: a card with everything known of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.asks import FIRST, Ask
from bot.views import tasks as views
from bot.views.refs import OpenRef, PageRef

if TYPE_CHECKING:
    from bot.slack.incoming import Click
    from handlers.desk import Desk
    from handlers.reply import Reply


async def open_task(desk: Desk, click: Click, reply: Reply) -> None:
    """Show a row's task in a message of its own."""
    ref = OpenRef.unpack(click.value)
    listed = await desk.kept(ref.key)
    ask = Ask(account=listed.account, domain=listed.domain, task_id=ref.task_id)
    await _show(desk, reply.beside(), ask, refresh=False)


async def refresh(desk: Desk, click: Click, reply: Reply) -> None:
    """Ask for the task again."""
    ref = PageRef.unpack(click.value)
    ask = ref.ask or await desk.kept(ref.key)
    await _show(desk, reply, ask, refresh=True)


async def list_stream(desk: Desk, click: Click, reply: Reply) -> None:
    """Show all tasks of the card's stream."""
    ref = PageRef.unpack(click.value)
    ask = ref.ask or await desk.kept(ref.key)
    found = await desk.page(replace(ask, rows=desk.rows(reply.reader)), FIRST)
    await reply.beside().send_page(found)


async def _show(desk: Desk, reply: Reply, ask: Ask, *, refresh: bool) -> None:
    card = await desk.card(ask, refresh=refresh)
    may = await reply.may(ask.domain)
    await reply.tell(views.card(card, reply.reader, now=desk.now(), may=may))
