"""People, groups and channels in mrkdwn: Slack shows their names, and calls the people."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.views.mrkdwn import escaped

if TYPE_CHECKING:
    from bot.words import Words

_PERSON = re.compile(r"[UW][A-Z0-9]{1,29}")
_GROUP = re.compile(r"S[A-Z0-9]{1,29}")
_CHANNEL = re.compile(r"[CG][A-Z0-9]{1,29}")
_DIRECT = re.compile(r"D[A-Z0-9]{1,29}")


def person(user_id: str) -> str:
    """`<@U0001>`: calls them; what is no ID of Slack's is shown as it is."""
    return f"<@{user_id}>" if _PERSON.fullmatch(user_id) else escaped(user_id, 30)


def group(group_id: str) -> str:
    """`<!subteam^S0001>`: calls all who are in it; what is no ID of Slack's is shown as it is."""
    is_group = _GROUP.fullmatch(group_id)
    return f"<!subteam^{group_id}>" if is_group else escaped(group_id, 30)


def channel(channel_id: str, w: Words) -> str:
    """`<#C0001>`; direct messages in words; what is no ID of Slack's is shown as it is."""
    if _DIRECT.fullmatch(channel_id):
        return w.t("your conversation with the bot")
    return f"<#{channel_id}>" if _CHANNEL.fullmatch(channel_id) else escaped(channel_id, 30)
