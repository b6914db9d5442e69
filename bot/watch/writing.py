"""Notices and boards as messages: what they need is read as it is now, and drawn for one reader."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from bot.views import boards as drawn_boards
from bot.views import told
from bot.watch import boards
from bot.watch.model import Ending
from bot.watch.notices import NoticeKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from bot.reader import Reader
    from bot.store import Store
    from bot.views.limits import Message
    from bot.watch.boards import Board
    from bot.watch.model import Watch
    from bot.watch.notices import Notice

_OF_SUBSCRIPTION: Mapping[NoticeKind, Callable[..., Message]] = {
    NoticeKind.FAILURES: told.failures,
    NoticeKind.REPEAT: told.repeat,
    NoticeKind.CHANGES: told.changes,
    NoticeKind.DETAILS: told.details,
}


class Readers(Protocol):
    """Who reads: `bot.slack.people.People`."""

    async def reader(self, user_id: str) -> Reader:
        """Who this Slack user is, as far as it is known by now. Raises nothing."""
        ...


class Writer:
    """Writes messages, and stores the questions that their controls refer to.

    Every method may raise StoreUnavailable.

    Args:
        store: where all is read.
        people: their languages and zones.
        now: the wall clock, in UTC.
    """

    def __init__(self, store: Store, people: Readers, *, now: Callable[[], datetime]) -> None:
        self._store = store
        self._people = people
        self._now = now

    async def message(self, notice: Notice) -> Message | None:
        """The notice as it is to be posted; None: nobody wants it any more.

        Nobody does where its subscription or watch is gone, or the channel it says is parked is
        so no more; nor what a watch still had to say when it was stopped. What was queued before a
        subscription was muted is wanted still.
        """
        message = await self._drawn(notice)
        return None if message is None else await self._kept(message)

    async def board(self, watch: Watch) -> Message:
        """The watch's message as it is now."""
        reader = await self._people.reader(watch.owner)
        board = await self._board(watch)
        return await self._kept(drawn_boards.board(board, reader, now=self._now()))

    @staticmethod
    def details(notice: Notice) -> tuple[str, ...]:
        """The parts that belong in the notice's thread, by their number."""
        return tuple(str(part) for part in range(1, told.parts(notice) + 1))

    async def _drawn(self, notice: Notice) -> Message | None:
        match notice.kind:
            case NoticeKind.BOARD | NoticeKind.ALERT | NoticeKind.VERDICT:
                return await self._of_watch(notice)
            case NoticeKind.BLIND | NoticeKind.SIGHT:
                return await self._of_domain(notice)
            case NoticeKind.PARKED:
                return await self._of_channel(notice)
        return await self._of_subscription(notice)

    async def _kept(self, message: Message) -> Message:
        for ask in message.asks:
            await self._store.asks.remember(ask)
        return message

    async def _of_subscription(self, notice: Notice) -> Message | None:
        subscription = await self._store.subscriptions.find(notice.source)
        if subscription is None:
            return None
        reader = await self._people.reader(subscription.owner)
        return _OF_SUBSCRIPTION[notice.kind](notice, subscription, reader, now=self._now())

    async def _of_watch(self, notice: Notice) -> Message | None:
        watch = await self._store.watches.find(notice.source)
        if watch is None:
            return None
        if notice.kind is NoticeKind.BOARD:
            return await self.board(watch)
        if watch.ending is Ending.STOPPED:
            return None
        reader = await self._people.reader(watch.owner)
        if notice.kind is NoticeKind.ALERT:
            return drawn_boards.alert(notice, watch, reader, now=self._now())
        board = await self._board(watch)
        return drawn_boards.verdict(notice, board, reader, now=self._now())

    async def _of_domain(self, notice: Notice) -> Message | None:
        owner = await self._follower(notice)
        if notice.kind is NoticeKind.BLIND:
            view = told.blind
        else:  # a watch may have ended with the reading that told it
            view, owner = told.sight, owner or notice.facts.get("owner")
        if owner is None:
            return None
        return view(notice, await self._people.reader(owner), self._now())

    async def _of_channel(self, notice: Notice) -> Message | None:
        parked = await self._store.parking.all()
        if all(notice.source != one.channel_id for one in parked):
            return None
        return told.parked(notice, await self._people.reader(notice.channel_id), self._now())

    async def _board(self, watch: Watch) -> Board:
        ask, now = watch.ask, self._now()
        newest = await self._store.sightings.newest(ask.account, ask.domain, tuple(watch.streams))
        followed = await self._store.follows.find(ask.account, ask.domain)
        return boards.board(watch, newest, followed, now)

    async def _follower(self, notice: Notice) -> str | None:
        """Who follows the notice's domain in its channel; of several the first."""
        place = notice.team_id, notice.channel_id
        for subscription in await self._store.subscriptions.of_channel(*place):
            if notice.source == f"{subscription.account}/{subscription.domain}":
                return subscription.owner
        for watch in await self._store.watches.of_channel(*place):
            if notice.source == f"{watch.ask.account}/{watch.ask.domain}":
                return watch.owner
        return None


def plainer(message: Message) -> Iterator[Message]:
    """The message, and what says the same where Slack won't have it so: at last its text alone."""
    yield message
    without_table = tuple(block for block in message.blocks if block.get("type") != "table")
    if without_table and without_table != message.blocks:
        yield replace(message, blocks=without_table)
    if message.blocks:
        yield replace(message, blocks=())
