"""How an answer reaches the person who asked: through one `response_url`, or directly."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import msgspec
import structlog
from msgspec import structs

from bot.roles import ALL, Right
from bot.slack.errors import ResponseUrlSpent, SlackRefused, SlackUnavailable
from bot.views import notices, tasks
from handlers.desk import Unanswered

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    from bot.asks import Answer
    from bot.reader import Reader
    from bot.slack.sender import Posted
    from bot.views.limits import Message
    from handlers.desk import Desk

SLOW_S = 0.7
"""What takes longer than this is announced."""

MOST_REDRAWS = 3
"""A `response_url` takes 5 posts."""

T = TypeVar("T")

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Direct:
    """The direct message of an answer, once there is one."""

    posted: Posted | None = None


class Reply(msgspec.Struct, frozen=True, eq=False):
    """Where an answer goes.

    Attributes:
        desk: the bot's parts.
        reader: who reads it.
        response_url: Slack's address for it; a secret. Where it is used up, or there is none (""),
            a direct message goes.
        channel_id: the channel it stands in; "" in none.
        replaces: it takes the place of the message that was clicked, or answered before.
        in_channel: everyone in the channel sees it.
        direct: what stands in the direct messages for want of a `response_url`.
    """

    desk: Desk
    reader: Reader
    response_url: str
    channel_id: str
    replaces: bool = False
    in_channel: bool = False
    direct: Direct = msgspec.field(default_factory=Direct)

    @property
    def is_direct(self) -> bool:
        """It goes into direct messages."""
        return not self.response_url or self.channel_id.startswith("D")

    def beside(self) -> Reply:
        """The same way, for a message of its own that only the reader sees."""
        return structs.replace(self, replaces=False, in_channel=False)

    def in_place(self) -> Reply:
        """In place of the posted message that was clicked, for everyone in the channel."""
        return structs.replace(self, replaces=True, in_channel=True)

    async def may(self, domain: str) -> frozenset[Right]:
        """What controls can do for whoever sees it; where everyone does, they stay for who may."""
        if self.in_channel:
            return ALL
        # Without a `response_url` it goes into direct messages, where no channel's grants count.
        rights = await self.desk.caller.rights(self.channel_id if self.response_url else "")
        return frozenset(right for right in Right if rights.allow(right, domain))

    def directly(self) -> Reply:
        """The same person by direct message, of which each takes the place of the one before."""
        return structs.replace(self.beside(), response_url="", direct=Direct())

    async def redraw(self, draw: Callable[[], Awaitable[Message]]) -> None:
        """Send what `draw` makes of what is stored, until it is what would be made after that.

        Of clicks that race, the last to arrive may show what was before another: so each looks
        again. Raises as `send` does.
        """
        message = await draw()
        for _ in range(MOST_REDRAWS):
            await self.tell(message)
            shown, message = message, await draw()
            if message == shown:
                return

    async def send(self, render: Callable[[bool], Message]) -> None:
        """Send what `render` makes, which is told whether Slack takes tables.

        A table that is refused is sent once more as text, and none is tried again.

        Raises:
            SlackRefused, SlackUnavailable: Slack did not take it.
        """
        tables = self.desk.tables
        message = render(tables.accepted)
        try:
            await self.tell(message)
        except SlackRefused as refused:
            has_table = any(block.get("type") == "table" for block in message.blocks)
            if refused.code != "invalid_blocks" or not has_table:
                raise
            log.warning("table refused", place=refused.place)
            await self.tell(render(False))  # noqa: FBT003 - render says what it is
            tables.accepted = False  # it was the table

    async def send_page(self, answer: Answer, *, refreshing: bool = False) -> None:
        """Send a page of an answer, with the controls that whoever sees it can use.

        Args:
            answer: what was found.
            refreshing: it is old, and being read again at this moment.

        Raises:
            SlackRefused, SlackUnavailable: Slack did not take it.
        """
        may = await self.may(answer.ask.domain)
        await self.send(
            lambda table: tasks.page(
                answer,
                self.reader,
                now=self.desk.now(),
                table=table,
                shared=self.in_channel,
                direct=self.is_direct,
                refreshing=refreshing,
                may=may,
            )
        )

    async def tell(self, message: Message) -> None:
        """Send a message as it is. Raises as `send` does."""
        await self.desk.keep(message.asks)
        if not self.response_url:  # it was asked in the Home, or from a global shortcut
            await self._tell_directly(message)
            return
        try:
            await self.desk.sender.respond(
                self.response_url,
                message,
                in_channel=self.in_channel,
                replace_original=self.replaces,
            )
        except ResponseUrlSpent:
            moved = notices.by_direct_message(message, self.channel_id, self.reader)
            await self.desk.sender.post(self.reader.user_id, moved)

    async def _tell_directly(self, message: Message) -> None:
        sender, before = self.desk.sender, self.direct.posted
        if self.replaces and before is not None:
            await sender.update(before, message)
        else:
            self.direct.posted = await sender.post(self.reader.user_id, message)

    async def withdraw(self) -> None:
        """Take the announcement away; where Slack won't, it stays."""
        try:
            await self.desk.sender.delete_original(self.response_url)
        except (SlackRefused, SlackUnavailable) as error:
            log.warning("announcement not withdrawn", error=str(error))

    async def unless_quick(
        self,
        work: Coroutine[object, object, T],
        announce: Callable[[], Awaitable[bool]],
    ) -> tuple[T, bool]:
        """The result of `work`, and whether something stands there that it shall replace.

        That is what `announce` returns, which is called where `work` takes long. An announcement
        that Slack does not take costs nobody the answer.

        Raises:
            Unanswered: as `work` does; it says likewise whether it shall replace something.
        """
        loop, announced = asyncio.get_running_loop(), False
        announcing: asyncio.Task[bool] | None = None

        def begin() -> None:
            nonlocal announcing
            announcing = loop.create_task(_announced(announce))

        slow = loop.call_later(SLOW_S, begin)  # nearly all is quick, and costs no task
        try:
            try:
                result = await work
            except asyncio.CancelledError:
                if announcing is not None:
                    announcing.cancel()
                raise
            finally:
                slow.cancel()
                if announcing is not None:
                    announced = await announcing
        except Unanswered as error:
            error.announced = announced
            raise
        return result, announced


async def _announced(announce: Callable[[], Awaitable[bool]]) -> bool:
    """Whether an announcement stands there."""
    try:
        return await announce()
    except (SlackRefused, SlackUnavailable) as error:
        log.warning("announcement not taken", error=str(error))
        return False
