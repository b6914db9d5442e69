"""Bolt's app, which takes what Slack sends over HTTP and Socket Mode."""

from __future__ import annotations

from typing import TYPE_CHECKING

from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult

if TYPE_CHECKING:
    from slack_bolt.middleware.async_middleware import AsyncMiddleware
    from slack_sdk.web.async_client import AsyncWebClient


def bolt_app(client: AsyncWebClient, first: AsyncMiddleware) -> AsyncApp:
    """An app that asks `first` before all else.

    Args:
        client: without a token: the app only acknowledges.
        first: takes what is for the bot, and lets the rest pass.
    """
    return AsyncApp(
        client=client,
        before_authorize=first,
        authorize=_one_workspace,
        process_before_response=True,
        request_verification_enabled=False,  # the guard has verified, or Socket Mode has
        ssl_check_enabled=False,  # the guard answers it
        attaching_function_token_enabled=False,  # there are no steps of workflows
    )


async def _one_workspace(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
    """Whose request it is. Bolt's own would call Slack first, and fail the request if that does."""
    return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id)
