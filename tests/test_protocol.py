from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, reject
from hypothesis import strategies as st
from multidict import CIMultiDict

from bot import errors
from bot.live import pages, protocol
from bot.live.model import LiveDomain, PreloadTask, StatusFilter, TaskPage, TaskQuery
from bot.live.replies import Reply, TaskRow, fields_of

NOW = datetime(2026, 11, 22, 11, 42, 10, 250_000, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
DOMAIN = "live.example.com"
QUERY = TaskQuery(DOMAIN)
ROW = {
    "TaskId": "42",
    "DomainName": DOMAIN,
    "PlayUrl": "rtmp://live.example.com/liveApp/cup?auth_key=1-0-0-f00d",
    "CreateTime": "2026-11-22T10:52:00Z",
    "Area": "domestic",
    "PreloadedStartTime": "2026-11-22T11:30:00Z",
    "PreloadedEndTime": "2026-11-22T15:00:00Z",
    "Process": "63%",
    "Status": "Success",
    "Description": "Successfully",
}


def page_of(fields: dict[str, Any], *, page: int = 1, page_size: int = 100) -> TaskPage:
    """The page, which is the same whether its tasks were read as documented or patiently."""
    fields = {"RequestId": "R-1", **fields}
    read = fields_of(Reply(200, CIMultiDict(), json.dumps(fields).encode()))
    found, patiently = (
        pages.task_page(one, QUERY, page=page, page_size=page_size, now=NOW)
        for one in (read, fields)
    )
    assert found == patiently
    return found


def the_task(**changes: object) -> PreloadTask:
    (task,) = page_of({"PreloadTasks": [ROW | changes]}).tasks
    return task


# --- what is asked ---


@pytest.mark.parametrize(
    ("query", "page", "page_size", "argument"),
    [
        (TaskQuery(""), 1, 100, "DomainName"),
        (TaskQuery("example"), 1, 100, "DomainName"),
        (TaskQuery("live example.com"), 1, 100, "DomainName"),
        (TaskQuery("live.example.com\n"), 1, 100, "DomainName"),
        (TaskQuery("a." * 127 + "com"), 1, 100, "DomainName"),
        (QUERY, 0, 100, "PageNum"),
        (QUERY, 1, 0, "PageSize"),
        (QUERY, 1, 101, "PageSize"),
        (TaskQuery(DOMAIN, urls=("rtmp://a.b/c",) * 101), 1, 100, "PlayUrl"),
        (TaskQuery(DOMAIN, urls=("rtmp://a.b/c,d",)), 1, 100, "PlayUrl"),
        (TaskQuery(DOMAIN, urls=("rtmp://a.b/c", " ")), 1, 100, "PlayUrl"),
        (TaskQuery(DOMAIN, status="faild"), 1, 100, "Status"),
        (TaskQuery(DOMAIN, status=""), 1, 100, "Status"),
        (TaskQuery(DOMAIN, start=NOW - 4 * DAY), 1, 100, "StartTime"),
        (TaskQuery(DOMAIN, start=NOW - 4 * DAY, end=NOW - 2 * DAY), 1, 100, "StartTime"),
        (TaskQuery(DOMAIN, start=NOW + HOUR), 1, 100, "StartTime"),
        (TaskQuery(DOMAIN, start=NOW - HOUR, end=NOW - 2 * HOUR), 1, 100, "StartTime"),
        (TaskQuery(DOMAIN, start=NOW - HOUR, end=NOW - HOUR), 1, 100, "StartTime"),
        (TaskQuery(DOMAIN, end=NOW - 3 * DAY), 1, 100, "EndTime"),
        (TaskQuery(DOMAIN, start=NOW - DAY, end=NOW + 2 * DAY + MINUTE), 1, 100, "EndTime"),
    ],
)
def test_what_the_api_would_refuse_is_refused_before_it_is_sent(
    query: TaskQuery, page: int, page_size: int, argument: str
) -> None:
    with pytest.raises(errors.ArgumentRefused) as refused:
        protocol.check(query, page=page, page_size=page_size, now=NOW)
    assert refused.value.argument == argument
    assert refused.value.allowed
    assert refused.value.http_status is None


@pytest.mark.parametrize(
    "query",
    [
        TaskQuery("xn--fiq228c.live_1.example.com"),
        TaskQuery(DOMAIN, urls=("rtmp://a.b/c",) * 100),
        TaskQuery(DOMAIN, start=NOW - 3 * DAY, end=NOW),
        TaskQuery(DOMAIN, start=NOW - 3 * DAY, end=NOW + HOUR),
        TaskQuery(DOMAIN, start=NOW - 3 * DAY - MINUTE),
        *(TaskQuery(DOMAIN, status=word) for word in ("complete", StatusFilter.FAILED)),
    ],
)
def test_what_the_api_takes_passes(query: TaskQuery) -> None:
    protocol.check(query, page=1, page_size=100, now=NOW)


def test_every_documented_parameter_is_sent() -> None:
    query = TaskQuery(
        DOMAIN,
        status="failed",
        task_id="42",
        urls=("rtmp://a.b/c", "https://a.b/c.flv"),
        start=NOW - HOUR,
        end=NOW.astimezone(timezone(8 * HOUR)),
        region_id="cn-shanghai",
    )
    assert protocol.task_parameters(query, page=2, page_size=30, now=NOW) == {
        "DomainName": DOMAIN,
        "Status": "failed",
        "TaskId": "42",
        "PlayUrl": "rtmp://a.b/c,https://a.b/c.flv",
        "StartTime": "2026-11-22T10:42:10Z",
        "EndTime": "2026-11-22T11:42:10Z",
        "PageNum": "2",
        "PageSize": "30",
        "RegionId": "cn-shanghai",
    }


def test_both_times_and_the_page_are_sent_even_where_nothing_was_said() -> None:
    assert protocol.task_parameters(QUERY, page=1, page_size=100, now=NOW) == {
        "DomainName": DOMAIN,
        "StartTime": "2026-11-19T11:44:11Z",
        "EndTime": "2026-11-22T11:42:10Z",
        "PageNum": "1",
        "PageSize": "100",
    }


moments = st.datetimes(datetime(2026, 11, 20), datetime(2026, 11, 24), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis takes bounds without a zone


@given(
    start=st.none() | moments,
    end=st.none() | moments,
    now=moments,
    waited=st.timedeltas(timedelta(), MINUTE),
)
def test_the_times_sent_are_safely_inside_the_three_days_however_long_the_wait(
    start: datetime | None, end: datetime | None, now: datetime, waited: timedelta
) -> None:
    query = TaskQuery(DOMAIN, start=start, end=end)
    try:
        sent = protocol.task_parameters(query, page=1, page_size=1, now=now + waited)
    except errors.ArgumentRefused:
        reject()
    begins, ends = (datetime.fromisoformat(sent[name]) for name in ("StartTime", "EndTime"))
    assert begins >= now + waited - 3 * DAY + 2 * MINUTE
    assert begins <= ends <= now + waited
    assert start is None or begins >= start.replace(microsecond=0)


def test_a_window_that_the_api_has_forgotten_while_waiting_is_not_sent() -> None:
    query = TaskQuery(DOMAIN, end=NOW - 3 * DAY + 2 * MINUTE + timedelta(seconds=5))
    protocol.check(query, page=1, page_size=1, now=NOW)
    with pytest.raises(errors.ArgumentRefused):
        protocol.task_parameters(query, page=1, page_size=1, now=NOW + MINUTE)


def test_play_domains_are_asked_for_with_or_without_a_keyword() -> None:
    everything = {"LiveDomainType": "liveVideo", "PageNumber": "2", "PageSize": "50"}
    assert protocol.domain_parameters("", page=2) == everything
    searched = {"DomainName": "live", "DomainSearchType": "fuzzy_match"}
    assert protocol.domain_parameters("live", page=2) == everything | searched


# --- what comes back ---


def test_a_task_is_read_with_all_its_fields() -> None:
    assert the_task() == PreloadTask(
        task_id="42",
        domain=DOMAIN,
        url=ROW["PlayUrl"],
        created=datetime(2026, 11, 22, 10, 52, tzinfo=UTC),
        area="domestic",
        window_start=datetime(2026, 11, 22, 11, 30, tzinfo=UTC),
        window_end=datetime(2026, 11, 22, 15, 0, tzinfo=UTC),
        process=63.0,
        status="Success",
        description="Successfully",
    )


def test_a_task_without_any_field_belongs_to_the_domain_that_was_asked_for() -> None:
    assert page_of({"PreloadTasks": [{}]}).tasks == (PreloadTask("", DOMAIN, ""),)


def test_tasks_know_by_which_filter_they_were_found() -> None:
    query = TaskQuery(DOMAIN, status="complete")
    page = pages.task_page({"PreloadTasks": [ROW]}, query, page=1, page_size=2, now=NOW)
    assert page.tasks[0].found_as is StatusFilter.COMPLETE


@pytest.mark.parametrize(
    "tasks",
    [
        {"PreloadTask": [ROW, ROW]},
        [ROW, ROW],
        [ROW, None, "odd", ROW],
    ],
)
def test_either_shape_of_the_list_is_read(tasks: object) -> None:
    assert page_of({"PreloadTasks": tasks}).tasks == (the_task(), the_task())


@pytest.mark.parametrize("tasks", [ROW, {"PreloadTask": ROW}])
def test_one_task_may_stand_without_a_list(tasks: object) -> None:
    assert page_of({"PreloadTasks": tasks}).tasks == (the_task(),)


@pytest.mark.parametrize(
    "fields",
    [
        {"PreloadTasks": {}},
        {"PreloadTasks": []},
        {"PreloadTasks": None},
        {"PreloadTasks": ""},
        {"PreloadTasks": {"PreloadTask": []}},
        {"PreloadTasks": {"PreloadTask": None}},
        {},
    ],
)
def test_an_empty_result_has_many_shapes(fields: dict[str, Any]) -> None:
    page = page_of({"TotalNum": 0, **fields})
    assert page == TaskPage((), page=1, page_size=100, total=0, request_id="R-1", observed_at=NOW)


@pytest.mark.parametrize("tasks", ["gone", 7, True, {"PreloadTask": "gone"}])
def test_a_list_that_is_none_is_an_error(tasks: object) -> None:
    with pytest.raises(errors.MalformedReply) as malformed:
        page_of({"PreloadTasks": tasks})
    assert malformed.value.request_id == "R-1"


def test_json_of_somebody_else_is_not_taken_for_an_empty_result() -> None:
    with pytest.raises(errors.MalformedReply):
        pages.task_page({"status": "ok"}, QUERY, page=1, page_size=100, now=NOW)
    with pytest.raises(errors.MalformedReply):
        pages.domain_page({})


@pytest.mark.parametrize(
    ("fields", "total"),
    [
        ({"TotalNum": 137}, 137),
        ({"TotalNum": "137"}, 137),
        ({}, 101),
        ({"TotalNum": 0}, 101),
        ({"TotalNum": -5}, 101),
        ({"TotalNum": "many"}, 101),
        ({"TotalNum": None}, 101),
        ({"TotalNum": float("inf")}, 101),
        ({"TotalNum": 10**30}, 1_000_000_000),
    ],
)
def test_the_total_is_never_less_than_what_is_seen(fields: dict[str, Any], total: int) -> None:
    assert page_of({"PreloadTasks": [ROW], **fields}, page=2).total == total


def test_the_page_is_the_one_the_api_says_it_is() -> None:
    page = page_of({"PageNum": 3, "PageSize": 50, "PreloadTasks": []}, page=2)
    assert (page.page, page.page_size) == (3, 50)


@pytest.mark.parametrize(
    ("written", "at"),
    [
        ("2026-11-22T10:52:00Z", datetime(2026, 11, 22, 10, 52, tzinfo=UTC)),
        (" 2026-11-22T18:52:00+08:00 ", datetime(2026, 11, 22, 10, 52, tzinfo=UTC)),
        ("2026-11-22 10:52:00", datetime(2026, 11, 22, 10, 52, tzinfo=UTC)),
        ("0001-01-01T00:00:00+08:00", None),
        ("0001-01-01T00:00:00Z", None),
        ("9999-12-31T23:59:59Z", None),
        ("yesterday", None),
        ("", None),
        (1_795_347_730, None),
        (None, None),
    ],
)
def test_a_time_is_in_utc_or_unknown(written: object, at: datetime | None) -> None:
    created = the_task(CreateTime=written).created
    assert created == at
    assert created is None or created.tzinfo is UTC


@pytest.mark.parametrize(
    ("written", "process"),
    [
        ("100%", 100.0),
        (" 63 % ", 63.0),
        ("63.5%", 63.5),
        (63, 63.0),
        ("0", 0.0),
        ("101%", None),
        ("-1%", None),
        ("nan", None),
        ("n/a", None),
        ("", None),
        (None, None),
    ],
)
def test_progress_is_a_percentage_or_unknown(written: object, process: float | None) -> None:
    assert the_task(Process=written).process == process


def test_text_that_could_not_be_written_anywhere_is_mended() -> None:
    (task,) = page_of(json.loads(r'{"PreloadTasks": [{"TaskId": "4\ud8002", "Area": "中"}]}')).tasks
    assert (task.task_id, task.area) == ("4?2", "中")


def test_domains_are_read_in_either_shape() -> None:
    row = {
        "DomainName": DOMAIN,
        "LiveDomainStatus": "online",
        "RegionName": "cn-shanghai",
        "Description": "tonight",
        "Cname": "ignored",
    }
    domain = LiveDomain(DOMAIN, "online", "cn-shanghai", "tonight")
    assert pages.domain_page({"Domains": {"PageData": [row]}, "TotalCount": 7}) == ((domain,), 7)
    assert pages.domain_page({"Domains": [row, {}]}) == ((domain, LiveDomain("")), 0)


odd_json = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from([*ROW]), inner),
)


@given(
    st.dictionaries(st.sampled_from([*ROW]), odd_json),
    st.fixed_dictionaries(
        {}, optional=dict.fromkeys(["TotalNum", "PageNum", "PageSize", "RequestId"], odd_json)
    ),
)
def test_any_task_can_be_read_shown_and_sorted(row: dict[str, Any], reply: dict[str, Any]) -> None:
    page = page_of({"PreloadTasks": {"PreloadTask": [row]}, **reply})
    (task,) = page.tasks
    repr(page).encode()
    task.stream.encode()
    task.state(NOW)
    assert page.page >= 1
    assert page.total >= 1


# --- replies that say something else ---


def failing(body: bytes, *, status: int = 200, **headers: str) -> errors.LiveError:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    with pytest.raises(errors.LiveError) as failed:
        fields_of(Reply(status, CIMultiDict(named), body))
    return failed.value


@pytest.mark.parametrize("tasks", [{"PreloadTask": [ROW]}, [ROW], [{}]])
def test_tasks_as_documented_are_read_at_once(tasks: object) -> None:
    body = json.dumps({"RequestId": "R-1", "PreloadTasks": tasks, "New": {"field": 1}}).encode()
    fields = fields_of(Reply(200, CIMultiDict(), body))
    listed = fields["PreloadTasks"]
    (row,) = listed["PreloadTask"] if isinstance(listed, dict) else listed
    assert isinstance(row, TaskRow)


def test_a_good_reply_gives_its_fields() -> None:
    body = json.dumps({"RequestId": "R-1", "TotalNum": 0}).encode()
    assert fields_of(Reply(200, CIMultiDict(), body))["RequestId"] == "R-1"


def test_an_error_in_json_keeps_code_status_and_request_id() -> None:
    body = b'{"Code": "Forbidden.RAM", "Message": "no", "RequestId": "R-1", "HostId": "h"}'
    error = failing(body, status=403)
    assert type(error) is errors.PermissionRefused
    assert str(error) == "Forbidden.RAM, no, HTTP 403, request R-1"


def test_an_error_in_xml_keeps_code_status_and_request_id() -> None:
    body = (
        b'<?xml version="1.0"?><Error><Code>Throttling.User</Code>'
        b"<Message>slow &amp; steady</Message><RequestId>R-1</RequestId><HostId>h</HostId></Error>"
    )
    error = failing(body, status=400, x_acs_retry_after="700")
    assert isinstance(error, errors.Throttled)
    assert error.retry_after_s == 0.7
    assert str(error) == "Throttling.User, slow & steady, HTTP 400, request R-1"


def test_a_proxys_page_keeps_the_status_and_the_headers_request_id() -> None:
    error = failing(b"<html><h1>502 Bad Gateway</h1></html>", status=502, X_Acs_Request_Id="R-2")
    assert type(error) is errors.MalformedReply
    assert str(error) == "MalformedReply, the reply is no JSON of the API, HTTP 502, request R-2"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe\x00",
        b"[]",
        b"null",
        b'"ok"',
        b"[" * 100_000,
        b'{"TotalNum": ' + b"9" * 5_000 + b"}",
        b"<html>all is well</html>",
    ],
)
def test_a_success_that_cannot_be_read_is_no_success(body: bytes) -> None:
    error = failing(body)
    assert type(error) is errors.MalformedReply
    assert error.http_status == 200


def test_json_that_was_cut_off_keeps_what_is_left_of_it() -> None:
    cut = json.dumps({"RequestId": "R-1", "PreloadTasks": [ROW]})[:-30].encode()
    assert failing(cut).request_id == "R-1"
    error = failing(b'{"Code": "ServiceUnavailable", "RequestId": "R-2", "Mess', status=503)
    assert type(error) is errors.Unavailable
    assert (error.code, error.request_id, error.http_status) == ("ServiceUnavailable", "R-2", 503)


@given(st.binary() | odd_json.map(json.dumps).map(str.encode), st.integers(400, 599))
def test_whatever_a_failing_server_says_becomes_an_error_with_its_status(
    body: bytes, status: int
) -> None:
    assert failing(body, status=status).http_status == status


def test_a_full_page_without_a_total_is_not_taken_for_all_there_is() -> None:
    with pytest.raises(errors.MalformedReply):
        page_of({"PreloadTasks": [ROW, ROW]}, page_size=2)
    assert page_of({"PreloadTasks": [ROW, ROW], "TotalPage": 3}, page_size=2).total == 6
    assert page_of({"PreloadTasks": [ROW, ROW], "TotalPage": 1}, page_size=2).total == 2


def test_a_total_without_any_task_is_a_contradiction_on_the_first_page_only() -> None:
    nothing = {"PreloadTasks": [], "TotalNum": 137}
    with pytest.raises(errors.MalformedReply):
        page_of(nothing)
    assert page_of(nothing, page=3).total == 137


def test_a_time_without_its_zone_is_refused_by_name() -> None:
    query = TaskQuery("live.example.com", start=NOW.replace(tzinfo=None))
    with pytest.raises(errors.ArgumentRefused) as refused:
        protocol.check(query, page=1, page_size=100, now=NOW)
    assert refused.value.argument == "StartTime"
