"""What a caller may, and what the record holds of what they did and of what they attempted."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import aiohttp
import pytest
from aiohttp import web
from msgspec import structs
from slack_sdk.web.async_client import AsyncWebClient
from structlog.testing import capture_logs

from bot.errors import StoreUnavailable
from bot.record import Deed, Entry, Outcome
from bot.roles import EVERYONE, GUESTS, Grant, NotAllowed, Right, Roles, Scope, Standing, Unchecked
from bot.slack.groups import UserGroups
from bot.slack.people import People
from handlers.caller import NEEDS, Caller
from tests.stored import NOW, Clock, opened
from tests.test_standing import Slack

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from pytest_aiohttp import AiohttpServer

    from bot.store import Store

LIVE, CUP = "live.example.com", "cup.example.com"


@pytest.fixture
def slack() -> Slack:
    slack = Slack()
    slack.gate.set()
    return slack


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with opened(tmp_path) as store:
        yield store


@pytest.fixture
async def caller(
    slack: Slack, store: Store, aiohttp_server: AiohttpServer
) -> AsyncIterator[Caller]:
    """U2 in C1, a member of the workspace, where what holds by default is granted."""
    app = web.Application()
    app.router.add_route("*", "/api/{method}", slack.handle)
    server = await aiohttp_server(app)
    async with aiohttp.ClientSession() as session:
        client = AsyncWebClient(
            "xoxb-test", base_url=str(server.make_url("/api/")), session=session, retry_handlers=[]
        )
        async with People(client) as people, UserGroups(client) as groups:
            yield Caller(Roles(), people, groups, store.record, Clock(), "T1", "C1", "U2")


def granted(caller: Caller, to: str, right: Right, *domains: str) -> Caller:
    grant = Grant((to,), frozenset({right}), frozenset(domains) or None)
    return structs.replace(caller, roles=Roles((grant,)))


async def entries(store: Store) -> list[Entry]:
    return [entry async for entry in store.record.all()]


async def outcomes(store: Store) -> list[tuple[Deed, Outcome]]:
    return [(entry.deed, entry.outcome) for entry in await entries(store)]


def test_it_is_known_of_each_deed_which_right_it_needs() -> None:
    assert set(NEEDS) == set(Deed)


# --- what they may ---


async def test_while_nobody_is_named_nothing_is_allowed_and_slack_not_asked(
    caller: Caller, slack: Slack
) -> None:
    nobody = structs.replace(caller, user_id="")
    with pytest.raises(Unchecked):
        await nobody.insist(Right.QUERY)
    with pytest.raises(Unchecked):
        await nobody.admit()
    assert slack.asked == []


async def test_a_member_passes_and_is_told_of_which_domains(caller: Caller) -> None:
    assert (await caller.insist(Right.QUERY, LIVE)).is_all
    of_live = granted(caller, EVERYONE, Right.QUERY, LIVE)
    assert await of_live.scope(Right.QUERY) == Scope(frozenset({LIVE}))
    assert LIVE in await of_live.insist(Right.QUERY)
    with pytest.raises(NotAllowed) as caught:
        await of_live.insist(Right.QUERY, CUP)
    assert (caught.value.right, caught.value.domain) == (Right.QUERY, CUP)
    assert not await of_live.scope(Right.WATCH)


async def test_whoever_is_on_call_sees_to_a_failure_and_mutes_nothing(caller: Caller) -> None:
    async with caller.doing(Deed.SEE, LIVE):
        pass
    with pytest.raises(NotAllowed):
        async with caller.doing(Deed.MUTE, LIVE):
            pass


async def test_a_guest_may_nothing_at_all_unless_granted(caller: Caller, slack: Slack) -> None:
    slack.user["is_restricted"] = True
    with pytest.raises(NotAllowed) as caught:
        await caller.admit()
    assert (caught.value.right, caught.value.standing) == (None, Standing.GUEST)
    await granted(caller, GUESTS, Right.WATCH, LIVE).admit()


async def test_a_member_of_a_named_group_has_what_the_group_is_granted(
    caller: Caller, slack: Slack
) -> None:
    slack.members = ["U2"]
    streaming = granted(caller, "S1", Right.WATCH)
    await streaming.insist(Right.WATCH, LIVE)
    with pytest.raises(NotAllowed):
        await structs.replace(streaming, user_id="U3").insist(Right.WATCH, LIVE)


async def test_slack_is_asked_for_no_group_that_is_not_named(caller: Caller, slack: Slack) -> None:
    await caller.insist(Right.QUERY)
    assert "usergroups.users.list" not in slack.asked


async def test_of_whom_slack_says_nothing_nobody_knows_what_they_may(
    caller: Caller, slack: Slack, store: Store
) -> None:
    slack.errors["users.info"] = "fatal_error"
    with pytest.raises(Unchecked):
        await caller.admit(Deed.WATCH)
    with pytest.raises(Unchecked):
        async with caller.doing(Deed.WATCH, LIVE):
            pytest.fail("done")
    assert await entries(store) == []


async def test_what_a_group_alone_grants_is_not_known_while_slack_does_not_tell_who_is_in_it(
    caller: Caller, slack: Slack, store: Store
) -> None:
    slack.errors["usergroups.users.list"] = "internal_error"
    of_group = granted(caller, "S1", Right.WATCH, LIVE)
    with pytest.raises(Unchecked) as caught:
        await of_group.permit(Deed.WATCH, LIVE)
    assert caught.value.groups == ("S1",)
    for hinging in (of_group.admit(Deed.WATCH), of_group.insist(Right.WATCH)):
        with pytest.raises(Unchecked):
            await hinging
    assert await entries(store) == []
    with pytest.raises(NotAllowed):
        await of_group.permit(Deed.WATCH, CUP)


# --- what is recorded ---


async def test_a_deed_is_written_down_before_it_is_done_and_its_outcome_after(
    caller: Caller, store: Store
) -> None:
    about = {"domain": LIVE, "status": "failed"}
    begun = Entry(1, NOW, "T1", "C1", "U2", Deed.WATCH, about)
    async with caller.doing(Deed.WATCH, LIVE, status="failed", name=None) as doing:
        assert await entries(store) == [begun]
        doing.about["id"] = "watch1"
    done = replace(begun, about={**about, "id": "watch1"}, outcome=Outcome.DONE)
    assert await entries(store) == [done]


async def test_what_goes_wrong_is_recorded_as_having_failed(caller: Caller, store: Store) -> None:
    with pytest.raises(StoreUnavailable):
        async with caller.doing(Deed.WATCH, LIVE):
            raise StoreUnavailable
    async with caller.doing(Deed.STOP_WATCH, LIVE) as doing:
        doing.outcome = Outcome.FAILED
    assert await outcomes(store) == [
        (Deed.WATCH, Outcome.FAILED),
        (Deed.STOP_WATCH, Outcome.FAILED),
    ]


async def test_of_what_is_cut_short_the_outcome_stays_unknown(caller: Caller, store: Store) -> None:
    started = asyncio.Event()

    async def act() -> None:
        async with caller.doing(Deed.WATCH, LIVE):
            started.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(act())
    await started.wait()
    task.cancel()
    await asyncio.wait({task})
    assert await outcomes(store) == [(Deed.WATCH, Outcome.BEGUN)]


async def test_what_may_not_be_done_is_not_and_the_attempt_is_recorded(
    caller: Caller, store: Store
) -> None:
    of_live = granted(caller, EVERYONE, Right.SUBSCRIBE, LIVE)
    with pytest.raises(NotAllowed):
        async with of_live.doing(Deed.SUBSCRIBE, CUP, status="failed"):
            pytest.fail("done")
    with pytest.raises(NotAllowed):
        await of_live.permit(Deed.SET_DEFAULT, LIVE)
    await of_live.permit(Deed.SUBSCRIBE, LIVE)
    first, second = await entries(store)
    assert (first.deed, first.outcome) == (Deed.SUBSCRIBE, Outcome.REFUSED)
    assert first.about == {"domain": CUP, "status": "failed"}
    assert (second.deed, second.outcome) == (Deed.SET_DEFAULT, Outcome.REFUSED)


async def test_what_needs_no_right_of_its_own_needs_some_right(
    caller: Caller, slack: Slack, store: Store
) -> None:
    async with caller.doing(Deed.PREFER):
        pass
    slack.user["is_restricted"] = True
    with pytest.raises(NotAllowed):
        async with structs.replace(caller, user_id="U3").doing(Deed.PREFER):
            pytest.fail("done")
    assert await outcomes(store) == [(Deed.PREFER, Outcome.DONE), (Deed.PREFER, Outcome.REFUSED)]


async def test_who_may_nothing_is_recorded_only_where_they_attempted_to_change_something(
    caller: Caller, slack: Slack, store: Store
) -> None:
    slack.user["is_stranger"] = True
    with pytest.raises(NotAllowed):
        await caller.admit()
    assert await entries(store) == []
    with pytest.raises(NotAllowed):
        await caller.admit(Deed.MUTE, control="notice.mute")
    (entry,) = await entries(store)
    assert (entry.deed, entry.outcome) == (Deed.MUTE, Outcome.REFUSED)
    assert entry.about == {"control": "notice.mute"}


async def test_what_cannot_be_written_down_is_not_done(caller: Caller, store: Store) -> None:
    async with store.database.writing() as connection:
        await connection.exec_driver_sql("DROP TABLE record")
    with pytest.raises(StoreUnavailable):
        async with caller.doing(Deed.WATCH, LIVE):
            pytest.fail("done")


async def test_an_outcome_that_cannot_be_written_down_undoes_nothing(
    caller: Caller, store: Store
) -> None:
    with capture_logs() as lines:
        async with caller.doing(Deed.WATCH, LIVE), store.database.writing() as connection:
            await connection.exec_driver_sql("DROP TABLE record")
    assert [line["event"] for line in lines] == ["outcome not recorded", "recorded"]


async def test_who_is_refused_is_so_though_that_cannot_be_written_down(
    caller: Caller, store: Store
) -> None:
    async with store.database.writing() as connection:
        await connection.exec_driver_sql("DROP TABLE record")
    with capture_logs() as lines, pytest.raises(NotAllowed):
        await caller.permit(Deed.SET_DEFAULT, LIVE)
    assert [line["event"] for line in lines] == ["refusal not recorded", "recorded"]


async def test_each_entry_is_a_line_of_the_log(caller: Caller) -> None:
    with capture_logs() as lines:
        async with caller.doing(Deed.WATCH, LIVE):
            pass
        with pytest.raises(NotAllowed):
            await caller.permit(Deed.SET_DEFAULT, LIVE)
    done, refused = lines
    assert done["event"] == refused["event"] == "recorded"
    assert (done["deed"], done["outcome"], done["user"]) == ("watch", "done", "U2")
    assert (refused["deed"], refused["outcome"]) == ("set_default", "refused")
    assert done["about"] == {"domain": LIVE}
