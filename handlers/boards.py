"""What can be done with a watch's message: stop the watch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers import watches

if TYPE_CHECKING:
    from bot.slack.incoming import Click
    from handlers.desk import Desk
    from handlers.reply import Reply


async def stop(desk: Desk, click: Click, reply: Reply) -> None:
    """End the watch, and show in its message who did."""
    watch = await watches.stopped(desk, click)
    await reply.in_place().redraw(lambda: desk.writer.board(watch))
