"""Through the front door: what people type and click, and what stands in Slack then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from bot.asks import Ask
from bot.live.model import StatusFilter
from bot.sandbox.live import HANG, HTML_502, RESET, UNAVAILABLE, Odd, Refuse, Throttle
from bot.sandbox.slack import Fault
from bot.sandbox.slack.printed import printed
from bot.slack.incoming import Click
from handlers import front, reply
from tests.end_to_end.people import ANNA, GENERAL, LIWEI, Person

if TYPE_CHECKING:
    from bot.demo import Demo

GREEN = "✅"


async def test_a_command_is_answered_with_a_table_that_only_the_asker_sees(anna: Person) -> None:
    said = await anna.types("/preload domain=live.example.com status=failed")
    assert "live.example.com: 13 failed of 140 tasks" in said
    assert "❌ failed" in said
    assert "↻ failed, retried: ready" in said
    assert "observed" in said
    assert len(anna.table()) == 10
    assert anna.read is not None
    assert anna.read.only_visible_to == anna.user
    assert anna.read.text.startswith("live.example.com: 13 failed")
    assert not anna.read.mentions


async def test_buttons_turn_the_pages_of_one_list(anna: Person) -> None:
    await anna.types("/preload status=failed")
    first = anna.table()
    assert "page.prev" not in anna.controls()
    await anna.clicks("page.next")
    second = anna.table()
    assert len(first) + len(second) == 13
    assert "page.next" not in anna.controls()
    await anna.clicks("page.prev")
    assert anna.table() == first


async def test_turning_a_page_asks_the_api_nothing(anna: Person, demo: Demo) -> None:
    await anna.types("/preload")
    asked = len(demo.live.arrivals)
    await anna.clicks("page.next")
    await anna.clicks("page.more", "first")
    assert len(demo.live.arrivals) == asked


async def test_a_stream_that_failed_under_a_newer_signature_is_green_in_no_answer(
    anna: Person, demo: Demo
) -> None:
    url = "http://quiet.example.com/app/main.flv"
    now = datetime.now(UTC)
    old, new = (f"{url}?auth_key={number}-0-0-f00d" for number in (1, 2))
    window = now - timedelta(hours=1), now + timedelta(hours=3)
    demo.live.world.add(old, created=now - timedelta(minutes=50), window=window)
    demo.live.world.add(new, created=now - timedelta(minutes=30), outcome="failed", window=window)
    for asked in ("quiet.example.com complete", "quiet.example.com until=45m", old, url):
        said = await anna.types(f"/preload {asked}")
        assert GREEN not in said
        assert "ready" not in said
        assert "failed" in said
        assert "without a task" not in said
    assert "1 stream, failed" in said
    await anna.clicks("page.open")
    assert "app/main.flv" in await anna.clicks("card.stream")
    assert len(anna.table()) == 2


@pytest.mark.parametrize("minutes", [20, -20])
async def test_a_machine_whose_clock_is_wrong_asks_all_the_same(
    anna: Person, demo: Demo, minutes: int
) -> None:
    demo.live.faults.skew = timedelta(minutes=minutes)
    for command in ("/preload", "/preload status=failed", "/preload since=3d"):
        said = await anna.types(f"{command} domain=live.example.com")
        assert "live.example.com: " in said
        assert "is refused" not in said
    await anna.types("/preload domain=archive.example.com")
    assert "tasks 11–20 of 1," in await anna.clicks("page.next")


async def test_every_task_is_on_one_page_of_many(anna: Person) -> None:
    await anna.types("/preload domain=vip.example.com size=5")
    seen = anna.table()
    while "page.next" in anna.controls():
        await anna.clicks("page.next")
        seen += anna.table()
    assert anna.read is not None
    streams = {(row[1], row[3]) for row in seen}
    assert f"of {len(seen)}" in "".join(anna.sees())
    assert len(streams) == len(seen)


async def test_the_menus_filter_resize_and_jump(anna: Person) -> None:
    await anna.types("/preload")
    said = await anna.clicks("page.status", "failed")
    assert "13 failed of 140" in said
    await anna.clicks("page.more", "rows-5")
    assert len(anna.table()) == 5
    await anna.clicks("page.more", "last")
    assert len(anna.table()) == 3
    said = await anna.clicks("page.status", "all")
    assert "of 140" in said


async def test_an_opened_task_is_a_card_with_every_field_beside_the_answer(anna: Person) -> None:
    await anna.types("/preload status=failed")
    answer = anna.read
    card = await anna.clicks("page.open")
    assert anna.read is not None
    assert answer is not None
    assert anna.read.id != answer.id
    for field in ("Window", "Created", "Area", "Progress", "Domain", "Task ID", "request ID"):
        assert field in card
    await anna.clicks("card.refresh")
    stream = await anna.clicks("card.stream")
    assert "1 stream" in stream


async def test_a_shared_answer_is_everyones_and_a_click_in_it_opens_a_copy(
    anna: Person, liwei: Person
) -> None:
    await anna.types("/preload status=failed")
    await anna.clicks("page.share")
    shared = anna.read
    assert shared is not None
    assert shared.only_visible_to is None
    assert "page.share" not in anna.controls()
    liwei.read = shared
    said = await liwei.clicks("page.next")
    assert liwei.read.id != shared.id
    assert liwei.read.only_visible_to == LIWEI
    assert "预热失败" in said
    assert liwei.demo.slack.messages.get(shared.id) == shared


async def test_only_refresh_changes_a_shared_answer(anna: Person, liwei: Person) -> None:
    await anna.types("/preload public status=failed")
    shared = anna.read
    assert shared is not None
    assert shared.only_visible_to is None
    liwei.read = shared
    await liwei.clicks("page.refresh")
    standing = liwei.demo.slack.messages.get(shared.id)
    assert standing is not None
    assert standing.edited
    assert standing.only_visible_to is None


async def test_a_refresh_leaves_a_shared_answer_in_the_words_and_zone_of_who_posted_it(
    anna: Person, liwei: Person
) -> None:
    await anna.types("/preload public status=failed")
    liwei.read = anna.read
    said = await liwei.clicks("page.refresh")
    assert "13 failed of 140 tasks" in said
    assert "times in the rows are UTC+8" not in said
    await anna.types("/preload public domain=quiet.example.com")
    liwei.read = anna.read
    assert "no tasks" in await liwei.clicks("page.refresh")
    own = await liwei.types("/preload status=failed")
    assert "13 个预热失败" in own
    assert "13 个预热失败" in await liwei.clicks("page.refresh")


async def test_a_chinese_reader_is_answered_in_chinese_and_in_their_zone(liwei: Person) -> None:
    said = await liwei.types("/preload 预热失败 最近3天")
    assert "live.example.com：140 个任务中 13 个预热失败" in said
    assert "(UTC+8)" in said


async def test_a_channel_without_a_default_is_asked_which_domain(demo: Demo) -> None:
    anna = Person(demo, channel=GENERAL)
    await anna.types("/preload status=failed")
    assert anna.controls() == {"domain.pick"}
    said = await anna.clicks("domain.pick", "vip.example.com")
    assert said.splitlines()[1].startswith("*vip.example.com")


async def test_what_was_asked_for_everyone_is_for_everyone_of_the_domain_picked(
    demo: Demo,
) -> None:
    anna = Person(demo, channel=GENERAL)
    asked = await anna.types("/preload failed public size=5 page=2")
    assert "/preload status=failed size=5 page=2 public domain=…" in asked
    assert anna.read is not None
    picker = anna.read
    said = await anna.clicks("domain.pick", "live.example.com")
    assert "13 failed of 140 tasks" in said
    assert "tasks 6–10 of 13" in said
    assert anna.read.only_visible_to is None
    assert demo.slack.messages.get(picker.id) is None


async def test_an_outdated_control_names_the_command_of_the_question_it_holds(
    demo: Demo,
) -> None:
    question = Ask("default", "live.example.com", status=StatusFilter.FAILED).to_json()
    for control, value in (("page.next", f"p0|{question}"), ("page.gone", f"p1|0||||{question}")):
        mark = demo.slack.messages.mark
        click = Click(control, value, "T0001", GENERAL, ANNA, "", in_private=True)
        await front.take_click(demo.bot.desk, click)
        told = printed(await demo.slack.settled(ANNA, after=mark), zone="UTC")
        assert "Run it again: `/preload domain=live.example.com status=failed`" in told


async def test_a_channel_remembers_its_default_domain(demo: Demo) -> None:
    anna = Person(demo, channel=GENERAL)
    assert "vip.example.com" in await anna.types("/preload default domain=vip.example.com")
    assert "*vip.example.com" in await anna.types("/preload")
    await anna.types("/preload default clear")
    await anna.types("/preload")
    assert anna.controls() == {"domain.pick"}


async def test_bad_input_is_underlined_with_the_nearest_valid_value(anna: Person) -> None:
    said = await anna.types("/preload statu=failed")
    assert "There is no filter named statu" in said
    assert "^^^^^" in said
    assert "Did you mean `status`?" in said
    assert "/preload help" in said


async def test_an_unknown_domain_is_answered_with_the_nearest_one(anna: Person) -> None:
    said = await anna.types("/preload domain=live.exampel.com")
    assert "Did you mean `live.example.com`?" in said
    assert "InvalidDomain.NotFound" in said


async def test_urls_without_a_task_are_named(anna: Person) -> None:
    said = await anna.types("/preload rtmp://live.example.com/liveApp/nobody")
    assert "1 URL without a task: `liveApp/nobody`" in said
    assert "Nothing was started" in said


async def test_nothing_found_offers_to_widen(anna: Person) -> None:
    said = await anna.types("/preload status=failed since=1m")
    assert "Nothing was started" in said
    assert "of 140" in await anna.clicks("widen")


async def test_beyond_300_tasks_the_api_s_order_stands_and_every_page_is_reachable(
    anna: Person, demo: Demo
) -> None:
    said = await anna.types("/preload domain=archive.example.com size=30")
    assert "1,200 tasks" in said
    assert len(demo.live.arrivals) <= 4
    said = await anna.clicks("page.more", "last")
    assert "1,171–1,200 of 1,200" in said
    assert "page.next" not in anna.controls()


async def test_a_refused_table_comes_as_text_and_none_is_tried_again(
    anna: Person, demo: Demo
) -> None:
    demo.slack.faults.refuse_tables = True
    said = await anna.types("/preload status=failed")
    assert "❌ failed" in said
    assert anna.read is not None
    assert "rich_text" in {block["type"] for block in anna.read.blocks}
    refused = [call for call in demo.slack.calls if call.answer.get("error") == "invalid_blocks"]
    await anna.clicks("page.next")
    again = [call for call in demo.slack.calls if call.answer.get("error") == "invalid_blocks"]
    assert len(refused) == len(again) == 1


# --- the Live API in trouble ---


@pytest.mark.parametrize("fault", [HTML_502, RESET, UNAVAILABLE], ids=["502", "reset", "503"])
async def test_a_fault_that_passes_is_not_noticed(anna: Person, demo: Demo, fault: object) -> None:
    demo.live.faults.inject(fault, calls=1)  # type: ignore[arg-type] # one of several kinds
    assert "13 failed of 140" in await anna.types("/preload status=failed")


async def test_when_the_api_hangs_the_command_is_acknowledged_and_the_person_told(
    anna: Person, demo: Demo
) -> None:
    demo.live.faults.inject(HANG)
    said = await anna.types("/preload status=failed")
    assert "in time" in said
    assert GREEN not in said
    assert not any("Asking the Live API" in one for one in anna.sees())


async def test_a_slow_answer_is_announced_and_then_replaces_the_announcement(
    anna: Person, demo: Demo
) -> None:
    demo.live.faults.latency_s = 0.4  # two calls, one after the other
    mark = demo.slack.messages.mark
    outcome = await demo.slack.command(anna.user, anna.channel, "/preload status=failed")
    announced = await demo.slack.settled(anna.user, after=outcome.mark)
    await demo.bot.jobs.idle()
    answered = await demo.slack.settled(anna.user, after=mark)
    assert not any(block["type"] == "table" for block in announced.blocks)
    assert any(block["type"] == "table" for block in answered.blocks)
    assert answered.id == announced.id


async def test_a_slow_copy_of_a_shared_answer_is_announced(
    anna: Person, liwei: Person, demo: Demo, monkeypatch: pytest.MonkeyPatch
) -> None:
    await anna.types("/preload public status=failed")
    liwei.read = anna.read
    monkeypatch.setattr(reply, "SLOW_S", 0.1)
    demo.live.faults.latency_s = 0.3
    before = len(liwei.sees())
    assert "个预热中" in await liwei.clicks("page.status", "preloading")
    announced, answer = liwei.sees()[before:]
    assert "正在查询 live.example.com" in announced
    assert "个预热中" in answer


async def test_a_slow_public_answer_takes_its_announcement_away(anna: Person, demo: Demo) -> None:
    demo.live.faults.latency_s = 0.4
    await anna.types("/preload public status=failed")
    messages = demo.slack.messages.seen_by(anna.user, anna.channel)
    assert len([one for one in messages if one.user == "U0BOT"]) == 1
    assert messages[-1].only_visible_to is None


async def test_when_a_refresh_fails_the_old_rows_stay_marked_and_none_is_green(
    anna: Person, demo: Demo
) -> None:
    await anna.types("/preload status=complete since=3h")
    before = await anna.clicks("page.more", "last")
    rows = len(anna.table())
    assert GREEN in before
    demo.live.faults.inject(Throttle(wait_ms=30_000))
    after = await anna.clicks("page.refresh")
    assert len(anna.table()) == rows
    assert GREEN not in after
    assert "quota" in after.lower()


async def test_an_error_without_old_rows_leaves_the_message_it_was_clicked_in_as_it_is(
    anna: Person, demo: Demo
) -> None:
    await anna.types("/preload status=failed")
    answer = anna.read
    demo.live.faults.inject(UNAVAILABLE)
    await anna.clicks("page.status", "pending")
    assert answer is not None
    assert demo.slack.messages.get(answer.id) == answer
    assert anna.read is not None
    assert anna.read.id != answer.id


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("InvalidAccessKeyId.NotFound", "ALIBABA_CLOUD_ACCESS_KEY_ID"),
        ("SignatureDoesNotMatch", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"),
        ("Forbidden.RAM", "live:DescribeLiveStreamPreloadTasks"),
    ],
)
async def test_a_refusal_names_what_to_look_at_the_code_and_the_request_id(
    anna: Person, demo: Demo, code: str, told: str
) -> None:
    demo.live.faults.inject(Refuse(code, 403))
    said = await anna.types("/preload status=failed")
    assert told in said
    assert code in said
    assert "request ID" in said
    assert "log ID" in said
    assert "testsecret" not in said


async def test_odd_tasks_are_shown_as_they_came_and_call_nobody(anna: Person, demo: Demo) -> None:
    demo.live.faults.inject(Odd())
    await anna.types("/preload domain=live.example.com size=30")
    statuses = [row[0] for row in anna.table()]
    while "page.next" in anna.controls():
        await anna.clicks("page.next")
        statuses += [row[0] for row in anna.table()]
        assert anna.read is not None
        assert not anna.read.mentions
        assert "f00d" not in str(anna.read.payload)
    assert any("Warming" in status for status in statuses)


# --- Slack in trouble ---


async def test_slack_s_429_is_waited_out(anna: Person, demo: Demo) -> None:
    demo.slack.faults.add(Fault("response_url", status=429, retry_after_s=0))
    assert "13 failed" in await anna.types("/preload status=failed")


async def test_a_person_whom_slack_does_not_tell_us_of_is_told_so_in_english_until_it_does(
    demo: Demo,
) -> None:
    demo.slack.faults.add(Fault("users.info", times=2, error="user_not_found"))
    liwei = Person(demo, LIWEI)
    assert "Slack does not say who you are" in await liwei.types("/preload 预热失败")
    assert demo.live.arrivals == []
    assert "13 failed of 140" in await liwei.types("/preload 预热失败")


async def test_a_refresh_that_is_refused_leaves_the_channel_its_rows_and_tells_who_clicked(
    demo: Demo, anna: Person, liwei: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    await anna.types("/preload live.example.com")
    await anna.clicks("page.share")
    assert anna.read is not None
    shared = liwei.read = anna.read
    monkeypatch.setattr("handlers.reply.SLOW_S", 0.1)
    demo.live.faults.latency_s = 0.3  # so that it is announced
    demo.live.faults.inject(Refuse("InvalidDomain.NotFound", 404), calls=10)
    await liwei.clicks("page.refresh")
    seen = demo.slack.messages.seen_by(LIWEI, shared.channel)
    [stands] = [one for one in seen if one.id == shared.id]
    assert any(block["type"] == "table" for block in stands.all_blocks)
    assert "page.refresh" in str(stands.blocks)
    assert seen[-1].only_visible_to == LIWEI
    assert "InvalidDomain.NotFound" in str(seen[-1].blocks)
