"""Tasks as the API describes them, and what a domain's reading makes of them, for tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.live.model import PreloadTask, StatusFilter

NOW = datetime(2026, 11, 22, 19, 42, 10, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
DOMAIN = "live.example.com"


def url_of(stream: str) -> str:
    return f"rtmp://{DOMAIN}/liveApp/{stream}"


def a_task(
    task_id: str = "1",
    status: str = "pending",
    *,
    stream: str = "cup",
    created: timedelta | None = timedelta(),
    start: timedelta | None = HOUR,
    end: timedelta | None = 3 * HOUR,
    process: float | None = None,
    found_as: StatusFilter | None = None,
) -> PreloadTask:
    """A task; its times count from `NOW`."""
    return PreloadTask(
        task_id=task_id,
        domain=DOMAIN,
        url=url_of(stream),
        created=None if created is None else NOW + created,
        window_start=None if start is None else NOW + start,
        window_end=None if end is None else NOW + end,
        process=process,
        status=status,
        found_as=found_as,
    )
