"""`/preload [tasks] [filters]`: show the tasks of a domain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import structs

from bot.asks import Ask, Place
from bot.errors import UsageError, WhichAccount
from bot.views import tasks as views
from bot.views.pick_refs import PickRef
from handlers import signatures
from handlers.vocabulary import Problem

if TYPE_CHECKING:
    from bot.slack.incoming import Command
    from handlers.desk import Desk
    from handlers.reply import Reply
    from handlers.requests import TasksRequest


async def answer(desk: Desk, command: Command, reply: Reply, request: TasksRequest) -> None:
    """Answer with the first page (or the one that was asked for), or ask which domain is meant."""
    which: tuple[str, ...] = ()
    try:
        subject = await desk.subject(command.team_id, command.goes_to, request)
    except WhichAccount as error:
        subject, which = Ask("", error.domain), error.accounts
    about = subject or Ask(request.account or "", "")
    ask = Ask(
        about.account,
        about.domain,
        status=request.status,
        task_id=request.task_id,
        urls=request.urls,
        since=request.since,
        until=request.until,
        rows=request.rows or desk.rows(reply.reader),
    )
    await signatures.note(desk, ask.urls)
    page, public = request.page, request.public
    ref = PickRef("", "", page=page, public=public, asked_in=command.channel_id)
    if which:
        await reply.tell(views.pick_account(ask, which, reply.reader, ref))
        return
    if subject is None:
        domains = await desk.domains()
        if not domains:
            raise UsageError(Problem.NO_DOMAIN, example="/preload domain=live.example.com")
        await reply.tell(views.pick_domain(ask, domains, reply.reader, ref))
        return
    await show(desk, reply, ask, page=page, public=public)


async def show(desk: Desk, reply: Reply, ask: Ask, *, page: int, public: bool) -> None:
    """Show a page of the answer, in place of what the reply replaces, or to everyone."""
    place = Place(offset=(page - 1) * ask.rows)

    async def announce() -> bool:
        await reply.tell(views.fetching(ask, reply.reader))
        return True

    found, announced = await reply.unless_quick(desk.page(ask, place), announce)
    replaces = announced or reply.replaces
    if replaces and public:
        await reply.withdraw()
    final = structs.replace(reply, replaces=replaces and not public, in_channel=public)
    await final.send_page(found)
