"""Composition: builds the parts and owns their lifetimes.

The only module that knows both halves and the handlers.
"""

from __future__ import annotations

import secrets
import time
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import aiohttp
import structlog
from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

from bot.background import working
from bot.duty import Duty
from bot.errors import SettingsError
from bot.exporter import Exporter
from bot.exposition import Exposition, counting_throttled
from bot.health import Health, routes
from bot.jobs import Jobs
from bot.live.client import LiveClient, Timeouts, utc_now
from bot.live.protocol import DESCRIBE_TASKS
from bot.lives import client_of, credentials_of
from bot.manifest import EVENTS_PATH
from bot.metrics import metered
from bot.queries import Queries
from bot.settings import require
from bot.sharing import answers_of, quotas_in, redis_of
from bot.slack.bolt import bolt_app
from bot.slack.channels import Channels
from bot.slack.files import Files
from bot.slack.groups import UserGroups
from bot.slack.guard import slack_endpoint
from bot.slack.homes import Homes
from bot.slack.members import Members
from bot.slack.modals import Modals
from bot.slack.people import People
from bot.slack.poster import Poster
from bot.slack.repeats import RepeatsInMemory, RepeatsInStore
from bot.slack.sender import Sender
from bot.slack.uploads import Uploads
from bot.store import Store
from bot.views.refs import anchor_of
from bot.watch.pauses import Pauses
from bot.watch.writing import Writer
from handlers.caller import Caller
from handlers.desk import Desk, Tables
from handlers.dispatch import Dispatch
from handlers.lookups import LOOKUPS_AT_ONCE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from datetime import datetime

    from pydantic import SecretStr
    from slack_bolt.async_app import AsyncApp

    from bot.live.quota import Quota
    from bot.metrics import Meter
    from bot.settings import Settings
    from bot.slack.repeats import Repeats

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Bot:
    """The bot with all its parts open.

    Attributes:
        settings: what it was opened with.
        duty: what it does of it all.
        bolt: Bolt's app, before which stand the handlers.
        health: what is ready.
        meter: what parts report to.
        exposition: what can be read of that.
        desk: what the handlers work with.
        jobs: the work that goes on in the background.
        repeats: which of Slack's requests have been taken.
        lives: the client of each account.
        now: the wall clock.
    """

    settings: Settings
    duty: Duty
    bolt: AsyncApp
    health: Health
    meter: Meter
    exposition: Exposition
    desk: Desk
    jobs: Jobs
    repeats: Repeats
    lives: dict[str, LiveClient]
    now: Callable[[], datetime]

    def application(self, *, takes_requests: bool) -> web.Application:
        """The web application: health, metrics, and Slack's requests where they come by HTTP."""
        application = web.Application()
        application.add_routes(routes(self.health))
        application.router.add_get("/metrics", self.exposition.respond)
        if takes_requests:
            require(self.settings.slack, "signing_secret")
            endpoint = slack_endpoint(
                self.bolt,
                secret=_told(self.settings.slack.signing_secret),
                now=self.now,
                repeats=self.repeats,
                meter=self.meter,
            )
            application.router.add_post(EVENTS_PATH, endpoint)
        return application


@asynccontextmanager
async def opened(
    settings: Settings,
    *,
    duty: Duty = Duty.ALL,
    now: Callable[[], datetime] = utc_now,
    timeouts: Timeouts = Timeouts(),  # noqa: B008 - frozen
    pauses: Pauses = Pauses(),  # noqa: B008 - frozen
    clock_s: Callable[[], float] = time.monotonic,
) -> AsyncIterator[Bot]:
    """Open the bot's parts, and follow what is to be followed from then on, if that is its duty.

    On the way out, what goes on in the background is ended first, then jobs are drained, and
    connections are closed last.

    Args:
        settings: tokens, accounts and all the rest.
        duty: what this process does of it all.
        now: the wall clock, in UTC.
        timeouts: how long calls of the Live API may take.
        pauses: how long delivery waits for what.
        clock_s: a monotonic clock, in seconds.

    Raises:
        SettingsError: something that is needed is not set, or the store cannot be shared where
            it has to be.
        StoreUnavailable: the store cannot be opened.
    """
    require(settings.slack, "bot_token")
    if duty is not Duty.ALL:
        _insist_on_sharing(settings)
    meter = metered()
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(
            Store.open(settings.store.url.get_secret_value(), now=now)
        )
        session = await stack.enter_async_context(
            aiohttp.ClientSession(
                cookie_jar=aiohttp.DummyCookieJar(),
                middlewares=counting_throttled(meter, settings.slack.api_url),
            )
        )
        client = _slack_client(settings, session, token=_told(settings.slack.bot_token))
        credentials = {name: credentials_of(account) for name, account in settings.accounts.items()}
        redis = await stack.enter_async_context(redis_of(settings))
        shared = await stack.enter_async_context(quotas_in(redis, settings, hold_s=timeouts.try_s))
        lives = {
            name: await stack.enter_async_context(
                client_of(
                    account,
                    credentials[name],
                    timeouts,
                    now,
                    of_tasks=shared.get(name),
                    meter=meter,
                )
            )
            for name, account in settings.accounts.items()
        }
        people = await stack.enter_async_context(
            People(
                client,
                language=settings.display.language,
                zone=settings.display.zone,
                preferences=store.preferences.get,
                at_hand=store.preferences.at_hand,
            )
        )
        groups = await stack.enter_async_context(UserGroups(client, clock_s=clock_s))
        jobs = await stack.enter_async_context(
            Jobs(limit=settings.server.max_jobs, drain_timeout_s=settings.server.drain_s)
        )
        channels, writer = Channels(client), Writer(store, people, now=now)
        if duty.works:
            wake = await stack.enter_async_context(
                working(
                    settings,
                    store,
                    lives,
                    poster=Poster(client, now=now, clock_s=clock_s),
                    writer=writer,
                    channels=channels,
                    now=now,
                    clock_s=clock_s,
                    pauses=pauses,
                    meter=meter,
                )
            )
        else:
            wake = _nothing  # the workers look into the store by themselves

        def opened_for_export(name: str, quota: Quota) -> LiveClient:
            account, source = settings.accounts[name], credentials[name]
            return client_of(account, source, _patient(timeouts), now, of_tasks=quota, meter=meter)

        quotas = {name: live.quotas[DESCRIBE_TASKS] for name, live in lives.items()}
        desk = Desk(
            settings=settings,
            queries=Queries(
                lives,
                now=now,
                clock=clock_s,
                mark_of=anchor_of,
                meter=meter,
                asking=await stack.enter_async_context(answers_of(settings, clock_s=clock_s)),
                most_waiting=max(LOOKUPS_AT_ONCE, settings.server.max_jobs // 2),
            ),
            people=people,
            sender=Sender(session, client),
            store=store,
            channels=channels,
            members=Members(client, channels, clock_s=clock_s),
            files=Files(
                session,
                client,
                token=_told(settings.slack.bot_token),
                api_url=settings.slack.api_url,
            ),
            homes=Homes(client),
            quotas=quotas,
            exporter=Exporter(quotas.__getitem__, opened_for_export, now=now),
            uploads=Uploads(session, client),
            modals=Modals(client),
            writer=writer,
            tables=Tables(),
            now=now,
            wake=wake,
            new_id=lambda: secrets.token_hex(6),
            meter=meter,
            caller=Caller(settings.roles, people, groups, store.record, now),
        )
        bolt = bolt_app(_slack_client(settings, session, token=None), Dispatch(desk, jobs))
        health = Health(
            credentials=credentials,
            store=store,
            slack=client,
            shared=shared,
            works=duty.works,
            clock_s=clock_s,
        )
        exposition = Exposition(meter, duty.value, store, quotas, shared)
        repeats: Repeats = RepeatsInMemory(now=now)
        if settings.store.is_shared:
            repeats = await stack.enter_async_context(
                RepeatsInStore(store.requests, repeats, clock_s=clock_s)
            )
        yield Bot(settings, duty, bolt, health, meter, exposition, desk, jobs, repeats, lives, now)


def _insist_on_sharing(settings: Settings) -> None:
    if not settings.store.is_shared:
        raise SettingsError(
            "store.url [DATABASE_URL]",
            "postgresql://…, where web and worker processes meet; without it one process does all: "
            "--role all",
        )


def _nothing() -> None:
    pass


def _slack_client(
    settings: Settings, session: aiohttp.ClientSession, *, token: str | None
) -> AsyncWebClient:
    return AsyncWebClient(
        token=token,
        base_url=settings.slack.api_url,
        session=session,
        retry_handlers=[],  # the SDK's own would repeat a post that may have arrived
    )


def _patient(timeouts: Timeouts) -> Timeouts:
    """How long a call may take that lets everybody's go first."""
    return replace(timeouts, call_s=3 * timeouts.call_s)


def _told(secret: SecretStr | None) -> str:
    """The secret itself; "" where there is none."""
    return secret.get_secret_value() if secret is not None else ""
