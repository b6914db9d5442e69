"""A task's state as a person reads it. The green tick is decided here, and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.live.model import StatusFilter, TaskState
from bot.views.mrkdwn import escaped, plain
from bot.views.times import clock
from bot.words import marked

if TYPE_CHECKING:
    from datetime import datetime

    from bot.asks import Row
    from bot.live.model import PreloadTask
    from bot.reader import Reader
    from bot.words import Words

_WORD_CHARS = 40

_ICONS = {
    TaskState.READY: "✅",
    TaskState.READY_LATER: "✅",
    TaskState.WINDOW_OVER: "⚠️",
    TaskState.WINDOW_UNKNOWN: "❔",
    TaskState.PRELOADING: "🔄",
    TaskState.PENDING: "⏳",
    TaskState.FAILED: "❌",
    TaskState.UNKNOWN: "❔",
}
_UNSURE = "❔"
_WARNING = "⚠️"
_AGAIN = "↻"

_FILTER_WORDS = {
    StatusFilter.COMPLETE: marked("complete"),
    StatusFilter.PENDING: marked("pending"),
    StatusFilter.PRELOADING: marked("preloading"),
    StatusFilter.FAILED: marked("failed"),
}


def filter_word(status: StatusFilter, w: Words) -> str:
    """What the API's filter calls it: `complete` is not yet ready."""
    return w.t(_FILTER_WORDS[status])


@dataclass(frozen=True, slots=True)
class Status:
    """An icon and what it means.

    Attributes:
        icon: one of the product's icons; `✅` only for what is ready.
        text: literal text, not escaped.
    """

    icon: str
    text: str

    def __str__(self) -> str:
        return f"{self.icon} {self.text}"

    @property
    def mrkdwn(self) -> str:
        """The same, escaped."""
        return f"{self.icon} {escaped(self.text)}"


def status_of(row: Row, reader: Reader, w: Words, *, now: datetime, old: bool) -> Status:
    """What to say of a row; `old` if it was not just read, but kept from before.

    Green takes all of: complete; its window now or to come; not old; and
    its stream's newest task known, and the same or ready as well.
    """
    state = row.task.state(now)
    if row.newest is None:
        if state.is_ready:
            return Status(_UNSURE, w.t("complete, newer tasks not checked"))
        return _alone(row.task, reader, w, now=now, old=old)
    if not _is_superseded(row.task, row.newest):
        return _alone(row.task, reader, w, now=now, old=old)
    return _superseded(row.task, row.newest, reader, w, now=now, old=old)


def _is_superseded(task: PreloadTask, newest: PreloadTask) -> bool:
    """Whether they are two tasks; where the API named no IDs, whether they differ at all."""
    return newest.task_id != task.task_id or (not task.task_id and newest != task)


def _alone(task: PreloadTask, reader: Reader, w: Words, *, now: datetime, old: bool) -> Status:
    state = task.state(now)
    text = _text(task, state, reader, w, now=now, old=old)
    return Status(_UNSURE if old and state.is_ready else _ICONS[state], text)


def _superseded(
    task: PreloadTask,
    newest: PreloadTask,
    reader: Reader,
    w: Words,
    *,
    now: datetime,
    old: bool,
) -> Status:
    state, now_state = task.state(now), newest.state(now)
    newer = _text(newest, now_state, reader, w, now=now, old=old, brief=True)
    if state is TaskState.FAILED:
        return Status(_AGAIN, w.t("failed, retried: {state}", state=newer))
    if state.is_ready and now_state.is_ready:
        return _alone(task, reader, w, now=now, old=old)
    if state.is_ready:
        both = f"{_ICONS[now_state]} {newer}"
        return Status(_WARNING, w.t("complete, newer task: {state}", state=both))
    own = _text(task, state, reader, w, now=now, old=old)
    icon = _AGAIN if now_state.is_ready and not old else _ICONS[state]
    return Status(icon, w.t("{own}, newer task: {state}", own=own, state=newer))


def _text(
    task: PreloadTask,
    state: TaskState,
    reader: Reader,
    w: Words,
    *,
    now: datetime,
    old: bool,
    brief: bool = False,
) -> str:
    """The state in words; `brief` leaves the window of a ready task out."""
    if state.is_ready:
        return _ready(task, state, reader, w, now=now, old=old, brief=brief)
    match state:
        case TaskState.WINDOW_OVER if task.window_end is not None:
            end = clock(task.window_end, reader, now)
            return w.t("complete, window ended {time}", time=end)
        case TaskState.PRELOADING if task.process is not None:
            return w.t("preloading {percent} %", percent=f"{min(task.process, 99):.0f}")
        case TaskState.UNKNOWN if task.status.strip():
            return plain(task.status, _WORD_CHARS)
    return w.t(STATE_WORDS[state])


def _ready(
    task: PreloadTask,
    state: TaskState,
    reader: Reader,
    w: Words,
    *,
    now: datetime,
    old: bool,
    brief: bool,
) -> str:
    if old:
        return w.t("ready when last seen")
    if state is TaskState.READY_LATER and task.window_start is not None:
        return w.t("ready, from {time}", time=clock(task.window_start, reader, now))
    if task.window_end is None or brief:
        return w.t("ready")
    return w.t("ready, until {time}", time=clock(task.window_end, reader, now))


STATE_WORDS = {
    TaskState.READY: marked("ready"),
    TaskState.READY_LATER: marked("ready"),
    TaskState.WINDOW_OVER: marked("complete, window ended"),
    TaskState.WINDOW_UNKNOWN: marked("complete, window unknown"),
    TaskState.PRELOADING: marked("preloading"),
    TaskState.PENDING: marked("pending"),
    TaskState.FAILED: marked("failed"),
    TaskState.UNKNOWN: marked("unknown"),
}
"""The states in words, unadorned."""

COUNT_WORDS = {
    TaskState.WINDOW_OVER: marked("window ended"),
    TaskState.WINDOW_UNKNOWN: marked("window unknown"),
}
"""Where counted things are named shorter."""
