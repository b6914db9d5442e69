"""`preload-bot demo`: the whole bot on this machine, against the sandbox."""

from __future__ import annotations

import asyncio
import json
import webbrowser
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Literal, TextIO

from pydantic import SecretStr

from bot.app import Bot, opened
from bot.asks import DEFAULT_ACCOUNT
from bot.live.client import Timeouts
from bot.manifest import EVENTS_PATH
from bot.roles import DEFAULT, Right
from bot.sandbox import live as live_sandbox
from bot.sandbox import slack as slack_sandbox
from bot.sandbox.live import SimulatedLive
from bot.sandbox.slack import LocalSlack, Message, NoSuchControl, View
from bot.sandbox.slack.elements import controls
from bot.sandbox.slack.printed import printed, printed_view
from bot.serving import listening, until_told_to_stop
from bot.settings import Account, Grant, Server, Settings, Slack, StorePlace, Watching
from bot.watch.model import Subscription
from bot.watch.pauses import Pauses

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence

    from bot.sandbox.slack import Outcome

TEAM, CHANNEL, OWNER = "T0001", "C0001", "U0001"
DOMAIN = "live.example.com"
PEOPLE = {
    "en": ("U0001", "Europe/London", "en-US"),
    "zh": ("U0002", "Asia/Shanghai", "zh-CN"),
}
"""Who is meant by a language: their ID, time zone and locale, as in the local Slack."""

_SIGNING_SECRET = "demo-signing-secret"  # noqa: S105 - both ends are on this machine
_BOT_TOKEN = "xoxb-demo"  # noqa: S105 - as above
_APP_TOKEN = "xapp-demo"  # noqa: S105 - as above


@dataclass(frozen=True, slots=True)
class Demo:
    """The bot with both ends of the sandbox.

    Attributes:
        live: the simulated Live API.
        slack: the local Slack.
        bot: the bot between them.
        page: the address of the local Slack's page.
    """

    live: SimulatedLive
    slack: LocalSlack
    bot: Bot
    page: str


@dataclass(frozen=True, slots=True)
class Step:
    """One thing a person does: a command that is typed, or `control` or `control=choice`."""

    is_click: bool
    text: str


@asynccontextmanager
async def running(
    *,
    port: int = 0,
    speed: float = 1.0,
    seed: int = 1,
    socket_mode: bool = False,
    subscribed: bool = False,
    watch: Watching = Watching(),  # noqa: B008 - frozen
    timeouts: Timeouts = Timeouts(),  # noqa: B008 - frozen
    pauses: Pauses = Pauses(),  # noqa: B008 - frozen
    adjusted: Callable[[Settings], Settings] = lambda settings: settings,
) -> AsyncIterator[Demo]:
    """Everything on loopback, with a store that is thrown away.

    Args:
        port: of the local Slack's page; 0 is any.
        speed: how much faster than the clock the tasks live.
        seed: of all that happens.
        socket_mode: how the bot talks to the local Slack; otherwise by HTTP.
        subscribed: #live-ops is told of live.example.com from the start.
        watch: how closely domains are followed.
        timeouts: how long calls of the simulated API may take.
        pauses: how long delivery waits for what.
        adjusted: makes the settings others than the usual ones.
    """
    live = SimulatedLive(seed=seed, speed=speed)
    slack = LocalSlack(signing_secret=_SIGNING_SECRET, bot_token=_BOT_TOKEN, app_token=_APP_TOKEN)
    with TemporaryDirectory(prefix="preload-bot-") as folder:
        async with (
            live_sandbox.running(live) as endpoint,
            slack_sandbox.running(slack, port=port) as page,
            opened(
                adjusted(_settings(endpoint, page, Path(folder), tuple(live.world.domains), watch)),
                timeouts=timeouts,
                pauses=pauses,
            ) as bot,
        ):
            await bot.desk.store.defaults.set(TEAM, CHANNEL, domain=DOMAIN, set_by=OWNER)
            if subscribed:
                await _subscribe(bot)
            async with listening(bot, socket_mode=socket_mode) as address:
                slack.request_url = None if socket_mode else address + EVENTS_PATH
                yield Demo(live, slack, bot, page)


async def _subscribe(bot: Bot) -> None:
    subscription = Subscription(
        id=bot.desk.new_id(),
        team_id=TEAM,
        channel_id=CHANNEL,
        account=DEFAULT_ACCOUNT,
        domain=DOMAIN,
        owner=OWNER,
        created_at=bot.now(),
    )
    await bot.desk.store.subscriptions.add(subscription)
    bot.desk.wake()


def _settings(
    endpoint: str, page: str, folder: Path, domains: tuple[str, ...], watch: Watching
) -> Settings:
    return Settings(
        slack=Slack(
            bot_token=SecretStr(_BOT_TOKEN),
            app_token=SecretStr(_APP_TOKEN),
            signing_secret=SecretStr(_SIGNING_SECRET),
            api_url=f"{page}/api/",
        ),
        accounts={
            DEFAULT_ACCOUNT: Account(
                access_key_id="testid",
                access_key_secret=SecretStr("testsecret"),
                endpoint=endpoint,
                domains=domains,
            )
        },
        server=Server(host="127.0.0.1", port=0),
        grants=(
            *(Grant(to=one.to, may=one.may) for one in DEFAULT),
            Grant(to=(PEOPLE["zh"][0],), may=frozenset({Right.SUBSCRIBE})),  # who is no admin
        ),
        watch=watch,
        store=StorePlace(url=SecretStr(f"sqlite:///{folder / 'demo.sqlite3'}")),
    )


async def stay(
    *, port: int, speed: float, seed: int, opens_browser: bool, out: Callable[[str], None]
) -> None:
    """Run until SIGINT or SIGTERM."""
    with until_told_to_stop():
        async with running(port=port, speed=speed, seed=seed, subscribed=True) as demo:
            out(f"A local Slack with the bot: {demo.page}")
            out("Type /preload status=failed there. #live-ops is told what changes meanwhile.")
            out("Ctrl-C ends it.")
            if opens_browser:
                await asyncio.to_thread(webbrowser.open, demo.page)
            await asyncio.Event().wait()


async def simulate(
    *,
    port: int,
    seed: int,
    qps: int,
    tasks: int,
    shape: Literal["nested", "flat"],
    out: Callable[[str], None],
) -> None:
    """Run only the simulated Live API until SIGINT or SIGTERM."""
    live = SimulatedLive(seed=seed, qps=qps, tasks=tasks, shape=shape)
    with until_told_to_stop():
        async with live_sandbox.running(live, port=port) as endpoint:
            out(f"Simulated Live API: {endpoint} (key testid, secret testsecret)")
            await asyncio.Event().wait()


async def play(
    steps: Sequence[Step], *, speed: float, seed: int, language: str, as_json: bool, out: TextIO
) -> bool:
    """Play the steps in #live-ops, printing what comes of each; whether something came of all."""
    user, zone, locale = PEOPLE[language]
    async with running(speed=speed, seed=seed) as demo:
        for step in steps:
            came = await _played(demo, user, step)
            if isinstance(came, str):
                out.write(f"{step.text}: {came}\n")
                return False
            if as_json:
                out.writelines(f"{_as_json(one)}\n" for one in came)
            else:
                out.write(f"> {step.text}\n")
                out.writelines(f"{_as_text(one, zone, locale)}\n\n" for one in came)
    return True


def _as_json(shown: Message | View) -> str:
    """What Slack got of it."""
    if isinstance(shown, View):
        return json.dumps(shown.given, ensure_ascii=False)
    files = {"files": shown.files} if shown.files else {}
    return json.dumps({**shown.payload, **files}, ensure_ascii=False)


def _as_text(shown: Message | View, zone: str, locale: str) -> str:
    if isinstance(shown, View):
        return printed_view(shown, zone=zone, locale=locale)
    return printed(shown, zone=zone, locale=locale)


async def _played(demo: Demo, user: str, step: Step) -> list[Message | View] | str:
    """What the person sees anew when the bot is done with the step, or what failed."""
    mark, open_before = demo.slack.messages.mark, _open(demo.slack, user)
    try:
        outcome = await _taken(demo.slack, user, step)
    except NoSuchControl as error:
        return str(error)
    if outcome.error is not None:
        return outcome.error
    await demo.bot.jobs.idle()
    views = [view for view in _open(demo.slack, user) if view not in open_before]
    return [*await _changed(demo.slack, user, mark), *views] or "no answer"


async def _changed(slack: LocalSlack, user: str, mark: int) -> list[Message]:
    """What stands there and was posted or changed since, the last change last."""
    changes = await slack.messages.after(mark) if slack.messages.mark > mark else []
    last_first = dict.fromkeys(change.message.id for change in reversed(changes))
    standing = map(slack.messages.get, reversed(last_first))
    return [message for message in standing if message is not None and message.is_for(user)]


def _open(slack: LocalSlack, user: str) -> list[View]:
    return [view for view in (slack.home(user), slack.modal(user)) if view is not None]


async def _taken(slack: LocalSlack, user: str, step: Step) -> Outcome:
    if not step.is_click:
        return await slack.command(user, CHANNEL, step.text)
    control, _, choice = step.text.partition("=")
    modal = slack.modal(user)
    if modal is not None and (found := _control(modal.blocks, control)):
        option = _option(found, choice)
        return await slack.click_in_view(user, control, option=option, view=modal)
    for message in reversed(slack.messages.seen_by(user, CHANNEL)):
        if found := _control(message.all_blocks, control):
            return await slack.click(user, message.id, control, option=_option(found, choice))
    raise NoSuchControl(f"neither a form nor a message has {control}")


def _control(blocks: Iterable[Mapping[str, Any]], action_id: str) -> Mapping[str, Any] | None:
    known = (one for block in blocks for one in controls(block))
    return next((one for one in known if one["action_id"] == action_id), None)


def _option(element: Mapping[str, Any], choice: str) -> str | None:
    """The value of the option that is called so, or whose value ends so; without a choice, any."""
    for option in element.get("options", ()):
        if choice in {"", option["text"]["text"], option["value"].split("|")[-1]}:
            return str(option["value"])
    return choice or None
