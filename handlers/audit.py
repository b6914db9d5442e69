"""`/preload audit`: who changed what lately, in Slack or as a file."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING, Final

import structlog

from bot.roles import Right
from bot.slack.errors import SlackRefused, SlackUnavailable
from bot.views import record as views
from handlers.requests import DEFAULT_DELIVERIES

if TYPE_CHECKING:
    from bot.reader import Reader
    from bot.record import Entry
    from bot.roles import Scope
    from bot.slack.incoming import Command
    from bot.views.limits import Message
    from handlers.desk import Desk
    from handlers.reply import Reply
    from handlers.requests import AuditRequest

MOST_LINES: Final = 50_000
"""How many entries a file holds at most: the latest."""

log = structlog.get_logger(__name__)


async def answer(desk: Desk, command: Command, reply: Reply, request: AuditRequest) -> None:
    """Show the workspace's latest entries, or send them to the person as JSON lines.

    Who administers some domains only is shown what was done to those.
    """
    scope = await desk.caller.insist(Right.ADMINISTER)
    if not request.as_json:
        most = request.count or DEFAULT_DELIVERIES
        entries = await _latest(desk, command.team_id, scope, most)
        await reply.tell(views.latest(entries, reply.reader, now=desk.now()))
        return
    most = request.count or MOST_LINES
    entries = await _latest(desk, command.team_id, scope, most + 1)
    if not entries:
        await reply.tell(views.nothing(reply.reader))
        return
    is_cut = request.count is None and len(entries) > most
    await _send(desk, command, reply, entries[:most], is_cut=is_cut)


async def _latest(desk: Desk, team_id: str, scope: Scope, most: int) -> list[Entry]:
    """The latest entries that may be seen, at most so many, the latest first."""
    found: list[Entry] = []
    async with aclosing(desk.store.record.latest(team_id)) as entries:
        async for entry in entries:
            if scope.is_all or entry.about.get("domain", "") in scope:
                found.append(entry)
            if len(found) == most:
                break
    return found


async def _send(
    desk: Desk, command: Command, reply: Reply, entries: list[Entry], *, is_cut: bool
) -> None:
    """Send the entries as a file, by direct message; `is_cut`: there are older ones."""
    reader = reply.reader
    made = partial(views.file, entries, reader, now=desk.now(), is_cut=is_cut)
    file = await asyncio.to_thread(made)
    try:
        await desk.uploads.to_person(command.user_id, file)
    except (SlackRefused, SlackUnavailable) as error:
        log.warning("record not taken", error=str(error))
        await reply.tell(_unsent(error, reader))
        return
    await reply.tell(views.sent(file.name, reader))


def _unsent(error: SlackRefused | SlackUnavailable, reader: Reader) -> Message:
    """Why there is no file, or may be one all the same."""
    if isinstance(error, SlackUnavailable):
        return views.not_taken(error.reason, reader, delivered=error.delivered)
    return views.refused(str(error), reader)
