"""Private channels: who is not in one neither has the bot post there nor learns what it does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.demo import DOMAIN, TEAM, Demo, running
from bot.roles import Right
from bot.sandbox.slack import Fault
from bot.watch.model import Subscription
from tests.end_to_end.people import ANNA, GENERAL, LIVE_OPS, LIWEI, Person
from tests.end_to_end.test_roles import grant, granting

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

URL = f"rtmp://{DOMAIN}/liveApp/cup"
EVERYTHING = frozenset({Right.QUERY, Right.WATCH, Right.SUBSCRIBE})
ADDRESSED = ["in=#general", f"in={GENERAL}"]


@pytest.fixture
async def demo() -> AsyncIterator[Demo]:
    """Everyone may do everything but administer; #general is private, with anna in it."""
    grants = [grant("everyone", may=right) for right in EVERYTHING]
    async with running(adjusted=granting(*grants)) as demo:
        demo.slack.private[GENERAL] = (ANNA,)
        yield demo


@pytest.fixture
def anna(demo: Demo) -> Person:
    return Person(demo)


@pytest.fixture
def liwei(demo: Demo) -> Person:
    return Person(demo, LIWEI)


async def followed(demo: Demo) -> list[str]:
    store = demo.bot.desk.store
    told = [one.channel_id for one in await store.subscriptions.all()]
    return told + [one.channel_id for one in await store.watches.active()]


@pytest.mark.parametrize("where", ADDRESSED)
async def test_who_is_not_in_a_private_channel_has_nothing_posted_there(
    demo: Demo, anna: Person, liwei: Person, where: str
) -> None:
    for text in (f"watch {URL}", f"subscribe {DOMAIN}", f"unsubscribe {DOMAIN}"):
        assert "是私有频道，而您不在其中" in await liwei.types(f"/preload {text} {where}")
    assert await followed(demo) == []
    assert "is told of" in await anna.types(f"/preload subscribe {DOMAIN} {where}")
    assert "is watched" in await anna.types(f"/preload watch {URL} {where}")
    assert await followed(demo) == [GENERAL] * 2


async def test_while_slack_does_not_tell_who_is_in_it_nothing_is_posted_and_that_is_said(
    demo: Demo, anna: Person
) -> None:
    demo.slack.faults.add(Fault("conversations.members", error="internal_error"))
    said = await anna.types(f"/preload watch {URL} in={GENERAL}")
    assert "Slack does not tell whether you are in #general" in said
    assert await followed(demo) == []


async def test_nobody_has_anything_posted_in_other_peoples_direct_messages(
    demo: Demo, anna: Person
) -> None:
    said = await anna.types(f"/preload watch {URL} in=D0002")
    assert "Slack does not tell whether you are in" in said
    assert await followed(demo) == []


async def test_where_one_asks_slack_is_not_asked_who_is_there(demo: Demo, anna: Person) -> None:
    anna.channel = GENERAL
    demo.slack.faults.add(Fault("conversations.members", error="internal_error"))
    assert "is watched" in await anna.types(f"/preload watch {URL}")
    assert await followed(demo) == [GENERAL]


async def test_the_list_of_all_leaves_out_private_channels_that_one_is_not_in(
    anna: Person, liwei: Person
) -> None:
    await anna.types(f"/preload subscribe {DOMAIN} in={GENERAL}")
    await anna.types(f"/preload watch {URL} in={GENERAL}")
    anna.channel = GENERAL
    await anna.types(f"/preload subscribe {DOMAIN} in={LIVE_OPS}")
    listed = await liwei.types("/preload list all")
    assert "#live-ops" in listed
    assert "#general" not in listed
    assert "#general" in await anna.types("/preload list all")


async def test_the_list_of_all_says_how_many_slack_does_not_tell_of(
    demo: Demo, anna: Person, liwei: Person
) -> None:
    await anna.types(f"/preload subscribe {DOMAIN} in={GENERAL}")
    demo.slack.faults.missing_scopes.add("groups:read")
    demo.bot.desk.members._known.clear()
    said = await liwei.types("/preload list all")
    assert "#general" not in said
    assert "另有 1 项未列出" in said


async def test_who_administers_sees_what_is_in_all_channels_but_direct_messages() -> None:
    grants = [grant("everyone", may=right) for right in Right]
    async with running(adjusted=granting(*grants)) as demo:
        demo.slack.private[GENERAL] = (ANNA,)
        store, now = demo.bot.desk.store, demo.bot.desk.now()
        for place in (GENERAL, "D0001"):
            one = Subscription(place, TEAM, place, "default", DOMAIN, ANNA, now)
            await store.subscriptions.add(one)
        listed = await Person(demo, LIWEI).types("/preload list all")
        assert "#general" in listed
        assert listed.count(DOMAIN) == 1
