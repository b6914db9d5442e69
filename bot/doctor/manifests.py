"""Whether the app in Slack is the one that this version's manifest describes.

Slack tells an app's manifest to its owner's configuration token alone
(https://docs.slack.dev/reference/methods/apps.manifest.export); an app's own tokens do not do.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, TypeAlias

import msgspec

from bot.doctor.finding import Finding
from bot.doctor.web_api import failed
from bot.manifest import COMMAND, SCOPES, manifest
from bot.slack.answers import answered
from bot.slack.errors import SlackRefused, SlackUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from slack_sdk.web.async_client import AsyncWebClient

    from bot.settings import Slack

WayIn: TypeAlias = Literal["HTTP", "Socket Mode"]

TOKEN = "SLACK_CONFIG_TOKEN"  # noqa: S105 - a variable's name
_CHECK = "Slack manifest"
_APP_ID = re.compile(r"xapp-\d+-(A[A-Z0-9]+)-")
_PASTE = (
    "paste what `preload-bot manifest` prints (with --url for HTTP) into App Manifest of the app "
    "at https://api.slack.com/apps, and reinstall it"
)
_RENEW = (
    f"make a new one under Your App Configuration Tokens at https://api.slack.com/apps, and put it "
    f"into {TOKEN}: each lasts 12 hours"
)

_OWNER = (
    f"put a token of somebody who manages {{app}} into {TOKEN}, made in the workspace where the "
    "app was"
)
_AGAIN = "try again in a while: it is Slack that failed"
_OF_ANOTHER = frozenset(
    {
        "app_not_eligible",
        "app_not_found",
        "app_not_owned_by_manager_app",
        "invalid_app_id",
    }
)
_SLACKS_OWN = frozenset({"failed_export", "fatal_error", "internal_error", "service_unavailable"})
"""What Slack may answer besides what is wrong with a token.

Source: https://docs.slack.dev/reference/methods/apps.manifest.export
"""
_ASKED = "apps.manifest.export: "


class _Home(msgspec.Struct, frozen=True):
    home_tab_enabled: bool = False
    messages_tab_enabled: bool = False


class _Shortcut(msgspec.Struct, frozen=True):
    name: str = ""
    type: str = ""
    callback_id: str = ""


class _Command(msgspec.Struct, frozen=True):
    command: str = ""
    url: str = ""
    should_escape: bool = False


class _Features(msgspec.Struct, frozen=True):
    app_home: _Home = _Home()
    shortcuts: tuple[_Shortcut, ...] = ()
    slash_commands: tuple[_Command, ...] = ()

    @property
    def command(self) -> _Command | None:
        """The bot's own."""
        return next((one for one in self.slash_commands if one.command == COMMAND), None)


class _Scopes(msgspec.Struct, frozen=True):
    bot: tuple[str, ...] = ()


class _OAuth(msgspec.Struct, frozen=True):
    scopes: _Scopes = _Scopes()


class _Events(msgspec.Struct, frozen=True):
    request_url: str = ""
    bot_events: tuple[str, ...] = ()


class _Interactivity(msgspec.Struct, frozen=True):
    is_enabled: bool = False
    request_url: str = ""
    message_menu_options_url: str = ""


class _Settings(msgspec.Struct, frozen=True):
    event_subscriptions: _Events = _Events()
    interactivity: _Interactivity = _Interactivity()
    socket_mode_enabled: bool = False


class Described(msgspec.Struct, frozen=True):
    """The parts of a manifest that the bot depends on."""

    features: _Features = _Features()
    oauth_config: _OAuth = _OAuth()
    settings: _Settings = _Settings()


def described(said: object) -> Described:
    """The manifest in Slack's JSON.

    Raises:
        msgspec.ValidationError: it is none.
    """
    return msgspec.convert(said, Described)


async def of_manifest(
    slack: Slack, client: AsyncWebClient, *, bot_id: str, token: str
) -> list[Finding]:
    """One finding for each difference, or one that says that there is none.

    Args:
        slack: the settings.
        client: with the bot's token.
        bot_id: the bot's ID, as `auth.test` says.
        token: a configuration token of the app's owner; "" for none.
    """
    if not token:
        detail = f"not compared: Slack tells it only to a configuration token, in {TOKEN}"
        return [Finding(_CHECK, ok=True, detail=detail)]
    try:
        app_id = await _app_id(slack, client, bot_id)
    except (SlackRefused, SlackUnavailable) as error:  # the bot token is another check's business
        return [Finding(_CHECK, ok=True, detail=f"not compared: bots.info: {error}")]
    try:
        said = await answered(client.apps_manifest_export(app_id=app_id, token=token))
        theirs = described(said.get("manifest"))
    except (SlackRefused, SlackUnavailable) as error:
        return [failed(_CHECK, error, slack, fix=_advice(error, app_id), what=_ASKED)]
    except msgspec.ValidationError:
        unreadable = SlackUnavailable("malformed_reply", delivered=True)
        return [failed(_CHECK, unreadable, slack, fix="", what=_ASKED)]
    differing = list(differences(theirs, only_way_in=_only_way_in(slack)))
    if differing:
        return [Finding(_CHECK, ok=False, detail=one, fix=_PASTE) for one in differing]
    return [Finding(_CHECK, ok=True, detail=f"of {app_id}: as this version has it")]


def _advice(error: SlackRefused | SlackUnavailable, app_id: str) -> str:
    """What to do where Slack does not tell the manifest."""
    code = error.code if isinstance(error, SlackRefused) else ""
    if code in _OF_ANOTHER:
        return _OWNER.format(app=app_id or "the app")
    return _AGAIN if code in _SLACKS_OWN else _RENEW


def _only_way_in(slack: Slack) -> WayIn | None:
    if (slack.signing_secret is None) is (slack.app_token is None):
        return None
    return "HTTP" if slack.app_token is None else "Socket Mode"


async def _app_id(slack: Slack, client: AsyncWebClient, bot_id: str) -> str:
    """The app's ID: it stands in its app-level token, else Slack says it of the bot."""
    app_token = slack.app_token.get_secret_value() if slack.app_token else ""
    if found := _APP_ID.match(app_token):
        return found[1]
    said = await answered(client.bots_info(bot=bot_id))
    bot = said.get("bot")
    return str(bot.get("app_id", "")) if isinstance(bot, dict) else ""


def differences(theirs: Described, *, only_way_in: WayIn | None = None) -> Iterator[str]:
    """What the app lacks that this version needs, in a few words each.

    Args:
        theirs: the app's manifest as it is.
        only_way_in: how requests reach the bot; None where either way will do.
    """
    ours = described(manifest())
    yield from _features(theirs.features, ours.features)
    for event in ours.settings.event_subscriptions.bot_events:
        if event not in theirs.settings.event_subscriptions.bot_events:
            yield f"the event {event} is not subscribed to"
    for scope, purpose in SCOPES.items():
        if scope not in theirs.oauth_config.scopes.bot:
            yield f"the scope {scope} is missing, for {purpose}"
    if not theirs.settings.interactivity.is_enabled:
        yield "interactivity is off: no button works"
    if only_way_in == "Socket Mode" and not theirs.settings.socket_mode_enabled:
        yield "Socket Mode is off, and without SLACK_SIGNING_SECRET there is no other way in"
    elif only_way_in == "HTTP" and theirs.settings.socket_mode_enabled:
        yield "Socket Mode is on, so Slack calls nobody by HTTP, and SLACK_APP_TOKEN is not set"
    elif only_way_in == "HTTP":
        yield from _missing_addresses(theirs)


def _features(theirs: _Features, ours: _Features) -> Iterator[str]:
    if not theirs.app_home.home_tab_enabled:
        yield "the Home tab is off"
    if not theirs.app_home.messages_tab_enabled:
        yield "the Messages tab is off: the bot cannot send direct messages"
    there = {(one.type, one.callback_id) for one in theirs.shortcuts}
    for one in ours.shortcuts:
        if (one.type, one.callback_id) not in there:
            yield f"the {one.type} shortcut “{one.name}” (callback ID {one.callback_id}) is missing"
    command = theirs.command
    if command is None:
        yield f"the command {COMMAND} is missing"
    elif not command.should_escape:
        yield f"of {COMMAND}, channels and people do not arrive by their IDs (should_escape)"


def _missing_addresses(theirs: Described) -> Iterator[str]:
    command, settings = theirs.features.command, theirs.settings
    addresses = {
        f"the command {COMMAND} (url)": command.url if command else "",
        "interactivity (request_url)": settings.interactivity.request_url,
        "menus (message_menu_options_url)": settings.interactivity.message_menu_options_url,
        "events (request_url)": settings.event_subscriptions.request_url,
    }
    for what, address in addresses.items():
        if not address:
            yield f"no address for {what}, and HTTP is the only way in"
