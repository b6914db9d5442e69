"""Who may do what, past every handler of the bot; and the record of who did."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from msgspec import structs
from sqlalchemy import select

from bot.asks import Ask
from bot.demo import CHANNEL, DOMAIN, Demo, running
from bot.live.model import StatusFilter
from bot.record import Deed, Entry, Outcome
from bot.roles import ADMINS, EVERYONE, Right
from bot.sandbox.slack import Fault
from bot.sandbox.slack.faults import FOREVER
from bot.sandbox.slack.printed import printed
from bot.settings import Grant, Settings
from bot.slack.incoming import Click, Command, Shortcut, Suggestion
from bot.store import Store
from bot.store.schema import metadata, subscriptions, watches
from bot.views.check_refs import CheckRef, pick_of
from bot.views.export_refs import ExportRef
from bot.views.follow_refs import HOUR, FollowKind, FollowRef, NoticeRef, WishRef
from bot.views.refs import ChoiceRef, FormRef, OpenRef, PageRef
from bot.watch.model import Subscription, Watch
from bot.watch.notices import NoticeKind, Told
from handlers import audit, front, routes
from handlers.requests import (
    AskRequest,
    AuditRequest,
    DefaultRequest,
    DeliveriesRequest,
    ExportRequest,
    HelpRequest,
    ListRequest,
    SubscribeRequest,
    TasksRequest,
    UnsubscribeRequest,
    WatchRequest,
)
from tests.end_to_end.people import ANNA, GENERAL, LIWEI, Person
from tests.end_to_end.test_check import checks
from tests.end_to_end.test_process import ran

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from handlers.requests import Request

GUS, EVA = "U0003", "U0004"
OUTSIDERS = [GUS, EVA]
TEAM = "T0001"
STREAMING = "S0001"
"""A user group that anna is in."""
OTHER, THIRD, FOLLOWED = "vip.example.com", "archive.example.com", "quiet.example.com"
URL = f"rtmp://{OTHER}/liveApp/cup"
ASK = Ask("default", OTHER)
TASK = Ask("default", OTHER, task_id="task-1")
STREAMS = Ask("", "", urls=(URL,))

REQUESTS: tuple[Request, ...] = (
    TasksRequest(domain=OTHER),
    WatchRequest(domain=OTHER),
    SubscribeRequest(domain=OTHER),
    UnsubscribeRequest(domain=FOLLOWED),
    ListRequest(),
    DeliveriesRequest(),
    ExportRequest(TasksRequest(domain=OTHER)),
    AuditRequest(),
    AuditRequest(as_json=True),
    AuditRequest(5, as_json=True),
    AskRequest(f"domain={OTHER}"),
    DefaultRequest(),
    DefaultRequest(domain=OTHER),
    DefaultRequest(clear=True),
    HelpRequest(),
)
TYPED, KEPT = {"command": f"watch domain={OTHER}"}, "9ada768ce18d0f46"
"""A command of a domain of several accounts, and the key under which it is kept."""
PAGE, CARD = PageRef.to(ASK).pack(), PageRef.to(TASK).pack()
SUBSCRIBED = FollowRef(FollowKind.SUBSCRIPTION, "sub1")
WATCHED = FollowRef(FollowKind.WATCH, "watch1")
TOLD = NoticeRef("sub1", "notice1")
WISHED = WishRef("watch1", ASK.key).pack()
VALUES = {
    "page.prev": PAGE,
    "page.next": PAGE,
    "page.refresh": PAGE,
    "page.status": ChoiceRef(ASK.key, StatusFilter.FAILED).pack(),
    "page.more": ChoiceRef(ASK.key, "last").pack(),
    "page.share": PAGE,
    "page.open": OpenRef(ASK.key, "task-1").pack(),
    "page.watch": PAGE,
    "card.refresh": CARD,
    "card.stream": PAGE,
    "card.watch": CARD,
    "check.prev": CheckRef(STREAMS.key).pack(),
    "check.next": CheckRef(STREAMS.key).pack(),
    "check.refresh": CheckRef(STREAMS.key).pack(),
    "check.watch": CheckRef(STREAMS.key).pack(),
    "check.account": CheckRef(STREAMS.key, picked=frozenset({pick_of(OTHER, "default")})).pack(),
    "export.cancel": ExportRef("export1").pack(),
    "form.open": FormRef().pack(),
    "widen": PAGE,
    "domain.pick": ChoiceRef(ASK.key, OTHER).pack(),
    "account.pick": ChoiceRef(ASK.key, "default").pack(),
    "account.command": ChoiceRef(KEPT, "default").pack(),
    "board.open": OpenRef(ASK.key, "task-1").pack(),
    "board.stop": WATCHED.pack(),
    "notice.mute": replace(TOLD, choice=HOUR).pack(),
    "notice.seen": TOLD.pack(),
    "notice.open": PAGE,
    "notice.unsubscribe": TOLD.pack(),
    "sub.mute": replace(SUBSCRIBED, choice=HOUR).pack(),
    "sub.remove": SUBSCRIBED.pack(),
    "sub.widen": replace(SUBSCRIBED, choice="complete,failed").pack(),
    "watch.stop": WATCHED.pack(),
    "watch.end": WATCHED.pack(),
    "watch.widen": WISHED,
    "watch.separately": WISHED,
    "home.refresh": "home",
    "home.open": PAGE,
    "home.mute": replace(SUBSCRIBED, choice=HOUR).pack(),
    "home.unsubscribe": SUBSCRIBED.pack(),
    "home.stop": WATCHED.pack(),
    "home.language": "zh",
    "home.zone": "Asia/Shanghai",
    "home.rows": "20",
}
"""For each control a value that does something, for who may."""
OWN = {
    "export.cancel",
    "form.open",
    "home.refresh",
    "home.language",
    "home.zone",
    "home.rows",
}
"""Controls of what is somebody's own, whatever domains they may query."""


def granting(*grants: Grant) -> Any:  # noqa: ANN401 - what adjusts settings
    def adjusted(settings: Settings) -> Settings:
        return settings.model_copy(update={"grants": grants})

    return adjusted


def grant(*to: str, may: Right, domains: frozenset[str] | None = None) -> Grant:
    return Grant(to=to, may=frozenset({may}), domains=domains)


@pytest.fixture
async def demo() -> AsyncIterator[Demo]:
    async with running() as demo:
        yield demo


@pytest.fixture
def anna(demo: Demo) -> Person:
    return Person(demo)


async def said_to(demo: Demo, user: str) -> str:
    """All that the bot has told a person directly; Slack minds no hurry."""
    demo.slack.rates._calls.clear()
    await demo.bot.jobs.idle()
    here = demo.slack.messages.seen_by(user, f"D{user[1:]}")
    return "\n".join(printed(message, zone="UTC") for message in here)


async def stored(demo: Demo, *but: str) -> dict[str, list[Any]]:
    """All rows of all tables but some, and those in which processes say that they are there."""
    but = (*but, "leases", "workers")
    async with demo.bot.desk.store.database.reading() as connection:
        return {
            table.name: [tuple(row) for row in await connection.execute(select(table))]
            for table in metadata.sorted_tables
            if table.name not in but
        }


async def recorded(demo: Demo) -> list[tuple[str, Deed, Outcome]]:
    entries = demo.bot.desk.store.record.all()
    return [(one.user_id, one.deed, one.outcome) async for one in entries]


def attempts(user: str) -> Iterator[tuple[str, Any]]:
    """Every way into the bot, with its name: as if each had been asked for directly."""
    command = Command("", TEAM, CHANNEL, user, response_url="")
    for request in REQUESTS:
        yield str(request), lambda desk, r=request: front.take_request(desk, command, r)
    for name in ("status=failed", "no such thing"):
        typed = structs.replace(command, text=name)
        yield name, lambda desk, c=typed: front.take_command(desk, c)
    for action_id in routes.CLICKS:
        click = Click(action_id, VALUES[action_id], TEAM, CHANNEL, user, "", in_private=True)
        yield action_id, lambda desk, c=click: front.take_click(desk, c)
    for callback_id in routes.SHORTCUTS:
        taken = Shortcut(callback_id, TEAM, CHANNEL, user, "", "", text=URL)
        yield callback_id, lambda desk, s=taken: front.take_shortcut(desk, s)


def test_every_way_into_the_bot_is_among_those_that_outsiders_try() -> None:
    assert {type(request) for request in REQUESTS} == set(routes.COMMANDS)
    assert set(VALUES) == set(routes.CLICKS)


# --- who may nothing ---


@pytest.mark.parametrize("user", OUTSIDERS)
async def test_outsiders_are_refused_by_everything_and_it_changes_and_asks_nothing(
    demo: Demo, user: str
) -> None:
    desk = demo.bot.desk
    await desk.keep([ASK, TASK, STREAMS])
    assert await desk.store.drafts.keep(TYPED) == KEPT
    before, heard = await stored(demo, "record"), ""
    for name, attempt in attempts(user):
        await attempt(desk)
        told = (await said_to(demo, user)).removeprefix(heard)
        assert "You may not use the bot." in told, name
        heard += told
    assert await stored(demo, "record") == before
    assert demo.live.arrivals == []
    made = await recorded(demo)
    assert {(who, outcome) for who, _, outcome in made} == {(user, Outcome.REFUSED)}
    assert {deed for _, deed, _ in made} == set(Deed) - {Deed.UNMUTE}


@pytest.mark.parametrize(
    ("control", "value", "deeds"),
    [
        ("page.more", ChoiceRef(ASK.key, "export").pack(), [Deed.EXPORT]),
        ("page.more", ChoiceRef(ASK.key, "last").pack(), []),
        ("page.more", "of an older version", []),
        ("account.command", ChoiceRef(KEPT, "default").pack(), [Deed.WATCH]),
        ("account.command", ChoiceRef("0123456789abcdef", "default").pack(), []),
    ],
)
async def test_what_an_outsider_chose_in_a_menu_is_recorded_if_it_would_have_done_something(
    demo: Demo, control: str, value: str, deeds: list[Deed]
) -> None:
    desk = demo.bot.desk
    await desk.keep([ASK])
    assert await desk.store.drafts.keep(TYPED) == KEPT
    click = Click(control, value, TEAM, CHANNEL, GUS, "", in_private=False)
    await front.take_click(desk, click)
    assert "You may not use the bot." in await said_to(demo, GUS)
    assert await recorded(demo) == [(GUS, deed, Outcome.REFUSED) for deed in deeds]


@pytest.mark.parametrize("user", OUTSIDERS)
async def test_outsiders_are_suggested_nothing(demo: Demo, user: str) -> None:
    for action_id in routes.SUGGESTIONS:
        suggestion = Suggestion(action_id, "live", TEAM, user)
        assert await front.suggested(demo.bot.desk, suggestion) == []
    for action_id in routes.SUGGESTIONS:
        suggestion = Suggestion(action_id, "live", TEAM, ANNA)
        assert await front.suggested(demo.bot.desk, suggestion) != []


async def test_a_guest_is_told_why_and_whom_to_ask(demo: Demo) -> None:
    said = await Person(demo, GUS).types("/preload status=failed")
    assert "You may not use the bot." in said
    assert "Guests may do only what is granted to them expressly." in said
    assert "Ask an admin of this workspace" in said
    assert "[[grants]]" in said


async def test_somebody_of_another_workspace_is_told_why(demo: Demo) -> None:
    said = await Person(demo, EVA).types("/preload help")
    assert "People of other workspaces may do only" in said


@pytest.mark.parametrize("user", OUTSIDERS)
async def test_outsiders_find_in_the_home_that_they_may_nothing(demo: Demo, user: str) -> None:
    before = await stored(demo, "record")
    await demo.slack.open_home(user)
    await demo.bot.jobs.idle()
    home = demo.slack.home(user)
    assert home is not None
    assert "You may not use the bot." in json.dumps(home.blocks)
    assert "live.example.com" not in json.dumps(home.blocks)
    assert await stored(demo, "record") == before


# --- who may something else ---


@pytest.mark.parametrize("user", OUTSIDERS)
async def test_whoever_may_query_one_domain_is_refused_by_everything_of_the_others(
    user: str,
) -> None:
    adjusted = granting(grant(user, may=Right.QUERY, domains=frozenset({THIRD})))
    async with running(adjusted=adjusted) as demo:
        desk = demo.bot.desk
        await desk.keep([ASK, TASK, STREAMS])
        assert await desk.store.drafts.keep(TYPED) == KEPT
        now = desk.now()
        until = now + timedelta(hours=1)
        followed = Ask("default", FOLLOWED)
        watch = Watch("watch1", TEAM, CHANNEL, followed, ANNA, now, until)
        key = watch.board_key
        board = Told(NoticeKind.BOARD, watch.id, key, TEAM, CHANNEL, now, until)
        await desk.store.watches.add(watch, board)
        await desk.store.subscriptions.add(
            Subscription("sub1", TEAM, CHANNEL, "default", FOLLOWED, ANNA, now)
        )
        before, heard = await followed_now(demo), ""
        of_others = [(name, one) for name, one in attempts(user) if name not in OWN]
        for name, attempt in of_others:
            await attempt(desk)
            told = (await said_to(demo, user)).removeprefix(heard)
            is_refused = "You may not" in told
            assert is_refused or not {OTHER, FOLLOWED}.intersection(told.split()), name
            assert is_refused or name not in routes.CLICKS, name
            heard += told
        assert await followed_now(demo) == before
        asked = [call.parameters.get("DomainName") for call in demo.live.arrivals]
        assert OTHER not in asked
        assert not {outcome for _, _, outcome in await recorded(demo)} & {Outcome.DONE}


async def followed_now(demo: Demo) -> object:
    """What people decided: the background writes down beside it what it reads."""
    whole = await stored(demo, "record", "drafts")
    async with demo.bot.desk.store.database.reading() as connection:
        told = (await connection.execute(select(subscriptions))).all()
        columns = watches.c
        shown = select(columns.id, columns.until, columns.ended_at, columns.ask, columns.name)
        watched = (await connection.execute(shown)).all()
    decided = ("channel_defaults", "exports", "preferences")
    return [told, watched, *(whole[name] for name in decided)]


async def test_a_guest_who_is_granted_a_domain_asks_about_that_one_and_sees_no_other() -> None:
    adjusted = granting(
        grant(EVERYONE, may=Right.SUBSCRIBE),
        grant(GUS, may=Right.QUERY, domains=frozenset({THIRD})),
    )
    async with running(adjusted=adjusted) as demo:
        gus = Person(demo, GUS)
        assert f"*{THIRD}" in await gus.types(f"/preload {THIRD}")
        assert f"You may not query {DOMAIN}." in await gus.types(f"/preload {DOMAIN}")
        assert DOMAIN not in await gus.types("/preload domain=liv.example.com")
        await Person(demo).types(f"/preload subscribe {OTHER}")
        await Person(demo).types(f"/preload subscribe {THIRD} in=#general")
        listed = await gus.types("/preload list all")
        assert THIRD in listed
        assert OTHER not in listed


async def test_who_may_only_query_is_shown_no_way_to_anything_else() -> None:
    async with running(adjusted=granting(grant(EVERYONE, GUS, may=Right.QUERY))) as demo:
        gus = Person(demo, GUS)
        await demo.bot.desk.store.subscriptions.add(
            Subscription("sub1", TEAM, CHANNEL, "default", DOMAIN, GUS, demo.bot.desk.now())
        )
        listed = await gus.types("/preload list")
        assert f"{DOMAIN}, told in" in listed
        assert gus.elements() == []
        assert "To begin" not in await Person(demo, GUS, GENERAL).types("/preload list")
        helped = await gus.types("/preload help")
        assert "`since`" in helped
        assert "`watch`" not in helped
        assert "`subscribe`" not in helped
        await demo.slack.open_home(GUS)
        await demo.bot.jobs.idle()
        home = demo.slack.home(GUS)
        assert home is not None
        assert f"{DOMAIN}, told in" in json.dumps(home.blocks)
        for control in ("home.mute", "home.unsubscribe", "/preload watch", "/preload subscribe"):
            assert control not in json.dumps(home.blocks)


async def test_who_may_only_query_gets_no_watch_button_and_a_shared_answer_keeps_it() -> None:
    adjusted = granting(
        grant(EVERYONE, may=Right.QUERY),
        grant(LIWEI, may=Right.WATCH, domains=frozenset({DOMAIN})),
    )
    async with running(adjusted=adjusted) as demo:
        anna, liwei = Person(demo), Person(demo, LIWEI)
        await anna.types(f"/preload {DOMAIN}")
        assert "page.more" in anna.controls()
        for control in ("page.next", "page.refresh", "page.more"):
            await anna.clicks(control)
            assert "page.refresh" in anna.controls()
            assert "page.watch" not in anna.controls()
        await anna.clicks("page.open")
        assert {"card.refresh", "card.stream"} == anna.controls()
        await anna.clicks("card.stream")
        assert "page.watch" not in anna.controls()
        await checks(anna, demo.slack.say(ANNA, CHANNEL, f"rtmp://{DOMAIN}/liveApp/cup"))
        assert "check.refresh" in anna.controls()
        assert "check.watch" not in anna.controls()
        await anna.types(f"/preload {DOMAIN} public")
        assert "page.watch" in anna.controls()
        await liwei.types(f"/preload {DOMAIN}")
        assert "page.watch" in liwei.controls()
        await liwei.types(f"/preload {OTHER}")
        assert "page.watch" not in liwei.controls()


async def test_the_domains_to_pick_from_are_those_that_may_be_queried() -> None:
    adjusted = granting(grant(EVERYONE, may=Right.QUERY, domains=frozenset({OTHER, THIRD})))
    async with running(adjusted=adjusted) as demo:
        liwei = Person(demo, LIWEI, GENERAL)
        await liwei.types("/preload")
        [menu] = [one for one in liwei.elements() if one["action_id"] == "domain.pick"]
        assert {one["text"]["text"] for one in menu["options"]} == {OTHER, THIRD}


# --- groups, channels, admins ---


async def test_a_right_of_a_group_is_of_those_who_are_in_it() -> None:
    adjusted = granting(grant(EVERYONE, may=Right.QUERY), grant(STREAMING, may=Right.SUBSCRIBE))
    async with running(adjusted=adjusted) as demo:
        assert "is told of" in await Person(demo).types(f"/preload subscribe {OTHER}")
        said = await Person(demo, LIWEI).types(f"/preload subscribe {THIRD}")
        assert "您无权更改频道对" in said


async def test_while_slack_does_not_tell_of_a_group_what_hinges_on_it_is_not_known() -> None:
    of_group = grant(STREAMING, may=Right.SUBSCRIBE, domains=frozenset({OTHER}))
    async with running(adjusted=granting(of_group)) as demo:
        failing = Fault("usergroups.users.list", error="internal_error", times=FOREVER)
        demo.slack.faults.add(failing)
        anna, text = Person(demo), f"/preload subscribe {OTHER}"
        said = await anna.types(text)
        assert f"Slack does not say whether you are in <!subteam^{STREAMING}>" in said
        assert await recorded(demo) == []
    async with running(adjusted=granting(of_group, grant(ANNA, may=Right.QUERY))) as demo:
        demo.slack.faults.add(failing)
        anna = Person(demo)
        assert f"*{THIRD}" in await anna.types(f"/preload {THIRD}")
        assert "Slack does not say whether you are in" in await anna.types(text)
        refused = await anna.types(f"/preload subscribe {THIRD}")
        assert f"You may not change what channels are told of {THIRD}." in refused
        assert await recorded(demo) == [(ANNA, Deed.SUBSCRIBE, Outcome.REFUSED)]


async def test_a_right_of_a_channel_is_of_whoever_asks_there_but_not_of_guests() -> None:
    adjusted = granting(grant(GENERAL, may=Right.QUERY))
    async with running(adjusted=adjusted) as demo:
        anna = Person(demo)
        said = await anna.types(f"/preload {DOMAIN}")
        assert "You may not use the bot." in said
        assert "Whoever asks in #general may." in said
        anna.channel = GENERAL
        assert f"*{DOMAIN}" in await anna.types(f"/preload {DOMAIN}")
        assert "You may not" in await Person(demo, GUS, GENERAL).types(f"/preload {DOMAIN}")


async def test_unless_it_is_set_a_member_watches_and_only_admins_subscribe() -> None:
    async with running(adjusted=granting()) as demo:
        liwei, anna = Person(demo, LIWEI), Person(demo)
        said = await liwei.types(f"/preload subscribe {OTHER}")
        assert f"您无权更改频道对 {OTHER} 的订阅" in said
        assert "请联系本工作区的管理员" in said
        assert "关注" in await liwei.types(f"/preload watch {OTHER} status=failed")
        helped = await liwei.types("/preload help")
        assert "`watch`" in helped
        assert "`subscribe`" not in helped
        assert "is told of" in await anna.types(f"/preload subscribe {OTHER}")
        await liwei.types("/preload list")
        assert "watch.stop" in liwei.controls()
        assert not {"sub.mute", "sub.remove"} & liwei.controls()


async def test_both_people_of_the_demo_can_try_subscribing(demo: Demo, anna: Person) -> None:
    assert "is told of" in await anna.types(f"/preload subscribe {OTHER}")
    assert THIRD in await Person(demo, LIWEI).types(f"/preload 订阅 {THIRD}")
    assert [outcome for *_, outcome in await recorded(demo)] == [Outcome.DONE] * 2


async def test_only_admins_set_a_channel_s_default_domain(demo: Demo, anna: Person) -> None:
    liwei = Person(demo, LIWEI)
    assert "您无权管理" in await liwei.types(f"/preload default {OTHER}")
    assert DOMAIN in await liwei.types("/preload default")
    assert OTHER in await anna.types(f"/preload default {OTHER}")
    assert await recorded(demo) == [
        (LIWEI, Deed.SET_DEFAULT, Outcome.REFUSED),
        (ANNA, Deed.SET_DEFAULT, Outcome.DONE),
    ]


async def test_an_administrator_of_some_domains_leaves_the_defaults_of_others_alone() -> None:
    adjusted = granting(
        grant(EVERYONE, may=Right.QUERY),
        grant(ADMINS, may=Right.ADMINISTER, domains=frozenset({OTHER})),
    )
    async with running(adjusted=adjusted) as demo:
        anna = Person(demo)
        said = await anna.types(f"/preload default {OTHER}")
        assert f"You may not administer {DOMAIN}." in said
        anna.channel = GENERAL
        assert OTHER in await anna.types(f"/preload default {OTHER}")


# --- the record ---


async def test_what_people_do_is_recorded_with_what_came_of_it(demo: Demo, anna: Person) -> None:
    await anna.types(f"/preload subscribe {OTHER}")
    await anna.types(f"/preload subscribe {OTHER} status=pending")
    await anna.clicks("sub.widen")
    await anna.types(f"/preload watch {URL} name=Cup")
    await anna.clicks("watch.end")
    await anna.types("/preload list")
    await anna.clicks("sub.mute", "for 1 hour")
    await anna.types(f"/preload unsubscribe {OTHER}")
    assert await recorded(demo) == [
        (ANNA, Deed.SUBSCRIBE, Outcome.DONE),
        (ANNA, Deed.SUBSCRIBE, Outcome.FAILED),
        (ANNA, Deed.WIDEN, Outcome.DONE),
        (ANNA, Deed.WATCH, Outcome.DONE),
        (ANNA, Deed.STOP_WATCH, Outcome.DONE),
        (ANNA, Deed.MUTE, Outcome.DONE),
        (ANNA, Deed.UNSUBSCRIBE, Outcome.DONE),
    ]


async def test_what_only_looks_is_not_recorded(demo: Demo, anna: Person) -> None:
    for text in ("/preload", "/preload list all", "/preload deliveries", "/preload help"):
        await anna.types(text)
    assert await recorded(demo) == []


async def test_administrators_read_the_record_and_others_do_not(demo: Demo, anna: Person) -> None:
    await anna.types(f"/preload subscribe {OTHER}")
    said = await anna.types("/preload audit")
    assert "*Subscribe*" in said
    assert OTHER in said
    assert "您无权管理此机器人" in await Person(demo, LIWEI).types("/preload audit")


async def test_so_many_entries_are_not_called_notices(anna: Person) -> None:
    assert "The number is from 1 to 50, not 0." in await anna.types("/preload audit 0")


async def test_the_whole_record_comes_as_a_file_of_json_lines(demo: Demo, anna: Person) -> None:
    assert "Nothing stands in the record yet" in await anna.types("/preload audit json")
    await anna.types(f"/preload watch {URL}?auth_key=5ecre7")
    await anna.types(f"/preload subscribe {OTHER}")
    assert "direct message" in await anna.types("/preload audit json")
    [file] = demo.slack.files.values()
    assert file.name.endswith(".jsonl")
    assert file.content is not None
    text = file.content.decode()
    assert "5ecre7" not in text
    lines = [json.loads(line) for line in text.splitlines()]
    assert [line["deed"] for line in lines] == ["watch", "subscribe"]


def sent_lines(demo: Demo) -> tuple[list[dict[str, Any]], str]:
    """The entries in the only file that was sent, and what was said with it."""
    [file] = demo.slack.files.values()
    content = (file.content or b"").decode()
    return [json.loads(line) for line in content.splitlines()], file.comment


@pytest.mark.parametrize(
    ("fault", "said", "advice"),
    [
        (Fault("files.completeUploadExternal", status=500), "did not take", "look for it before"),
        (Fault("conversations.open", times=FOREVER, status=500), "did not take", "in a minute"),
        (Fault("conversations.open", error="user_disabled"), "does not take", "the bot runs"),
    ],
    ids=["of unknown outcome", "not arrived", "refused"],
)
async def test_of_a_record_that_slack_failed_to_take_it_is_said_whether_it_may_have_arrived(
    anna: Person, demo: Demo, fault: Fault, said: str, advice: str
) -> None:
    await anna.types(f"/preload subscribe {OTHER}")
    demo.slack.faults.add(fault)
    text = await anna.types("/preload audit json")
    assert f"Slack {said} the file" in text
    assert advice in text
    assert ("may have arrived" in text) is (fault.method == "files.completeUploadExternal")
    assert "Where the bot runs, `preload-bot audit` prints it." in text


@pytest.mark.parametrize("text", ["/preload audit json 2", "/preload audit 2 json"])
async def test_a_file_holds_as_many_of_the_latest_entries_as_were_asked_for(
    demo: Demo, anna: Person, text: str
) -> None:
    for domain in (OTHER, THIRD, FOLLOWED):
        await anna.types(f"/preload subscribe {domain}")
    await anna.types(text)
    lines, comment = sent_lines(demo)
    assert [line["about"]["domain"] for line in lines] == [THIRD, FOLLOWED]
    assert "older" not in comment


@pytest.mark.parametrize(("most", "says_so"), [(2, True), (3, False)])
async def test_a_file_without_the_oldest_entries_says_so(
    demo: Demo, anna: Person, monkeypatch: pytest.MonkeyPatch, most: int, says_so: bool
) -> None:
    monkeypatch.setattr(audit, "MOST_LINES", most)
    for domain in (OTHER, THIRD, FOLLOWED):
        await anna.types(f"/preload subscribe {domain}")
    await anna.types("/preload audit json")
    lines, comment = sent_lines(demo)
    assert len(lines) == most
    assert ("Older ones are not in the file" in comment) is says_so


async def test_a_record_that_slack_does_not_take_is_printed_where_the_bot_runs(
    demo: Demo, anna: Person
) -> None:
    await anna.types(f"/preload subscribe {OTHER}")
    demo.slack.faults.add(Fault("files.getUploadURLExternal", error="missing_scope"))
    said = await anna.types("/preload audit json")
    assert "missing_scope" in said
    assert "preload-bot audit" in said


async def test_who_administers_some_domains_reads_what_was_done_to_those() -> None:
    adjusted = granting(
        grant(EVERYONE, may=Right.SUBSCRIBE),
        grant(LIWEI, may=Right.ADMINISTER, domains=frozenset({OTHER})),
    )
    async with running(adjusted=adjusted) as demo:
        anna = Person(demo)
        await anna.types(f"/preload subscribe {OTHER}")
        await anna.types(f"/preload subscribe {THIRD}")
        said = await Person(demo, LIWEI).types("/preload audit")
        assert OTHER in said
        assert THIRD not in said


async def test_the_record_is_printed_for_whatever_ships_logs(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'bot.sqlite3'}"
    at = datetime(2026, 11, 22, 19, 42, tzinfo=UTC)
    async with Store.open(url) as store:
        for deed in (Deed.WATCH, Deed.MUTE):
            await store.record.begin(Entry(0, at, TEAM, CHANNEL, ANNA, deed))
    code, out, _ = await ran("audit", DATABASE_URL=url)
    lines = [json.loads(line) for line in out.splitlines()]
    assert code == 0
    assert [(line["deed"], line["outcome"]) for line in lines] == [
        ("watch", "begun"),
        ("mute", "begun"),
    ]
