"""Exports: what people type and click, and which file comes to whom."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bot.demo import Demo, running
from bot.live.client import Timeouts
from bot.sandbox.live.faults import HANG, UNAVAILABLE, Refuse, Throttle
from bot.sandbox.slack import Fault
from bot.sandbox.slack.printed import printed
from bot.slack.incoming import Click
from handlers import front
from tests.end_to_end.people import ANNA, GENERAL, LIVE_OPS, Person
from tests.end_to_end.test_form import Filler

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.sandbox.slack import Message

QUIET = "quiet.example.com"
ARCHIVE = "archive.example.com"
CUP_FINAL = "C0003"
DESCRIBE = "DescribeLiveStreamPreloadTasks"


@pytest.fixture
async def demo() -> AsyncIterator[Demo]:
    async with running(timeouts=Timeouts(call_s=1.5, try_s=0.5)) as demo:
        yield demo


@pytest.fixture
def anna(demo: Demo) -> Person:
    return Person(demo)


def preloaded(demo: Demo, count: int) -> None:
    """So many tasks of a domain that had none; of each of the first ten a retry of a failure."""
    now = datetime.now(UTC)
    for number in range(count):
        name = f"cup_{number}" if number < count - 10 else f"cup_{number - count + 10}"
        is_retried = number < 10
        demo.live.world.add(
            f"rtmp://{QUIET}/app/{name}?auth_key={number}-0-0-5ecre7",
            created=now - timedelta(minutes=count + 60 - number),
            outcome="failed" if is_retried else "complete",
            window=(now - timedelta(hours=1), now + timedelta(hours=2)),
        )


def files(demo: Demo) -> list[tuple[str, bytes, str]]:
    """Name, content and comment of each file, in the order they came."""
    return [(one.name, one.content or b"", one.comment) for one in demo.slack.files.values()]


def rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def said(person: Person) -> str:
    """The last that stands in the channel."""
    return person.sees()[-1]


def answers(demo: Demo) -> list[str]:
    """The texts of all that was sent through the `response_url`, in order."""
    calls = [call for call in demo.slack.calls if call.method == "response_url"]
    return [str(call.arguments.get("text", "")) for call in calls]


async def begun(demo: Demo, anna: Person, command: str) -> Message:
    """The first that is said of an export that takes its time."""
    outcome = await demo.slack.command(anna.user, anna.channel, command)
    assert outcome.ok
    return await demo.slack.settled(anna.user, after=outcome.mark)


async def test_all_tasks_come_as_a_csv_by_direct_message(anna: Person, demo: Demo) -> None:
    preloaded(demo, 350)
    before = len(demo.live.arrivals)
    await anna.types(f"/preload export {QUIET}")
    [(name, content, comment)] = files(demo)
    assert name.startswith(f"preload_{QUIET}_")
    assert name.endswith(".csv")
    table = rows(content)
    assert len({row["Task ID"] for row in table}) == 350
    assert table[0]["Status"] == "failed, retried: ready"
    assert {row["Stream now"] for row in table} == {"ready"}
    assert "Created (Europe/London)" in table[0]
    assert b"5ecre7" not in content
    assert len(demo.live.arrivals) - before == 4
    assert "350 tasks exported" in comment
    assert "4 calls of the Live API" in comment
    assert "by direct message" in said(anna)
    [file] = demo.slack.files.values()
    assert file.channel == "D0001"


async def test_json_says_all_of_it_for_a_program(anna: Person, demo: Demo) -> None:
    preloaded(demo, 350)
    await anna.types(f"/preload export {QUIET} failed json")
    [(name, content, _)] = files(demo)
    whole: dict[str, Any] = json.loads(content)
    assert name.endswith(".json")
    assert whole["question"]["status"] == "failed"
    assert whole["counts"]["matching"] == 10
    assert whole["calls"] == len(whole["request_ids"]) == 1 + 4  # and all tasks, for the streams
    assert {task["state"] for task in whole["tasks"]} == {"failed"}
    assert whole["is_sure"]


async def test_chinese_readers_get_chinese_words(demo: Demo) -> None:
    liwei = Person(demo, "U0002")
    preloaded(demo, 20)
    await liwei.types(f"/preload export {QUIET}")
    [(_, content, comment)] = files(demo)
    assert "状态" in rows(content)[0]
    assert "已导出 20 个任务" in comment
    assert "私信" in said(liwei)


async def test_the_menu_beneath_an_answer_exports_what_it_is_about(
    anna: Person, demo: Demo
) -> None:
    await anna.types("/preload status=failed")
    answer = anna.read
    await anna.clicks("page.more", "export")
    [(_, content, _)] = files(demo)
    assert {row["Status"].partition(",")[0] for row in rows(content)} == {"failed"}
    assert answer is not None
    assert demo.slack.messages.get(answer.id) == answer


async def test_with_public_it_is_posted_in_the_channel(anna: Person, demo: Demo) -> None:
    await anna.types("/preload export public status=failed")
    [file] = demo.slack.files.values()
    assert file.channel == LIVE_OPS
    assert LIVE_OPS in said(anna) or "live-ops" in said(anna)


async def test_a_channel_without_the_bot_is_told_how_to_invite_it_before_anything_is_read(
    demo: Demo,
) -> None:
    anna = Person(demo, channel=CUP_FINAL)
    before = len(demo.live.arrivals)
    text = await anna.types(f"/preload export public {ARCHIVE}")
    assert "/invite @preload" in text
    assert len(demo.live.arrivals) == before


async def test_where_several_domains_could_be_meant_they_are_named(demo: Demo) -> None:
    anna = Person(demo, channel=GENERAL)
    text = await anna.types("/preload export failed json")
    assert "Which domain?" in text
    assert "/preload export domain=live.example.com status=failed json" in text


async def test_a_mistyped_domain_is_explained(anna: Person) -> None:
    text = await anna.types("/preload export live.exampel.com")
    assert "Did you mean `live.example.com`?" in text


async def test_no_task_makes_no_file(anna: Person, demo: Demo) -> None:
    text = await anna.types(f"/preload export {QUIET}")
    assert "no tasks match" in text
    assert files(demo) == []


async def test_who_exports_nothing_reads_the_filters_again_and_mends_them_in_the_form(
    demo: Demo,
) -> None:
    anna = Filler(demo)
    text = await anna.types(f"/preload export {QUIET} failed since=2h json")
    assert f"`/preload export domain={QUIET} status=failed since=2h json`" in text
    await anna.opens()
    assert anna.field("domain")["initial_option"]["value"] == QUIET
    assert anna.field("status")["initial_option"]["value"] == "failed"
    assert anna.field("format")["initial_option"]["value"] == "json"


async def test_a_slow_export_says_how_far_it_is_within_five_messages(
    anna: Person, demo: Demo
) -> None:
    preloaded(demo, 1_000)
    demo.live.faults.latency_s = 0.15
    started = await begun(demo, anna, f"/preload export {QUIET}")
    await demo.bot.jobs.idle()
    told = answers(demo)
    assert "tasks" in told[0]
    assert "to come" in told[0]
    assert 3 <= len(told) <= 5
    assert "1,000 tasks exported" in told[-1]
    [last] = [one for one in demo.slack.messages.seen_by(ANNA, LIVE_OPS) if one.user == "U0BOT"]
    assert last.id == started.id


async def test_an_export_is_cancelled_by_its_button(anna: Person, demo: Demo) -> None:
    demo.live.faults.latency_s = 0.25
    anna.read = await begun(demo, anna, f"/preload export {ARCHIVE}")
    await anna.clicks("export.cancel")
    assert "is cancelled" in said(anna)
    assert re.search(r"[1-9] calls? of the Live API", said(anna))
    assert files(demo) == []
    assert len([one for one in demo.live.arrivals if one.action == DESCRIBE]) < 10


async def test_what_has_ended_cannot_be_cancelled(anna: Person, demo: Demo) -> None:
    preloaded(demo, 300)
    await anna.types(f"/preload {QUIET}")
    demo.live.faults.latency_s = 0.4
    anna.read = await begun_by_a_click(demo, anna)
    [cancel] = anna.elements()
    await demo.bot.jobs.idle()
    late = Click("export.cancel", cancel["value"], "T0001", "D0001", ANNA, "", in_private=True)
    await front.take_click(demo.bot.desk, late)
    anna.channel = "D0001"
    assert "has ended already" in said(anna)
    assert len(files(demo)) == 1


async def test_a_second_click_on_cancel_hears_no_other_thing_than_the_first(
    anna: Person, demo: Demo
) -> None:
    demo.live.faults.latency_s = 0.25
    begun_message = await begun(demo, anna, f"/preload export {ARCHIVE}")
    await asyncio.gather(
        *(demo.slack.click(ANNA, begun_message.id, "export.cancel") for _ in range(2))
    )
    await demo.bot.jobs.idle()
    assert "no file will come" in said(anna)
    assert files(demo) == []


async def begun_by_a_click(demo: Demo, anna: Person) -> Message:
    """The first that is said of an export begun beneath the answer that was read last."""
    assert anna.read is not None
    [more] = [one for one in anna.elements() if one["action_id"] == "page.more"]
    outcome = await demo.slack.click(
        anna.user, anna.read.id, "page.more", option=more["options"][-1]["value"]
    )
    assert outcome.ok
    return await demo.slack.settled(anna.user, after=outcome.mark)


async def test_an_api_that_fails_half_way_leaves_no_file_and_it_is_said_how_far_it_came(
    anna: Person, demo: Demo
) -> None:
    preloaded(demo, 350)
    demo.live.faults.latency_s = 0.25
    await begun(demo, anna, f"/preload export {QUIET}")
    demo.live.faults.inject(UNAVAILABLE)
    await demo.bot.jobs.idle()
    text = said(anna)
    assert "could not be finished" in text
    assert "of 350 tasks had been read; there is no file" in text
    calls = [one for one in demo.live.arrivals if one.action == DESCRIBE]
    assert f"{len(calls)} calls of the Live API" in text
    assert "ServiceUnavailable" in text
    assert "/preload export domain=quiet.example.com" in text
    assert files(demo) == []


async def test_an_api_that_refuses_at_once_is_explained_as_ever(anna: Person, demo: Demo) -> None:
    demo.live.faults.inject(Refuse("Forbidden.RAM", 403))
    text = await anna.types(f"/preload export {ARCHIVE}")
    assert "live:DescribeLiveStreamPreloadTasks" in text


async def test_calls_that_the_api_slowed_down_are_counted_too(anna: Person, demo: Demo) -> None:
    preloaded(demo, 150)
    demo.live.faults.inject(Throttle(wait_ms=50), calls=2, action=DESCRIBE)
    before = len(demo.live.arrivals)
    await anna.types(f"/preload export {QUIET}")
    [(_, _, comment)] = files(demo)
    assert f"{len(demo.live.arrivals) - before} calls of the Live API" in comment
    assert "4 calls of the Live API" in comment


async def test_people_are_answered_while_an_export_waits(anna: Person, demo: Demo) -> None:
    await begun_slowly(demo, anna)
    liwei = Person(demo, "U0002")
    demo.live.faults.latency_s = 0.0
    mark = demo.slack.messages.mark
    await demo.slack.command(liwei.user, liwei.channel, "/preload status=failed")
    message = await demo.slack.settled(liwei.user, after=mark)
    assert "预热失败" in printed(message, zone="UTC")
    assert files(demo) == []
    await demo.bot.jobs.idle()
    assert len(files(demo)) == 1


async def begun_slowly(demo: Demo, anna: Person) -> None:
    demo.live.faults.latency_s = 0.25
    await begun(demo, anna, f"/preload export {ARCHIVE}")


async def test_slack_s_wish_to_wait_is_obeyed(anna: Person, demo: Demo) -> None:
    preloaded(demo, 20)
    demo.slack.faults.add(Fault("files.completeUploadExternal", status=429, retry_after_s=1))
    await anna.types(f"/preload export {QUIET}")
    assert len(files(demo)) == 1
    assert "20 tasks exported" in said(anna)


async def test_a_missing_scope_is_named_to_whoever_can_mend_it(anna: Person, demo: Demo) -> None:
    preloaded(demo, 20)
    demo.slack.faults.missing_scopes.add("files:write")
    text = await anna.types(f"/preload export {QUIET}")
    assert "files:write" in text
    assert files(demo) == []


async def test_in_an_archived_channel_the_way_to_a_file_is_a_direct_message(
    anna: Person, demo: Demo
) -> None:
    demo.slack.faults.archived.add(anna.channel)
    text = await anna.types("/preload export public status=failed")
    assert "is archived: nothing can be posted there" in text
    assert "ask without `public`: the file then comes to you in a direct message" in text
    assert "in=" not in text
    await anna.types("/preload export status=failed")
    assert len(files(demo)) == 1


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        ("not_in_channel", "/invite @preload"),
        ("is_archived", "ask without `public`"),
        ("file_upload_size_restricted", "file_upload_size_restricted"),
    ],
)
async def test_what_slack_refuses_at_the_end_is_explained(
    anna: Person, demo: Demo, error: str, advice: str
) -> None:
    demo.slack.faults.add(Fault("files.completeUploadExternal", error=error))
    text = await anna.types("/preload export public status=failed")
    assert advice in text
    assert files(demo) == []


async def test_an_export_that_takes_too_long_is_given_up(
    anna: Person, demo: Demo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handlers.export.LONGEST_S", 1.0)
    demo.live.faults.latency_s = 0.25
    text = await anna.types(f"/preload export {ARCHIVE}")
    assert "was given up: it took longer than 1 minute" in text
    assert "calls of the Live API" in text
    assert "did not answer" not in text
    assert files(demo) == []


async def test_a_file_of_unknown_outcome_is_not_sent_twice(anna: Person, demo: Demo) -> None:
    preloaded(demo, 20)
    demo.slack.faults.add(Fault("files.completeUploadExternal", status=503))
    text = await anna.types(f"/preload export {QUIET}")
    assert "look for it before you ask again" in text


async def test_an_export_that_a_shutdown_cuts_off_says_so(anna: Person, demo: Demo) -> None:
    demo.live.faults.latency_s = 0.25
    await begun(demo, anna, f"/preload export {ARCHIVE}")
    demo.live.faults.inject(HANG)
    await demo.bot.jobs.drain(0.01)
    text = said(anna)
    assert "was stopped before the export" in text
    assert f"/preload export domain={ARCHIVE}" in text


async def test_a_person_has_three_exports_under_way_at_most(anna: Person, demo: Demo) -> None:
    demo.live.faults.latency_s = 0.25
    started = [
        demo.slack.command(anna.user, anna.channel, f"/preload export {ARCHIVE}") for _ in range(4)
    ]
    mark = demo.slack.messages.mark
    await asyncio.gather(*started)
    refused = await demo.slack.settled(
        anna.user, after=mark, until=lambda one: "3 exports" in one.text
    )
    assert "Wait for one of them" in printed(refused, zone="UTC")
    await demo.bot.jobs.drain(0.01)
