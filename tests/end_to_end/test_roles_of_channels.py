"""Who may something in one channel only: what they find outside of it."""

from __future__ import annotations

from typing import Any

from bot.asks import Ask
from bot.demo import DOMAIN, running
from bot.roles import Right
from bot.slack.incoming import Click
from bot.views.follow_refs import FollowKind, FollowRef
from bot.views.refs import PageRef
from handlers import front
from tests.end_to_end.people import ANNA, GENERAL, LIVE_OPS, LIWEI, Person
from tests.end_to_end.test_accounts import OWN, accounts
from tests.end_to_end.test_check import CUP_FINAL
from tests.end_to_end.test_export import begun_by_a_click
from tests.end_to_end.test_form import Filler
from tests.end_to_end.test_home import controls, opens, presses
from tests.end_to_end.test_roles import TEAM, grant, granting, said_to


def watching(channel: str) -> Any:  # noqa: ANN401 - what adjusts settings
    """Whoever asks in the channel may query and watch."""
    return granting(grant(channel, may=Right.QUERY), grant(channel, may=Right.WATCH))


async def test_who_may_watch_in_one_channel_only_finds_their_watch_in_the_home_and_stops_it() -> (
    None
):
    async with running(adjusted=watching(GENERAL)) as demo:
        anna = Person(demo, channel=GENERAL)
        await anna.types(f"/preload watch {DOMAIN} name=Cup")
        assert f"Cup, watched in <#{GENERAL}>" in await opens(anna)
        assert {"home.stop", "home.open", "form.open"} <= set(controls(anna))
        assert (await presses(anna, "home.language", "zh")).lstrip().startswith("我的关注")
        await presses(anna, "home.open")
        assert f"*{DOMAIN}" in await said_to(demo, ANNA)
        await presses(anna, "home.stop")
        assert not await demo.bot.desk.store.watches.active()


async def test_a_watch_is_not_stopped_in_the_home_by_who_may_not_where_it_stands() -> None:
    async with running(adjusted=watching(LIVE_OPS)) as demo:
        anna = Person(demo)
        await anna.types(f"/preload watch {DOMAIN} name=Cup in=#general")
        [watch] = await demo.bot.desk.store.watches.active()
        ref = FollowRef(FollowKind.WATCH, watch.id).pack()
        click = Click("home.stop", ref, TEAM, "", ANNA, "", in_private=False)
        await front.take_click(demo.bot.desk, click)
        assert f"You may not watch {DOMAIN}" in await said_to(demo, ANNA)
        assert await demo.bot.desk.store.watches.active()


async def test_who_was_removed_from_a_private_channel_keeps_none_of_its_rights_at_home() -> None:
    async with running(adjusted=watching(GENERAL)) as demo:
        demo.slack.private[GENERAL] = (ANNA, LIWEI)
        anna = Person(demo, channel=GENERAL)
        await anna.types(f"/preload watch {DOMAIN} name=Cup")
        assert {"home.stop", "home.open"} <= set(await opened(anna))
        demo.slack.private[GENERAL] = (LIWEI,)
        demo.bot.desk.members._known.clear()
        assert not {"home.stop", "home.open"} & set(await opened(anna))
        [watch] = await demo.bot.desk.store.watches.active()
        ref = FollowRef(FollowKind.WATCH, watch.id).pack()
        page = PageRef.to(Ask(watch.ask.account, DOMAIN)).pack()
        for control, value in (("home.stop", ref), ("home.open", page)):
            click = Click(control, value, TEAM, "", ANNA, "", in_private=False)
            await front.take_click(demo.bot.desk, click)
            assert "You may not" in await said_to(demo, ANNA)
        assert await demo.bot.desk.store.watches.active()


async def opened(person: Person) -> set[str]:
    """What can be clicked in the Home when it is opened."""
    await opens(person)
    return set(controls(person))


async def test_what_a_form_leaves_open_is_picked_where_its_answer_stands() -> None:
    adjusted = granting(grant(GENERAL, may=Right.QUERY))
    async with accounts(DOMAIN, OWN, adjusted=adjusted) as (demo, _):
        anna = Filler(demo, channel=GENERAL)
        for place in (CUP_FINAL, None):
            await anna.asks()
            asked = await anna.sends(domain=DOMAIN, public="no", **{"in": place})
            assert "is of several accounts. Which one?" in asked
            assert f"*{DOMAIN} (backup): " in await anna.clicks("account.pick", "backup")
            await anna.asks()
            asked = await anna.sends(domain=DOMAIN, format="csv", public="no", **{"in": place})
            assert "is of several accounts. Which one?" in asked
            assert "may not" not in await anna.clicks("account.command", "backup")
            await anna.asks()
            assert "Which domain?" in await anna.sends(public="no", **{"in": place})
            assert f"*{OWN}" in await anna.clicks("domain.pick", OWN)
        assert len(demo.slack.files) == 2


async def test_a_form_from_nowhere_asks_where_one_may_and_refuses_at_the_field_elsewhere() -> None:
    adjusted = granting(grant(GENERAL, may=Right.QUERY))
    async with running(adjusted=adjusted) as demo:
        anna = Filler(demo)
        outcome = await demo.slack.shortcut(ANNA, "form")
        assert outcome.ok, outcome.error
        await demo.bot.jobs.idle()
        asked = {"domain": DOMAIN, "public": "no"}
        for place in (None, LIVE_OPS):
            refused = await anna.submits(**asked, **{"in": place})
            assert refused.errors == {
                "in": "You may not ask this here: choose a channel in which you may."
            }
        assert f"*{DOMAIN}" in await anna.sends(**asked, **{"in": GENERAL})


async def test_who_may_in_one_channel_only_cancels_their_export_in_direct_messages() -> None:
    async with running(adjusted=granting(grant(GENERAL, may=Right.QUERY))) as demo:
        anna = Person(demo, channel=GENERAL)
        await anna.types("/preload archive.example.com")
        demo.live.faults.latency_s = 0.3
        anna.read = await begun_by_a_click(demo, anna)
        await anna.clicks("export.cancel")
        assert "is cancelled" in await said_to(demo, ANNA)


async def test_a_form_opened_in_direct_messages_asks_where_one_may() -> None:
    async with running(adjusted=granting(grant(GENERAL, may=Right.QUERY))) as demo:
        anna = Filler(demo, channel="D0001")
        await anna.asks()
        assert DOMAIN in str(await demo.slack.suggest(ANNA, "domain", "live"))
        assert f"*{DOMAIN}" in await anna.sends(domain=DOMAIN, public="no", **{"in": GENERAL})


async def test_an_answer_by_direct_message_has_no_controls_that_ones_channel_alone_allows() -> None:
    async with running(adjusted=granting(grant(GENERAL, may=Right.QUERY))) as demo:
        anna = Filler(demo, channel=GENERAL)
        await anna.asks()
        await anna.sends(domain=DOMAIN, public="no", **{"in": None})
        assert anna.read is not None
        assert anna.read.channel.startswith("D")
        assert anna.controls() == set()
