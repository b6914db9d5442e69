from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import aiohttp
import pytest
from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient
from structlog.testing import capture_logs

from bot.errors import StoreUnavailable
from bot.reader import Language, Preferences, Reader
from bot.sandbox.slack import LocalSlack, running
from bot.slack.people import People, read

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from pytest_aiohttp import AiohttpServer

LI = {"id": "U2", "locale": "zh-CN", "tz": "Asia/Shanghai", "tz_offset": 28800}
LI_READS = Reader("U2", Language.CHINESE, ZoneInfo("Asia/Shanghai"))
STRANGER = Reader("U2", Language.ENGLISH, ZoneInfo("UTC"))


@dataclass
class Slack:
    """Answers `users.info`: with `status` and `said`, once `gate` is open."""

    said: object = field(default_factory=lambda: {"ok": True, "user": LI})
    status: int = 200
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    asked: list[dict[str, Any]] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.Response:
        self.asked.append(dict(request.query) | dict(await request.post()))
        await self.gate.wait()
        if isinstance(self.said, str):
            return web.Response(status=self.status, text=self.said, content_type="text/html")
        return web.json_response(self.said, status=self.status)


class Clock:
    def __init__(self) -> None:
        self.at_s = 0.0

    def __call__(self) -> float:
        return self.at_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def slack() -> Slack:
    slack = Slack()
    slack.gate.set()
    return slack


@pytest.fixture
async def client(slack: Slack, aiohttp_server: AiohttpServer) -> AsyncIterator[AsyncWebClient]:
    app = web.Application()
    app.router.add_route("*", "/api/users.info", slack.handle)
    server = await aiohttp_server(app)
    async with aiohttp.ClientSession() as session:
        yield AsyncWebClient(
            "xoxb-test", base_url=str(server.make_url("/api/")), session=session, retry_handlers=[]
        )


@pytest.fixture
async def people(client: AsyncWebClient, clock: Clock) -> AsyncIterator[People]:
    async with People(client, clock_s=clock, patience_s=60) as people:
        yield people


async def test_a_person_is_read_with_language_and_zone(people: People, slack: Slack) -> None:
    assert await people.reader("U2") == LI_READS
    (asked,) = slack.asked
    assert asked["user"] == "U2"
    assert asked["include_locale"] in {"1", "true", "True"}


async def test_a_person_is_looked_up_once_in_ten_minutes(
    people: People, slack: Slack, clock: Clock
) -> None:
    await people.reader("U2")
    clock.at_s = 599
    await people.reader("U2")
    assert len(slack.asked) == 1
    slack.said = {"ok": True, "user": LI | {"locale": "en-GB"}}
    clock.at_s = 600
    assert (await people.reader("U2")).language is Language.ENGLISH
    assert len(slack.asked) == 2


async def test_the_same_person_is_asked_about_once_at_a_time(people: People, slack: Slack) -> None:
    slack.gate.clear()
    asking = [asyncio.create_task(people.reader("U2")) for _ in range(5)]
    await asyncio.sleep(0)
    slack.gate.set()
    assert await asyncio.gather(*asking) == [LI_READS] * 5
    assert len(slack.asked) == 1


async def test_who_stops_waiting_takes_nothing_from_the_others(
    people: People, slack: Slack
) -> None:
    slack.gate.clear()
    one, other = (asyncio.create_task(people.reader("U2")) for _ in range(2))
    await asyncio.sleep(0)
    one.cancel()
    slack.gate.set()
    assert await other == LI_READS


async def test_what_a_person_has_chosen_goes_over_what_slack_says(
    client: AsyncWebClient, clock: Clock
) -> None:
    chosen = {"U2": Preferences(zone=ZoneInfo("Europe/London"), rows=20)}

    async def preferences(user_id: str) -> Preferences:
        return chosen[user_id]

    async with People(client, clock_s=clock, preferences=preferences) as people:
        london = Reader("U2", Language.CHINESE, ZoneInfo("Europe/London"), rows=20)
        assert await people.reader("U2") == london
        chosen["U2"] = Preferences()
        assert await people.reader("U2") == LI_READS


async def test_preferences_that_cannot_be_read_cost_nobody_the_answer(
    client: AsyncWebClient, clock: Clock
) -> None:
    async def preferences(_: str) -> Preferences:
        raise StoreUnavailable("locked")

    async with People(client, clock_s=clock, preferences=preferences) as people:
        with capture_logs() as lines:
            assert await people.reader("U2") == LI_READS
    assert [line["event"] for line in lines] == ["preferences not read"]


async def test_preferences_that_cannot_be_read_any_more_are_what_they_were(
    client: AsyncWebClient, clock: Clock
) -> None:
    chosen = {"U2": Preferences(rows=20)}

    async def preferences(user_id: str) -> Preferences:
        if user_id not in chosen:
            raise StoreUnavailable("gone")
        return chosen[user_id]

    async with People(client, clock_s=clock, preferences=preferences) as people:
        before = await people.reader("U2")
        del chosen["U2"]
        assert before.rows == 20
        assert await people.reader("U2") == before


@pytest.mark.parametrize(
    ("failure", "word"),
    [
        ((200, {"ok": False, "error": "user_not_found"}), "user_not_found"),
        ((429, {"ok": False, "error": "ratelimited"}), "ratelimited"),
        ((503, "<html>"), "http_503"),
    ],
)
async def test_a_failing_lookup_is_an_english_reader_in_utc_and_soon_tried_again(
    people: People, slack: Slack, clock: Clock, failure: tuple[int, object], word: str
) -> None:
    slack.status, slack.said = failure
    with capture_logs() as lines:
        assert await people.reader("U2") == STRANGER
    assert [line["error"] for line in lines] == [word]
    clock.at_s = 29
    assert await people.reader("U2") == STRANGER
    assert len(slack.asked) == 1

    slack.status, slack.said = 200, {"ok": True, "user": LI}
    clock.at_s = 30
    assert await people.reader("U2") == LI_READS


async def test_what_slack_does_not_tell_of_a_person_is_as_the_operator_has_set(
    client: AsyncWebClient, slack: Slack, clock: Clock
) -> None:
    usual = {"language": Language.CHINESE, "zone": ZoneInfo("Asia/Shanghai")}
    slack.said = {"ok": False, "error": "user_not_found"}
    async with People(client, clock_s=clock, **usual) as people:  # type: ignore[arg-type] # two kinds
        assert await people.reader("U2") == LI_READS
    assert read("U2", {"locale": "de-DE"}, **usual) == LI_READS  # type: ignore[arg-type] # as above
    told = read("U2", {"locale": "en-GB", "tz": "Europe/London"}, **usual)  # type: ignore[arg-type] # as above
    assert told == Reader("U2", Language.ENGLISH, ZoneInfo("Europe/London"))


async def test_who_was_known_stays_known_while_slack_fails(
    people: People, slack: Slack, clock: Clock
) -> None:
    await people.reader("U2")
    slack.status, slack.said = 503, "<html>"
    clock.at_s = 600
    assert await people.reader("U2") == LI_READS
    assert len(slack.asked) == 2


async def test_an_answer_does_not_wait_for_a_slow_lookup_but_the_next_has_it(
    client: AsyncWebClient, slack: Slack, clock: Clock
) -> None:
    slack.gate.clear()
    async with People(client, clock_s=clock, patience_s=0) as people:
        assert await people.reader("U2") == STRANGER
        (lookup,) = people._under_way.values()
        slack.gate.set()
        await lookup
        assert await people.reader("U2") == LI_READS
    assert len(slack.asked) == 1


async def test_leaving_ends_the_lookups(client: AsyncWebClient, slack: Slack, clock: Clock) -> None:
    slack.gate.clear()
    async with People(client, clock_s=clock, patience_s=0) as people:
        await people.reader("U2")
        (lookup,) = people._under_way.values()
    assert lookup.cancelled()


@pytest.mark.parametrize(
    ("locale", "language"),
    [
        ("zh-CN", Language.CHINESE),
        ("zh-TW", Language.CHINESE),
        ("ZH", Language.CHINESE),
        ("en-US", Language.ENGLISH),
        ("de-DE", Language.ENGLISH),
        ("", Language.ENGLISH),
        (None, Language.ENGLISH),
    ],
)
def test_chinese_is_spoken_to_who_set_it(locale: str | None, language: Language) -> None:
    assert read("U2", {"locale": locale}).language is language


@pytest.mark.parametrize(
    ("tz", "tz_offset", "zone"),
    [
        ("Asia/Shanghai", 0, "Asia/Shanghai"),
        (None, 28800, "Etc/GMT-8"),
        ("Mars/Olympus", -18000, "Etc/GMT+5"),
        ("../../etc/passwd", 3600, "Etc/GMT-1"),
        ("Asia", 0, "UTC"),
        ("", 0, "UTC"),
        (5, "8", "UTC"),
        (None, 19800, "UTC"),
        (None, 360000, "UTC"),
    ],
)
def test_a_zone_is_taken_by_name_else_by_offset_else_utc(
    tz: object, tz_offset: object, zone: str
) -> None:
    assert read("U2", {"tz": tz, "tz_offset": tz_offset}).zone.key == zone


def test_the_zone_of_an_offset_is_east_where_the_offset_is() -> None:
    zone = read("U2", {"tz_offset": 28800}).zone
    assert datetime(2026, 11, 22, tzinfo=UTC).astimezone(zone).utcoffset() == timedelta(hours=8)


async def test_in_slack_both_people_are_read_as_they_are() -> None:
    slack = LocalSlack(signing_secret="s", bot_token="xoxb-test", app_token="xapp-test")
    async with running(slack), aiohttp.ClientSession() as session:
        client = AsyncWebClient("xoxb-test", base_url=f"{slack.base_url}/api/", session=session)
        async with People(client) as people:
            anna, li = await people.reader("U0001"), await people.reader("U0002")
    assert (anna.language, anna.zone.key) == (Language.ENGLISH, "Europe/London")
    assert (li.language, li.zone.key) == (Language.CHINESE, "Asia/Shanghai")
