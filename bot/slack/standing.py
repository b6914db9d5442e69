"""What a person is to a workspace, as far as Slack says.

Source: https://docs.slack.dev/reference/objects/user-object
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.roles import Person, Standing

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Facts:
    """What `users.info` says of a person that rights depend on.

    Attributes:
        teams: the workspaces that they are of.
        is_gone: they are deactivated, or a bot.
        is_guest: of one channel, or of several.
        is_stranger: of a workspace that is not ours, and in no channel that is shared with it; of
            those in one it is their workspace alone that tells.
        is_admin: an admin or an owner.
    """

    teams: frozenset[str]
    is_gone: bool
    is_guest: bool
    is_stranger: bool
    is_admin: bool

    @classmethod
    def of(cls, user: Mapping[str, Any]) -> Facts | None:
        """The facts in the `user` of `users.info`; None where it names no workspace.

        In an organisation of several workspaces `team_id` is one of those that the person is of;
        `enterprise_user` lists them all.
        """
        enterprise = user.get("enterprise_user")
        listed = enterprise.get("teams") if isinstance(enterprise, dict) else None
        teams = (user.get("team_id"), *(listed if isinstance(listed, list) else ()))
        named = frozenset(str(team) for team in teams if team)
        if not named:
            return None
        return cls(
            teams=named,
            is_gone=_is_any(user, "deleted", "is_bot"),
            is_guest=_is_any(user, "is_restricted", "is_ultra_restricted"),
            is_stranger=_is_any(user, "is_stranger"),
            is_admin=_is_any(user, "is_admin", "is_owner", "is_primary_owner"),
        )

    def person(self, user_id: str, home: str) -> Person:
        """Who that is to the workspace `home`."""
        standing = self._standing(home)
        return Person(user_id, standing, is_admin=self.is_admin and standing is Standing.MEMBER)

    def _standing(self, home: str) -> Standing:
        if self.is_gone:
            return Standing.GONE
        if self.is_stranger or home not in self.teams:
            return Standing.OTHER
        return Standing.GUEST if self.is_guest else Standing.MEMBER


def _is_any(user: Mapping[str, Any], *flags: str) -> bool:
    return any(user.get(flag) is True for flag in flags)
