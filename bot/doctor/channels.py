"""Whether the bot can post where it is to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.doctor.finding import Finding
from bot.doctor.storage import DEFAULT
from bot.slack.errors import SlackRefused, SlackUnavailable

if TYPE_CHECKING:
    from collections import Counter

    from bot.doctor.storage import Uses
    from bot.slack.channels import Channels

MOST_CHANNELS = 40
"""How many are looked at: Slack takes 50 looks a minute."""
_CHECK = "channels"


async def of_channels(uses: Uses | None, channels: Channels, *, bot_name: str) -> list[Finding]:
    """One finding for each channel that cannot be posted to, or one that says that all can.

    Args:
        uses: the channels that stand in the store; None where they cannot be read.
        channels: looks them up.
        bot_name: what the bot is called in Slack, to be invited by.
    """
    if uses is None:
        detail = "not looked at: which are in use cannot be read from the store"
        return [Finding(_CHECK, ok=True, detail=detail)]
    # In direct messages it always is, and asking about them takes a scope of its own.
    posted_in = sorted(one for one in uses if not one.startswith("D"))
    found = []
    for channel_id in posted_in[:MOST_CHANNELS]:
        try:
            finding = await _of_channel(channel_id, uses[channel_id], channels, bot_name)
        except SlackRefused as refused:  # missing scopes are another check's business
            finding = Finding(_CHECK, ok=True, detail=f"{channel_id} not looked at: {refused}")
        except SlackUnavailable as error:
            found.append(Finding(_CHECK, ok=True, detail=f"{channel_id} not looked at: {error}"))
            break
        found += [] if finding is None else [finding]
    looked_at = min(len(posted_in), MOST_CHANNELS)
    detail = (
        f"{looked_at} of {len(posted_in)} in use were looked at" if posted_in else "none in use"
    )
    return found or [Finding(_CHECK, ok=True, detail=detail)]


async def _of_channel(
    channel_id: str, use: Counter[str], channels: Channels, bot_name: str
) -> Finding | None:
    """What is to be done about a channel; None where nothing is.

    Raises:
        SlackRefused, SlackUnavailable: Slack does not say what it is like.
    """
    is_posted_to = bool(use.keys() - {DEFAULT})
    has = ", ".join(_counted(name, count) for name, count in sorted(use.items()))
    invite = f"type there: /invite @{bot_name}"
    try:
        facts = await channels.look(channel_id)
    except SlackRefused as refused:
        if refused.code != "channel_not_found":
            raise
        detail = f"{channel_id} ({has}): the bot is not in it, or it is gone"
        return Finding(_CHECK, ok=not is_posted_to, detail=detail, fix=invite)
    name = f"#{facts.name} {channel_id}" if facts.name else channel_id
    if facts.is_archived:
        fix = f"unarchive it, or type elsewhere: /preload unsubscribe in=<#{channel_id}>"
        detail = f"{name} ({has}): it is archived"
        return Finding(_CHECK, ok=not is_posted_to, detail=detail, fix=fix)
    if not facts.is_member:
        detail = f"{name} ({has}): the bot is not in it"
        if not is_posted_to:
            detail += "; commands work there, and nothing is posted"
        return Finding(_CHECK, ok=not is_posted_to, detail=detail, fix=invite)
    return None


def _counted(name: str, count: int) -> str:
    if count == 1:
        return f"1 {name}"
    return f"{count} {name}{'es' if name.endswith('ch') else 's'}"
