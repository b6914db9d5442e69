"""`/preload watch …`, and Watch beneath an answer: a message that is kept up to date."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from bot.asks import Ask
from bot.errors import StaleReference, UsageError
from bot.live.model import MAX_URLS
from bot.record import Deed, Outcome
from bot.views import tasks
from bot.views import watching as views
from bot.views.follow_refs import FollowKind, FollowRef, WishRef
from bot.views.refs import PageRef
from bot.watch.model import DEFAULT_WATCH, Watch
from bot.watch.notices import NoticeKind, Told
from bot.watch.widening import Wish, covering, overlapping, streams_of, widened
from handlers import deeds, places
from handlers.vocabulary import EXAMPLES, Problem, Subcommand

if TYPE_CHECKING:
    from collections.abc import Collection

    from bot.live.model import PreloadTask
    from bot.slack.incoming import Click, Command
    from handlers.desk import Desk
    from handlers.reply import Reply
    from handlers.requests import WatchRequest

MOST_WATCHES: Final = 50
"""How many may be active in a channel."""
_FIRST_READ: Final = timedelta(seconds=1.5)
"""How long a watch's message waits for the first reading, not to be posted empty."""


async def answer(desk: Desk, command: Command, reply: Reply, request: WatchRequest) -> None:
    """Begin a watch."""
    ask = replace(
        await places.subject(desk, command, request, reply.reader.zone, Deed.WATCH),
        status=request.status,
        task_id=request.task_id,
        urls=request.urls,
        since=request.since,
    )
    if ask.task_id is not None:
        found = await desk.page(ask)
        if not found.rows:
            await reply.send(
                lambda table: tasks.page(found, reply.reader, now=desk.now(), table=table)
            )
            return
        ask = _stream_of(found.rows[0].task, ask)
    place = command.team_id, request.channel_id or command.channel_id
    await start(desk, reply, place, Wish(ask, request.until, request.name))


async def begin(desk: Desk, click: Click, reply: Reply) -> None:
    """Watch what the answer shows, in the channel it stands in."""
    ref = PageRef.unpack(click.value)
    ask = ref.ask or await desk.kept(ref.key)
    if ask.task_id is not None:
        await begin_stream(desk, click, reply)
        return
    # A watch goes on from now, whenever the answer's window ended.
    await _begin_here(desk, click, reply, replace(ask.question(), until=None))


async def begin_stream(desk: Desk, click: Click, reply: Reply) -> None:
    """Watch the stream of the card's task: it counts by its newest task, whichever that will be."""
    ref = PageRef.unpack(click.value)
    ask = ref.ask or await desk.kept(ref.key)
    await desk.caller.permit(Deed.WATCH, ask.domain, **deeds.of_ask(ask))
    card = await desk.card(ask, refresh=False)
    await _begin_here(desk, click, reply, _stream_of(card.row.task, card.ask))


def _stream_of(task: PreloadTask, ask: Ask) -> Ask:
    """A question about the stream of a task that another found."""
    return Ask(ask.account, ask.domain, urls=(task.url,))


async def separately(desk: Desk, click: Click, reply: Reply) -> None:
    """Watch what was wished though another watch shows some of it, or when that is over."""
    ref = WishRef.unpack(click.value)
    ask = await desk.kept(ref.key)
    other = await desk.store.watches.find(ref.watch_id)
    if other is None:
        raise StaleReference
    is_past = ref.until is not None and ref.until <= desk.now()
    wish = Wish(ask, None if is_past else ref.until, ref.name)
    await start(desk, reply, (click.team_id, other.channel_id), wish, is_apart=True)


async def widen(desk: Desk, click: Click, reply: Reply) -> None:
    """Have a watch, as it is now, show what was wished too; of one that is over that is said."""
    ref = WishRef.unpack(click.value)
    wish = Wish(await desk.kept(ref.key), ref.until, ref.name)
    before = await desk.store.watches.find(ref.watch_id)
    if before is None:
        raise StaleReference
    about = deeds.of_watch(before) | deeds.of_ask(wish.ask)
    async with desk.caller.doing(Deed.WIDEN_WATCH, before.ask.domain, **about) as doing:
        watch = await desk.store.watches.widen(before.id, partial(_widened, wish=wish))
        if watch is None:
            raise StaleReference
        if watch.ended_at is not None:
            doing.outcome = Outcome.FAILED
    if watch.ended_at is not None:
        await reply.tell(views.over(watch, wish, reply.reader, now=desk.now()))
        return
    desk.wake()
    await reply.tell(views.was_widened(watch, reply.reader, now=desk.now()))


async def end(desk: Desk, click: Click, reply: Reply) -> None:
    """End the watch that the answer speaks of, and say so."""
    watch = await stopped(desk, click)
    same = Wish(watch.ask, watch.until, watch.name)
    await reply.tell(views.over(watch, same, reply.reader, now=desk.now()))


async def start(
    desk: Desk, reply: Reply, place: tuple[str, str], wish: Wish, *, is_apart: bool = False
) -> None:
    """Store a watch of what is wished and say so, unless something keeps it from being one.

    Args:
        desk: the bot's parts.
        reply: to whom it is said.
        place: the IDs of the team and of the channel.
        wish: what is wished; it goes on for the usual time where nobody says.
        is_apart: another watch may show a part of it.
    """
    await desk.caller.permit(Deed.WATCH, wish.ask.domain, **deeds.of_ask(wish.ask))
    refusal = await places.refusal(desk, place[1], reply.reader)
    if refusal := refusal or await places.intrusion(desk, place[1], reply.reader):
        await reply.tell(refusal)
        return
    await add(desk, reply, place, wish, is_apart=is_apart)


async def add(
    desk: Desk, reply: Reply, place: tuple[str, str], wish: Wish, *, is_apart: bool = False
) -> None:
    """As `start`, in a channel that is known to take it."""
    reader, now = reply.reader, desk.now()
    team_id, channel_id = place
    desk.accounts.insist(wish.ask.account)
    watch = Watch(
        id=desk.new_id(),
        team_id=team_id,
        channel_id=channel_id,
        ask=wish.ask,
        owner=reader.user_id,
        created_at=now,
        until=wish.until or now + DEFAULT_WATCH,
        name=wish.name,
        streams=streams_of(wish.ask),
    )
    in_the_way = partial(_in_the_way, ask=wish.ask, is_apart=is_apart)
    async with desk.caller.doing(Deed.WATCH, wish.ask.domain, **deeds.of_watch(watch)) as doing:
        other = await desk.store.watches.add(watch, _message_of(watch), in_the_way=in_the_way)
        if other is not None:
            doing.outcome = Outcome.FAILED
    if other is not None:
        await reply.tell(views.already_watched(other, wish, reader, now=now))
        return
    desk.wake()
    await reply.tell(views.watching(watch, reader, now=now))


async def stopped(desk: Desk, click: Click) -> Watch:
    """End the watch that was clicked; as it is now, by whomever it was ended.

    Raises:
        StaleReference: there is no such watch.
    """
    ref = FollowRef.unpack(click.value)
    watch = await desk.store.watches.find(ref.id)
    if ref.kind is not FollowKind.WATCH or watch is None:
        raise StaleReference
    await desk.caller.permit(Deed.STOP_WATCH, watch.ask.domain, **deeds.of_watch(watch))
    if watch.ended_at is not None:
        return watch
    about = deeds.of_watch(watch)
    async with desk.caller.doing(Deed.STOP_WATCH, watch.ask.domain, **about) as doing:
        stopped = await desk.store.watches.stop(watch.id, click.user_id, desk.now())
        if stopped is None:  # somebody was quicker
            doing.outcome = Outcome.FAILED
    desk.wake()
    return stopped or await desk.store.watches.find(watch.id) or watch


async def _begin_here(desk: Desk, click: Click, reply: Reply, ask: Ask) -> None:
    await start(desk, reply.beside(), (click.team_id, click.channel_id), Wish(ask))


def _in_the_way(active: Collection[Watch], *, ask: Ask, is_apart: bool) -> Watch | None:
    """The channel's watch that shows what is asked for, or a part of it.

    Raises:
        UsageError: none does, and there are too many.
    """
    other = covering(active, ask)
    if other is None and not is_apart:
        other = overlapping(active, ask)
    if other is None and len(active) >= MOST_WATCHES:
        most, example = str(MOST_WATCHES), EXAMPLES[Subcommand.LIST]
        raise UsageError(Problem.TOO_MANY_WATCHES, values={"most": most}, example=example)
    return other


def _widened(watch: Watch, *, wish: Wish) -> Watch:
    """The watch with what is wished.

    Raises:
        UsageError: that would be too many URLs: it has come to show more meanwhile.
    """
    after = widened(watch, wish)
    if (count := len(after.ask.urls)) > MAX_URLS:
        values = {"given": f"{count:,}", "most": f"{MAX_URLS:,}"}
        example = EXAMPLES[Subcommand.WATCH]
        raise UsageError(Problem.TOO_MANY_URLS, values=values, example=example)
    return after


def _message_of(watch: Watch) -> Told:
    return Told(
        kind=NoticeKind.BOARD,
        source=watch.id,
        key=watch.board_key,
        team_id=watch.team_id,
        channel_id=watch.channel_id,
        seen_at=watch.created_at,
        due_at=watch.created_at + _FIRST_READ,
    )
