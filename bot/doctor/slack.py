"""Whether Slack takes the app's tokens, has granted its scopes, and can reach it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.doctor.channels import of_channels
from bot.doctor.finding import Finding
from bot.doctor.manifests import of_manifest
from bot.doctor.web_api import client_of, failed
from bot.manifest import SCOPES
from bot.slack.answers import answered
from bot.slack.channels import Channels
from bot.slack.errors import SlackRefused, SlackUnavailable
from bot.views import blocks

if TYPE_CHECKING:
    from collections.abc import Iterator

    import aiohttp
    from slack_sdk.web.async_client import AsyncWebClient

    from bot.doctor.storage import Uses
    from bot.settings import Slack

_PAGE = "of the app at https://api.slack.com/apps"
_BOT_TOKEN = f"copy the bot token from OAuth & Permissions {_PAGE} into SLACK_BOT_TOKEN"
_APP_TOKEN = (
    f"turn Socket Mode on, make a token with connections:write in Basic Information {_PAGE}, "
    "and put it into SLACK_APP_TOKEN"
)
_SIGNING_SECRET = f"copy the secret from Basic Information {_PAGE} into SLACK_SIGNING_SECRET"
_SCOPE = (
    f"add it in OAuth & Permissions {_PAGE}, or paste what `preload-bot manifest` prints into its "
    "App Manifest, and reinstall the app"
)


async def of_slack(
    slack: Slack, session: aiohttp.ClientSession, *, config_token: str, uses: Uses | None
) -> list[Finding]:
    """Look at both tokens, at what the workspace allows, and at the channels in use.

    Args:
        slack: the settings.
        session: a pool of connections.
        config_token: a configuration token of the app's owner; "" for none.
        uses: the channels that stand in the store; None where they cannot be read.
    """
    client = client_of(slack, session)
    return [
        *await _of_bot_token(slack, client, config_token, uses),
        *await _of_ways_in(slack, client),
    ]


async def _of_bot_token(
    slack: Slack, client: AsyncWebClient, config_token: str, uses: Uses | None
) -> list[Finding]:
    check = "Slack bot token"
    if slack.bot_token is None:
        return [Finding(check, ok=False, detail="SLACK_BOT_TOKEN is not set", fix=_BOT_TOKEN)]
    try:
        answer = await answered(client.auth_test())
    except (SlackRefused, SlackUnavailable) as error:
        return [failed(check, error, slack, fix=_BOT_TOKEN)]
    granted = answer.headers.get("x-oauth-scopes", "").split(",")
    return [
        Finding(check, ok=True, detail=f"{answer.get('user')} in {answer.get('team')}"),
        *_of_scopes({scope.strip() for scope in granted}),
        *await of_manifest(slack, client, bot_id=str(answer.get("bot_id", "")), token=config_token),
        await _of_tables(client),
        *await of_channels(uses, Channels(client), bot_name=str(answer.get("user", "preload"))),
    ]


def _of_scopes(granted: set[str]) -> Iterator[Finding]:
    """One finding for each scope that is missing, or one that says that none is."""
    check = "Slack scopes"
    missing = {scope: purpose for scope, purpose in SCOPES.items() if scope not in granted}
    for scope, purpose in missing.items():
        yield Finding(check, ok=False, detail=f"{scope} is missing, for {purpose}", fix=_SCOPE)
    if not missing:
        yield Finding(check, ok=True, detail=f"all {len(SCOPES)} are granted")


async def _of_tables(client: AsyncWebClient) -> Finding:
    """Whether messages may have tables. No failure if not: the bot sends lists instead.

    Source: https://docs.slack.dev/reference/methods/blocks.validate
    """
    table = blocks.table([("Status", "Stream"), ("ready", "liveApp/cup_main.flv")])
    try:
        await answered(client.blocks_validate(blocks=[table]))
    except (SlackRefused, SlackUnavailable) as error:
        is_about_the_table = isinstance(error, SlackRefused) and error.place
        said = (
            "no, so answers come as lists" if is_about_the_table else "the first answer will show"
        )
        return Finding("Slack tables", ok=True, detail=f"{said} (blocks.validate: {error})")
    return Finding("Slack tables", ok=True, detail="accepted")


async def _of_ways_in(slack: Slack, client: AsyncWebClient) -> list[Finding]:
    """How requests reach the bot: by Socket Mode, by HTTP, by either, or not at all."""
    found = []
    if slack.app_token is not None:
        check, token = "Slack app token", slack.app_token.get_secret_value()
        try:
            await answered(client.apps_connections_open(app_token=token))
        except (SlackRefused, SlackUnavailable) as error:
            found.append(failed(check, error, slack, fix=_APP_TOKEN))
        else:
            found.append(Finding(check, ok=True, detail="opens Socket Mode connections"))
    if slack.signing_secret is not None:
        detail = "set; only a request from Slack can show whether it is right"
        found.append(Finding("Slack signing secret", ok=True, detail=detail))
    if not found:
        detail = "neither SLACK_SIGNING_SECRET (HTTP) nor SLACK_APP_TOKEN (Socket Mode) is set"
        fix = f"HTTP: {_SIGNING_SECRET}\nSocket Mode: {_APP_TOKEN}"
        found.append(Finding("Slack's way in", ok=False, detail=detail, fix=fix))
    return found
