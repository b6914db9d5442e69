"""Which domains there are, and which account has one."""

from __future__ import annotations

import asyncio
from itertools import chain
from typing import TYPE_CHECKING

import msgspec
import structlog

from bot.errors import AccountGone, LiveError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from bot.queries import Queries
    from bot.roles import Rights
    from bot.settings import Settings
    from bot.watch.model import Subscription, Watch

_PATIENCE_S = 2.0

log = structlog.get_logger(__name__)


class Accounts(msgspec.Struct, frozen=True, eq=False):
    """The accounts of the settings; those that name no domains are asked which they have."""

    settings: Settings
    queries: Queries

    async def domains(self) -> tuple[str, ...]:
        """The play domains that are known by now, each once."""
        known = (
            self.at_hand_of(account) if listed is None else listed
            for account, listed in (await self._listed()).items()
        )
        return tuple(dict.fromkeys(chain.from_iterable(known)))

    def domains_at_hand(self) -> tuple[str, ...]:
        """Those that are known without asking anybody."""
        return tuple(
            dict.fromkeys(chain.from_iterable(map(self.at_hand_of, self.settings.accounts)))
        )

    def all_at_hand(self) -> tuple[str, ...]:
        """All that there are, if each account itself has said so lately; otherwise none.

        Of an account whose domains the settings name, it may have others too.
        """
        names = self.settings.accounts
        listed = [self.queries.domains_at_hand(name, fresh=True) for name in names]
        return () if None in listed else self.domains_at_hand()

    def to_list(self) -> tuple[str, ...]:
        """The accounts that name no domains and whose list is old or missing; nobody asks yet."""
        accounts = self.settings.accounts
        return tuple(
            name for name in accounts if not accounts[name].domains and self.queries.must_list(name)
        )

    def named(self, rights: Rights) -> tuple[str, ...]:
        """The accounts that somebody is told of: those with a domain that they have a right of.

        One of which the settings name no domains may have any.
        """
        return tuple(
            name
            for name, account in self.settings.accounts.items()
            if any(map(rights.allow_anything, account.domains or (None,)))
        )

    async def strangers(self, domains: Collection[str]) -> frozenset[str]:
        """Those of the domains that surely no account has: each has said which are its own."""
        listed = (await self._listed()).values()
        known = {name for names in listed for name in names or ()}
        return frozenset() if None in listed or not known else frozenset(domains) - known

    async def having(self, domain: str) -> tuple[str, ...]:
        """The accounts that have the domain, at least one.

        Where none is known to have it, those that may: which could not be asked, else the first,
        whose API will say that it knows no such domain.
        """
        names = tuple(self.settings.accounts)
        if len(names) == 1:
            return names
        if having := self.settings.accounts_of(domain):
            return having
        listed = await self._listed()
        having = tuple(name for name in names if domain in (listed[name] or ()))
        return having or tuple(name for name in names if listed[name] is None) or names[:1]

    def gone(
        self, subscriptions: Iterable[Subscription], watches: Iterable[Watch]
    ) -> frozenset[str]:
        """The accounts of what is followed that the settings no longer have."""
        names = {one.account for one in subscriptions} | {one.ask.account for one in watches}
        return frozenset(names - self.settings.accounts.keys())

    def insist(self, name: str) -> None:
        """Let only accounts pass that the settings have.

        Raises:
            AccountGone: they have it no longer.
        """
        if name not in self.settings.accounts:
            raise AccountGone(account=name)

    async def _listed(self) -> dict[str, tuple[str, ...] | None]:
        """Each account's domains; None of one that does not say in time."""
        accounts = self.settings.accounts
        listed = await asyncio.gather(*map(self._listed_by, accounts))
        return dict(zip(accounts, listed, strict=True))

    def at_hand_of(self, account: str) -> tuple[str, ...]:
        """An account's domains as the settings, or else it itself said last."""
        configured = self.settings.accounts[account].domains
        return configured or self.queries.domains_at_hand(account) or ()

    async def _listed_by(self, account: str) -> tuple[str, ...] | None:
        configured = self.settings.accounts[account].domains
        if configured:
            return configured
        try:
            async with asyncio.timeout(_PATIENCE_S):
                return await self.queries.domains(account)
        except (LiveError, TimeoutError) as error:
            log.warning("domains not listed", account=account, error=str(error))
            return None
