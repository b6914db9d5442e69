"""The app's Home, as people use it."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

import pytest
from structlog.testing import capture_logs

from bot.asks import Ask
from bot.demo import running
from bot.sandbox.slack import Fault
from bot.settings import Display
from bot.slack.incoming import Click
from bot.slack.sender import TRIES
from bot.views.refs import PageRef
from bot.watch.model import DEFAULT_STATUSES, Subscription
from handlers import front
from tests.end_to_end.people import ANNA, GENERAL, LIVE_OPS, LIWEI, Person
from tests.end_to_end.test_form import Filler, unlisted

if TYPE_CHECKING:
    from bot.demo import Demo
    from bot.settings import Settings

WATCH = "/preload watch status=preloading name=Cup"


async def opens(person: Person) -> str:
    """Open the Home; returns what stands there when the bot is done."""
    outcome = await person.demo.slack.open_home(person.user)
    assert outcome.ok, outcome.error
    return await stands(person)


async def presses(person: Person, control: str, choice: str | None = None) -> str:
    """Use a control of the Home; returns what stands there when the bot is done."""
    slack = person.demo.slack
    outcome = await slack.click_in_view(person.user, control, option=choice)
    assert outcome.ok, outcome.error
    return await stands(person)


async def stands(person: Person) -> str:
    await person.demo.bot.jobs.idle()
    return "\n".join(said(block) for block in blocks(person))


def blocks(person: Person) -> tuple[dict[str, Any], ...]:
    view = person.demo.slack.home(person.user)
    assert view is not None
    return tuple(view.blocks)


def said(block: dict[str, Any]) -> str:
    texts = [block["text"]] if "text" in block else []
    texts += block["elements"] if block["type"] == "context" else []
    return "\n".join(text["text"] for text in texts)


def controls(person: Person) -> dict[str, dict[str, Any]]:
    found = [
        control
        for block in blocks(person)
        for control in [*block.get("elements", []), block.get("accessory", {})]
    ]
    return {control["action_id"]: control for control in found if "action_id" in control}


def chosen(person: Person, control: str) -> str:
    return str(controls(person)[control]["initial_option"]["text"]["text"])


async def test_who_follows_nothing_is_told_how_to_begin_in_their_language(
    anna: Person, liwei: Person
) -> None:
    assert "You follow nothing yet" in await opens(anna)
    assert "您还没有关注任何内容" in await opens(liwei)
    assert "form.open" in controls(anna)


async def test_what_somebody_began_stands_in_their_home_alone(anna: Person, liwei: Person) -> None:
    await anna.types(WATCH)
    await anna.types("/preload subscribe domain=vip.example.com")
    home = await opens(anna)
    assert "Cup, watched in <#C0001>" in home
    assert "vip.example.com, told in <#C0001>" in home
    assert "您还没有关注任何内容" in await opens(liwei)


async def test_a_watch_is_stopped_there(anna: Person, demo: Demo) -> None:
    await anna.types(WATCH)
    await opens(anna)
    assert "You follow nothing yet" in await presses(anna, "home.stop")
    assert not await demo.bot.desk.store.watches.active()


async def test_a_subscription_is_muted_unmuted_and_ended_there(anna: Person, demo: Demo) -> None:
    await anna.types("/preload subscribe domain=live.example.com")
    await opens(anna)
    assert "Muted until" in await presses(anna, "home.mute", "for 1 hour")
    assert "Muted until" not in await presses(anna, "home.mute", "unmute")
    assert "You follow nothing yet" in await presses(anna, "home.unsubscribe")
    assert not await demo.bot.desk.store.subscriptions.all()


async def test_what_somebody_else_ended_meanwhile_is_gone_after_the_click(
    anna: Person, demo: Demo
) -> None:
    await anna.types("/preload subscribe domain=live.example.com")
    await opens(anna)
    [subscription] = await demo.bot.desk.store.subscriptions.all()
    await demo.bot.desk.store.subscriptions.remove(subscription.id)
    assert "You follow nothing yet" in await presses(anna, "home.mute", "for 1 hour")


async def test_of_clicks_at_once_the_home_shows_what_came_of_all(anna: Person, demo: Demo) -> None:
    await anna.types(WATCH)
    await anna.types("/preload subscribe domain=live.example.com")
    await opens(anna)
    slack = demo.slack
    await asyncio.gather(
        slack.click_in_view(ANNA, "home.stop"),
        slack.click_in_view(ANNA, "home.unsubscribe"),
        slack.click_in_view(ANNA, "home.rows", option="20"),
    )
    assert "You follow nothing yet" in await stands(anna)
    assert chosen(anna, "home.rows") == "20"


async def test_how_it_stands_is_told_in_a_direct_message(anna: Person, demo: Demo) -> None:
    await anna.types("/preload subscribe domain=live.example.com")
    await opens(anna)
    mark = demo.slack.messages.mark
    await presses(anna, "home.open")
    told = await demo.slack.settled(anna.user, after=mark)
    assert told.channel == "D0001"
    assert told.text.startswith("live.example.com: ")


async def test_the_quota_and_the_age_of_what_is_known_are_told(anna: Person, demo: Demo) -> None:
    await anna.types("/preload subscribe domain=live.example.com")
    for _ in range(100):
        followed = await demo.bot.desk.store.follows.find("default", "live.example.com")
        if followed is not None and followed.read_at is not None:
            break
        await demo.bot.desk.store.ping()
    home = await opens(anna)
    assert re.search(r"default: [\d,]+ calls? in the last minute, \d+ waiting, at most 10", home)
    assert "live.example.com: " in home.partition("Data")[2]


async def test_the_language_that_is_chosen_is_spoken_everywhere(
    anna: Person, liwei: Person
) -> None:
    await opens(anna)
    assert "您还没有关注任何内容" in await presses(anna, "home.language", "中文")
    assert "预热失败" in await anna.types("/preload status=failed")
    await opens(liwei)
    assert "You follow nothing yet" in await presses(liwei, "home.language", "English")
    assert "13 failed of 140 tasks" in await liwei.types("/preload status=failed")
    assert "您还没有关注任何内容" in await presses(liwei, "home.language", "slack")


async def test_the_zone_that_is_chosen_is_that_of_all_times(anna: Person) -> None:
    await opens(anna)
    assert "(UTC+9)" in await presses(anna, "home.zone", "Asia/Tokyo")
    assert chosen(anna, "home.zone") == "Asia/Tokyo (UTC+9)"
    assert "(UTC+9)" in await anna.types("/preload status=failed")
    assert "(UTC+9)" not in await presses(anna, "home.zone", "slack")


async def test_as_many_rows_are_shown_as_were_chosen_unless_another_number_is_typed(
    anna: Person, liwei: Person
) -> None:
    await opens(anna)
    await presses(anna, "home.rows", "5")
    assert chosen(anna, "home.rows") == "5"
    await anna.types("/preload status=failed")
    assert len(anna.table()) == 5
    await anna.types("/preload status=failed size=8")
    assert len(anna.table()) == 8
    await liwei.types("/preload status=failed")
    assert len(liwei.table()) == 10


@pytest.mark.parametrize("demo", ["http"], indirect=True)
@pytest.mark.parametrize("control", ["home.open", "notice.open", "card.stream"])
async def test_what_a_button_opens_has_as_many_rows_as_who_clicks_has_chosen(
    anna: Person, liwei: Person, demo: Demo, control: str
) -> None:
    await opens(anna)
    await presses(anna, "home.rows", "20")
    for person, rows in ((anna, 20), (liwei, 10)):
        mark = demo.slack.messages.mark
        value = PageRef.to(Ask("default", "live.example.com")).pack()
        click = Click(control, value, "T0001", LIVE_OPS, person.user, "", in_private=True)
        await front.take_click(demo.bot.desk, click)
        person.read = await demo.slack.settled(person.user, after=mark)
        assert len(person.table()) == rows


async def test_a_domain_that_nobody_follows_has_the_age_of_what_was_asked(
    anna: Person, demo: Demo
) -> None:
    assert "live.example.com: read when somebody asks" in await opens(anna)
    assert not demo.live.arrivals
    await anna.types("/preload domain=live.example.com")
    calls = len(demo.live.arrivals)
    home = await presses(anna, "home.refresh")
    assert "live.example.com: read when" not in home
    assert "live.example.com: read " in home
    assert len(demo.live.arrivals) == calls


async def test_so_has_one_that_only_the_account_lists() -> None:
    async with unlisted() as demo:
        anna = Filler(demo)
        await anna.asks()  # so that the domains are listed
        assert "live.example.com: " not in await opens(anna)
        await anna.types("/preload domain=live.example.com")
        home = await opens(anna)
        assert "live.example.com: read " in home
        assert "vip.example.com" not in home


async def test_what_is_opened_there_has_as_many_rows_as_are_set_up() -> None:
    def adjusted(settings: Settings) -> Settings:
        return settings.model_copy(update={"display": Display(rows=5)})

    async with running(adjusted=adjusted) as demo:
        anna = Person(demo)
        await anna.types("/preload subscribe domain=live.example.com")
        await opens(anna)
        mark = demo.slack.messages.mark
        await presses(anna, "home.open")
        anna.read = await demo.slack.settled(anna.user, after=mark)
        assert len(anna.table()) == 5


async def test_a_watch_s_message_is_in_the_language_that_its_owner_chose(
    anna: Person, demo: Demo
) -> None:
    await opens(anna)
    await presses(anna, "home.language", "zh")
    mark = demo.slack.messages.mark
    await anna.types(WATCH)
    board = await demo.slack.settled(
        ANNA, after=mark, until=lambda message: message.only_visible_to is None
    )
    assert "路" in board.text


async def test_what_is_chosen_is_in_the_record(anna: Person, demo: Demo) -> None:
    await opens(anna)
    await presses(anna, "home.rows", "20")
    entries = [entry async for entry in demo.bot.desk.store.record.latest("T0001")]
    assert (entries[0].deed, entries[0].about) == ("prefer", {"rows": "20"})


@pytest.mark.parametrize("demo", ["http"], indirect=True)
async def test_a_home_that_slack_does_not_take_is_logged_and_tried_again_when_looked_at(
    anna: Person, demo: Demo
) -> None:
    for _ in range(TRIES):
        demo.slack.faults.add(Fault("views.publish", status=503))
    with capture_logs() as lines:
        await demo.slack.open_home(ANNA)
        await demo.bot.jobs.idle()
    assert "home not published" in [line["event"] for line in lines]
    assert "You follow nothing yet" in await opens(anna)


@pytest.mark.parametrize("demo", ["http"], indirect=True)
async def test_a_home_is_shown_though_slack_fails_once(anna: Person, demo: Demo) -> None:
    await opens(anna)
    demo.slack.faults.add(Fault("views.publish", status=503))
    assert "设置" in await presses(anna, "home.language", "zh")


@pytest.mark.parametrize("demo", ["http"], indirect=True)
async def test_what_was_clicked_in_a_home_that_slack_does_not_take_is_said_to_be_done(
    anna: Person, demo: Demo
) -> None:
    await anna.types(WATCH)
    await opens(anna)
    for _ in range(TRIES):
        demo.slack.faults.add(Fault("views.publish", status=503))
    assert "Cup" in await presses(anna, "home.stop")
    assert not await demo.bot.desk.store.watches.active()
    anna.channel = "D0001"
    assert "What you clicked in the Home is done" in anna.sees()[-1]


@pytest.mark.parametrize("demo", ["http"], indirect=True)
async def test_of_a_refresh_that_slack_does_not_show_that_is_said(anna: Person, demo: Demo) -> None:
    await anna.types(WATCH)
    await opens(anna)
    for _ in range(TRIES):
        demo.slack.faults.add(Fault("views.publish", status=503))
    await presses(anna, "home.refresh")
    anna.channel = "D0001"
    assert "Slack does not show the Home as it is now." in anna.sees()[-1]


async def test_what_stands_in_ones_direct_messages_is_said_to_do_so(anna: Person) -> None:
    anna.channel = "D0001"
    await anna.types("/preload watch live.example.com name=Cup")
    assert "Cup, watched in your conversation with the bot" in await opens(anna)


@pytest.mark.parametrize("demo", ["http"], indirect=True)
async def test_a_hundred_things_followed_fit(anna: Person, demo: Demo) -> None:
    desk = demo.bot.desk
    for number in range(60):
        await desk.store.subscriptions.add(
            Subscription(
                id=f"sub{number}",
                team_id="T0001",
                channel_id=GENERAL if number % 2 else LIVE_OPS,
                account="default",
                domain=f"d{number}.example.com",
                owner=ANNA,
                created_at=desk.now(),
                statuses=DEFAULT_STATUSES,
            )
        )
    assert "25 more: `/preload list all`" in await opens(anna)
    assert len(blocks(anna)) <= 100
    assert LIWEI not in await stands(anna)


async def test_a_guest_s_home_says_that_they_may_not_and_whom_to_ask(demo: Demo) -> None:
    gus = Person(demo, "U0003")
    home = await opens(gus)
    assert "You may not use the bot" in home
    assert "live.example.com" not in home
    assert set(controls(gus)) == {"home.refresh"}
    assert "You may not use the bot" in await presses(gus, "home.refresh")
