"""The message shortcut "Check these streams", as people take it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from bot.checking import Finding, Source, Unsettled
from bot.demo import running
from bot.live.model import TaskState
from bot.roles import EVERYONE, Right
from bot.sandbox.live import HANG, UNAVAILABLE, Refuse
from bot.sandbox.slack import Fault
from bot.sandbox.slack.printed import printed
from bot.settings import Grant
from bot.slack.channels import ChannelFacts, Channels
from bot.slack.incoming import Command
from handlers import lookups, watches
from tests.end_to_end.people import GENERAL, LIVE_OPS, LIWEI, Person

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.asks import Answer, Ask, Place
    from bot.demo import Demo
    from bot.sandbox.slack import Message
    from bot.settings import Settings

CUP_FINAL = "C0003"
NOBODY = "rtmp://live.example.com/liveApp/nobody"
GREEN = "✅"


def played(demo: Demo, domain: str, count: int) -> list[str]:
    """Play URLs that there are tasks of, the newest first."""
    tasks = sorted(demo.live.world.tasks, key=lambda task: task.created, reverse=True)
    now = datetime.now(UTC)
    urls = [task.url for task in tasks if task.domain == domain and task.created <= now]
    return list(dict.fromkeys(urls))[:count]


async def checks(person: Person, message: Message) -> str:
    """Take the shortcut of a message; returns the answer as it stands when the bot is done."""
    slack = person.demo.slack
    mark = slack.messages.mark
    outcome = await slack.message_shortcut(person.user, message.id, "check")
    assert outcome.ok, outcome.error
    await person.demo.bot.jobs.idle()
    person.read = await slack.settled(person.user, after=mark)
    return printed(person.read, zone="UTC")


async def test_each_stream_of_a_message_is_looked_up_those_without_a_task_first(
    anna: Person, demo: Demo
) -> None:
    urls = played(demo, "live.example.com", 6)
    text = f"Tonight, please check: {urls[0]}, {NOBODY}\n" + "\n".join(f"• {url}" for url in urls)
    said = await checks(anna, demo.slack.say(anna.user, LIVE_OPS, text))
    assert "of 7 ready* · 1 without a task" in said
    assert anna.table()[0][:2] == ["❔ no task", "liveApp/nobody"]
    assert len(anna.table()) == 7
    assert "observed" in said
    assert anna.read is not None
    assert anna.read.only_visible_to == anna.user


async def test_the_answer_is_in_the_reader_s_language(liwei: Person, demo: Demo) -> None:
    text = f"请检查{NOBODY}，谢谢"
    said = await checks(liwei, demo.slack.say("U0001", LIVE_OPS, text))
    assert "1 路中 0 路已完成" in said
    assert "无预热任务" in said


async def test_a_list_that_is_attached_is_read(anna: Person, demo: Demo) -> None:
    urls = played(demo, "live.example.com", 3)
    rows = ["流,Play URL,Start", *(f'"cup",{url},19:30' for url in urls), f"x,{NOBODY},20:00"]
    content = "\r\n".join(rows).encode("utf-16")
    message = demo.slack.upload(anna.user, LIVE_OPS, "cup final.csv", content, "The runsheet")
    said = await checks(anna, message)
    assert "of 4 ready* · 1 without a task" in said
    assert "not read" not in said


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("cup.m3u", "#EXTM3U\n#EXTINF:-1,cup\n{}"),
        ("cup.M3U8", "#EXTM3U\n#EXTINF:-1,cup\n{}"),
        ("cup.json", '{{"streams": ["{}"]}}'),
    ],
)
async def test_playlists_and_what_programs_write_are_lists_too(
    anna: Person, demo: Demo, name: str, text: str
) -> None:
    [url] = played(demo, "live.example.com", 1)
    listed = f"{url}&side=2".replace("/", r"\/").replace("&", r"\u0026") if "json" in name else url
    message = demo.slack.upload(anna.user, LIVE_OPS, name, text.format(listed).encode())
    assert "1 " in await checks(anna, message)
    assert anna.table()[0][1].startswith("liveApp/")


async def test_an_address_without_its_protocol_is_not_said_to_have_no_task(
    anna: Person, demo: Demo
) -> None:
    [url] = played(demo, "live.example.com", 1)
    bare = url.partition("://")[2]
    listed = demo.slack.upload(anna.user, LIVE_OPS, "cup.csv", f"cup,{bare}\n".encode(), url)
    spoken = demo.slack.say(anna.user, LIVE_OPS, f"{url} <http://{bare}|{bare}>")
    for message in (listed, spoken):
        said = await checks(anna, message)
        assert len(anna.table()) == 1
        assert "no task" not in said
        assert "1 address was not looked up, as it is written without its protocol" in said
        said = await anna.clicks("check.refresh")
        assert "1 address was not looked up" in said
        assert GREEN not in said.splitlines()[1]
    said = await checks(anna, demo.slack.say(anna.user, LIVE_OPS, f"<http://{bare}|{bare}>"))
    assert "There is no play URL in this message" in said
    assert "written without its protocol" in said


async def test_a_question_of_an_address_without_its_protocol_is_refused_with_what_may_be_meant(
    anna: Person,
) -> None:
    said = await anna.types("/preload url=live.example.com/liveApp/cup_main")
    assert "a play URL begins with rtmp:// or http://" in said
    assert "Did you mean `rtmp://live.example.com/liveApp/cup_main`?" in said
    assert "no task" not in said


async def test_a_host_in_capitals_is_the_same_host(anna: Person, demo: Demo) -> None:
    [url] = played(demo, "live.example.com", 1)
    shouted = url.replace("rtmp://live.example.com", "RTMP://LIVE.example.com")
    assert shouted != url
    await checks(anna, demo.slack.say(anna.user, LIVE_OPS, f"{shouted} {url}"))
    [row] = anna.table()
    assert row[0] != "❔ no task"
    assert "no task" not in await anna.types(f"/preload url={shouted}")


async def test_a_list_that_the_app_may_not_read_is_told_with_the_mend(
    anna: Person, demo: Demo
) -> None:
    demo.slack.faults.missing_scopes.add("files:read")
    message = demo.slack.upload(anna.user, LIVE_OPS, "cup.csv", NOBODY.encode())
    said = await checks(anna, message)
    assert "There is no play URL in this message" in said
    assert "`cup.csv`: not read, Slack does not show it to the bot" in said
    assert "files:read" in said


async def test_a_list_where_the_bot_is_not_a_member_is_told_with_the_mend_and_read_after_it(
    liwei: Person, demo: Demo
) -> None:
    message = demo.slack.upload(liwei.user, CUP_FINAL, "cup.csv", NOBODY.encode())
    said = await checks(liwei, message)
    assert "`cup.csv`：未读取" in said
    assert "`/invite @preload`" in said
    assert "files:read" in said
    demo.slack.joined.add(CUP_FINAL)
    assert "1 路中 0 路已完成" in await checks(liwei, message)


async def test_what_is_attached_and_no_list_is_named(liwei: Person, demo: Demo) -> None:
    content = b"PK\x03\x04" + bytes(100)
    message = demo.slack.upload(LIWEI, LIVE_OPS, "plan.xlsx", content, NOBODY)
    said = await checks(liwei, message)
    assert "`plan.xlsx`：未读取，不是文本文件" in said
    assert "无预热任务" in said


async def test_a_forwarded_message_is_read_with_its_list(anna: Person, demo: Demo) -> None:
    content = b"rtmp://live.example.com/liveApp/spare"
    original = demo.slack.upload(LIWEI, GENERAL, "cup.csv", content, f"tonight: {NOBODY}")
    message = demo.slack.forward(anna.user, LIVE_OPS, original.id, "please check")
    said = await checks(anna, message)
    assert "0 of 2 ready* · 2 without a task" in said
    assert {row[1] for row in anna.table()} == {"liveApp/nobody", "liveApp/spare"}
    assert "not read" not in said
    assert "tonight: " in printed(message, zone="UTC")


async def test_of_many_lists_the_first_five_are_read_and_the_others_named(
    anna: Person, demo: Demo
) -> None:
    urls = [f"rtmp://live.example.com/liveApp/cup{number}" for number in range(7)]
    files = [(f"{number}.txt", url.encode()) for number, url in enumerate(urls)]
    said = await checks(anna, demo.slack.attach(anna.user, LIVE_OPS, files))
    assert "of 5 ready" in said
    assert "`5.txt`, `6.txt`: not read, only the first 5 files are read" in said


EVA = "U0004"
"""Of another workspace: of her files apps are told no more than that they are there."""


async def test_a_list_of_another_workspace_is_asked_for_and_read(anna: Person, demo: Demo) -> None:
    spare = b"rtmp://live.example.com/liveApp/spare"
    files = [("cup.csv", NOBODY.encode()), ("stage.png", b"\x89PNG\x00"), ("plan.xlsx", b"PK\x03")]
    message = demo.slack.attach(EVA, LIVE_OPS, [*files, ("spare.txt", spare)])
    said = await checks(anna, message)
    assert "0 of 2 ready* · 2 without a task" in said
    assert "`plan.xlsx`: not read, not a text file" in said
    assert "stage.png" not in said
    forwarded = demo.slack.forward(anna.user, LIVE_OPS, message.id)
    assert "0 of 2 ready* · 2 without a task" in await checks(anna, forwarded)


@pytest.mark.parametrize("error", ["missing_scope", "file_not_found"])
async def test_a_list_of_another_workspace_that_is_not_shown_is_told_with_the_mend(
    anna: Person, demo: Demo, error: str
) -> None:
    if error == "missing_scope":
        demo.slack.faults.missing_scopes.add("files:read")
    place = LIVE_OPS if error == "missing_scope" else CUP_FINAL
    message = demo.slack.upload(EVA, place, "cup.csv", NOBODY.encode())
    said = await checks(anna, message)
    [file] = message.files
    assert f"`{file['id']}`: not read, Slack does not show it to the bot" in said


async def test_a_list_that_slack_says_nothing_of_is_told_to_come_later(
    anna: Person, demo: Demo
) -> None:
    message = demo.slack.upload(EVA, LIVE_OPS, "cup.csv", NOBODY.encode())
    demo.slack.faults.add(Fault("files.info", status=503))
    assert "Slack does not give it; try again in a minute" in await checks(anna, message)
    assert "0 of 1 ready" in await checks(anna, message)


async def test_a_list_that_was_deleted_is_said_to_be(anna: Person, demo: Demo) -> None:
    message = demo.slack.upload(EVA, LIVE_OPS, "cup.csv", NOBODY.encode())
    demo.slack.faults.add(Fault("files.info", error="file_deleted"))
    [file] = message.files
    assert f"`{file['id']}`: not read, it has been deleted" in await checks(anna, message)


async def test_lists_of_the_same_name_are_each_read_or_named(anna: Person, demo: Demo) -> None:
    main, spare = "rtmp://live.example.com/liveApp/main", "rtmp://live.example.com/liveApp/spare"
    lists = [main.encode(), b"PK\x03\x04\x00\xff", spare.encode(), b"PK\x03\x04\x00\xff"]
    message = demo.slack.attach(anna.user, LIVE_OPS, [("list.csv", one) for one in lists])
    said = await checks(anna, message)
    assert "of 2 ready" in said
    assert "`list.csv`, `list.csv`: not read, not a text file" in said
    assert "2 attached files were not read" in await anna.clicks("check.refresh")


async def test_a_picture_beside_the_urls_is_nothing_to_speak_of(anna: Person, demo: Demo) -> None:
    message = demo.slack.upload(anna.user, LIVE_OPS, "stage.png", b"\x89PNG\x00", NOBODY)
    said = await checks(anna, message)
    assert "0 of 1 ready" in said
    assert "stage.png" not in said


async def test_a_text_that_is_none_is_said_not_to_be(anna: Person, demo: Demo) -> None:
    message = demo.slack.upload(anna.user, LIVE_OPS, "list.csv", b"PK\x03\x04\x00\xff", NOBODY)
    assert "`list.csv`: not read, not a text file" in await checks(anna, message)


async def test_a_message_without_urls_is_told_how_to_name_streams(anna: Person, demo: Demo) -> None:
    said = await checks(anna, demo.slack.say(anna.user, LIVE_OPS, "Kick-off is at 19:30"))
    assert "There is no play URL in this message" in said
    assert "rtmp://live.example.com/app/stream" in said


async def test_a_url_named_in_chinese_is_said_to_be_no_play_url(anna: Person, demo: Demo) -> None:
    url = "rtmp://live.example.com/liveApp/主路"
    said = await checks(anna, demo.slack.say(anna.user, LIVE_OPS, f"请检查 {url}，{NOBODY}"))
    assert f"1 address is no play URL: `{url}`" in said
    assert "0 of 1 ready* · 1 without a task" in said
    alone = await checks(anna, demo.slack.say(anna.user, LIVE_OPS, url))
    assert "There is no play URL in this message" in alone
    assert f"1 address is no play URL: `{url}`" in alone


async def test_a_message_is_checked_where_the_bot_is_not_a_member_and_not_watched_there(
    anna: Person, demo: Demo
) -> None:
    message = demo.slack.say(anna.user, CUP_FINAL, NOBODY)
    assert "0 of 1 ready* · 1 without a task" in await checks(anna, message)
    assert anna.read is not None
    assert anna.read.channel == CUP_FINAL
    said = await anna.clicks("check.watch")
    assert "The bot is not in" in said
    assert "/invite" in said
    assert not await demo.bot.desk.store.watches.active()


async def test_domains_that_no_account_has_are_named_and_not_asked_about(
    anna: Person, demo: Demo
) -> None:
    asked = len(demo.live.arrivals)
    text = f"https://docs.example.org/runsheet {NOBODY}"
    said = await checks(anna, demo.slack.say(anna.user, LIVE_OPS, text))
    assert "1 URL is of no domain that an account has: docs.example.org" in said
    about = {arrival.parameters["DomainName"] for arrival in demo.live.arrivals[asked:]}
    assert about == {"live.example.com"}


async def test_a_stream_is_found_whatever_signature_its_newest_task_was_submitted_with(
    anna: Person, demo: Demo
) -> None:
    url = "http://quiet.example.com/app/main.flv"
    for number, outcome in ((1, "complete"), (2, "failed")):
        created = datetime.now(UTC) - timedelta(minutes=70 - 20 * number)
        signed = f"{url}?auth_key={number}-0-0-f00d"
        demo.live.world.add(signed, created=created, outcome=outcome)  # type: ignore[arg-type] # one of the two
    for typed in (url, f"{url}?auth_key=1-0-0-f00d"):
        said = await checks(anna, demo.slack.say(anna.user, LIVE_OPS, typed))
        assert "0 of 1 ready* · 1 failed" in said
        assert GREEN not in said


@pytest.mark.parametrize("demo", ["http"], indirect=True)
@pytest.mark.parametrize(("hours_ago", "finding"), [(1, TaskState.FAILED), (48, Unsettled.UNSURE)])
async def test_among_too_many_tasks_a_signed_stream_is_settled_by_the_latest_and_else_not_ready(
    demo: Demo, hours_ago: int, finding: Finding
) -> None:
    domain = "archive.example.com"
    url = f"http://{domain}/app/main.flv"
    for number, outcome in ((1, "complete"), (2, "failed")):
        created = datetime.now(UTC) - timedelta(hours=hours_ago, minutes=-20 * number)
        signed, window = f"{url}?auth_key={number}-0-0-f00d", (created, created + timedelta(days=3))
        demo.live.world.add(signed, created=created, outcome=outcome, window=window)  # type: ignore[arg-type] # one of the two
    desk = demo.bot.desk.serving(Command("", "T0001", LIVE_OPS, "U0001", ""))
    asked = len(demo.live.arrivals)
    old, bare = f"{url}?auth_key=1-0-0-f00d", f"http://{domain}/app/other.flv"
    plain = next(url for url in played(demo, domain, 9) if "?" not in url)
    found = await lookups.checked(desk, Source((old, bare, plain)))
    now = datetime.now(UTC)
    findings = {line.url: line.finding(now) for line in found.lines}
    assert findings[old] is finding
    assert findings[bare] is Unsettled.NOT_FOUND
    assert isinstance(findings[plain], TaskState)
    sure = {line.url for line in found.lines if line.is_sure}
    assert sure == ({plain} if finding is Unsettled.UNSURE else {plain, old})
    assert len(demo.live.arrivals) - asked <= 4


async def test_a_refresh_looks_again_and_a_long_list_has_pages(anna: Person, demo: Demo) -> None:
    urls = [f"rtmp://live.example.com/liveApp/planned_{number}" for number in range(45)]
    await checks(anna, demo.slack.say(anna.user, LIVE_OPS, "\n".join(urls)))
    assert len(anna.table()) == 20
    first = anna.read
    assert "streams 21–40 of 45" in await anna.clicks("check.next")
    await anna.clicks("check.next")
    assert len(anna.table()) == 5
    demo.live.world.add(urls[44], created=datetime.now(UTC) - timedelta(minutes=5))
    said = await anna.clicks("check.refresh")
    assert "44 without a task" in said
    assert anna.read is not None
    assert first is not None
    assert anna.read.id == first.id


async def test_what_is_checked_can_be_watched_a_watch_for_each_domain(
    anna: Person, demo: Demo
) -> None:
    urls = [*played(demo, "live.example.com", 3), *played(demo, "vip.example.com", 2)]
    await checks(anna, demo.slack.say(anna.user, LIVE_OPS, " ".join(urls)))
    await anna.clicks("check.watch")
    watches = await demo.bot.desk.store.watches.active()
    assert {watch.ask.domain: len(watch.ask.urls) for watch in watches} == {
        "live.example.com": 3,
        "vip.example.com": 2,
    }
    assert {watch.owner for watch in watches} == {anna.user}


async def test_their_channel_is_looked_up_once(
    anna: Person, demo: Demo, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []
    look = Channels.look

    async def noted(channels: Channels, channel_id: str) -> ChannelFacts:
        looked.append(channel_id)
        return await look(channels, channel_id)

    monkeypatch.setattr(Channels, "look", noted)
    urls = [*played(demo, "live.example.com", 2), *played(demo, "vip.example.com", 2)]
    await checks(anna, demo.slack.say(anna.user, LIVE_OPS, " ".join(urls)))
    await anna.clicks("check.watch")
    assert len(await demo.bot.desk.store.watches.active()) == 2
    assert looked == [LIVE_OPS]


def watching(*domains: str) -> Callable[[Settings], Settings]:
    """Everybody may query everything, and watch these domains alone."""
    grants = (
        Grant(to=(EVERYONE,), may=frozenset({Right.QUERY})),
        Grant(to=(EVERYONE,), may=frozenset({Right.WATCH}), domains=frozenset(domains)),
    )
    return lambda settings: settings.model_copy(update={"grants": grants})


async def test_a_domain_that_may_not_be_watched_costs_the_others_no_watch() -> None:
    async with running(adjusted=watching("vip.example.com")) as demo:
        anna = Person(demo)
        text = f"{NOBODY} rtmp://vip.example.com/liveApp/cup rtmp://vip.example.com/liveApp/spare"
        await checks(anna, demo.slack.say(anna.user, LIVE_OPS, text))
        said = await anna.clicks("check.watch")
        assert "You may not watch live.example.com." in said
        [watch] = await demo.bot.desk.store.watches.active()
        assert (watch.ask.domain, len(watch.ask.urls)) == ("vip.example.com", 2)
        assert not any("not all streams are watched" in one for one in anna.sees())


async def test_all_domains_that_may_not_be_watched_are_named() -> None:
    async with running(adjusted=watching("quiet.example.com")) as demo:
        anna = Person(demo)
        text = f"rtmp://quiet.example.com/a/cup {NOBODY} rtmp://vip.example.com/liveApp/cup"
        await checks(anna, demo.slack.say(anna.user, LIVE_OPS, text))
        await anna.clicks("check.watch")
        [watch] = await demo.bot.desk.store.watches.active()
        assert watch.ask.domain == "quiet.example.com"
        [said] = [one for one in anna.sees() if "not all streams are watched" in one]
        assert "vip.example.com: You may not watch vip.example.com." in said
        assert "live.example.com: You may not watch live.example.com." in said


@pytest.mark.parametrize("demo", ["http"], indirect=True)
async def test_a_channel_with_no_room_for_one_more_watch_still_says_what_is_watched_already(
    anna: Person, demo: Demo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watches, "MOST_WATCHES", 1)
    await anna.types(f"/preload watch {NOBODY}")
    text = f"rtmp://vip.example.com/liveApp/cup {NOBODY}"
    await checks(anna, demo.slack.say(anna.user, LIVE_OPS, text))
    before = len(anna.sees())
    await anna.clicks("check.watch")
    said = anna.sees()[before:]
    assert "stop one first" in said[1]
    assert "already" in said[0]


async def test_more_urls_than_one_watch_takes_are_watched_by_several_with_names(
    anna: Person, demo: Demo
) -> None:
    urls = [f"rtmp://live.example.com/liveApp/planned_{number}" for number in range(130)]
    content = "\n".join(urls).encode()
    await checks(anna, demo.slack.upload(anna.user, LIVE_OPS, "list.txt", content))
    await anna.clicks("check.watch")
    watches = await demo.bot.desk.store.watches.active()
    assert {watch.name: len(watch.ask.urls) for watch in watches} == {
        "live.example.com, URLs 1–100 of 130": 100,
        "live.example.com, URLs 101–130 of 130": 30,
    }


async def test_a_task_is_opened_from_its_line(anna: Person, demo: Demo) -> None:
    [url] = played(demo, "live.example.com", 1)
    await checks(anna, demo.slack.say(anna.user, LIVE_OPS, url))
    card = await anna.clicks("page.open")
    assert "Task ID" in card


async def test_a_slow_api_is_announced_and_a_dead_one_explained_without_green(
    anna: Person, demo: Demo
) -> None:
    message = demo.slack.say(anna.user, LIVE_OPS, " ".join(played(demo, "live.example.com", 3)))
    demo.live.faults.inject(HANG)
    said = await checks(anna, message)
    assert "0 of 3 ready* · 3 not looked up" in said
    assert "live.example.com: could not be read now" in said
    assert GREEN not in said
    assert not any("Looking up" in one for one in anna.sees())
    demo.live.faults.clear()
    assert "not looked up" not in await anna.clicks("check.refresh")
    demo.live.faults.inject(UNAVAILABLE)
    said = await anna.clicks("check.refresh")
    assert GREEN not in said
    assert "0 of 3 ready" in said


@pytest.mark.parametrize("demo", ["http"], indirect=True)
async def test_a_stream_with_hundreds_of_tasks_is_known_as_well(demo: Demo) -> None:
    urls = [f"rtmp://live.example.com/liveApp/busy_{number}" for number in range(10)]
    newest = {}
    for minutes in range(40, 0, -1):
        for url in urls:
            created = datetime.now(UTC) - timedelta(minutes=minutes)
            newest[url] = demo.live.world.add(url, created=created).task_id
    desk = demo.bot.desk.serving(Command("", "T0001", LIVE_OPS, "U0001", ""))
    found = await lookups.checked(desk, Source((*urls, NOBODY)))
    assert all(line.is_known for line in found.lines)
    assert {line.url: line.task.task_id for line in found.lines if line.task} == newest
    assert [line.url for line in found.lines if line.task is None] == [NOBODY]


@pytest.mark.parametrize("demo", ["http"], indirect=True)
async def test_one_domain_in_trouble_costs_the_others_nothing(demo: Demo) -> None:
    urls = (*played(demo, "live.example.com", 2), *played(demo, "vip.example.com", 2))
    desk = demo.bot.desk.serving(Command("", "T0001", LIVE_OPS, "U0001", ""))
    demo.live.faults.inject(Refuse("Forbidden.RAM", 403), calls=1)
    found = await lookups.checked(desk, Source(urls))
    assert len(found.failures) == 1
    assert [line.is_known for line in found.lines].count(False) == 2


@pytest.mark.parametrize("demo", ["http"], indirect=True)
async def test_a_check_of_many_streams_leaves_room_for_what_others_ask(
    demo: Demo, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = demo.bot.desk.queries.page
    at_once, most = 0, 0

    async def counted(ask: Ask, place: Place) -> Answer:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        try:
            return await asked(ask, place)
        finally:
            at_once -= 1

    monkeypatch.setattr(demo.bot.desk.queries, "page", counted)
    long = "a" * 600  # so that a call has room for ten or so
    urls = [f"rtmp://live.example.com/liveApp/{long}{number}" for number in range(100)]
    desk = demo.bot.desk.serving(Command("", "T0001", LIVE_OPS, "U0001", ""))
    found = await lookups.checked(desk, Source(tuple(urls)))
    assert all(line.is_known for line in found.lines)
    assert most == lookups.LOOKUPS_AT_ONCE


async def test_an_address_of_a_domain_of_no_account_is_said_to_be_that_with_or_without_protocol(
    anna: Person, demo: Demo
) -> None:
    text = f"{played(demo, 'live.example.com', 1)[0]} docs.google.org/a live.exmaple.com/liveApp/b"
    said = await checks(anna, demo.slack.say(anna.user, LIVE_OPS, text))
    assert "1 URL is of no domain that an account has: docs.google.org" in said
    assert "without its protocol (rtmp:// or http://): live.exmaple.com/liveApp/b" in said.replace(
        "`", ""
    )
