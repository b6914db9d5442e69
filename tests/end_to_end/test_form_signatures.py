"""Whom the form that a kept question fills in gives the signatures of its URLs back to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from bot.asks import Ask
from bot.demo import Demo, running
from bot.roles import EVERYONE, GUESTS, OTHERS, Right
from bot.sandbox.live import Refuse
from bot.sandbox.slack.printed import printed, printed_view
from bot.slack.incoming import Click
from bot.views.refs import ChoiceRef, PageRef
from handlers import front
from tests.end_to_end.people import LIVE_OPS, LIWEI
from tests.end_to_end.test_form import Filler
from tests.end_to_end.test_roles import OUTSIDERS, grant, granting

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

OPEN, CLOSED = "live.example.com", "vip.example.com"
"""The domain that guests and people from elsewhere may query, and one that they may not."""
BARE = f"rtmp://{CLOSED}/liveApp/rehearsal"
SIGNED = f"{BARE}?auth_key=1795347730-0-0-5ecre7"
NOTE = "The URLs stand here without their signatures"
GRANTS = granting(
    grant(EVERYONE, may=Right.QUERY),
    grant(GUESTS, OTHERS, may=Right.QUERY, domains=frozenset({OPEN})),
)


@pytest.fixture
async def demo() -> AsyncIterator[Demo]:
    async with running(adjusted=GRANTS) as demo:
        yield demo


@pytest.fixture
def anna(demo: Demo) -> Filler:
    return Filler(demo)


def shown(filler: Filler) -> str:
    return printed_view(filler.form, zone="UTC", locale="en-US")


async def looking_at(anna: Filler, user: str, typed: str) -> Filler:
    """Somebody else, who looks at the public answer to what anna types."""
    await anna.types(typed)
    assert anna.read is not None
    assert "form.open" in anna.controls()
    assert anna.read.only_visible_to is None
    other = Filler(anna.demo, user)
    other.read = anna.read
    return other


async def refused(filler: Filler) -> str:
    """What somebody is told instead of the form that they press the button of."""
    mark = filler.demo.slack.messages.mark
    await filler.opens()
    assert not filler.has_form
    return printed(await filler.demo.slack.settled(filler.user, after=mark), zone="UTC")


@pytest.mark.parametrize("user", OUTSIDERS)
async def test_a_public_answer_opens_no_form_for_who_may_not_query_its_domain(
    anna: Filler, user: str
) -> None:
    other = await looking_at(anna, user, f"/preload public url={SIGNED}")
    assert f"You may not query {CLOSED}." in await refused(other)


async def test_a_public_answer_opens_the_form_for_a_colleague_without_its_signatures(
    anna: Filler,
) -> None:
    liwei = await looking_at(anna, LIWEI, f"/preload public url={SIGNED} url={BARE}_2")
    await liwei.opens()
    assert liwei.field("url")["initial_value"] == f"{BARE}\n{BARE}_2"
    assert "5ecre7" not in str(liwei.form)
    assert "播放地址不带签名" in shown(liwei)
    assert CLOSED in await liwei.sends()


@pytest.mark.parametrize(("control", "choice"), [("widen", None), ("page.status", "pending")])
async def test_a_colleagues_copy_of_a_public_answer_keeps_its_signatures_back(
    anna: Filler, control: str, choice: str | None
) -> None:
    liwei = await looking_at(anna, LIWEI, f"/preload public status=failed url={SIGNED}")
    await liwei.clicks(control, choice)
    assert liwei.read is not None
    assert liwei.read.only_visible_to == LIWEI
    await liwei.opens()
    assert liwei.field("url")["initial_value"] == BARE


@pytest.mark.parametrize("is_export", [False, True])
async def test_what_goes_wrong_with_a_colleagues_question_keeps_its_signatures_back(
    demo: Demo, is_export: bool
) -> None:
    ask = Ask("default", CLOSED, urls=(SIGNED,))
    await demo.bot.desk.keep([ask])
    control, value = "widen", PageRef.to(ask).pack()
    if is_export:  # of which there are no tasks
        control, value = "page.more", ChoiceRef(ask.key, "export").pack()
    else:
        demo.live.faults.inject(Refuse("Forbidden.RAM", 403))
    liwei, mark = Filler(demo, LIWEI), demo.slack.messages.mark
    click = Click(control, value, "T0001", LIVE_OPS, LIWEI, "", in_private=False)
    await front.take_click(demo.bot.desk, click)
    liwei.read = await demo.slack.settled(LIWEI, after=mark)
    await liwei.opens()
    assert liwei.field("url")["initial_value"] == BARE
    assert "播放地址不带签名" in shown(liwei)


async def test_who_typed_a_signature_has_it_back_where_nobody_else_sees_the_answer(
    anna: Filler,
) -> None:
    await anna.types(f"/preload status=failed url={SIGNED}")
    await anna.opens()
    assert anna.field("url")["initial_value"] == SIGNED
    await anna.sends()
    await anna.clicks("widen")
    await anna.opens()
    assert anna.field("url")["initial_value"] == SIGNED
    assert NOTE not in shown(anna)
    await anna.types(f"/preload export url={SIGNED}")
    await anna.opens()
    assert anna.field("url")["initial_value"] == SIGNED


async def test_a_public_answer_gives_signatures_back_to_nobody(anna: Filler) -> None:
    await anna.types(f"/preload public url={SIGNED}")
    await anna.opens()
    assert anna.field("url")["initial_value"] == BARE
    assert NOTE in shown(anna)


async def test_while_the_store_does_not_say_who_typed_a_signature_nobody_has_it_back(
    demo: Demo, anna: Filler
) -> None:
    async with demo.bot.desk.store.database.writing() as connection:
        await connection.execute(text("DROP TABLE drafts"))
    await anna.types(f"/preload url={SIGNED}")
    await anna.opens()
    assert anna.field("url")["initial_value"] == BARE


async def test_who_may_query_in_some_channel_opens_the_form_in_direct_messages() -> None:
    adjusted = granting(grant(LIVE_OPS, may=Right.QUERY), grant(EVERYONE, may=Right.SUBSCRIBE))
    async with running(adjusted=adjusted) as demo:
        anna = Filler(demo)
        await anna.types(f"/preload subscribe {CLOSED}")
        await demo.slack.open_home(anna.user)
        await demo.bot.jobs.idle()
        demo.live.faults.inject(Refuse("Forbidden.RAM", 403))
        mark = demo.slack.messages.mark
        await demo.slack.click_in_view(anna.user, "home.open")
        await demo.bot.jobs.idle()
        anna.read = await demo.slack.settled(anna.user, after=mark)
        assert anna.read.channel == "D0001"
        await anna.opens()
        assert anna.field("domain")["initial_option"]["value"] == CLOSED
