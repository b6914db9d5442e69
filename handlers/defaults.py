"""`/preload default`: the domain that a channel means when it names none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.views import notices

if TYPE_CHECKING:
    from bot.slack.incoming import Command
    from handlers.desk import Desk
    from handlers.reply import Reply
    from handlers.requests import DefaultRequest


async def answer(desk: Desk, command: Command, reply: Reply, request: DefaultRequest) -> None:
    """Set, clear or show it."""
    place = command.team_id, command.channel_id
    reader = reply.reader
    if request.domain:
        await desk.store.defaults.set(
            *place, domain=request.domain, set_by=command.user_id, account=request.account
        )
        known = await desk.accounts.domains()
        is_known = not known or request.domain in known
        suggestion = None if is_known else await desk.domain_like(request.domain)
        message = notices.default_set(
            request.domain, request.account, reader, is_known=is_known, suggestion=suggestion
        )
    elif request.clear:
        await desk.store.defaults.clear(*place)
        message = notices.default_cleared(reader)
    else:
        default = await desk.store.defaults.get(*place)
        domain, account = (default.domain, default.account) if default else (None, None)
        message = notices.default_shown(domain, account, reader)
    await reply.tell(message)
