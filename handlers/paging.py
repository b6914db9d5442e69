"""What can be done with an answer: turn pages, refresh, filter, open a task, share.

A click in a message that only the clicker sees, or in direct messages, changes that message. A
click in one that the whole channel sees opens a copy for the clicker; only Refresh changes the
message itself.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from msgspec import structs

from bot.asks import FIRST, LAST_OFFSET, MAX_ROWS, MIN_ROWS, Place
from bot.errors import LiveError, StaleReference, WhichAccount
from bot.live.model import StatusFilter
from bot.views import refs
from bot.views import tasks as views
from bot.views.pick_refs import PickRef
from bot.views.refs import ChoiceRef, PageRef
from handlers import export, tasks
from handlers.desk import Unanswered

if TYPE_CHECKING:
    from bot.asks import Answer, Ask
    from bot.slack.incoming import Click
    from handlers.desk import Desk
    from handlers.reply import Reply


_STATUSES: dict[str, StatusFilter | None] = {
    refs.ALL: None,
    **{status.value: status for status in StatusFilter},
}


async def turn(desk: Desk, click: Click, reply: Reply) -> None:
    """Show the page before or after, cut from the same window."""
    ref = PageRef.unpack(click.value)
    place = Place(offset=ref.offset, end=ref.end, total=ref.total)
    if click.action_id == "page.next":  # the row before it is the last one shown
        place = replace(place, last_shown=ref.anchor)
    else:
        place = replace(place, first_shown=ref.anchor)
    await _show(desk, reply, await _ask(desk, ref), place)


async def refresh(desk: Desk, click: Click, reply: Reply) -> None:
    """Ask again, with the window's end at now; everyone who sees the message gets the answer.

    In a channel that is in the words and the zone of whoever posted it, not of who clicks.
    """
    ref = PageRef.unpack(click.value)
    place = Place(offset=ref.offset, total=ref.total if ref.offset else None, refresh=True)
    reader = reply.reader
    if ref.posted is not None:
        language, zone = ref.posted
        reader = replace(reader, language=language, zone=zone)
    everyone = structs.replace(reply, reader=reader, replaces=True, in_channel=not click.in_private)
    await _show(desk, everyone, await _ask(desk, ref), place)


async def filter_status(desk: Desk, click: Click, reply: Reply) -> None:
    """Ask for another status, or for all."""
    ref = ChoiceRef.unpack(click.value)
    if ref.choice not in _STATUSES:
        raise StaleReference
    ask = replace(await desk.kept(ref.key), status=_STATUSES[ref.choice])
    await _show(desk, reply, ask, FIRST)


async def more(desk: Desk, click: Click, reply: Reply) -> None:
    """Go to the first or the last page, show other numbers of rows, or export all of them."""
    ref = ChoiceRef.unpack(click.value)
    if ref.choice == refs.EXPORT:
        await export.begin(desk, click, reply)
        return
    ask = await desk.kept(ref.key)
    place = Place(end=ref.end)
    if ref.choice == refs.LAST:
        place = Place(offset=LAST_OFFSET, refresh=True)
    elif ref.choice.startswith(refs.ROWS):
        rows = ref.choice.removeprefix(refs.ROWS)
        if not rows.isdecimal() or not MIN_ROWS <= int(rows) <= MAX_ROWS:
            raise StaleReference
        ask = replace(ask, rows=int(rows))
    elif ref.choice != refs.FIRST:
        raise StaleReference
    await _show(desk, reply, ask, place)


async def share(desk: Desk, click: Click, reply: Reply) -> None:
    """Post the page for everyone in the channel, as it is now.

    What can be turned for half an hour is too old to be called ready: where it would answer the
    question no more, it is asked again, and what cannot be read again is marked.
    """
    ref = PageRef.unpack(click.value)
    place = Place(offset=ref.offset, total=ref.total if ref.offset else None)
    found = await desk.page(await _ask(desk, ref), place)
    await structs.replace(reply, replaces=False, in_channel=True).send_page(found)


async def ask(desk: Desk, click: Click, reply: Reply) -> None:
    """Ask the question of a button, as it was typed: the wider one of an empty answer."""
    await _show(desk, reply, await _ask(desk, PageRef.unpack(click.value)), FIRST)


async def begin(desk: Desk, click: Click, reply: Reply) -> None:
    """Ask the question of a button that nobody typed: what a notice is about, or what is followed.

    It has as many rows a page as who clicks has chosen. A notice stays, in direct messages too.
    """
    ask = await _ask(desk, PageRef.unpack(click.value))
    await _show(desk, reply.beside(), replace(ask, rows=desk.rows(reply.reader)), FIRST)


async def pick_domain(desk: Desk, click: Click, reply: Reply) -> None:
    """Ask what had been asked, of the domain that was picked."""
    ref = PickRef.unpack(click.value)
    ask = replace(await desk.kept(ref.key), domain=ref.choice)
    if not ask.account:
        try:
            ask = replace(ask, account=await desk.account_of(ref.choice))
        except WhichAccount as error:
            await reply.tell(views.pick_account(ask, error.accounts, reply.reader, ref))
            return
    await tasks.show(desk, reply, ask, page=ref.page, public=ref.public)


async def pick_account(desk: Desk, click: Click, reply: Reply) -> None:
    """Ask what had been asked, of the account that was picked."""
    ref = PickRef.unpack(click.value)
    if ref.choice not in desk.settings.accounts:
        raise StaleReference
    ask = replace(await desk.kept(ref.key), account=ref.choice)
    await tasks.show(desk, reply, ask, page=ref.page, public=ref.public)


async def _ask(desk: Desk, ref: PageRef) -> Ask:
    return ref.ask or await desk.kept(ref.key)


async def _show(desk: Desk, reply: Reply, ask: Ask, place: Place) -> None:
    """Show a page, and meanwhile, if it takes long, what is remembered of it.

    Where that could not be replaced, or nothing is remembered and there is nothing to see else, as
    in the Home, it is said that it is being fetched. A channel keeps what is remembered, marked, if
    nothing comes; whoever clicked is told why.
    """
    is_alone = not reply.response_url
    shown: Answer | None = None

    async def announce() -> bool:
        nonlocal shown
        if not (reply.replaces or is_alone):
            await reply.tell(views.fetching(ask, reply.reader))
            return False  # only the message that was clicked could be replaced
        remembered = await desk.remembered(ask, place)
        if remembered is None:
            if is_alone:
                await reply.tell(views.fetching(ask, reply.reader))
            return is_alone
        await reply.send_page(remembered, refreshing=True)
        shown = remembered
        return True

    try:
        found, announced = await reply.unless_quick(desk.page(ask, place), announce)
    except Unanswered as error:
        if shown is None or not reply.in_channel:
            raise
        why = error.because
        await reply.send_page(replace(shown, stale=why if isinstance(why, LiveError) else None))
        raise Unanswered(ask, why) from error
    final = structs.replace(reply, replaces=reply.replaces or announced)
    await final.send_page(found)
