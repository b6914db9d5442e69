from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient
from structlog.testing import capture_logs

from bot.roles import Person, Standing
from bot.slack.groups import FRESH_S, LAST_KNOWN_S, RETRY_S, UserGroups
from bot.slack.people import People
from bot.slack.standing import Facts

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from pytest_aiohttp import AiohttpServer

HOME = "T0001"
LI = {"id": "U2", "team_id": HOME, "locale": "zh-CN", "tz": "Asia/Shanghai"}
MEMBER = Person("U2", Standing.MEMBER)


class Clock:
    def __init__(self) -> None:
        self.at_s = 0.0

    def __call__(self) -> float:
        return self.at_s


@dataclass
class Slack:
    """Answers each method with what stands here, once `gate` is open."""

    user: dict[str, Any] = field(default_factory=lambda: dict(LI))
    members: list[str] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    asked: list[str] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        self.asked.append(method)
        await self.gate.wait()
        if method in self.errors:
            return web.json_response({"ok": False, "error": self.errors[method]})
        said: dict[str, dict[str, Any]] = {
            "users.info": {"user": self.user},
            "auth.test": {"team_id": HOME},
            "usergroups.users.list": {"users": self.members},
        }
        return web.json_response({"ok": True, **said[method]})


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
    app.router.add_route("*", "/api/{method}", slack.handle)
    server = await aiohttp_server(app)
    async with aiohttp.ClientSession() as session:
        yield AsyncWebClient(
            "xoxb-test", base_url=str(server.make_url("/api/")), session=session, retry_handlers=[]
        )


@pytest.fixture
async def people(client: AsyncWebClient, clock: Clock) -> AsyncIterator[People]:
    async with People(client, clock_s=clock, patience_s=0) as people:
        yield people


@pytest.fixture
async def groups(client: AsyncWebClient, clock: Clock) -> AsyncIterator[UserGroups]:
    async with UserGroups(client, clock_s=clock, patience_s=60) as groups:
        yield groups


@pytest.fixture
async def hurried(client: AsyncWebClient, clock: Clock) -> AsyncIterator[UserGroups]:
    """Those who wait for no read where members are at hand."""
    async with UserGroups(client, clock_s=clock, patience_s=0) as groups:
        yield groups


def reads() -> list[asyncio.Task[object]]:
    """The reads of groups that are under way."""
    return [task for task in asyncio.all_tasks() if task.get_name().startswith("members of ")]


async def all_read() -> None:
    """Wait until none is."""
    await asyncio.gather(*reads())


# --- people ---


@pytest.mark.parametrize(
    ("said", "person"),
    [
        ({}, MEMBER),
        ({"is_admin": True}, Person("U2", Standing.MEMBER, is_admin=True)),
        ({"is_owner": True}, Person("U2", Standing.MEMBER, is_admin=True)),
        ({"is_primary_owner": True}, Person("U2", Standing.MEMBER, is_admin=True)),
        ({"is_restricted": True}, Person("U2", Standing.GUEST)),
        ({"is_restricted": True, "is_ultra_restricted": True}, Person("U2", Standing.GUEST)),
        ({"is_stranger": True}, Person("U2", Standing.OTHER)),
        ({"team_id": "T0002"}, Person("U2", Standing.OTHER)),
        ({"team_id": "T0002", "is_admin": True}, Person("U2", Standing.OTHER)),
        ({"team_id": "T0002", "enterprise_user": {"teams": ["T0002", HOME]}}, MEMBER),
        ({"team_id": "T0002", "enterprise_user": {"teams": None}}, Person("U2", Standing.OTHER)),
        ({"deleted": True, "is_admin": True}, Person("U2", Standing.GONE)),
        ({"is_bot": True}, Person("U2", Standing.GONE)),
    ],
)
def test_what_a_person_is_to_the_workspace_follows_from_what_slack_says(
    said: dict[str, Any], person: Person
) -> None:
    facts = Facts.of({**LI, **said})
    assert facts is not None
    assert facts.person("U2", HOME) == person


def test_of_whom_no_workspace_is_named_nothing_is_known() -> None:
    assert Facts.of({"id": "U2", "is_admin": True}) is None


async def test_one_look_tells_the_language_and_the_standing(people: People, slack: Slack) -> None:
    await people.reader("U2")
    assert await people.person("U2") == MEMBER
    assert await people.person("U2") == MEMBER
    assert sorted(slack.asked) == ["auth.test", "users.info"]


async def test_for_who_is_not_known_yet_the_look_is_waited_for(
    people: People, slack: Slack
) -> None:
    slack.gate.clear()
    asking = [asyncio.create_task(people.person("U2")) for _ in range(3)]
    await asyncio.sleep(0)
    slack.gate.set()
    assert await asyncio.gather(*asking) == [MEMBER] * 3
    assert sorted(slack.asked) == ["auth.test", "users.info"]


@pytest.mark.parametrize("method", ["users.info", "auth.test"])
async def test_who_was_never_known_is_nobody_while_slack_does_not_say_and_asked_for_each_time(
    people: People, slack: Slack, method: str
) -> None:
    slack.errors[method] = "ratelimited"
    assert await people.person("U2") is None
    assert await people.person("U2") is None
    assert slack.asked.count(method) == 2
    slack.errors.clear()
    assert await people.person("U2") == MEMBER


async def test_who_was_known_stays_what_they_were_while_slack_does_not_say(
    people: People, slack: Slack, clock: Clock
) -> None:
    assert await people.person("U2") == MEMBER
    slack.errors["users.info"] = "fatal_error"
    clock.at_s = 86_400
    assert await people.person("U2") == MEMBER
    slack.gate.clear()
    clock.at_s += 86_400
    assert await people.person("U2") == MEMBER
    slack.gate.set()


async def test_a_reply_that_says_nothing_of_a_person_takes_nothing_away(
    people: People, slack: Slack, clock: Clock
) -> None:
    assert await people.person("U2") == MEMBER
    slack.user = {}
    clock.at_s = 600
    await people.reader("U2")
    assert await people.person("U2") == MEMBER


async def test_who_becomes_a_guest_is_one_within_ten_minutes(
    client: AsyncWebClient, slack: Slack, clock: Clock
) -> None:
    async with People(client, clock_s=clock, patience_s=60) as people:
        assert await people.person("U2") == MEMBER
        slack.user["is_restricted"] = True
        clock.at_s = 600
        assert await people.person("U2") == Person("U2", Standing.GUEST)


# --- groups ---


async def test_a_person_is_in_the_groups_that_list_them(groups: UserGroups, slack: Slack) -> None:
    slack.members = ["U1", "U2"]
    assert await groups.of("U2", ["S1", "S2"]) == {"S1", "S2"}
    assert await groups.of("U3", ["S1", "S2"]) == frozenset()
    assert await groups.of("U2", []) == frozenset()
    assert len(slack.asked) == 2


async def test_a_group_is_read_by_one_of_those_who_ask_at_once(
    groups: UserGroups, slack: Slack
) -> None:
    slack.members = ["U2"]
    found = await asyncio.gather(*(groups.of("U2", ["S1"]) for _ in range(5)))
    assert found == [frozenset({"S1"})] * 5
    assert len(slack.asked) == 1


async def test_who_leaves_a_group_is_out_of_it_within_five_minutes(
    groups: UserGroups, slack: Slack, clock: Clock
) -> None:
    slack.members = ["U2"]
    assert await groups.of("U2", ["S1"])
    slack.members = []
    clock.at_s = FRESH_S - 1
    assert await groups.of("U2", ["S1"])
    clock.at_s = FRESH_S
    assert not await groups.of("U2", ["S1"])


@pytest.mark.parametrize("error", ["missing_scope", "no_such_subteam", "ratelimited"])
async def test_nobody_is_in_a_group_that_slack_does_not_tell_of_and_the_log_says_so_once(
    groups: UserGroups, slack: Slack, clock: Clock, error: str
) -> None:
    slack.errors["usergroups.users.list"] = error
    slack.members = ["U2"]
    with capture_logs() as lines:
        for at_s in (0, RETRY_S - 1, RETRY_S):
            clock.at_s = at_s
            assert not await groups.of("U2", ["S1"])
        assert [(line["group"], line["error"]) for line in lines] == [("S1", error)]
        assert len(slack.asked) == 2
        slack.errors.clear()
        clock.at_s = 2 * RETRY_S
        assert await groups.of("U2", ["S1"])
    assert [line["event"] for line in lines] == ["user group not read", "user group read again"]


@pytest.mark.parametrize(
    ("error", "is_told"),
    [("missing_scope", False), ("fatal_error", False), ("no_such_subteam", True)],
)
async def test_that_slack_does_not_tell_is_something_else_than_that_nobody_is_in_a_group(
    groups: UserGroups, slack: Slack, error: str, is_told: bool
) -> None:
    slack.errors["usergroups.users.list"] = error
    await groups.of("U2", ["S1"])
    assert groups.untold(["S1", "S2"]) == (frozenset() if is_told else {"S1"})


async def test_a_group_of_which_slack_was_silent_for_an_hour_is_untold(
    groups: UserGroups, slack: Slack, clock: Clock
) -> None:
    slack.members = ["U2"]
    await groups.of("U2", ["S1"])
    slack.errors["usergroups.users.list"] = "fatal_error"
    for clock.at_s, untold in ((LAST_KNOWN_S - 1, set()), (LAST_KNOWN_S + RETRY_S, {"S1"})):
        await groups.of("U3", ["S1"])
        assert groups.untold(["S1"]) == untold


async def test_members_of_a_group_stay_so_for_an_hour_of_silence_and_no_longer(
    groups: UserGroups, slack: Slack, clock: Clock
) -> None:
    slack.members = ["U2"]
    assert await groups.of("U2", ["S1"])
    slack.errors["usergroups.users.list"] = "fatal_error"
    clock.at_s = LAST_KNOWN_S - 1
    assert await groups.of("U2", ["S1"])
    clock.at_s = LAST_KNOWN_S + RETRY_S
    assert not await groups.of("U2", ["S1"])


async def test_a_reply_without_members_is_a_group_without_any(
    groups: UserGroups, slack: Slack
) -> None:
    slack.members = None  # type: ignore[assignment] # what no reply should hold
    assert not await groups.of("U2", ["S1"])


async def test_while_slack_is_slow_who_was_in_a_group_is_in_it_and_the_read_goes_on(
    hurried: UserGroups, slack: Slack, clock: Clock
) -> None:
    slack.members = ["U2"]
    assert await hurried.of("U2", ["S1"])
    slack.members = ["U3"]
    slack.gate.clear()
    clock.at_s = FRESH_S
    for _ in range(2):
        assert await hurried.of("U2", ["S1"])
        assert not hurried.untold(["S1"])
    slack.gate.set()
    await all_read()
    assert await hurried.of("U3", ["S1"])
    assert not await hurried.of("U2", ["S1"])
    assert len(slack.asked) == 2


@pytest.mark.parametrize("silence_s", [None, LAST_KNOWN_S])
async def test_members_never_read_or_only_long_ago_are_waited_for(
    hurried: UserGroups, slack: Slack, clock: Clock, silence_s: float | None
) -> None:
    if silence_s is not None:
        slack.members = ["U2"]
        assert await hurried.of("U2", ["S1"])
        clock.at_s = silence_s
    slack.gate.clear()
    slack.members = ["U3"]
    asking = [asyncio.create_task(hurried.of(user, ["S1"])) for user in ("U2", "U3")]
    await asyncio.sleep(0)
    slack.gate.set()
    assert await asyncio.gather(*asking) == [frozenset(), frozenset({"S1"})]


async def test_a_read_that_fails_when_nobody_waits_any_more_is_logged_once(
    hurried: UserGroups, slack: Slack, clock: Clock
) -> None:
    slack.members = ["U2"]
    assert await hurried.of("U2", ["S1"])
    slack.errors["usergroups.users.list"] = "fatal_error"
    with capture_logs() as lines:
        for clock.at_s in (FRESH_S, FRESH_S + RETRY_S):
            assert await hurried.of("U2", ["S1"])
            await all_read()
    assert [line["event"] for line in lines] == ["user group not read"]
    assert len(slack.asked) == 3


async def test_a_read_under_way_ends_with_the_groups(
    client: AsyncWebClient, slack: Slack, clock: Clock
) -> None:
    slack.members = ["U2"]
    async with UserGroups(client, clock_s=clock, patience_s=0) as groups:
        await groups.of("U2", ["S1"])
        slack.gate.clear()
        clock.at_s = FRESH_S
        await groups.of("U2", ["S1"])
        assert len(reads()) == 1
    assert not reads()
    slack.gate.set()
