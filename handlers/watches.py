"""`/preload watch …`, and Watch beneath an answer: a message that is kept up to date."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from bot.asks import Ask
from bot.errors import StaleReference, UsageError
from bot.live.model import stream_of
from bot.views import following as views
from bot.views import tasks
from bot.views.refs import FollowKind, FollowRef, PageRef
from bot.watch.model import DEFAULT_WATCH, NoticeKind, Told, Watch
from handlers import places
from handlers.vocabulary import EXAMPLES, Problem, Subcommand

if TYPE_CHECKING:
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
    domain = await places.domain(desk, command, request, reply.reader.zone)
    ask = Ask(
        account=desk.account_of(domain),
        domain=domain,
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
    watch = _new(desk, place, ask, command.user_id)
    if request.until is not None:
        watch = replace(watch, until=request.until)
    await _begin(desk, reply, replace(watch, name=request.name))


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
    card = await desk.card(ref.ask or await desk.kept(ref.key), refresh=False)
    await _begin_here(desk, click, reply, _stream_of(card.row.task, card.ask))


def _stream_of(task: PreloadTask, ask: Ask) -> Ask:
    """A question about the stream of a task that another found."""
    return Ask(ask.account, ask.domain, urls=(task.url,))


async def stopped(desk: Desk, click: Click) -> Watch:
    """End the watch that was clicked; as it is now, by whomever it was ended.

    Raises:
        StaleReference: there is no such watch.
    """
    ref = FollowRef.unpack(click.value)
    await desk.store.watches.stop(ref.id, click.user_id, desk.now())
    desk.wake()
    watch = await desk.store.watches.find(ref.id)
    if ref.kind is not FollowKind.WATCH or watch is None:
        raise StaleReference
    return watch


async def _begin_here(desk: Desk, click: Click, reply: Reply, ask: Ask) -> None:
    place = click.team_id, click.channel_id
    await _begin(desk, reply.beside(), _new(desk, place, ask, click.user_id))


def _new(desk: Desk, place: tuple[str, str], ask: Ask, owner: str) -> Watch:
    """A watch that goes on for the usual time; `place` is the team's ID and the channel's."""
    team_id, channel_id = place
    now = desk.now()
    return Watch(
        id=desk.new_id(),
        team_id=team_id,
        channel_id=channel_id,
        ask=ask,
        owner=owner,
        created_at=now,
        until=now + DEFAULT_WATCH,
        streams={stream_of(url): url for url in ask.urls},
    )


async def _begin(desk: Desk, reply: Reply, watch: Watch) -> None:
    """Store the watch and say so, unless something keeps it from being one."""
    reader, now = reply.reader, desk.now()
    if refusal := await places.refusal(desk, watch.channel_id, reader):
        await reply.tell(refusal)
        return
    active = await desk.store.watches.of_channel(watch.team_id, watch.channel_id)
    covering = next((one for one in active if _covers(one, watch.ask)), None)
    if covering is not None:
        await reply.tell(views.already_watched(covering, reader, now=now))
        return
    if len(active) >= MOST_WATCHES:
        most, example = str(MOST_WATCHES), EXAMPLES[Subcommand.LIST]
        raise UsageError(Problem.TOO_MANY_WATCHES, values={"most": most}, example=example)
    await desk.store.watches.add(watch, _message_of(watch))
    desk.wake()
    await reply.tell(views.watching(watch, reader, now=now))


def _covers(watch: Watch, ask: Ask) -> bool:
    """Whether the watch shows all that is asked for."""
    if not ask.urls or not watch.ask.urls:
        return watch.ask == ask
    wanted = {stream_of(url) for url in ask.urls}
    return replace(watch.ask, urls=()) == replace(ask, urls=()) and wanted <= watch.streams.keys()


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
