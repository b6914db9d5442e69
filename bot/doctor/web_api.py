"""Asking Slack's Web API, and what to do where that does not answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from slack_sdk.web.async_client import AsyncWebClient

from bot.doctor.finding import Finding
from bot.slack.errors import SlackUnavailable

if TYPE_CHECKING:
    import aiohttp

    from bot.settings import Slack
    from bot.slack.errors import SlackRefused

_TIMEOUT_S = 10


def client_of(slack: Slack, session: aiohttp.ClientSession) -> AsyncWebClient:
    """A client with the bot's token, if there is one, that asks once."""
    return AsyncWebClient(
        token=slack.bot_token.get_secret_value() if slack.bot_token else None,
        base_url=slack.api_url,
        session=session,
        timeout=_TIMEOUT_S,
        retry_handlers=[],
    )


def failed(
    check: str, error: SlackRefused | SlackUnavailable, slack: Slack, *, fix: str, what: str = ""
) -> Finding:
    """What a call came to.

    Args:
        check: what was looked at.
        error: why it failed.
        slack: the settings.
        fix: what to do where it is Slack that refuses.
        what: what was asked, to be said before the reason.
    """
    detail = str(error)
    if detail == "malformed_reply" or detail.startswith("http_"):
        detail = "not an answer of Slack's"
    if detail != str(error) or isinstance(error, SlackUnavailable):
        fix = f"see that {slack.api_url} is Slack's Web API (SLACK_API_URL) and can be reached"
    return Finding(check, ok=False, detail=f"{what}{detail}", fix=fix)
