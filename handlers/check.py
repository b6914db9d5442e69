"""The message shortcut "Check these streams": the state of every stream that a message names."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from msgspec import structs

from bot.checking import Source
from bot.errors import UsageError
from bot.live.model import MAX_URLS
from bot.roles import NotAllowed, Right
from bot.views import checked as views
from bot.views import left_out
from bot.views.check_refs import CheckRef
from bot.watch.widening import Wish
from handlers import attached, lookups, places, watches
from handlers.desk import Unanswered

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.asks import Ask
    from bot.checking import Checked
    from bot.errors import BotError
    from bot.reader import Reader
    from bot.slack.incoming import Click, Shortcut
    from handlers.desk import Desk
    from handlers.reply import Reply


async def answer(desk: Desk, shortcut: Shortcut, reply: Reply) -> None:
    """Look up the streams of a message and of the lists attached to it."""

    async def look() -> tuple[Source, Checked | None]:
        source = await attached.read(desk, shortcut)
        return source, await lookups.checked(desk, source) if source.urls else None

    async def announce() -> bool:
        await reply.tell(views.checking(reply.reader))
        return True

    (source, found), announced = await reply.unless_quick(look(), announce)
    final = structs.replace(reply, replaces=announced)
    if found is None:
        await final.tell(views.nothing(source, reply.reader))
        return
    await _show(desk, final, found)


async def turn(desk: Desk, click: Click, reply: Reply) -> None:
    """Show another page, or the first one anew when an account was picked."""
    ref = CheckRef.unpack(click.value)
    found = await lookups.checked(desk, await _source(desk, ref), picked=ref.picked)
    await _show(desk, reply, found, ref.offset)


async def refresh(desk: Desk, click: Click, reply: Reply) -> None:
    """Look the streams up again."""
    ref = CheckRef.unpack(click.value)
    source = await _source(desk, ref)
    found = await lookups.checked(desk, source, picked=ref.picked, refresh=True)
    await _show(desk, reply, found, ref.offset)


async def watch(desk: Desk, click: Click, reply: Reply) -> None:
    """Watch the streams in the channel: a watch for each domain, and for each hundred URLs.

    Raises:
        NotAllowed, WhichAccount, UsageError, Unanswered: why those of a domain are not watched; the
            others are. Of several domains all are named before.
    """
    ref, beside = CheckRef.unpack(click.value), reply.beside()
    source = await _source(desk, ref)
    parts = await lookups.parted(desk, source.urls, ref.picked)
    if refusal := await places.refusal(desk, click.channel_id, reply.reader):
        await beside.tell(refusal)
        return
    place, known = (click.team_id, click.channel_id), await desk.accounts.domains()
    failures: dict[str, BotError] = {name: error for name, (error, _) in parts.failed.items()}
    for subject, urls in parts.subjects.items():
        try:
            if subject.domain not in known:
                await places.confirm(desk, subject)
            for wish in _wishes(subject, urls, reply.reader):
                await watches.add(desk, beside, place, wish)
        except (NotAllowed, UsageError, Unanswered) as error:
            failures[subject.domain] = error
    if len(failures) > 1:
        await beside.tell(left_out.unwatched(failures, reply.reader))
    for first in failures.values():
        raise first


def _wishes(subject: Ask, urls: tuple[str, ...], reader: Reader) -> Iterator[Wish]:
    """What is wished of a domain's URLs: as many in each as a watch takes."""
    for first in range(0, len(urls), MAX_URLS):
        ask = replace(subject, urls=urls[first : first + MAX_URLS])
        yield Wish(ask, name=views.name_of(ask, first, len(urls), reader))


async def _show(desk: Desk, reply: Reply, found: Checked, offset: int = 0) -> None:
    rights = await desk.caller.rights()
    may_watch = any(rights.allow(Right.WATCH, line.ask.domain) for line in found.lines)
    await reply.send(
        lambda table: views.checked(
            found,
            reply.reader,
            now=desk.now(),
            table=table,
            offset=offset,
            may_watch=may_watch,
        )
    )


async def _source(desk: Desk, ref: CheckRef) -> Source:
    """What was read of the message, as far as it is kept."""
    kept = await desk.kept(ref.key)
    return Source(kept.urls, count_odd=ref.odd, left_out=ref.left_out, count_unread=ref.unread)
