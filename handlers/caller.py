"""Who asks for something, and where: what they may, and the record of what they do."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import msgspec
import structlog
from msgspec import structs

from bot.errors import StoreUnavailable
from bot.record import Deed, Entry, Outcome
from bot.roles import NotAllowed, Right, Unchecked
from bot.slack.incoming import is_channel

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping
    from datetime import datetime

    from bot.roles import Person, Rights, Roles, Scope
    from bot.slack.groups import UserGroups
    from bot.slack.people import People
    from bot.store.record import Record

NEEDS: Final[Mapping[Deed, Right | None]] = {
    Deed.WATCH: Right.WATCH,
    Deed.WIDEN_WATCH: Right.WATCH,
    Deed.STOP_WATCH: Right.WATCH,
    Deed.SUBSCRIBE: Right.SUBSCRIBE,
    Deed.WIDEN: Right.SUBSCRIBE,
    Deed.UNSUBSCRIBE: Right.SUBSCRIBE,
    Deed.MUTE: Right.SUBSCRIBE,
    Deed.UNMUTE: Right.SUBSCRIBE,
    Deed.SEE: Right.WATCH,
    Deed.SET_DEFAULT: Right.ADMINISTER,
    Deed.CLEAR_DEFAULT: Right.ADMINISTER,
    Deed.EXPORT: Right.QUERY,
    Deed.CANCEL_EXPORT: None,
    Deed.PREFER: None,
}
"""Which right a deed needs; None: any at all."""

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Doing:
    """What is being done.

    Attributes:
        about: to what; what is found out on the way is added.
        outcome: what will have come of it if nothing goes wrong.
    """

    about: dict[str, str]
    outcome: Outcome = Outcome.DONE


class Caller(msgspec.Struct, frozen=True, eq=False):
    """A person in a place. While nobody is named, nothing is allowed.

    Every method raises `Unchecked` where Slack does not say who the person is, or whether they are
    in a group that would let them, and `NotAllowed` where they may not.

    Attributes:
        roles: who may do what.
        people, groups: what Slack says of people.
        record: where deeds are written down.
        now: the wall clock, in UTC.
        team_id, channel_id, user_id: where and who; `channel_id` is "" in no channel.
    """

    roles: Roles
    people: People
    groups: UserGroups
    record: Record
    now: Callable[[], datetime]
    team_id: str = ""
    channel_id: str = ""
    user_id: str = ""

    async def scope(self, right: Right) -> Scope:
        """Of which domains they have a right here: of none, perhaps."""
        return self.roles.scope(await self._person(), right, self.channel_id)

    async def rights(self, channel_id: str | None = None) -> Rights:
        """All that they may here, or in another channel: nothing, perhaps."""
        place = self.channel_id if channel_id is None else channel_id
        return self.roles.rights(await self._person(), place)

    async def rights_somewhere(self) -> Rights:
        """All that they may, each thing in whichever channels they may do it."""
        return self.roles.rights_somewhere(await self._person())

    async def insist(self, right: Right, domain: str | None = None) -> Scope:
        """Let only those pass who have the right of the domain (None: of any); and its scope."""
        person = await self._person()
        if not self._allows(person, right, domain):
            raise self._refusal(person, right, domain)
        return self.roles.scope(person, right, self.channel_id)

    async def admit(self, attempt: Deed | None = None, **about: str | None) -> None:
        """Let only those pass who may anything here; what others attempted to do is recorded.

        Outside of channels, as in the Home, they may who may anything in some channel.
        """
        person = await self._person()
        if not self._allows(person, None):
            refusal = self._refusal(person, None, None)
            if attempt is not None and isinstance(refusal, NotAllowed):
                await self._refused(self._entry(attempt, about))
            raise refusal

    async def permit(self, deed: Deed, domain: str | None = None, **about: str | None) -> None:
        """Let only those pass who may do this; the attempt of anybody else is recorded."""
        person, right = await self._person(), NEEDS[deed]
        if not self._allows(person, right, domain):
            refusal = self._refusal(person, right, domain if right else None)
            if isinstance(refusal, NotAllowed):
                await self._refused(self._entry(deed, {"domain": domain, **about}))
            raise refusal

    @asynccontextmanager
    async def doing(
        self, deed: Deed, domain: str | None = None, **about: str | None
    ) -> AsyncIterator[Doing]:
        """Do something, if they may: written down before, and what came of it after.

        Inside belongs what changes something, and not the answer: that may fail by itself. If the
        bot ends in between, the record says that the outcome is not known.

        Args:
            deed: what is done.
            domain: the domain whose right it needs.
            about: to what else it is done, free of secrets; None is left out.

        Raises:
            StoreUnavailable: it cannot be written down, so it is not done.
        """
        await self.permit(deed, domain, **about)
        entry = self._entry(deed, {"domain": domain, **about})
        number = await self.record.begin(entry)
        doing, outcome = Doing(dict(entry.about)), Outcome.FAILED
        try:
            yield doing
            outcome = doing.outcome
        except asyncio.CancelledError:
            outcome = Outcome.BEGUN  # how far it went nobody knows
            raise
        finally:
            await self._ended(replace(entry, id=number, about=doing.about, outcome=outcome))

    async def _person(self) -> Person:
        person = await self.people.person(self.user_id) if self.user_id else None
        if person is None:
            raise Unchecked
        if not (named := self.roles.groups):
            return person
        groups = await self.groups.of(self.user_id, named)
        return structs.replace(person, groups=groups, untold=self.groups.untold(named))

    def _allows(self, person: Person, right: Right | None, domain: str | None = None) -> bool:
        """Whether they have the right of the domain (None: of any); None is any right at all."""
        if right is not None:
            return self.roles.allows(person, right, self.channel_id, domain)
        rights = (
            self.roles.rights(person, self.channel_id)
            if is_channel(self.channel_id)
            else self.roles.rights_somewhere(person)
        )
        return rights.allow_anything()

    def _refusal(
        self, person: Person, right: Right | None, domain: str | None
    ) -> NotAllowed | Unchecked:
        """Why they may not; or that this is not known, as it hinges on what Slack does not tell."""
        hinges_on = tuple(
            group
            for group in sorted(person.untold)
            if self._allows(structs.replace(person, groups=frozenset({group})), right, domain)
        )
        return Unchecked(hinges_on) if hinges_on else self.roles.refusal(person, right, domain)

    def _entry(self, deed: Deed, about: Mapping[str, str | None]) -> Entry:
        said = {name: value for name, value in about.items() if value}
        return Entry(0, self.now(), self.team_id, self.channel_id, self.user_id, deed, said)

    async def _refused(self, entry: Entry) -> None:
        refused = replace(entry, outcome=Outcome.REFUSED)
        try:
            await self.record.begin(refused)
        except StoreUnavailable as error:  # they are refused all the same
            log.warning("refusal not recorded", error=str(error))
        _say(refused)

    async def _ended(self, entry: Entry) -> None:
        if entry.outcome is not Outcome.BEGUN:
            try:
                await self.record.end(entry.id, entry.outcome, entry.about)
            except StoreUnavailable as error:  # done is done
                log.warning("outcome not recorded", entry=entry.id, error=str(error))
        _say(entry)


def _say(entry: Entry) -> None:
    log.info(
        "recorded",
        entry=entry.id,
        team=entry.team_id,
        channel=entry.channel_id,
        user=entry.user_id,
        deed=entry.deed.value,
        about=dict(entry.about),
        outcome=entry.outcome.value,
    )
