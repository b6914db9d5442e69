"""Several bots on one store, between both ends of the sandbox."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import SecretStr

from bot.app import opened
from bot.demo import Demo
from bot.duty import Duty
from bot.manifest import EVENTS_PATH
from bot.sandbox import live as live_sandbox
from bot.sandbox import slack as slack_sandbox
from bot.sandbox.live import SimulatedLive
from bot.sandbox.slack import LocalSlack
from bot.serving import listening
from bot.settings import Account, Server, Settings, Slack, StorePlace, Watching

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

BOT_TOKEN, APP_TOKEN, SIGNING_SECRET = "xoxb-replicas", "xapp-replicas", "replicas-signing-secret"


@dataclass(frozen=True, slots=True)
class Ends:
    """Both ends of the sandbox, and the settings of a bot between them."""

    live: SimulatedLive
    slack: LocalSlack
    page: str
    settings: Settings

    @asynccontextmanager
    async def bot(self, duty: Duty = Duty.ALL, *, socket_mode: bool = False) -> AsyncIterator[Demo]:
        """A bot; Slack calls the one that was started last, if by HTTP."""
        async with (
            opened(self.settings, duty=duty) as bot,
            listening(bot, socket_mode=socket_mode) as address,
        ):
            if duty.answers:
                self.slack.request_url = None if socket_mode else address + EVENTS_PATH
            yield Demo(self.live, self.slack, bot, self.page)


@asynccontextmanager
async def both_ends(store_url: str) -> AsyncIterator[Ends]:
    """Both ends on loopback; the bots between them share the store."""
    live = SimulatedLive()
    slack = LocalSlack(signing_secret=SIGNING_SECRET, bot_token=BOT_TOKEN, app_token=APP_TOKEN)
    async with live_sandbox.running(live) as endpoint, slack_sandbox.running(slack) as page:
        settings = Settings(
            slack=Slack(
                bot_token=SecretStr(BOT_TOKEN),
                app_token=SecretStr(APP_TOKEN),
                signing_secret=SecretStr(SIGNING_SECRET),
                api_url=f"{page}/api/",
            ),
            accounts={
                "default": Account(
                    access_key_id="testid",
                    access_key_secret=SecretStr("testsecret"),
                    endpoint=endpoint,
                    domains=tuple(live.world.domains),
                )
            },
            server=Server(host="127.0.0.1", port=0),
            watch=Watching(fresh_s=1),
            store=StorePlace(url=SecretStr(store_url)),
        )
        yield Ends(live, slack, page, settings)
