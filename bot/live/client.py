"""The only caller of the Live API: build → place → sign → send → decode."""

from __future__ import annotations

import asyncio
import random as randomness
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Self, TypeVar

import aiohttp
import structlog
from aiohttp.hdrs import ACCEPT
from yarl import URL

from bot.errors import (
    ArgumentRefused,
    ClockSkewed,
    LiveError,
    Throttled,
    TimedOut,
    TokenExpired,
)
from bot.live import pages, protocol, retry
from bot.live.credentials import Credentials, StaticCredentials
from bot.live.deadlines import Deadlines
from bot.live.gateway_clock import GatewayClock
from bot.live.protocol import CREATE_TASKS, DESCRIBE_DOMAINS, DESCRIBE_TASKS
from bot.live.quota import LocalQuota, Priority
from bot.live.refusals import server_time_s
from bot.live.replies import fields_of
from bot.live.signing import Request, canonical_query, nonces, signed
from bot.live.wire import CONTENT_TYPE, ENDPOINT, address_of, sent
from bot.metrics import CALLS, OK, QUOTA_WAIT, UNMETERED

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from datetime import timedelta
    from types import TracebackType

    from bot.live.credentials import CredentialsSource
    from bot.live.model import LiveDomain, TaskPage, TaskQuery
    from bot.live.quota import Place, Quota
    from bot.live.replies import Reply
    from bot.metrics import Meter

CALLS_PER_S = {DESCRIBE_TASKS: 10, CREATE_TASKS: 50, DESCRIBE_DOMAINS: 100}
"""The quota of an account for each operation, as the vendor's reference has it."""
MAX_DOMAIN_PAGES = 10
_TIMES = frozenset({"StartTime", "EndTime"})

T = TypeVar("T")

log = structlog.get_logger(__name__)


def utc_now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


def _at_any_time(parameters: dict[str, str], _: datetime) -> dict[str, str]:
    return parameters


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long things may take, in seconds.

    Attributes:
        call_s: a call with all its waits, for the quota too, and all its tries.
        try_s: one try, from the place in the quota to the reply's last byte. Connecting may take
            half of it, so that what is sent has the other half to arrive before it counts as lost.
    """

    call_s: float = 20.0
    try_s: float = 8.0


class LiveClient:
    """Calls the Live API for one account.

        async with LiveClient(credentials) as live:
            page = await live.describe_preload_tasks(TaskQuery(domain="live.example.com"))

    Args:
        credentials: the keys, or where to get them.
        endpoint: the gateway's address, without a path.
        region_id: sent with queries that name none.
        quotas: by operation; what is not named has the vendor's number for this process.
        session: the pool of connections to use, without its middlewares; without a session it
            opens (and closes) its own.
        timeouts: how long things may take.
        now: the wall clock, in UTC.
        nonce: makes what no call has had before.
        random: a number from 0 to 1.
        sleep: how to wait between tries.
        meter: told of each try, and of its wait for a place.

    Raises:
        SettingsError: the endpoint is no address.
    """

    def __init__(
        self,
        credentials: Credentials | CredentialsSource,
        endpoint: str = ENDPOINT,
        *,
        region_id: str | None = None,
        quotas: Mapping[str, Quota] | None = None,
        session: aiohttp.ClientSession | None = None,
        timeouts: Timeouts = Timeouts(),
        now: Callable[[], datetime] = utc_now,
        nonce: Callable[[], str] | None = None,
        random: Callable[[], float] = randomness.random,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        meter: Meter = UNMETERED,
    ) -> None:
        self._source: CredentialsSource = (
            StaticCredentials(credentials) if isinstance(credentials, Credentials) else credentials
        )
        self._scheme, self._host = address_of(endpoint)
        defaults = {name: LocalQuota(per_s) for name, per_s in CALLS_PER_S.items()}
        self._quotas: dict[str, Quota] = {**defaults, **(quotas or {})}
        self._region_id = region_id
        self._session = session
        self._owns_session = session is None
        self._timeouts = timeouts
        self._http_timeout = aiohttp.ClientTimeout(connect=timeouts.try_s / 2)
        self._now = now
        self._nonce = nonce or nonces()
        self._random = random
        self._sleep = sleep
        self._meter = meter
        self._clock = GatewayClock(now)
        self._deadlines = Deadlines()

    async def __aenter__(self) -> Self:
        self._deadlines = Deadlines()  # those of this loop
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0), cookie_jar=aiohttp.DummyCookieJar()
            )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._owns_session and self._session is not None:
            await self._session.close()
            self._session = None

    @property
    def quotas(self) -> Mapping[str, Quota]:
        """The quota of each operation."""
        return self._quotas

    def gateway_time(self) -> datetime:
        """The time by the gateway's clock, in UTC, as far as that is known.

        Once it has refused a date, it is what it said then, however our clock is set later.
        """
        return self._clock.time()

    @property
    def skew(self) -> timedelta:
        """How far the gateway's clock is ahead of ours, as far as that is known."""
        return self._clock.skew

    async def describe_preload_tasks(
        self,
        query: TaskQuery,
        *,
        page: int = 1,
        page_size: int = 100,
        priority: Priority = Priority.PERSON,
    ) -> TaskPage:
        """One page of the preload tasks that match (DescribeLiveStreamPreloadTasks).

        Args:
            query: which tasks; both times are sent in any case, held inside the API's 3 days.
            page: from 1.
            page_size: 1-100.
            priority: who waits for it.

        Raises:
            ArgumentRefused: an argument is wrong; mostly nothing was sent.
            LiveError: any other of its kinds, after the tries that are worth while.
        """
        if query.region_id is None and self._region_id is not None:
            query = replace(query, region_id=self._region_id)
        protocol.check(query, page=page, page_size=page_size, now=self.gateway_time())
        return await self._call(
            DESCRIBE_TASKS,
            lambda at: protocol.task_parameters(query, page=page, page_size=page_size, now=at),
            lambda fields: pages.task_page(
                fields, query, page=page, page_size=page_size, now=self._now()
            ),
            priority,
        )

    async def describe_user_domains(
        self, *, keyword: str = "", priority: Priority = Priority.PERSON
    ) -> tuple[LiveDomain, ...]:
        """The account's play domains, those with the keyword in them (DescribeLiveUserDomains).

        At most 500 are read. Raises as `describe_preload_tasks` does.
        """
        found: list[LiveDomain] = []
        for page in range(1, MAX_DOMAIN_PAGES + 1):
            parameters = protocol.domain_parameters(keyword, page=page)
            domains, total = await self._call(
                DESCRIBE_DOMAINS, partial(_at_any_time, parameters), pages.domain_page, priority
            )
            found += domains
            if len(domains) < protocol.MAX_DOMAINS_PAGE or len(found) == total:
                break
        return tuple(found)

    async def _call(
        self,
        action: str,
        parameters: Callable[[datetime], dict[str, str]],
        decode: Callable[[dict[str, Any]], T],
        priority: Priority,
    ) -> T:
        """Try until it works, cannot work, or time is up."""
        loop = asyncio.get_running_loop()
        deadline_s = loop.time() + self._timeouts.call_s
        failed: dict[type[LiveError], int] = {}
        while True:
            try:
                answer = await self._try(action, parameters, decode, priority, deadline_s)
            except LiveError as error:
                self._meter.count(CALLS, action, error.code or type(error).__name__, priority.word)
                # What goes on in the background says itself when it begins to fail, and when not.
                tell = log.debug if priority is Priority.BACKGROUND else log.warning
                tell(
                    "call failed",
                    action=action,
                    error=type(error).__name__,
                    code=error.code,
                    http_status=error.http_status,
                    api_request_id=error.request_id,
                )
                kind = retry.kind_of(error)
                before = failed.get(kind, 0)
                failed[kind] = before + 1
                pause_s = retry.pause_s(error, failed_before=before, random=self._random)
                if pause_s is None or loop.time() + pause_s >= deadline_s:
                    raise
            else:
                self._meter.count(CALLS, action, OK, priority.word)
                return answer
            await self._sleep(pause_s)

    async def _try(
        self,
        action: str,
        parameters: Callable[[datetime], dict[str, str]],
        decode: Callable[[dict[str, Any]], T],
        priority: Priority,
        deadline_s: float,
    ) -> T:
        loop = asyncio.get_running_loop()
        quota = self._quotas[action]
        credentials = await self._source.current(by_s=deadline_s)
        reply: Reply | None = None
        missing = "no place in the quota"
        asked_s = loop.time()
        try:
            async with quota.place(priority, by_s=deadline_s) as place:
                given_s = loop.time()
                self._meter.took(QUOTA_WAIT, given_s - asked_s, action, priority.word)
                missing = "no reply"
                at = self._clock.second()  # any wait is over
                query = canonical_query(parameters(at))
                headers = self._signed(action, query, credentials, at)
                place.deadline_s = min(deadline_s, given_s + self._timeouts.try_s)
                with self._deadlines.by(place.deadline_s):
                    reply = await self._send(query, headers, place)
        except TimeoutError:
            pass
        if reply is None:  # raised here, where nothing that holds the URL is at hand
            raise TimedOut(message=f"{missing} in time")
        try:
            return decode(fields_of(reply))
        except LiveError as error:
            error.http_status, error.request_id = reply.status, error.request_id or reply.request_id
            skewed = self._skewed(error, reply)
            self._learn(skewed or error, credentials, quota)
            if skewed is not None:
                raise skewed from error
            raise

    def _skewed(self, error: LiveError, reply: Reply) -> ClockSkewed | None:
        """What an error means where it is by another clock that the times asked for are refused."""
        at_s = server_time_s(reply.headers)
        if not isinstance(error, ArgumentRefused) or error.argument not in _TIMES or at_s is None:
            return None
        if self._clock.agrees_with(at_s):
            return None
        return ClockSkewed(
            error.code, error.message, error.http_status, error.request_id, server_time_s=at_s
        )

    def _learn(self, error: LiveError, credentials: Credentials, quota: Quota) -> None:
        """Change what has to be changed for the next try to go better."""
        if isinstance(error, Throttled):
            quota.throttled()
        elif isinstance(error, TokenExpired):
            self._source.expired(credentials)
        elif isinstance(error, ClockSkewed) and error.server_time_s is not None:
            self._clock.hear(error.server_time_s)
            log.warning("clock skewed", seconds=round(self.skew.total_seconds()))

    def _signed(
        self, action: str, query: str, credentials: Credentials, at: datetime
    ) -> dict[str, str]:
        request = Request(self._host, action, protocol.VERSION, query, CONTENT_TYPE)
        headers = signed(request, credentials=credentials, nonce=self._nonce(), at=at)
        headers[ACCEPT] = "application/json"
        return headers

    def _send(self, query: str, headers: Mapping[str, str], place: Place) -> Awaitable[Reply]:
        if self._session is None:
            raise RuntimeError("LiveClient is used outside its `async with`")
        url = URL.build(
            scheme=self._scheme, authority=self._host, path="/", query_string=query, encoded=True
        )
        return sent(self._session, url, headers, place, timeout=self._http_timeout)
