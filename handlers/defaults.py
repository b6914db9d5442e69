"""`/preload default`: the domain that a channel means when it names none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.record import Deed, Outcome
from bot.roles import Right
from bot.views import notices

if TYPE_CHECKING:
    from bot.slack.incoming import Command
    from handlers.desk import Desk
    from handlers.reply import Reply
    from handlers.requests import DefaultRequest


async def answer(desk: Desk, command: Command, reply: Reply, request: DefaultRequest) -> None:
    """Set, clear or show it.

    Raises:
        NotAllowed: they may not.
        WhichAccount: it shall be a domain of several accounts.
    """
    place = command.team_id, command.channel_id
    reader = reply.reader
    default = await desk.store.defaults.get(*place)
    if request.domain:
        account = request.account
        await desk.caller.permit(Deed.SET_DEFAULT, request.domain, account=account)
        if default is not None:  # which shall be so no more
            await desk.caller.permit(Deed.SET_DEFAULT, default.domain)
        known = await desk.accounts.domains()
        if account is None and request.domain in known:
            await desk.account_of(request.domain)  # of several the default would ask each time
        async with desk.caller.doing(Deed.SET_DEFAULT, request.domain, account=account):
            await desk.store.defaults.set(
                *place, domain=request.domain, set_by=command.user_id, account=account
            )
        is_known = not known or request.domain in known
        suggestion = None if is_known else await desk.domain_like(request.domain)
        message = notices.default_set(
            request.domain, request.account, reader, is_known=is_known, suggestion=suggestion
        )
    elif request.clear:
        domain = default.domain if default else None
        async with desk.caller.doing(Deed.CLEAR_DEFAULT, domain) as doing:
            if not await desk.store.defaults.clear(*place):
                doing.outcome = Outcome.FAILED
        message = notices.default_cleared(reader)
    else:
        domain, account = (default.domain, default.account) if default else (None, None)
        await desk.caller.insist(Right.QUERY, domain)
        message = notices.default_shown(domain, account, reader)
    await reply.tell(message)
