"""What handlers work with: the bot's parts, and what every handler does with them."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import msgspec
import structlog
from msgspec import structs

from bot.asks import FIRST, Ask
from bot.errors import BotError, LiveError, StaleReference, StoreUnavailable, WhichAccount
from bot.roles import Right
from handlers.accounts import Accounts
from handlers.vocabulary import nearest_domain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import datetime

    from bot.asks import Answer, Place, TaskCard
    from bot.exporter import Exporter
    from bot.live.quota import Quota
    from bot.metrics import Meter
    from bot.queries import Queries
    from bot.reader import Reader
    from bot.record import Deed
    from bot.settings import Settings
    from bot.slack.channels import Channels
    from bot.slack.files import Files
    from bot.slack.homes import Homes
    from bot.slack.members import Members
    from bot.slack.modals import Modals
    from bot.slack.people import People
    from bot.slack.sender import Sender
    from bot.slack.uploads import Uploads
    from bot.store import Store
    from bot.watch.writing import Writer
    from handlers.caller import Caller
    from handlers.requests import SubscribeRequest, TasksRequest, WatchRequest

log = structlog.get_logger(__name__)


@dataclass(eq=False)
class Unanswered(BotError):
    """A question that the Live API did not answer, or whose place in time it has forgotten.

    Attributes:
        ask: what was asked. Its URLs may be signed: no traceback shows them.
        because: why there is no answer.
        announced: an announcement stands there, whose place the explanation shall take.
    """

    ask: Ask
    because: LiveError | StaleReference
    announced: bool = False

    def __str__(self) -> str:
        return str(self.because)


@contextmanager
def about(ask: Ask | None) -> Iterator[None]:
    """Say which question a reference held that is stale.

    Raises:
        Unanswered: it is, and held this one.
    """
    try:
        yield
    except StaleReference as error:
        if ask is None:
            raise
        raise Unanswered(ask, error) from error


@dataclass(slots=True)
class Tables:
    """Whether Slack takes table blocks in messages: until it refuses one."""

    accepted: bool = True


class Asked(Protocol):
    """Anything that a person does in Slack (`bot.slack.incoming`)."""

    @property
    def team_id(self) -> str:
        """Their workspace, as Slack says with it."""

    @property
    def channel_id(self) -> str:
        """Where; "" is in no channel."""

    @property
    def user_id(self) -> str:
        """Who."""


class Desk(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """The parts of the bot that handlers need.

    What asks the Live API here lets only those pass who may query the domain: `NotAllowed`,
    `Unchecked` otherwise.

    Attributes:
        settings, queries, people, sender, store, channels, members, files, homes: as they are
            named.
        quotas: of each account, that of its queries of tasks.
        exporter, uploads: read whole answers, and send them as files.
        modals: opens forms.
        writer: draws a watch's message as it is now.
        tables: whether Slack takes table blocks.
        now: the wall clock, aware.
        wake: to be called when something was stored that the background has to do with: it reads
            and tells at once, not at its next turn.
        new_id: a new name for a subscription or a watch: 12 letters and digits.
        meter: told what is asked, and what comes of it.
        caller: for whom all this is done; nobody, until it `serves` somebody.
    """

    settings: Settings
    queries: Queries
    people: People
    sender: Sender
    store: Store
    channels: Channels
    members: Members
    files: Files
    homes: Homes
    quotas: Mapping[str, Quota]
    exporter: Exporter
    uploads: Uploads
    modals: Modals
    writer: Writer
    tables: Tables
    now: Callable[[], datetime]
    wake: Callable[[], None]
    new_id: Callable[[], str]
    meter: Meter
    caller: Caller

    def serving(self, asked: Asked) -> Desk:
        """The same desk, for who asks for something, where they ask."""
        caller = structs.replace(
            self.caller,
            team_id=asked.team_id,
            channel_id=asked.channel_id,
            user_id=asked.user_id,
        )
        return structs.replace(self, caller=caller)

    def among(self, channel_id: str) -> Desk:
        """The same desk, for the same person as if they asked in that channel."""
        return structs.replace(self, caller=structs.replace(self.caller, channel_id=channel_id))

    async def among_if_in(self, channel_id: str) -> Desk:
        """The same, if they can ask in that channel; as if in none, if they cannot."""
        if channel_id == self.caller.channel_id:
            return self
        matters = channel_id in self.caller.roles.channels  # rights in others are those of none
        if matters and not await self.members.may_see(channel_id, self.caller.user_id):
            return self.among("")
        return self.among(channel_id)

    @property
    def accounts(self) -> Accounts:
        """Which domains there are, and which account has one."""
        return Accounts(self.settings, self.queries)

    async def account_of(self, domain: str) -> str:
        """The account that has the domain.

        Raises:
            WhichAccount: several have it.
        """
        having = await self.accounts.having(domain)
        if len(having) > 1:
            raise WhichAccount(domain, having)
        return having[0]

    async def subject(
        self,
        team_id: str,
        channel_id: str,
        request: TasksRequest | WatchRequest | SubscribeRequest,
        *,
        deed: Deed | None = None,
    ) -> Ask | None:
        """What a request is about: all tasks of a domain of an account; None for no domain.

        The domain is the given one, the channel's default, or the only one there is; the account
        is the given one, the default's, or the one that has the domain.

        Raises:
            NotAllowed: they may not do the deed with it; without one, not query it.
            WhichAccount: several have it.
            StoreUnavailable: no domain was given, and the default cannot be read.
        """
        domain, account = request.domain, request.account
        if domain is None:
            domain, usual_account = await self._usual(team_id, channel_id)
            account = account or usual_account
        if deed is None:
            await self.caller.insist(Right.QUERY, domain)
        else:
            await self.caller.permit(deed, domain)
        if domain is None:
            return None
        if account not in self.settings.accounts:  # it was not named, or is gone from the settings
            account = await self.account_of(domain)
        return Ask(account, domain)

    async def page(self, ask: Ask, place: Place = FIRST) -> Answer:
        """A page of the tasks that `ask` finds (`Queries.page`).

        Raises:
            Unanswered: the API did not say, or the place is in a window that it has forgotten.
        """
        await self.caller.insist(Right.QUERY, ask.domain)
        try:
            return await self.queries.page(ask, place)
        except (LiveError, StaleReference) as error:
            raise Unanswered(ask, error) from error

    async def remembered(self, ask: Ask, place: Place) -> Answer | None:
        """What `page` would give without asking anybody (`Queries.remembered`)."""
        await self.caller.insist(Right.QUERY, ask.domain)
        return self.queries.remembered(ask, place)

    async def card(self, ask: Ask, *, refresh: bool) -> TaskCard:
        """The task of `ask` (`Queries.card`).

        Raises:
            Unanswered: the API did not say.
            StaleReference: the API has that task no more.
        """
        await self.caller.insist(Right.QUERY, ask.domain)
        try:
            card = await self.queries.card(ask, refresh=refresh)
        except LiveError as error:
            raise Unanswered(ask, error) from error
        if card is None:
            raise StaleReference
        return card

    def rows(self, reader: Reader) -> int:
        """How many rows a page somebody is shown who asks for no other number."""
        return reader.rows or self.settings.display.rows

    async def keep(self, asks: Iterable[Ask]) -> None:
        """Store what a message's controls name by key; without a store they will say so."""
        for ask in asks:
            try:
                await self.store.asks.remember(ask)
            except StoreUnavailable as error:
                log.warning("question not kept", error=str(error))
                return

    async def kept(self, key: str | None) -> Ask:
        """The question under `key`.

        Raises:
            StaleReference: it is kept no more.
            StoreUnavailable: the store cannot be read.
        """
        ask = await self.store.asks.find(key) if key else None
        if ask is None:
            raise StaleReference
        return ask

    async def _usual(self, team_id: str, channel_id: str) -> tuple[str | None, str | None]:
        """The channel's default domain, else the only one there is; and its account, if named.

        Raises:
            StoreUnavailable: which one is the default cannot be read, and there are several.
        """
        try:
            default = await self.store.defaults.get(team_id, channel_id)
        except StoreUnavailable as error:
            if len(self.settings.domains) != 1:
                raise
            log.warning("default domain not read", error=str(error))
            default = None
        if default is not None:
            return default.domain, default.account
        domains = self.settings.domains
        return domains[0] if len(domains) == 1 else None, None

    async def domains(self) -> tuple[str, ...]:
        """The known play domains that the caller may query."""
        scope = await self.caller.scope(Right.QUERY)
        if not scope:
            return ()
        return tuple(name for name in await self.accounts.domains() if name in scope)

    async def domain_like(self, domain: str) -> str | None:
        """The known domain that is most like a refused one."""
        return nearest_domain(domain, await self.domains())
