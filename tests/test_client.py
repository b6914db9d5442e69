from __future__ import annotations

import asyncio
import traceback
from collections import Counter
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from structlog.testing import capture_logs

from bot import errors
from bot.live.client import LiveClient, Timeouts
from bot.live.credentials import Credentials, ProviderChain
from bot.live.model import StatusFilter, TaskQuery
from bot.live.protocol import DESCRIBE_DOMAINS, DESCRIBE_TASKS
from bot.live.quota import LocalQuota, Priority
from bot.live.wire import ENDPOINT
from bot.sandbox.live import (
    CUT,
    HANG,
    HTML_502,
    RESET,
    Empty,
    Odd,
    Raw,
    Refuse,
    SimulatedLive,
    Throttle,
    running,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.sandbox.live.faults import Fault

DOMAIN = "live.example.com"
QUERY = TaskQuery(DOMAIN)
KEYS = Credentials("testid", "testsecret")
STS_KEYS = Credentials("testsid", "testssecret", "testtoken")
SIGNED_URL = f"rtmp://{DOMAIN}/liveApp/cup?auth_key=17-0-0-f00d"


@dataclass
class Clock:
    """A wall clock that moves while somebody sleeps, and remembers the pauses."""

    time: datetime = field(default_factory=lambda: datetime.now(UTC))
    pauses: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.time += timedelta(seconds=seconds)


@dataclass
class Called:
    """A client and the simulated API it calls."""

    live: LiveClient
    api: SimulatedLive
    clock: Clock

    @property
    def codes(self) -> list[str]:
        """What was answered to each try."""
        return [arrival.code for arrival in self.api.arrivals]


@asynccontextmanager
async def calling(
    credentials: Credentials | ProviderChain = KEYS,
    **options: Any,  # noqa: ANN401 - the client's own
) -> AsyncIterator[Called]:
    clock = Clock()
    api = SimulatedLive(now=clock.now)
    options = {"now": clock.now, "sleep": clock.sleep, "random": lambda: 1.0} | options
    async with (
        running(api) as address,
        LiveClient(credentials, address, **options) as live,
    ):
        yield Called(live, api, clock)


@pytest.fixture
async def called() -> AsyncIterator[Called]:
    async with calling() as called:
        yield called


# --- what is asked and answered ---


async def test_a_client_works_on_its_own() -> None:
    async with (
        running(SimulatedLive()) as address,
        LiveClient(KEYS, endpoint=address) as live,
    ):
        page = await live.describe_preload_tasks(
            TaskQuery(domain=DOMAIN, status="failed"), page=1, page_size=100
        )
    assert page.total == len(page.tasks) > 0
    assert {task.status for task in page.tasks} == {"Failed"}
    assert {task.found_as for task in page.tasks} == {StatusFilter.FAILED}
    assert page.request_id


async def test_a_security_token_is_accepted() -> None:
    async with calling(STS_KEYS) as called:
        assert (await called.live.describe_preload_tasks(QUERY)).total > 100


async def test_pages_follow_each_other(called: Called) -> None:
    pages = [
        await called.live.describe_preload_tasks(QUERY, page=number, page_size=50)
        for number in (1, 2, 3)
    ]
    ids = [task.task_id for page in pages for task in page.tasks]
    assert len(set(ids)) == len(ids) == pages[0].total
    assert [page.page for page in pages] == [1, 2, 3]


async def test_any_text_is_signed_as_it_is_sent(called: Called) -> None:
    urls = (f"rtmp://{DOMAIN}/a b+c/杯%20~*'()!?auth_key=1-0-0-ff&x=/#:@;=", SIGNED_URL)
    await called.live.describe_preload_tasks(TaskQuery(DOMAIN, urls=urls, task_id="+ &=中"))
    (arrival,) = called.api.arrivals
    assert arrival.parameters["PlayUrl"] == ",".join(urls)
    assert arrival.parameters["TaskId"] == "+ &=中"


async def test_a_hundred_long_urls_are_asked_for_at_once(called: Called) -> None:
    urls = tuple(f"rtmp://{DOMAIN}/liveApp/{'very_' * 40}{n}" for n in range(100))
    await called.live.describe_preload_tasks(TaskQuery(DOMAIN, urls=urls))
    assert called.codes == [""]


@pytest.mark.parametrize("shape", ["nested", "flat"])
async def test_both_shapes_are_read(called: Called, shape: Any) -> None:  # noqa: ANN401 - a literal
    called.api.shape = shape
    assert (await called.live.describe_preload_tasks(QUERY, page_size=20)).tasks[19].task_id


@pytest.mark.parametrize("shape", ["{}", "[]", "null", "missing"])
async def test_an_empty_result_is_no_error(called: Called, shape: Any) -> None:  # noqa: ANN401 - a literal
    called.api.faults.inject(Empty(shape))
    page = await called.live.describe_preload_tasks(QUERY)
    assert (page.tasks, page.total) == ((), 0)


async def test_odd_fields_are_no_error(called: Called) -> None:
    called.api.faults.inject(Odd())
    page = await called.live.describe_preload_tasks(QUERY)
    assert len(page.tasks) == 100
    assert page.tasks[0].status == "Warming"


async def test_all_domains_are_listed_however_many_pages_they_fill(called: Called) -> None:
    for number in range(120):
        called.api.world.add(f"rtmp://extra{number}.example.com/a/b")
    names = [domain.name for domain in await called.live.describe_user_domains()]
    assert len(set(names)) == len(names) == 126
    assert DOMAIN in names
    assert [domain.name for domain in await called.live.describe_user_domains(keyword="vip")] == [
        "vip.example.com"
    ]
    assert Counter(arrival.action for arrival in called.api.arrivals) == {DESCRIBE_DOMAINS: 4}


async def test_what_is_wrong_from_the_start_is_never_sent(called: Called) -> None:
    with pytest.raises(errors.ArgumentRefused):
        await called.live.describe_preload_tasks(QUERY, page_size=101)
    assert called.codes == []


@pytest.mark.parametrize("endpoint", ["live.aliyuncs.com", "http://[", "https://user:word@host"])
async def test_an_endpoint_that_is_no_address_is_refused(endpoint: str) -> None:
    with pytest.raises(errors.SettingsError) as refused:
        LiveClient(KEYS, endpoint)
    assert "word" not in str(refused.value)


async def test_a_client_that_was_not_opened_says_so() -> None:
    with pytest.raises(RuntimeError, match="async with"):
        await LiveClient(KEYS, ENDPOINT).describe_preload_tasks(QUERY)


async def test_a_session_that_was_lent_is_left_open() -> None:
    async with aiohttp.ClientSession() as session:
        async with calling(session=session) as called:
            await called.live.describe_preload_tasks(QUERY)
        assert not session.closed


# --- errors: what they become, and how often and after which pauses a call is tried again ---

BACKOFF = [0.2, 0.4, 0.8]
AFTER_500_MS = (("x-acs-retry-after", "500"),)
OLD_GATEWAY = (("x-ratelimit-user-api", "Limit:1,Remain:0,TimeLeft:2000,Reset:1234"),)


@pytest.mark.parametrize(
    ("fault", "kind", "pauses"),
    [
        (Refuse("ServiceUnavailable", 503), errors.Unavailable, BACKOFF),
        (Refuse("InternalError", 500), errors.Unavailable, BACKOFF),
        (Refuse("Unheard.Of", 500), errors.Unavailable, BACKOFF),
        (HTML_502, errors.MalformedReply, BACKOFF),
        (Raw(503), errors.MalformedReply, BACKOFF),
        (Raw(200, "<html>"), errors.MalformedReply, BACKOFF),
        (Raw(200, '{"status": "ok"}'), errors.MalformedReply, BACKOFF),
        (Raw(200, '{"RequestId": "R", "PreloadTasks": 7}'), errors.MalformedReply, BACKOFF),
        (CUT, errors.MalformedReply, BACKOFF),
        (RESET, errors.Unavailable, BACKOFF),
        (Refuse("SignatureNonceUsed"), errors.NonceUsed, [0.0]),
        (Refuse("InvalidTimeStamp.Expired"), errors.ClockSkewed, [0.0]),
        (Refuse("InvalidSecurityToken.Expired"), errors.TokenExpired, [0.0]),
        (Refuse("InvalidAccessKeyId.NotFound", 404), errors.CredentialsRefused, []),
        (Refuse("InvalidAccessKeyId.Inactive"), errors.CredentialsRefused, []),
        (Refuse("SignatureDoesNotMatch"), errors.CredentialsRefused, []),
        (Refuse("IncompleteSignature"), errors.CredentialsRefused, []),
        (Refuse("InvalidSecurityToken.Malformed"), errors.CredentialsRefused, []),
        (Refuse("MissingSecurityToken"), errors.CredentialsRefused, []),
        (Refuse("Forbidden.RAM", 403), errors.PermissionRefused, []),
        (Refuse("Forbidden", 403), errors.PermissionRefused, []),
        (Refuse("NoPermission", 403), errors.PermissionRefused, []),
        (Refuse("InvalidDomain.NotFound", 404), errors.ArgumentRefused, []),
        (Refuse("IllegalOperation"), errors.ArgumentRefused, []),
        (Refuse("MissingDomainName"), errors.ArgumentRefused, []),
        (Refuse("InvalidPageSize.Malformed"), errors.ArgumentRefused, []),
        (Raw(404, "<html>"), errors.LiveError, []),
    ],
)
@pytest.mark.parametrize("xml", [False, True])
async def test_each_error_has_its_kind_its_tries_and_its_pauses(
    called: Called, fault: Fault, kind: type[errors.LiveError], pauses: list[float], *, xml: bool
) -> None:
    called.api.faults.inject(fault)
    called.api.faults.xml = xml
    with pytest.raises(errors.LiveError) as failed:
        await called.live.describe_preload_tasks(QUERY)
    assert type(failed.value) is kind
    assert called.clock.pauses == pytest.approx(pauses)
    assert len(called.codes) == 1 + len(pauses)
    if fault is not RESET:
        assert failed.value.http_status is not None
        assert failed.value.request_id
    if isinstance(fault, Refuse):
        assert (failed.value.code, failed.value.http_status) == (fault.code, fault.http_status)


@pytest.mark.parametrize(
    ("code", "headers", "pause_s"),
    [
        ("Throttling", (), 0.5),
        ("Throttling.User", AFTER_500_MS, 0.6),
        ("Throttling.Api", OLD_GATEWAY, 2.1),
        ("Rejected.Throttling", (("x-acs-retry-after", "3600000"),), 10.1),
    ],
)
async def test_throttling_is_waited_out_as_the_api_asks_and_slows_the_quota(
    called: Called, code: str, headers: tuple[tuple[str, str], ...], pause_s: float
) -> None:
    called.api.faults.inject(Refuse(code, headers=headers), calls=1)
    assert (await called.live.describe_preload_tasks(QUERY)).tasks
    assert called.clock.pauses == pytest.approx([pause_s])
    assert called.codes == [code, ""]
    quota = called.live.quotas[DESCRIBE_TASKS]
    assert isinstance(quota, LocalQuota)
    assert quota.limit == 7


async def test_a_pause_beyond_the_calls_deadline_is_not_waited_for() -> None:
    async with calling(timeouts=Timeouts(call_s=5.0)) as called:
        called.api.faults.inject(Throttle(wait_ms=30_000))
        with pytest.raises(errors.Throttled) as throttled:
            await called.live.describe_preload_tasks(QUERY)
    assert throttled.value.retry_after_s == 30.0
    assert called.clock.pauses == []
    assert len(called.codes) == 1


async def test_different_troubles_in_one_call_are_counted_apart(called: Called) -> None:
    faults = (RESET, Throttle(), Refuse("SignatureNonceUsed"), HTML_502, Throttle(), CUT)
    for fault in faults:
        called.api.faults.inject(fault, calls=1)
    assert (await called.live.describe_preload_tasks(QUERY)).tasks
    assert len(called.codes) == 1 + len(faults)


async def test_each_try_is_signed_afresh_at_its_own_time() -> None:
    nonces = map(str, count())
    async with calling(nonce=lambda: next(nonces)) as called:
        called.api.faults.inject(Throttle(wait_ms=9_000), calls=2)
        await called.live.describe_preload_tasks(QUERY)
        # The simulated API refuses a nonce it has seen, and a date it finds too old.
        assert list(called.api.keys.nonces) == ["0", "1", "2"]
        first, second, third = called.api.arrivals
    times = [
        datetime.fromisoformat(call.parameters["StartTime"]) for call in (first, second, third)
    ]
    assert times[1] - times[0] >= timedelta(seconds=9)
    assert times[2] - times[1] >= timedelta(seconds=9)
    assert times[2] >= called.clock.time - timedelta(days=3) + timedelta(minutes=2)


# --- the clock and the credentials ---


async def test_a_wrong_clock_is_put_right_once_by_the_gateways_date(called: Called) -> None:
    called.api.faults.skew = timedelta(minutes=20)
    await called.live.describe_preload_tasks(QUERY)
    assert called.live.skew == pytest.approx(timedelta(minutes=20), abs=timedelta(seconds=2))
    await called.live.describe_preload_tasks(QUERY)
    assert called.codes == ["InvalidTimeStamp.Expired", "", ""]
    assert called.clock.pauses == [0.0]


async def test_a_clock_minutes_behind_is_put_right_where_the_gateway_finds_our_start_too_old(
    called: Called,
) -> None:
    called.api.faults.skew = timedelta(minutes=10)  # our date is good enough to be let in
    await called.live.describe_preload_tasks(QUERY)
    assert called.live.skew == pytest.approx(timedelta(minutes=10), abs=timedelta(seconds=2))
    await called.live.describe_preload_tasks(QUERY)
    assert called.codes == ["InvalidStartTime.ValueNotSupported", "", ""]


async def test_a_time_refused_by_a_gateway_whose_clock_is_ours_is_not_asked_for_again(
    called: Called,
) -> None:
    called.api.faults.inject(Refuse("InvalidStartTime.ValueNotSupported"), calls=2)
    with pytest.raises(errors.ArgumentRefused):
        await called.live.describe_preload_tasks(QUERY)
    assert called.codes == ["InvalidStartTime.ValueNotSupported"]


async def test_the_times_asked_for_follow_the_gateways_clock(called: Called) -> None:
    called.api.faults.skew = timedelta(minutes=20)
    await called.live.describe_preload_tasks(QUERY)
    start = datetime.fromisoformat(called.api.arrivals[-1].parameters["StartTime"])
    gateway = called.clock.time + timedelta(minutes=20)
    assert start >= gateway - timedelta(days=3) + timedelta(minutes=1, seconds=58)


async def test_a_clock_that_is_put_right_after_all_does_not_lead_the_times_astray(
    called: Called,
) -> None:
    called.api.faults.skew = timedelta(hours=-1)
    await called.live.describe_preload_tasks(QUERY)
    called.clock.time -= timedelta(hours=1)
    called.api.faults.skew = timedelta()
    since = called.clock.time - timedelta(minutes=5)
    await called.live.describe_preload_tasks(replace(QUERY, start=since))
    assert called.live.skew == pytest.approx(timedelta(), abs=timedelta(seconds=2))
    assert called.codes == ["InvalidTimeStamp.Expired", "", ""]


async def test_an_expired_token_is_renewed_once() -> None:
    given = iter([STS_KEYS, KEYS])
    async with calling(ProviderChain(lambda: lambda: next(given))) as called:
        called.api.keys.expired.add("testsid")
        assert (await called.live.describe_preload_tasks(QUERY)).tasks
        await called.live.describe_preload_tasks(QUERY)
    assert called.codes == ["InvalidSecurityToken.Expired", "", ""]


async def test_where_there_are_no_credentials_nothing_is_sent() -> None:
    async with calling(ProviderChain(lambda: lambda: Credentials("", ""))) as called:
        with pytest.raises(errors.CredentialsRefused):
            await called.live.describe_preload_tasks(QUERY)
    assert called.codes == []


@pytest.mark.parametrize(
    ("credentials", "code"),
    [
        (Credentials("testid", "wrong"), "SignatureDoesNotMatch"),
        (Credentials("nobody", "testsecret"), "InvalidAccessKeyId.NotFound"),
        (Credentials("testsid", "testssecret"), "MissingSecurityToken"),
        (
            Credentials("testsid", "testssecret", "stolen"),
            "InvalidSecurityToken.MismatchWithAccessKey",
        ),
    ],
)
async def test_wrong_credentials_are_told_by_code_at_the_first_try(
    credentials: Credentials, code: str
) -> None:
    async with calling(credentials) as called:
        with pytest.raises(errors.CredentialsRefused) as refused:
            await called.live.describe_preload_tasks(QUERY)
    assert refused.value.code == code
    assert called.codes == [code]
    assert "StringToSign" not in str(refused.value)


# --- time ---


async def test_a_hang_ends_each_try_and_then_the_call() -> None:
    async with calling(timeouts=Timeouts(call_s=3.0, try_s=0.1)) as called:
        called.api.faults.inject(HANG)
        with pytest.raises(errors.TimedOut, match="no reply"):
            await called.live.describe_preload_tasks(QUERY)
        assert len(called.codes) == 4


async def test_a_call_survives_a_hang() -> None:
    async with calling(timeouts=Timeouts(call_s=5.0, try_s=0.1)) as called:
        called.api.faults.inject(HANG, calls=1)
        assert (await called.live.describe_preload_tasks(QUERY)).tasks


def test_a_client_that_is_opened_in_another_loop_ends_its_calls_there_too() -> None:
    api = SimulatedLive()

    async def answered() -> tuple[LiveClient, int]:
        async with running(api) as address:
            live = LiveClient(KEYS, address, timeouts=Timeouts(call_s=2.0, try_s=2.0))
            async with live:
                await live.describe_preload_tasks(QUERY)
        return live, int(address.rpartition(":")[2])

    async def hung(live: LiveClient, port: int) -> None:
        api.faults.inject(HANG)
        async with running(api, port=port), live, asyncio.timeout(20):
            with pytest.raises(errors.TimedOut):
                await live.describe_preload_tasks(QUERY)

    asyncio.run(hung(*asyncio.run(answered())))


async def test_the_deadline_covers_the_wait_for_a_place() -> None:
    quota = LocalQuota(1)
    async with (
        calling(quotas={DESCRIBE_TASKS: quota}, timeouts=Timeouts(call_s=0.05)) as called,
        quota.place(Priority.PERSON),
    ):
        with pytest.raises(errors.TimedOut, match="no place"):
            await called.live.describe_preload_tasks(QUERY)
        assert called.codes == []
        assert quota.waiting == 0


async def test_what_was_never_sent_does_not_use_up_the_quota(called: Called) -> None:
    server = await asyncio.start_server(lambda _reader, _writer: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    quota = LocalQuota(1)
    async with LiveClient(
        KEYS,
        f"http://127.0.0.1:{port}",
        quotas={DESCRIBE_TASKS: quota},
        sleep=called.clock.sleep,
        random=lambda: 1.0,
    ) as live:
        with pytest.raises(errors.Unavailable, match="cannot connect"):
            await live.describe_preload_tasks(QUERY)
        assert called.clock.pauses == pytest.approx(BACKOFF)
        assert quota.used == 0


async def test_a_cancelled_call_keeps_its_place_as_it_may_have_arrived() -> None:
    quota = LocalQuota(1)
    async with calling(quotas={DESCRIBE_TASKS: quota}) as called:
        called.api.faults.inject(HANG)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):  # the caller's, which cancels the call
                await called.live.describe_preload_tasks(QUERY)
        assert quota.used == 1
        assert quota.waiting == 0


# --- replies in pieces ---


@dataclass
class Pieces:
    """A server that writes each reply in pieces, and counts the connections."""

    pieces: int
    connections: int = 0
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        body = b'{"RequestId": "R", "PreloadTasks": {"PreloadTask": []}, "TotalNum": 0}'
        reply = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
        size = -(-len(reply) // self.pieces)
        with suppress(asyncio.IncompleteReadError):
            while await reader.readuntil(b"\r\n\r\n"):
                for begin in range(0, len(reply), size):
                    writer.write(reply[begin : begin + size])
                    await writer.drain()
                    await asyncio.sleep(0.001)
        writer.close()
        await writer.wait_closed()
        self.ended.set()


@pytest.mark.parametrize("pieces", [1, 2, 20])
async def test_a_reply_is_read_in_however_many_pieces_it_comes_and_the_connection_kept(
    pieces: int,
) -> None:
    served = Pieces(pieces)
    server = await asyncio.start_server(served.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        async with LiveClient(KEYS, f"http://127.0.0.1:{port}") as live:
            for _ in range(3):
                assert (await live.describe_preload_tasks(QUERY)).request_id == "R"
        await served.ended.wait()
    assert served.connections == 1


# --- secrets ---


def everything_of(error: BaseException | None) -> str:
    """All that could be logged of an error and of what hangs on it, suppressed or not."""
    if error is None:
        return ""
    own = f"{error!r} {error} {error.args!r} {vars(error)!r}"
    own += "".join(traceback.format_exception(error))
    return own + everything_of(error.__cause__) + everything_of(error.__context__)


@pytest.mark.parametrize(
    "fault",
    [
        RESET,
        CUT,
        HANG,
        HTML_502,
        Throttle(wait_ms=60_000),
        Refuse("SignatureDoesNotMatch", message="signed: x-acs-security-token:testtoken"),
        Refuse("InvalidPlayUrl.Malformed", message=f"Not valid: {SIGNED_URL}"),
    ],
)
async def test_no_secret_stands_in_an_error_or_a_log(
    fault: Fault, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    timeouts = Timeouts(call_s=0.5, try_s=0.1)
    with capture_logs() as logs:
        async with calling(STS_KEYS, timeouts=timeouts) as called:
            called.api.faults.inject(fault)
            with pytest.raises(errors.LiveError) as failed:
                await called.live.describe_preload_tasks(TaskQuery(DOMAIN, urls=(SIGNED_URL,)))
            assert called.codes
    assert logs
    said = everything_of(failed.value) + repr(logs) + caplog.text
    for secret in ("testssecret", "testtoken", "f00d", "Signature="):
        assert secret not in said


async def test_a_reply_that_is_not_http_does_not_bring_the_request_into_the_error(
    called: Called,
) -> None:
    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(babble, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with (
        server,
        LiveClient(STS_KEYS, f"http://127.0.0.1:{port}", sleep=called.clock.sleep) as live,
    ):
        with pytest.raises(errors.Unavailable) as failed:
            await live.describe_preload_tasks(TaskQuery(DOMAIN, urls=(SIGNED_URL,)))
    said = everything_of(failed.value)
    for secret in ("testtoken", "f00d", "Signature="):
        assert secret not in said
