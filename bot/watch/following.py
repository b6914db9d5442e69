"""What is followed of one account: as it is stored, and as turns change it."""

from __future__ import annotations

from collections import defaultdict
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.errors import StaleLease
from bot.store.leases import sweep_of
from bot.watch.domain import Domain
from bot.watch.known import HISTORY, Tasks
from bot.watch.model import Followed

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from bot.store import Store
    from bot.store.fence import Lease
    from bot.store.leases import Leases
    from bot.watch.model import Alarm, Subscription, Watch
    from bot.watch.notices import Turn

_REMEMBERED = HISTORY + timedelta(days=1)
"""So long what was seen of a task is of use."""


class Following:
    """What is followed of one account.

    Args:
        account: its name in the settings.
        store: where it is stored.
        leases: which of it is this process's to read.
        now: the wall clock, in UTC.
        clock_s: a monotonic clock, in seconds.

    Attributes:
        domains: what is known of each followed domain that is this process's to read, by its name.
        subscriptions, watches: of each domain.
        alarms: by subscription ID and stream.
    """

    def __init__(
        self,
        account: str,
        store: Store,
        *,
        leases: Leases,
        now: Callable[[], datetime],
        clock_s: Callable[[], float],
    ) -> None:
        self._account = account
        self._store = store
        self._leases = leases
        self._now = now
        self._clock_s = clock_s
        self.domains: dict[str, Domain] = {}
        self._held: dict[str, Lease] = {}
        self.subscriptions: defaultdict[str, list[Subscription]] = defaultdict(list)
        self.watches: defaultdict[str, list[Watch]] = defaultdict(list)
        self.alarms: dict[tuple[str, str], Alarm] = {}
        self._stored: set[str] = set()
        self._left: set[str] = set()
        # When a watch, with so many streams named in it, was first come upon.
        self._met_s: dict[tuple[str, int], float] = {}

    async def look_up(self) -> bool:
        """Read from the store what is followed now; whether more or other is wanted than before.

        Nothing may be written meanwhile.

        Raises:
            StoreUnavailable: it cannot be read.
        """
        await self._read()
        while await self._share():
            await self._read()  # whoever had it until now may have changed it
        await self._forget()
        is_other = False
        for name in self._followed & self._held.keys():
            if name not in self.domains:
                self.domains[name] = await self._loaded(name)
            is_other |= self._say_what_is_wanted(self.domains[name])
        return is_other

    async def record(self, domain: Domain, turn: Turn) -> bool:
        """Write a turn down; whether it was: not if another process reads the domain by now.

        Raises:
            StoreUnavailable: nothing was written.
        """
        lease = self._held[domain.name]
        try:
            await self._store.fenced(lease).ledger.record(turn)
        except StaleLease:
            self._leases.lost(lease)
            del self.domains[domain.name]
            return False
        return True

    def is_followed(self, domain: Domain) -> bool:
        """Whether it still is: a reply may come when nobody wants it any more."""
        return self.domains.get(domain.name) is domain

    def unasked(self, domain: Domain) -> set[str]:
        """The domain's watches since which not all was asked for that was there by then.

        That is since they were first come upon, as they are now: a watch may have been widened.
        """
        return {
            watch.id
            for watch in self.watches[domain.name]
            if not domain.has_asked_since(self._met_s[_as_met(watch)])
        }

    def changed(self, domain: Domain, turn: Turn) -> None:
        """A turn was written down: from then on it is so."""
        self.alarms |= {(alarm.subscription_id, alarm.stream): alarm for alarm in turn.alarms}
        for key in turn.quiet:
            self.alarms.pop(key, None)
        changed = {watch.id: watch for watch in turn.watches}
        watches = [changed.get(one.id, one) for one in self.watches[domain.name]]
        self.watches[domain.name] = [watch for watch in watches if watch.ended_at is None]

    def tidy(self) -> None:
        """Forget what is of no use any more."""
        met = {_as_met(watch) for watches in self.watches.values() for watch in watches}
        self._met_s = {one: at_s for one, at_s in self._met_s.items() if one in met}
        for domain in self.domains.values():
            domain.tasks.forget(self._now() - _REMEMBERED)

    async def _read(self) -> None:
        subscriptions: defaultdict[str, list[Subscription]] = defaultdict(list)
        watches: defaultdict[str, list[Watch]] = defaultdict(list)
        for subscription in await self._store.subscriptions.all():
            if subscription.account == self._account:
                subscriptions[subscription.domain].append(subscription)
        for watch in await self._store.watches.active():
            if watch.ask.account == self._account:
                watches[watch.ask.domain].append(watch)
                self._met_s.setdefault(_as_met(watch), self._clock_s())
        alarms = await self._store.alarms.of_account(self._account)
        self.subscriptions, self.watches = subscriptions, watches
        self.alarms = {(alarm.subscription_id, alarm.stream): alarm for alarm in alarms}
        all_ = await self._store.follows.all()
        self._stored = {one.domain for one in all_ if one.account == self._account}

    @property
    def _followed(self) -> set[str]:
        return self.subscriptions.keys() | self.watches.keys()

    async def _share(self) -> bool:
        """Read no more what nobody follows, or another process; whether there is more to read."""
        followed = self._followed
        left = self._left | (self._stored - followed)
        work = {sweep_of(self._account, name): name for name in followed | left}
        await self._leases.want(self._account, work.keys())
        held = {name: lease for of, name in work.items() if (lease := self._leases.held.get(of))}
        before, self._held = self._held, held
        kept = {name for name, lease in held.items() if lease == before.get(name)}
        # Whether one that is followed again was left, only who had it all the while can tell.
        self._left = left & (kept | (held.keys() - followed))
        for name in self.domains.keys() - (kept & followed):
            del self.domains[name]
        return held.keys() != kept

    async def _forget(self) -> None:
        """Forget what was left, once its watches have said their last or it is followed again.

        Followed again it begins anew: what happened meanwhile is history.
        """
        if not self._left:
            return
        kept = await self._store.watches.unsettled(self._account) - self._followed
        for name in self._left - kept:
            with suppress(StaleLease):
                await self._store.fenced(self._held[name]).follows.forget(self._account, name)
        self._left &= kept

    async def _loaded(self, name: str) -> Domain:
        stored = await self._store.follows.find(self._account, name)
        if stored is None:  # what was seen when it was followed before is history
            return Domain(Followed(self._account, name), Tasks())
        since = self._now() - _REMEMBERED
        seen = await self._store.sightings.of_domain(self._account, name, since=since)
        return Domain(stored, Tasks(seen))

    def _say_what_is_wanted(self, domain: Domain) -> bool:
        name = domain.name
        lists = [watch for watch in self.watches[name] if watch.is_list]
        filters = len(self.watches[name]) - len(lists)
        return domain.want(
            {key: url for watch in lists for key, url in watch.streams.items()},
            everything=bool(filters or self.subscriptions[name]),
            news_since=min((watch.created_at for watch in lists), default=None),
        )


def _as_met(watch: Watch) -> tuple[str, int]:
    return watch.id, len(watch.ask.urls)
