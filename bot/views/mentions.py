"""People and channels in mrkdwn: Slack shows their names, and calls the people."""

from __future__ import annotations

import re

from bot.views.mrkdwn import escaped

_ID = re.compile(r"[A-Z0-9]{1,30}")


def person(user_id: str) -> str:
    """`<@U0001>`: calls them; what is no ID of Slack's is shown as it is."""
    return f"<@{user_id}>" if _ID.fullmatch(user_id) else escaped(user_id, 30)


def channel(channel_id: str) -> str:
    """`<#C0001>`; what is no ID of Slack's is shown as it is."""
    return f"<#{channel_id}>" if _ID.fullmatch(channel_id) else escaped(channel_id, 30)
