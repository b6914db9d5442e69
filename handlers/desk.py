"""What handlers work with: the bot's parts, and what every handler does with them."""

from __future__ import annotations

import asyncio
import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from bot.asks import FIRST
from bot.errors import BotError, LiveError, StaleReference, StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from bot.asks import Answer, Ask, Place, TaskCard
    from bot.queries import Queries
    from bot.settings import Settings
    from bot.slack.channels import Channels
    from bot.slack.people import People
    from bot.slack.sender import Sender
    from bot.store import Store
    from bot.watch.writing import Writer

_DOMAINS_PATIENCE_S = 2.0

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


@dataclass(slots=True)
class Tables:
    """Whether Slack takes table blocks in messages: until it refuses one."""

    accepted: bool = True


@dataclass(frozen=True, slots=True)
class Desk:
    """The parts of the bot that handlers need.

    Attributes:
        settings, queries, people, sender, store, channels: as they are named.
        writer: draws a watch's message as it is now.
        tables: whether Slack takes table blocks.
        now: the wall clock, aware.
        wake: to be called when something was stored that the background has to do with: it reads
            and tells at once, not at its next turn.
        new_id: a new name for a subscription or a watch: 12 letters and digits.
    """

    settings: Settings
    queries: Queries
    people: People
    sender: Sender
    store: Store
    channels: Channels
    writer: Writer
    tables: Tables
    now: Callable[[], datetime]
    wake: Callable[[], None]
    new_id: Callable[[], str]

    def account_of(self, domain: str) -> str:
        """The account that lists the domain; one that none lists is asked of the first."""
        return self.settings.account_of(domain) or next(iter(self.settings.accounts))

    async def page(self, ask: Ask, place: Place = FIRST) -> Answer:
        """A page of the tasks that `ask` finds (`Queries.page`).

        Raises:
            Unanswered: the API did not say, or the place is in a window that it has forgotten.
        """
        try:
            return await self.queries.page(ask, place)
        except (LiveError, StaleReference) as error:
            raise Unanswered(ask, error) from error

    async def card(self, ask: Ask, *, refresh: bool) -> TaskCard:
        """The task of `ask` (`Queries.card`).

        Raises:
            Unanswered: the API did not say.
            StaleReference: the API has that task no more.
        """
        try:
            card = await self.queries.card(ask, refresh=refresh)
        except LiveError as error:
            raise Unanswered(ask, error) from error
        if card is None:
            raise StaleReference
        return card

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

    async def usual_domain(self, team_id: str, channel_id: str) -> str | None:
        """The channel's default domain, else the only one there is."""
        try:
            default = await self.store.defaults.get(team_id, channel_id)
        except StoreUnavailable as error:
            log.warning("default domain not read", error=str(error))
            default = None
        if default is not None:
            return default.domain
        return self.settings.domains[0] if len(self.settings.domains) == 1 else None

    async def domains(self) -> tuple[str, ...]:
        """The play domains that are known: those of the settings, else those the API lists."""
        if self.settings.domains:
            return self.settings.domains
        account = next(iter(self.settings.accounts))
        try:
            async with asyncio.timeout(_DOMAINS_PATIENCE_S):
                return await self.queries.domains(account)
        except (LiveError, TimeoutError) as error:
            log.warning("domains not listed", error=str(error))
            return ()

    async def domain_like(self, domain: str) -> str | None:
        """The known domain that is most like a refused one."""
        known = sorted({*await self.domains()} - {domain})
        return next(iter(difflib.get_close_matches(domain, known, n=1)), None)
