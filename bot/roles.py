"""Who may do what, of which domains, and who can let them.

Pure: what is known of a person comes in, and what they may comes out.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import msgspec

from bot.errors import BotError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

EVERYONE: Final = "everyone"
"""The full members of the workspace."""
ADMINS: Final = "admins"
"""Its admins and owners."""
GUESTS: Final = "guests"
"""Its guests, of one channel or of several."""
OTHERS: Final = "others"
"""People of other workspaces, in channels that are shared with them."""


class Right(StrEnum):
    """What a person may be let do."""

    QUERY = "query"
    """See tasks and streams, what is followed, what was delivered; export."""
    WATCH = "watch"
    """Begin and stop watches, say that a failure is seen to."""
    SUBSCRIBE = "subscribe"
    """Subscribe and unsubscribe channels, mute."""
    ADMINISTER = "administer"
    """Set channels' default domains, read the record."""


ALL: Final = frozenset(Right)

_RIGHTS_IN_MEMORY = 1_024
"""One request looks at the same ones several times."""


class Standing(StrEnum):
    """What a person is to the bot's workspace."""

    MEMBER = "member"
    GUEST = "guest"
    OTHER = "other"
    """Of another workspace."""
    GONE = "gone"
    """Deactivated; or no person but a bot."""


class Person(msgspec.Struct, frozen=True):
    """What is known of a person that rights depend on.

    Attributes:
        user_id: their ID in Slack.
        standing: what they are to the workspace.
        is_admin: they are among its admins or owners.
        groups: the user groups that they are in, of those that grants name.
        untold: those of which Slack does not say whether they are in them.
    """

    user_id: str
    standing: Standing
    is_admin: bool = False
    groups: frozenset[str] = frozenset()
    untold: frozenset[str] = frozenset()

    def known_as(self, *channel_ids: str) -> frozenset[str]:
        """What grants may call them while they are in one of the channels ("" is none).

        What is said of everyone or of a channel never means guests, nor people from elsewhere.
        """
        if self.standing is Standing.GONE:
            return frozenset()
        names = self.groups | {self.user_id}
        match self.standing:
            case Standing.GUEST:
                return names | {GUESTS}
            case Standing.OTHER:
                return names | {OTHERS}
        admins = {ADMINS} if self.is_admin else set()
        return names | {EVERYONE, *channel_ids} | admins


class Grant(msgspec.Struct, frozen=True):
    """Some people may do something.

    Attributes:
        to: who: `EVERYONE`, `ADMINS`, `GUESTS`, `OTHERS`, IDs of people (U…, W…) and of user groups
            (S…), or of channels (C…, G…): any member who asks there.
        may: what.
        domains: of which domains, as the API writes them; None is of all.
    """

    to: tuple[str, ...]
    may: frozenset[Right]
    domains: frozenset[str] | None = None

    def gives(self, right: Right, domain: str | None) -> bool:
        """Whether it is about this right, of this domain (None: of any)."""
        return right in self.may and (
            domain is None or self.domains is None or domain in self.domains
        )


DEFAULT: Final = (
    Grant((EVERYONE,), frozenset({Right.QUERY, Right.WATCH})),
    Grant((ADMINS,), frozenset({Right.SUBSCRIBE, Right.ADMINISTER})),
)
"""What holds where the settings grant nothing."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Of which domains something is allowed; `domains` is None where it is of all."""

    domains: frozenset[str] | None

    def __contains__(self, domain: str) -> bool:
        return self.domains is None or domain in self.domains

    def __bool__(self) -> bool:
        return self.domains is None or bool(self.domains)

    @property
    def is_all(self) -> bool:
        """Whether it is of all domains, known or not."""
        return self.domains is None


@dataclass(frozen=True, slots=True)
class Rights:
    """What a person may do in a place.

    Attributes:
        scopes: by right, of which domains; for each right there is.
    """

    scopes: Mapping[Right, Scope]

    def allow(self, right: Right, domain: str | None = None) -> bool:
        """Whether they have a right of a domain (None: of any at all)."""
        scope = self.scopes[right]
        return bool(scope) if domain is None else domain in scope

    def allow_anything(self, domain: str | None = None) -> bool:
        """Whether they have any right of a domain (None: of any at all)."""
        return any(self.allow(right, domain) for right in self.scopes)


@dataclass(frozen=True, slots=True, eq=False)
class Roles:
    """All grants. What none of them grants is not allowed.

    What people may is remembered by it: it is to be made once.
    """

    grants: tuple[Grant, ...] = DEFAULT

    def scope(self, person: Person, right: Right, channel_id: str) -> Scope:
        """Of which domains a person has a right while they are in a channel ("" in none)."""
        return self.rights(person, channel_id).scopes[right]

    def rights(self, person: Person, channel_id: str) -> Rights:
        """All that a person may while they are in a channel ("" in none)."""
        return _rights(self, person, (channel_id,))

    def rights_somewhere(self, person: Person) -> Rights:
        """All that a person may, each thing in whichever channels they may do it."""
        return _rights(self, person, self.channels)

    def allows(
        self, person: Person, right: Right, channel_id: str, domain: str | None = None
    ) -> bool:
        """Whether a person has a right of a domain (None: of any at all)."""
        return self.rights(person, channel_id).allow(right, domain)

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels that grants name."""
        return _places(self)

    @property
    def groups(self) -> frozenset[str]:
        """The user groups that grants name."""
        return _groups(self)

    def refusal(self, person: Person, right: Right | None, domain: str | None) -> NotAllowed:
        """Why a person may not, and who can help.

        Args:
            person: who was refused.
            right: what they may not; None is anything at all.
            domain: of which domain; None is of any.
        """
        rights = frozenset(Right) if right is None else {right}
        places = (
            name
            for grant in self.grants
            if any(grant.gives(one, domain) for one in rights)
            for name in grant.to
        )
        return NotAllowed(
            right,
            domain,
            person.standing,
            whom=tuple(
                name for name in self._administrators(domain) if name not in person.known_as("")
            ),
            channels=_channels(places) if person.standing is Standing.MEMBER else (),
        )

    def _administrators(self, domain: str | None) -> tuple[str, ...]:
        """Who administers the bot: IDs of people and of groups, and `ADMINS`."""
        names = (
            name
            for grant in self.grants
            if grant.gives(Right.ADMINISTER, domain)
            for name in grant.to
            if name == ADMINS or name[0] in "UWS"
        )
        return tuple(dict.fromkeys(names))


@lru_cache(_RIGHTS_IN_MEMORY)
def _rights(roles: Roles, person: Person, channel_ids: tuple[str, ...]) -> Rights:
    """All that a person may while they are in one of the channels."""
    names = person.known_as(*channel_ids)
    return Rights({right: _scope(roles.grants, names, right) for right in Right})


def _scope(grants: tuple[Grant, ...], names: frozenset[str], right: Right) -> Scope:
    domains: set[str] = set()
    for grant in grants:
        if right in grant.may and not names.isdisjoint(grant.to):
            if grant.domains is None:
                return Scope(None)
            domains |= grant.domains
    return Scope(frozenset(domains))


@lru_cache
def _places(roles: Roles) -> tuple[str, ...]:
    return _channels(name for grant in roles.grants for name in grant.to)


@lru_cache
def _groups(roles: Roles) -> frozenset[str]:
    return frozenset(name for grant in roles.grants for name in grant.to if name[0] == "S")


def _channels(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in names if name[0] in "CG"))


@dataclass(eq=False)
class Unchecked(BotError):
    """Slack does not say who the person is, or enough of them: until it does, they may not.

    Attributes:
        groups: the IDs of the user groups that what they ask for hinges on, where Slack does not
            say who is in those; () is that it does not say who they are at all.
    """

    groups: tuple[str, ...] = ()


@dataclass(eq=False)
class NotAllowed(BotError):
    """A person may not do what they asked for.

    Attributes:
        right: what they may not; None is anything at all.
        domain: of which domain; None is of any.
        standing: what they are to the workspace.
        whom: who can see to it: IDs of people and of user groups, and `ADMINS`; never they
            themselves.
        channels: where whoever asks may do it.
    """

    right: Right | None
    domain: str | None
    standing: Standing
    whom: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.standing} may not {self.right or 'do anything'} of {self.domain or 'any'}"
