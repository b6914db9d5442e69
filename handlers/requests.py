"""What a person's command comes to. Values only; `handlers.grammar` reads them out of text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from bot.export import Format
from bot.watch.model import DEFAULT_STATUSES

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from bot.live.model import StatusFilter

DEFAULT_DELIVERIES: Final = 10


@dataclass(frozen=True, slots=True)
class TasksRequest:
    """`/preload [tasks] [filters]`: show the tasks of a domain.

    Attributes:
        domain: a play domain as the API writes it (lower case, punycode), or None if neither it
            nor URLs of one host were given.
        status: only tasks the API's filter finds so.
        task_id: only this task.
        urls: only tasks of these play URLs, exactly as given, each once; at most 100.
        since: how far back: a duration until now, where no end is given, or a moment in UTC.
        until: the window's end, in UTC; None is now.
        rows: rows a page in Slack, 5-30; None is the usual number.
        page: the page of the answer, from 1.
        public: post the answer for everyone in the channel.
        account: the name of the account that has the domain, where it was said.
    """

    domain: str | None = None
    status: StatusFilter | None = None
    task_id: str | None = None
    urls: tuple[str, ...] = ()
    since: timedelta | datetime | None = None
    until: datetime | None = None
    rows: int | None = None
    page: int = 1
    public: bool = False
    account: str | None = None


@dataclass(frozen=True, slots=True)
class AskRequest:
    """`/preload ask [filters]`: ask by a form, filled in with what `text` can be understood to be.

    It is what follows `ask`, normalised, right or wrong; a URL in it may carry its signature.
    """

    text: str = ""


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """`/preload export [filters] [csv|json]`: all tasks that the filters find, as a file.

    Attributes:
        query: what to find; `public` is whether the file is for everyone in the channel.
        format: what the file shall be.
    """

    query: TasksRequest = TasksRequest()
    format: Format = Format.CSV


@dataclass(frozen=True, slots=True)
class AuditRequest:
    """`/preload audit [count] [json]`: who changed what lately, in Slack or as JSON lines.

    Attributes:
        count: how many of the latest entries, 1-50; None is a few in Slack, and all as a file.
        as_json: as a file.
    """

    count: int | None = None
    as_json: bool = False


@dataclass(frozen=True, slots=True)
class HelpRequest:
    """`/preload help [topic]`. The topic is the name of a `Key` or a `Subcommand`, or None."""

    topic: str | None = None


@dataclass(frozen=True, slots=True)
class DefaultRequest:
    """`/preload default …`: the channel's default domain.

    With a domain (of an account, where that was said) it is set, with `clear` it is forgotten,
    with neither it is shown.
    """

    domain: str | None = None
    clear: bool = False
    account: str | None = None


@dataclass(frozen=True, slots=True)
class WatchRequest:
    """`/preload watch [filters]`: keep a message up to date on the streams they find.

    Attributes:
        domain, status, task_id, urls, since: as in `TasksRequest`.
        until: when it ends, in UTC; None is the usual time from now.
        channel_id: where the message shall be; None is where it was asked.
        name: what it shall be called, at most 80 characters, or "".
        account: as in `TasksRequest`.
    """

    domain: str | None = None
    status: StatusFilter | None = None
    task_id: str | None = None
    urls: tuple[str, ...] = ()
    since: timedelta | datetime | None = None
    until: datetime | None = None
    channel_id: str | None = None
    name: str = ""
    account: str | None = None


@dataclass(frozen=True, slots=True)
class SubscribeRequest:
    """`/preload subscribe [domain]`: tell a channel each change of a domain.

    Attributes:
        domain: a play domain as the API writes it, or None.
        statuses: which changes: those that lead to one of these.
        channel_id: which channel; None is where it was asked.
        group: how long changes are gathered, at most 10 minutes; None is the usual time.
        repeat: how often a failure is told again, zero for never; None is the usual time.
        account: as in `TasksRequest`.
    """

    domain: str | None = None
    statuses: frozenset[StatusFilter] = DEFAULT_STATUSES
    channel_id: str | None = None
    group: timedelta | None = None
    repeat: timedelta | None = None
    account: str | None = None


@dataclass(frozen=True, slots=True)
class UnsubscribeRequest:
    """`/preload unsubscribe [domain]`: tell a channel no more of a domain.

    Attributes:
        domain: which; None is the one that the channel is told of, if it is one.
        channel_id: which channel; None is where it was asked.
        account: as in `TasksRequest`.
    """

    domain: str | None = None
    channel_id: str | None = None
    account: str | None = None


@dataclass(frozen=True, slots=True)
class ListRequest:
    """`/preload list [all]`: what this channel, or all of the workspace, is told and shown."""

    everywhere: bool = False


@dataclass(frozen=True, slots=True)
class DeliveriesRequest:
    """`/preload deliveries [count]`: what became of the channel's latest notices, 1-50."""

    count: int = DEFAULT_DELIVERIES


Request: TypeAlias = (
    TasksRequest
    | WatchRequest
    | SubscribeRequest
    | UnsubscribeRequest
    | ListRequest
    | DeliveriesRequest
    | AskRequest
    | ExportRequest
    | AuditRequest
    | DefaultRequest
    | HelpRequest
)
