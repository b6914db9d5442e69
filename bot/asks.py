"""What a person can ask about tasks, and what an answer holds. Values only; see `bot.queries`."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from bot.live.model import StatusFilter, TaskState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.errors import BotError
    from bot.live.model import PreloadTask

DEFAULT_ACCOUNT = "default"
"""The account there is where the settings name none. Messages name any other beside its domains."""
DEFAULT_ROWS = 10
MIN_ROWS = 5
MAX_ROWS = 30
_KEYS_IN_MEMORY = 256
"""Of 100 URLs at most, each of these."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A question about the tasks of one domain.

    Attributes:
        account: the name of the account in the settings.
        domain: a play domain, or "" while it is still to be picked.
        status, task_id, urls: as in `TaskQuery`.
        since: how far back (a duration before the window's end, or a moment); None is as far as
            the API keeps.
        until: the window's end; None is now.
        rows: rows a page in Slack.
    """

    account: str
    domain: str
    status: StatusFilter | None = None
    task_id: str | None = None
    urls: tuple[str, ...] = ()
    since: timedelta | datetime | None = None
    until: datetime | None = None
    rows: int = DEFAULT_ROWS

    def to_json(self) -> str:
        """The ask as compact JSON; what is not set is left out. `from_json` reads it back."""
        since = self.since.total_seconds() if isinstance(self.since, timedelta) else None
        after = self.since.timestamp() if isinstance(self.since, datetime) else None
        fields = {
            "a": self.account,
            "d": self.domain,
            "s": self.status,
            "i": self.task_id,
            "u": self.urls,
            "l": since,
            "f": after,
            "t": self.until.timestamp() if self.until else None,
            "r": self.rows if self.rows != DEFAULT_ROWS else None,
        }
        kept = {key: value for key, value in fields.items() if value}
        return json.dumps(kept, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Ask:
        """Read `to_json` back.

        Raises:
            ValueError: the text is not an ask of this version.
        """
        try:
            fields = json.loads(text)
            since = timedelta(seconds=fields["l"]) if "l" in fields else None
            return cls(
                account=str(fields.get("a", "")),
                domain=str(fields.get("d", "")),
                status=StatusFilter(fields["s"]) if "s" in fields else None,
                task_id=str(fields["i"]) if "i" in fields else None,
                urls=tuple(str(url) for url in fields.get("u", ())),
                since=_moment(fields["f"]) if "f" in fields else since,
                until=_moment(fields["t"]) if "t" in fields else None,
                rows=int(fields.get("r", DEFAULT_ROWS)),
            )
        except (KeyError, TypeError, AttributeError, OverflowError, OSError) as error:
            raise ValueError("not an ask") from error

    @property
    def key(self) -> str:
        """A short name for the ask as a whole, the same on every machine: 16 characters."""
        return _key(self)

    def question(self) -> Ask:
        """The ask without its form: what two asks share that the same tasks answer."""
        return replace(self, rows=DEFAULT_ROWS)

    def everything(self) -> Ask:
        """All tasks of its domain."""
        return Ask(self.account, self.domain)

    @property
    def is_filtered(self) -> bool:
        """Whether a stream's newest task may be missing from the tasks this ask finds."""
        return self.status is not None or self.task_id is not None or self.until is not None


@lru_cache(_KEYS_IN_MEMORY)
def _key(ask: Ask) -> str:
    return hashlib.sha256(ask.to_json().encode(errors="surrogatepass")).hexdigest()[:16]


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


@dataclass(frozen=True, slots=True)
class Place:
    """Where in an answer a page begins, and what was seen before it.

    Attributes:
        offset: rows before it; past the end (`LAST_OFFSET` surely is) means the last page.
        end: the end of the window that the pages before were cut from; None is now.
        total: how many tasks matched then, or None.
        last_shown: a short mark of the last row shown before it, or None.
        first_shown: the same of the first row shown after it.
        refresh: ask again, whatever is known.
    """

    offset: int = 0
    end: datetime | None = None
    total: int | None = None
    last_shown: str | None = None
    first_shown: str | None = None
    refresh: bool = False


FIRST = Place()
LAST_OFFSET = 1 << 32


@dataclass(frozen=True, slots=True)
class Row:
    """One task of an answer, and what became of its stream.

    Attributes:
        task: the task.
        newest: its stream's newest task (often `task` itself); None where that is not known.
    """

    task: PreloadTask
    newest: PreloadTask | None

    @property
    def is_superseded(self) -> bool:
        """Whether the stream has a newer task than this one."""
        return self.newest is not None and self.newest.task_id != self.task.task_id


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """A page of rows, and what is known of all of them. Each is equal to itself alone.

    Attributes:
        ask: what was asked.
        start, end: the window of creation times that was asked for, in UTC.
        cut: the window was cut to the API's 3 days.
        rows: the page's rows, at most `ask.rows`.
        offset: how many rows stand before this page (a multiple of `ask.rows`, unless rows did
            not fit into an earlier message).
        total: how many tasks match in all.
        domain_total: how many tasks the domain has in the window whatever their status; None
            where it was not asked.
        whole: every matching task was read: counts are exact, problems stand first. Otherwise the
            rows are in the API's own order.
        states: how many of the matching tasks are in each state; of `whole` answers only.
        counts: how many tasks the API's filter finds in each status; of unfiltered answers that
            are not whole, and there perhaps without some.
        streams: how many streams there are in each state, by their newest task; of `whole`
            answers only, and without those whose newest task is not known. Empty where an
            unfiltered answer is of a window that is past, and not all of them are known.
        streams_unknown: how many streams `streams` leaves out for that; of `whole` answers only.
        retried: how many streams have a failed task among the matching ones and a newer one since.
        without_task: asked-for URLs whose streams have no task at all.
        outside: the newest tasks of asked-for streams that have none among the matching ones: these
            are of another time, or signed otherwise. Of answers without a status or a task ID.
        as_typed: the domain has too many tasks to be read, so it was asked for the URLs just as
            they were typed: those `without_task` may have tasks with another signature.
        observed_at: when the oldest reply this was made of arrived, in UTC.
        ends_now: the end that was asked for is now, or still to come, and so is none.
        moved: tasks have changed places since the page before this one was shown.
        stale: why the tasks could not be read again; the rows are then those of `observed_at`.
        unchecked: why the streams' newest tasks could not be looked up, if they could not.
        request_id: the API's request ID of the page's reply.
    """

    ask: Ask
    start: datetime
    end: datetime
    rows: tuple[Row, ...]
    offset: int
    total: int
    whole: bool
    states: Mapping[TaskState, int]
    counts: Mapping[StatusFilter, int]
    streams: Mapping[TaskState, int]
    observed_at: datetime
    request_id: str
    cut: bool = False
    domain_total: int | None = None
    streams_unknown: int = 0
    retried: int = 0
    without_task: tuple[str, ...] = ()
    outside: tuple[PreloadTask, ...] = ()
    as_typed: bool = False
    ends_now: bool = False
    moved: bool = False
    stale: BotError | None = None
    unchecked: BotError | None = None

    @property
    def is_filtered(self) -> bool:
        """Whether there may be streams, or newer tasks of streams, besides those found."""
        return (replace(self.ask, until=None) if self.ends_now else self.ask).is_filtered


@dataclass(frozen=True, slots=True)
class TaskCard:
    """One task with everything known of it.

    Attributes:
        ask: an ask that finds the task again (its domain, account and task ID).
        row: the task and its stream's newest.
        observed_at: when the reply arrived, in UTC.
        request_id: of that reply.
        stale: why it could not be read again, if it could not.
    """

    ask: Ask
    row: Row
    observed_at: datetime
    request_id: str
    stale: BotError | None = None
