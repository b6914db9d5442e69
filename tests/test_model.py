from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.live.model import PreloadTask, StatusFilter, TaskState, newest, stream_of

NOW = datetime(2026, 11, 22, 11, 42, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)


def a_task(
    status: str = "complete",
    *,
    process: float | None = None,
    found_as: StatusFilter | None = None,
    start: timedelta | None = -HOUR,
    end: timedelta | None = HOUR,
    description: str = "",
) -> PreloadTask:
    return PreloadTask(
        task_id="1",
        domain="live.example.com",
        url="rtmp://live.example.com/liveApp/cup",
        window_start=None if start is None else NOW + start,
        window_end=None if end is None else NOW + end,
        process=process,
        status=status,
        description=description,
        found_as=found_as,
    )


@pytest.mark.parametrize(
    ("start", "end", "state"),
    [
        (-HOUR, HOUR, TaskState.READY),
        (timedelta(), HOUR, TaskState.READY),
        (HOUR, 2 * HOUR, TaskState.READY_LATER),
        (-2 * HOUR, -HOUR, TaskState.WINDOW_OVER),
        (-HOUR, timedelta(), TaskState.WINDOW_OVER),
        (None, -HOUR, TaskState.WINDOW_OVER),
        (None, HOUR, TaskState.WINDOW_UNKNOWN),
        (-HOUR, None, TaskState.WINDOW_UNKNOWN),
        (HOUR, None, TaskState.WINDOW_UNKNOWN),
        (None, None, TaskState.WINDOW_UNKNOWN),
    ],
)
def test_a_complete_task_is_ready_only_within_or_before_its_window(
    start: timedelta | None, end: timedelta | None, state: TaskState
) -> None:
    task = a_task(start=start, end=end)
    assert task.state(NOW) is state
    assert state.is_complete
    assert state.is_finished


@pytest.mark.parametrize(
    ("status", "process", "found_as", "state"),
    [
        ("complete", None, None, TaskState.READY),
        ("Complete ", 100.0, None, TaskState.READY),
        ("pending", None, None, TaskState.PENDING),
        ("preloading", 63.0, None, TaskState.PRELOADING),
        ("failed", None, None, TaskState.FAILED),
        ("Failed", 100.0, None, TaskState.FAILED),
        ("Failed", 100.0, StatusFilter.COMPLETE, TaskState.FAILED),
        ("Success", 100.0, None, TaskState.READY),
        ("Success", 63.0, None, TaskState.PRELOADING),
        ("Success", 0.0, None, TaskState.PENDING),
        ("Success", None, None, TaskState.UNKNOWN),
        ("Success", None, StatusFilter.COMPLETE, TaskState.READY),
        ("Success", None, StatusFilter.PENDING, TaskState.PENDING),
        ("Success", 100.0, StatusFilter.COMPLETE, TaskState.READY),
        ("Success", 100.0, StatusFilter.FAILED, TaskState.FAILED),
        ("Success", 63.0, StatusFilter.COMPLETE, TaskState.PRELOADING),
        ("complete", 100.0, StatusFilter.FAILED, TaskState.FAILED),
        ("complete", None, StatusFilter.PRELOADING, TaskState.PRELOADING),
        ("", None, None, TaskState.UNKNOWN),
        ("", 100.0, None, TaskState.UNKNOWN),
        ("", None, StatusFilter.COMPLETE, TaskState.READY),
        ("Warming", 100.0, None, TaskState.UNKNOWN),
        ("Warming", 100.0, StatusFilter.COMPLETE, TaskState.UNKNOWN),
    ],
)
def test_what_a_status_says_with_its_progress_and_the_filter_that_found_it(
    status: str, process: float | None, found_as: StatusFilter | None, state: TaskState
) -> None:
    assert a_task(status, process=process, found_as=found_as).state(NOW) is state


@given(
    st.sampled_from(["complete", "Success", "Failed", "failed", "pending", "", "Warming"])
    | st.text(),
    st.none() | st.floats(0, 100),
    st.none() | st.sampled_from(StatusFilter),
    st.none() | st.timedeltas(-HOUR, HOUR),
    st.none() | st.timedeltas(-HOUR, HOUR),
)
def test_only_what_the_api_called_complete_is_ever_complete(
    status: str,
    process: float | None,
    found_as: StatusFilter | None,
    start: timedelta | None,
    end: timedelta | None,
) -> None:
    state = a_task(status, process=process, found_as=found_as, start=start, end=end).state(NOW)
    word = status.strip().lower()
    said = (
        found_as is StatusFilter.COMPLETE
        or word == "complete"
        or (word == "success" and process == 100)
    )
    assert said or not state.is_complete
    assert not state.is_ready or (end is not None and end > timedelta())


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("rtmp://a.b/x/cup?auth_key=1-0-0-aa", "rtmp://a.b/x/cup?auth_key=2-0-0-bb", True),
        ("rtmp://A.b/x/cup", "RTMP://a.B/x/cup ", True),
        ("rtmp://a.b/x/cup?AUTH_KEY=1&q=hd", "rtmp://a.b/x/cup?q=hd", True),
        ("rtmp://a.b/x/cup", "https://a.b/x/cup.flv", False),
        ("https://a.b/x/cup.flv?q=hd", "https://a.b/x/cup.flv?q=sd", False),
        ("rtmp://a.b/x/cup", "rtmp://a.b/x/Cup", False),
    ],
)
def test_a_stream_is_its_url_without_the_signature(one: str, other: str, *, same: bool) -> None:
    assert (stream_of(one) == stream_of(other)) is same


@given(st.text())
def test_any_text_has_a_stream_and_a_stream_is_its_own(url: str) -> None:
    assert stream_of(stream_of(url)) == stream_of(url)


def test_a_url_that_is_none_is_its_own_stream() -> None:
    assert stream_of(" http://[not an address/x ") == "http://[not an address/x"


def test_the_newest_task_of_each_stream_is_found() -> None:
    def one(task_id: str, name: str, created: datetime | None) -> PreloadTask:
        return PreloadTask(task_id, "a.b", f"rtmp://a.b/x/{name}", created=created)

    tasks = [
        one("undated", "cup", None),
        one("old", "cup", NOW - HOUR),
        one("new", "cup", NOW),
        one("equal", "cup", NOW),
        one("undated later", "cup", None),
        one("only", "talk", None),
    ]
    found = newest(tasks)
    assert {stream: task.task_id for stream, task in found.items()} == {
        "rtmp://a.b/x/cup": "new",
        "rtmp://a.b/x/talk": "only",
    }
