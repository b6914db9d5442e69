"""`/preload help [topic]`: how to ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.views import help as views

if TYPE_CHECKING:
    from bot.slack.incoming import Command
    from handlers.desk import Desk
    from handlers.reply import Reply
    from handlers.requests import HelpRequest


async def answer(desk: Desk, _command: Command, reply: Reply, request: HelpRequest) -> None:
    """Show the help on what they may do here, or one topic of all."""
    rights = await desk.caller.rights()
    await reply.tell(views.message(request.topic, reply.reader, rights))
