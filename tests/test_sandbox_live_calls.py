"""The simulated API on the wire: its rules, its pages, its quota, and what can go wrong."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import aiohttp
import pytest

from bot.sandbox.live import (
    CUT,
    HANG,
    HTML_502,
    INTERNAL,
    RESET,
    UNAVAILABLE,
    Empty,
    Odd,
    Refuse,
    Throttle,
    busiest_second,
)
from tests.live_caller import DESCRIBE, DOMAINS, SET, standing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from typing import Literal

    from bot.sandbox.live.faults import Fault
    from tests.live_caller import Caller

MAIN = "live.example.com"


@pytest.fixture
async def call() -> AsyncIterator[Caller]:
    async with standing(qps=1000) as caller:
        yield caller


def when(call: Caller, **back: float) -> str:
    """A time that lies `back` (arguments of timedelta), as the API writes it."""
    return (call.clock.time - timedelta(**back)).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({}, "MissingDomainName"),
        ({"DomainName": " "}, "MissingDomainName"),
        ({"DomainName": "other.example.com"}, "InvalidDomain.NotFound"),
        ({"DomainName": "push.example.com"}, "InvalidDomain.NotFound"),
        ({"Status": "done"}, "InvalidStatus.Malformed"),
        ({"PageNum": "0"}, "InvalidPageNum.ValueNotSupported"),
        ({"PageNum": "two"}, "InvalidPageNum.Malformed"),
        ({"PageSize": "0"}, "InvalidPageSize.ValueNotSupported"),
        ({"PageSize": "101"}, "InvalidPageSize.ValueNotSupported"),
        ({"PageSize": "-1"}, "InvalidPageSize.Malformed"),
        ({"PlayUrl": ",".join(["rtmp://h/a/b"] * 101)}, "InvalidPlayUrl.ExceedsLimit"),
        ({"PlayUrl": "rtmp://h/a/b,,rtmp://h/a/c"}, "InvalidPlayUrl.Malformed"),
        ({"StartTime": "2026-11-22 19:42"}, "InvalidStartTime.Malformed"),
        ({"EndTime": "today"}, "InvalidEndTime.Malformed"),
        ({"StartTime": "2026-11-19T19:41:59Z"}, "InvalidStartTime.ValueNotSupported"),
        (
            {"StartTime": "2026-11-19T19:42:00Z", "EndTime": "2026-11-22T19:42:01Z"},
            "InvalidEndTime.ValueNotSupported",
        ),
        (
            {"StartTime": "2026-11-22T19:00:00Z", "EndTime": "2026-11-22T19:00:00Z"},
            "InvalidEndTime.Mismatch",
        ),
    ],
)
async def test_a_query_that_breaks_a_rule_is_refused_with_its_code(
    call: Caller, parameters: dict[str, str], code: str
) -> None:
    domain = {} if code == "MissingDomainName" else {"DomainName": MAIN}
    answer = await call(**{**domain, **parameters})
    assert answer.code == code
    assert set(answer.json) == {"Code", "Message", "RequestId", "HostId", "Recommend"}
    assert answer.status in {400, 404}
    assert call.live.arrivals[-1].code == code


async def test_the_whole_of_three_days_may_be_asked_for(call: Caller) -> None:
    span = {"StartTime": when(call, days=3), "EndTime": when(call)}
    assert (await call(DomainName=MAIN, **span)).json["TotalNum"] == 140


async def test_a_window_begins_with_its_start_and_ends_before_its_end(call: Caller) -> None:
    made = call.live.world.add(f"rtmp://{MAIN}/a/b", created=call.clock.time - timedelta(hours=1))
    hour, next_second = when(call, hours=1), when(call, minutes=59, seconds=59)
    inside = await call(DomainName=MAIN, TaskId=made.task_id, StartTime=hour, EndTime=next_second)
    before = await call(DomainName=MAIN, TaskId=made.task_id, EndTime=hour)
    assert (inside.json["TotalNum"], before.json["TotalNum"]) == (1, 0)


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({}, "MissingPlayUrl"),
        ({"PlayUrl": f"http://{MAIN}/a/b.m3u8?auth_key=1"}, "InvalidPlayUrl.NotSupported"),
        ({"PlayUrl": f"http://{MAIN}/a/b.M3U8"}, "InvalidPlayUrl.NotSupported"),
        ({"PlayUrl": ",".join(["rtmp://h/a/b"] * 101)}, "InvalidPlayUrl.ExceedsLimit"),
        ({"Area": "moon"}, "InvalidArea.Malformed"),
        ({"PreloadedStartTime": "soon"}, "InvalidPreloadedStartTime.Malformed"),
        ({"PreloadedEndTime": "2026-11-22T19:42:00Z"}, "InvalidPreloadedEndTime.Mismatch"),
        (
            {"PreloadedEndTime": "2026-11-23T01:42:01Z"},
            "InvalidPreloadedEndTime.ValueNotSupported",
        ),
    ],
)
async def test_tasks_that_break_a_rule_are_not_made(
    call: Caller, parameters: dict[str, str], code: str
) -> None:
    before = len(call.live.world.tasks)
    url = {} if code == "MissingPlayUrl" else {"PlayUrl": f"rtmp://{MAIN}/a/b"}
    assert (await call(SET, DomainName=MAIN, **{**url, **parameters})).code == code
    assert len(call.live.world.tasks) == before


async def test_a_task_that_is_made_is_found_and_lives(call: Caller) -> None:
    url = f"rtmp://{MAIN}/a/new"
    window = {"PreloadedStartTime": "2026-11-22T20:00:00Z"}
    window["PreloadedEndTime"] = "2026-11-23T02:00:00Z"
    made = await call(SET, DomainName=MAIN, PlayUrl=url, Area="global", **window)
    assert (made.json["Status"], made.json["FailedURL"]) == ("Success", 0)
    [task] = (await call(DomainName=MAIN, PlayUrl=url)).tasks
    assert {key: task[key] for key in window} == window
    assert (task["Area"], task["Process"], task["Status"]) == ("global", "0%", "Success")
    assert (await call(DomainName=MAIN, PlayUrl=url, Status="pending")).json["TotalNum"] == 1
    call.clock.pass_s(300)
    outcome = call.live.world.find(task["TaskId"]).outcome
    assert (await call(DomainName=MAIN, PlayUrl=url, Status=outcome)).json["TotalNum"] == 1


async def test_a_url_is_found_only_exactly_as_it_was_submitted(call: Caller) -> None:
    call.live.world.add(f"http://{MAIN}/a/b.flv?auth_key=1-2-3")
    exact = await call(DomainName=MAIN, PlayUrl=f"http://{MAIN}/a/b.flv?auth_key=1-2-3")
    without = await call(DomainName=MAIN, PlayUrl=f"http://{MAIN}/a/b.flv")
    assert (exact.json["TotalNum"], without.json["TotalNum"]) == (1, 0)


async def test_the_pages_together_are_every_task_once_newest_first(call: Caller) -> None:
    name = "archive.example.com"
    pages = [
        await call(DomainName=name, PageNum=str(number), PageSize="100") for number in range(1, 14)
    ]
    assert {(page.json["TotalNum"], page.json["TotalPage"]) for page in pages} == {(1200, 12)}
    tasks = [task for page in pages for task in page.tasks]
    assert len({task["TaskId"] for task in tasks}) == len(tasks) == 1200
    created = [task["CreateTime"] for task in tasks]
    assert created == sorted(created, reverse=True)
    assert pages[-1].tasks == []


async def test_the_statuses_share_all_tasks_out_among_them(call: Caller) -> None:
    statuses = ("complete", "pending", "preloading", "failed")
    counts = [(await call(DomainName=MAIN, Status=s)).json["TotalNum"] for s in statuses]
    assert sum(counts) == 140
    assert min(counts) > 0


@pytest.mark.parametrize("shape", ["nested", "flat"])
async def test_tasks_come_in_the_shape_that_was_chosen(shape: Literal["nested", "flat"]) -> None:
    async with standing(shape=shape) as call:
        rows = (await call(DomainName=MAIN)).json["PreloadTasks"]
    rows = rows["PreloadTask"] if shape == "nested" else rows
    assert [row["DomainName"] for row in rows] == [MAIN] * 10


@pytest.mark.parametrize(
    ("parameters", "names"),
    [
        ({"DomainName": "live.example"}, ["live.example.com", "live.example.cn"]),
        ({"DomainName": "vip", "DomainSearchType": "pre_match"}, ["vip.example.com"]),
        ({"DomainName": ".cn", "DomainSearchType": "suf_match"}, ["live.example.cn"]),
        ({"DomainName": "live", "DomainSearchType": "full_match"}, []),
        ({"DomainStatus": "offline"}, ["old.example.com"]),
        ({"LiveDomainType": "liveEdge"}, ["push.example.com"]),
        ({"PageNumber": "2", "PageSize": "2"}, ["live.example.cn", "archive.example.com"]),
    ],
)
async def test_domains_are_found_by_keyword_status_kind_and_page(
    call: Caller, parameters: dict[str, str], names: list[str]
) -> None:
    rows = (await call(DOMAINS, **parameters)).json["Domains"]["PageData"]
    assert [row["DomainName"] for row in rows] == names


async def test_domains_come_50_to_a_page_at_most(call: Caller) -> None:
    assert (await call(DOMAINS, PageSize="51")).code == "InvalidPageSize.ValueNotSupported"
    assert (await call(DOMAINS, DomainStatus="gone")).code == "InvalidDomainStatus.Malformed"


async def test_another_path_or_action_or_version_is_refused(call: Caller) -> None:
    assert (await call(path="/else", DomainName=MAIN)).code == "InvalidAction.NotFound"
    assert (await call("DeleteEverything")).code == "InvalidAction.NotFound"
    call.changed = {"x-acs-version": "2014-11-11"}
    assert (await call(DomainName=MAIN)).code == "InvalidVersion"


async def test_past_the_quota_of_any_second_a_call_is_throttled() -> None:
    async with standing(qps=2) as call:
        for passed_s, code in ((0, ""), (0.5, ""), (0.25, "Throttling.User"), (0.25, "")):
            call.clock.pass_s(passed_s)
            answer = await call(DomainName=MAIN)
            assert answer.code == code
            if code:
                assert 250 <= int(answer.headers["x-acs-retry-after"]) <= 252
        assert (await call(DOMAINS)).code == ""
        assert call.live.busiest_second(DESCRIBE) == 3
        assert call.live.busiest_second() == 4


def test_a_second_does_not_hold_its_own_end() -> None:
    assert busiest_second([]) == 0
    assert busiest_second([0.0, 0.5, 1.0]) == 2
    assert busiest_second([1.4, 0.0, 0.9, 1.2, 1.8]) == 4


async def test_a_call_is_recorded_with_its_parameters_and_its_time(call: Caller) -> None:
    call.clock.pass_s(5)
    await call(DomainName=MAIN, Status="failed")
    [arrival] = call.live.arrivals
    assert (arrival.at, arrival.action, arrival.code) == (105.0, DESCRIBE, "")
    assert arrival.parameters == {"DomainName": MAIN, "Status": "failed"}


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        (UNAVAILABLE, 503, "ServiceUnavailable"),
        (INTERNAL, 500, "InternalError"),
        (Throttle(wait_ms=250), 400, "Throttling.User"),
    ],
)
async def test_a_fault_befalls_as_many_calls_as_it_is_given(
    call: Caller, fault: Fault, status: int, code: str
) -> None:
    call.live.faults.inject(fault, calls=1)
    answer = await call(DomainName=MAIN)
    assert (answer.status, answer.code) == (status, code)
    assert answer.headers.get("x-acs-retry-after") == ("250" if status == 400 else None)
    assert (await call(DomainName=MAIN)).status == 200


async def test_throttling_may_last_for_a_period(call: Caller) -> None:
    call.live.faults.inject(Throttle(), until=call.clock.seconds + 30, action=DESCRIBE)
    call.clock.pass_s(29)
    assert (await call(DomainName=MAIN)).code == "Throttling.User"
    assert (await call(DOMAINS)).status == 200
    call.clock.pass_s(1)
    assert (await call(DomainName=MAIN)).status == 200


async def test_a_proxys_page_is_html_and_the_call_was_carried_out(call: Caller) -> None:
    call.live.faults.inject(HTML_502, calls=1)
    answer = await call(SET, DomainName=MAIN, PlayUrl=f"rtmp://{MAIN}/a/unheard")
    assert (answer.status, answer.json) == (502, None)
    assert "<html>" in answer.text
    assert call.live.arrivals[-1].code == "(HTTP 502)"
    found = await call(DomainName=MAIN, PlayUrl=f"rtmp://{MAIN}/a/unheard")
    assert found.json["TotalNum"] == 1


async def test_a_reset_connection_brings_no_reply(call: Caller) -> None:
    call.live.faults.inject(RESET, calls=1)
    with pytest.raises(aiohttp.ClientConnectionError):
        await call(DomainName=MAIN)
    assert call.live.arrivals[-1].code == "(reset)"


async def test_a_body_may_be_cut_in_its_middle(call: Caller) -> None:
    call.live.faults.inject(CUT, calls=1)
    with pytest.raises(aiohttp.ClientPayloadError):
        await call(DomainName=MAIN)
    assert (await call(DomainName=MAIN)).status == 200


async def test_a_call_that_hangs_is_there_until_its_caller_leaves(call: Caller) -> None:
    call.live.faults.inject(HANG, calls=1)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(call(DomainName=MAIN), timeout=0.1)
    assert (await call(DomainName=MAIN)).status == 200


@pytest.mark.parametrize(
    ("shape", "tasks"), [("{}", {}), ("[]", []), ("null", None), ("missing", "missing")]
)
async def test_no_tasks_may_be_said_in_four_ways(
    call: Caller, shape: Literal["{}", "[]", "null", "missing"], tasks: object
) -> None:
    call.live.faults.inject(Empty(shape))
    answer = await call(DomainName=MAIN)
    assert answer.json.get("PreloadTasks", "missing") == tasks
    assert answer.json["TotalNum"] == 0
    assert "PreloadTasks" not in (await call(DOMAINS)).json


@pytest.mark.parametrize("shape", ["nested", "flat"])
async def test_tasks_may_look_odd(shape: Literal["nested", "flat"]) -> None:
    async with standing(shape=shape) as call:
        call.live.faults.inject(Odd())
        rows = (await call(DomainName=MAIN)).json["PreloadTasks"]
        rows = rows["PreloadTask"] if shape == "nested" else rows
        assert rows[0]["Status"] == "Warming"
        assert "<!channel>" in rows[0]["Description"]
        assert "Process" not in rows[1]
        assert max(len(row["PlayUrl"]) for row in rows) > 2500
        assert "PreloadTasks" not in (await call(DOMAINS)).json


async def test_an_error_may_be_xml(call: Caller) -> None:
    call.live.faults.xml = True
    answer = await call(DomainName="a&b")
    error = ET.fromstring(answer.text)  # noqa: S314 - written by the server under test
    assert error.findtext("Code") == "InvalidDomain.NotFound"
    assert error.findtext("RequestId") == answer.headers["x-acs-request-id"]


async def test_a_skewed_gateway_refuses_our_date_and_shows_its_own(call: Caller) -> None:
    call.live.faults.skew = timedelta(minutes=20)
    answer = await call(DomainName=MAIN)
    assert answer.code == "InvalidTimeStamp.Expired"
    theirs = parsedate_to_datetime(answer.headers["Date"])
    assert theirs - call.clock.time == timedelta(minutes=20)


async def test_delays_are_drawn_from_the_seed_and_the_first_calls_wait_longer(call: Caller) -> None:
    faults = call.live.faults
    faults.latency_s, faults.jitter_s = 0.02, 0.2
    faults.first_calls, faults.first_extra_s = 1, 5.0
    first, second = faults.delay_s(), faults.delay_s()
    assert 5.02 <= first <= 5.22
    assert 0.02 <= second <= 0.22


async def test_a_reply_waits_as_long_as_it_is_told_to(call: Caller) -> None:
    call.live.faults.latency_s = 60.0
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(call(DomainName=MAIN), timeout=0.1)
    call.live.faults.latency_s = 0.0
    assert (await call(DomainName=MAIN)).status == 200


async def test_cleared_faults_befall_nobody(call: Caller) -> None:
    call.live.faults.inject(UNAVAILABLE)
    call.live.faults.skew, call.live.faults.latency_s = timedelta(hours=1), 60.0
    call.live.faults.clear()
    assert (await call(DomainName=MAIN)).status == 200


async def test_a_hash_that_is_not_ascii_is_refused_like_any_other(call: Caller) -> None:
    call.changed = {"x-acs-content-sha256": "é" * 64}
    assert (await call(DomainName=MAIN)).code == "SignatureDoesNotMatch"


async def test_a_request_line_may_be_far_longer_than_a_usual_server_takes(call: Caller) -> None:
    urls = ",".join(f"http://{MAIN}/a/{'x' * 900}{n}.flv?auth_key=1-2-3" for n in range(100))
    assert (await call(DomainName=MAIN, PlayUrl=urls)).json["TotalNum"] == 0


async def test_a_task_is_forgotten_after_three_days(call: Caller) -> None:
    call.live.world.add("rtmp://quiet.example.com/a/b")
    call.clock.pass_s(3 * 86_400 - 10)
    assert (await call(DomainName="quiet.example.com")).json["TotalNum"] == 1
    call.clock.pass_s(20)
    assert (await call(DomainName="quiet.example.com")).json["TotalNum"] == 0


async def test_each_operation_has_a_quota_of_its_own() -> None:
    async with standing(qps=1) as call:
        assert (await call(DomainName=MAIN)).status == 200
        assert (await call(DomainName=MAIN)).code == "Throttling.User"
        codes = [(await call(SET, DomainName=MAIN)).code for _ in range(51)]
        assert codes == ["MissingPlayUrl"] * 50 + ["Throttling.User"]


async def test_any_code_may_be_answered_with_any_header_and_nothing_is_carried_out(
    call: Caller,
) -> None:
    old = (("x-ratelimit-user", "Limit:1,Remain:0,TimeLeft:2000,Reset:1234"),)
    call.live.faults.inject(Refuse("Throttling.Api", 503, headers=old), calls=1)
    before = len(call.live.world.tasks)
    answer = await call(SET, DomainName=MAIN, PlayUrl=f"rtmp://{MAIN}/a/refused")
    assert (answer.status, answer.code) == (503, "Throttling.Api")
    assert "TimeLeft:2000" in answer.headers["x-ratelimit-user"]
    assert len(call.live.world.tasks) == before


async def test_a_url_of_another_host_fails_alone(call: Caller) -> None:
    urls = f"rtmp://{MAIN}/a/one,rtmp://elsewhere.example.com/a/one"
    answer = await call(SET, DomainName=MAIN, PlayUrl=urls)
    counts = [answer.json[key] for key in ("Status", "TotalURL", "SuccessURL", "FailedURL")]
    assert counts == ["Failed", 2, 1, 1]
    messages = answer.json["PreloadTasksMessages"]["PreloadTasksMessage"]
    assert [bool(message["TaskId"]) for message in messages] == [True, False]


async def test_the_same_seed_answers_in_the_same_bytes() -> None:
    texts = []
    for _ in range(2):
        async with standing() as call:
            texts.append((await call(DomainName=MAIN, PageSize="100")).text)
    assert texts[0] == texts[1]
