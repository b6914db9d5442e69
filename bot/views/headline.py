"""What an answer says in a sentence or two: counts, problems first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.live.model import StatusFilter, TaskState
from bot.views import absent
from bot.views.mrkdwn import code, escaped, owned
from bot.views.status import COUNT_WORDS, STATE_WORDS, filter_word

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.asks import Answer
    from bot.words import Words

_PROBLEMS_FIRST = (
    TaskState.FAILED,
    TaskState.WINDOW_OVER,
    TaskState.WINDOW_UNKNOWN,
    TaskState.UNKNOWN,
    TaskState.PENDING,
    TaskState.PRELOADING,
)
_FILTERS = (
    StatusFilter.FAILED,
    StatusFilter.PENDING,
    StatusFilter.PRELOADING,
    StatusFilter.COMPLETE,
)


def headline(answer: Answer, w: Words, *, old: bool) -> list[str]:
    """The answer in one or two sentences of mrkdwn, without their last full stop.

    `old` if the rows were not just read, but kept from before: nothing is called ready then.
    """
    ask = answer.ask
    if not answer.total:
        return [_nothing(answer, w)]
    if ask.status is not None:
        said, counts = _of_status(answer, ask.status, w), _of_found_streams(answer, w, old=old)
    elif answer.streams and not answer.streams_unknown and not answer.is_filtered:
        if _all_ready(answer, old=old):
            return [_ready(answer, w)]
        only = _only_stream(answer, w, old=old)
        if only:
            return [w.t("{domain}: 1 stream, {state}", domain=_subject(answer, w), state=only)]
        said, counts = _streams(answer, w), w.listed(_stream_counts(answer, w, old=old))
    else:
        said, counts = _tasks(answer, w), _task_counts(answer, w, old=old)
    return [said, counts] if counts else [said]


def _subject(answer: Answer, w: Words) -> str:
    """What the counts are of: the domain, or no more of it than the URLs that were asked for."""
    domain, count = escaped(owned(answer.ask.domain, answer.ask.account)), len(answer.ask.urls)
    if not count:
        return domain
    return w.n("{domain}, {count} URL", "{domain}, {count} URLs", count, domain=domain)


def _nothing(answer: Answer, w: Words) -> str:
    ask, domain = answer.ask, _subject(answer, w)
    if ask.task_id is not None:
        task_id = code(ask.task_id, 100)
        return w.t("{domain}: no task with the ID {task_id}", domain=domain, task_id=task_id)
    if ask.status is None:
        return w.t("{domain}: no tasks", domain=domain)
    status = filter_word(ask.status, w)
    if not answer.domain_total:
        return w.t("{domain}: no {status} tasks", domain=domain, status=status)
    return w.n(
        "{domain}: none {status} of {count} task",
        "{domain}: none {status} of {count} tasks",
        answer.domain_total,
        domain=domain,
        status=status,
    )


def _of_status(answer: Answer, status: StatusFilter, w: Words) -> str:
    fields = {"domain": _subject(answer, w), "status": filter_word(status, w)}
    if answer.domain_total is None:
        return w.n(
            "{domain}: {count} {status} task",
            "{domain}: {count} {status} tasks",
            answer.total,
            **fields,
        )
    return w.n(
        "{domain}: {found} {status} of {count} task",
        "{domain}: {found} {status} of {count} tasks",
        answer.domain_total,
        found=f"{answer.total:,}",
        **fields,
    )


def _of_found_streams(answer: Answer, w: Words, *, old: bool) -> str:
    """What became of the streams whose tasks were found, as far as that was looked up."""
    some_unknown = answer.streams_unknown
    if answer.ask.status is StatusFilter.FAILED:
        counts = w.listed(_of_failed_streams(answer, w, old=old))
        if counts and some_unknown:
            return w.t("Of those looked up: {counts}", counts=counts)
        return counts
    counts = w.listed(_stream_counts(answer, w, old=old))
    return _of_streams(counts, answer, w)


def _of_streams(counts: str, answer: Answer, w: Words) -> str:
    """That these are counts of streams, and whether of all of them."""
    if not counts:
        return ""
    if answer.streams_unknown:
        return w.t("Streams looked up: {counts}", counts=counts)
    return w.t("Streams: {counts}", counts=counts)


def _of_failed_streams(answer: Answer, w: Words, *, old: bool) -> Iterator[str]:
    for state, count, word in _by_state(answer, w, old=old):
        if state is TaskState.FAILED:
            yield w.n("{count} stream still failed", "{count} streams still failed", count)
        elif state is TaskState.UNKNOWN:  # of the failed task itself, or of a newer one
            yield w.t("{count} {state}", count=f"{count:,}", state=word)
        elif state in COUNT_WORDS:
            yield w.t("{count} retried but {state}", count=f"{count:,}", state=word)
        else:
            yield w.t("{count} retried and {state}", count=f"{count:,}", state=word)
    if not answer.streams and answer.retried:
        yield w.n("{count} stream retried", "{count} streams retried", answer.retried)


def _streams(answer: Answer, w: Words) -> str:
    count, domain = sum(answer.streams.values()), _subject(answer, w)
    return w.n("{domain}: {count} stream", "{domain}: {count} streams", count, domain=domain)


def _only_stream(answer: Answer, w: Words, *, old: bool) -> str:
    """The state of the one stream that the answer is about; empty where it is about more."""
    if sum(answer.streams.values()) != 1 or answer.without_task or answer.outside:
        return ""
    return next(word for _, _, word in _by_state(answer, w, old=old))


def _all_ready(answer: Answer, *, old: bool) -> bool:
    doubts = old or answer.unchecked is not None or answer.without_task or answer.outside
    return not doubts and _count_ready(answer) == sum(answer.streams.values())


def _ready(answer: Answer, w: Words) -> str:
    return w.n(
        "{domain}: {count} stream, ready",
        "{domain}: all {count} streams ready",
        _count_ready(answer),
        domain=_subject(answer, w),
    )


def _count_ready(answer: Answer) -> int:
    return sum(answer.streams.get(state, 0) for state in TaskState if state.is_ready)


def _stream_counts(answer: Answer, w: Words, *, old: bool) -> Iterator[str]:
    for _, count, word in _by_state(answer, w, old=old):
        yield w.t("{count} {state}", count=f"{count:,}", state=word)
    if answer.without_task:
        yield absent.not_found(answer, w)
    if answer.outside:
        yield absent.found_elsewhere(answer, w)


def _by_state(answer: Answer, w: Words, *, old: bool) -> Iterator[tuple[TaskState, int, str]]:
    """How many streams are in each state that any is in, problems first, and the state's word."""
    for state in _PROBLEMS_FIRST:
        if count := answer.streams.get(state, 0):
            yield state, count, w.t(COUNT_WORDS.get(state, STATE_WORDS[state]))
    if ready := _count_ready(answer):
        word = w.t("ready when last seen") if old else w.t("ready")
        yield TaskState.READY, ready, word


def _tasks(answer: Answer, w: Words) -> str:
    domain, task_id = _subject(answer, w), answer.ask.task_id
    if task_id is not None:
        return w.t("{domain}: task {task_id}", domain=domain, task_id=escaped(task_id, 100))
    total = answer.total
    return w.n("{domain}: {count} task", "{domain}: {count} tasks", total, domain=domain)


def _task_counts(answer: Answer, w: Words, *, old: bool) -> str:
    """Counts of streams where they are known, else of tasks in the filter's words."""
    only = _only_stream(answer, w, old=old) if answer.ask.task_id is not None else ""
    if only:
        return w.t("Its stream: {state}", state=only)
    if answer.whole:
        return _of_streams(w.listed(_stream_counts(answer, w, old=old)), answer, w)
    return w.listed(_counts_by_filter(answer, w))


def _counts_by_filter(answer: Answer, w: Words) -> Iterator[str]:
    """How many tasks the API's filters find; those that were not counted are not left unsaid."""
    counts = dict(answer.counts)
    uncounted = [status for status in _FILTERS if status not in counts]
    if len(uncounted) == 1:
        counts[uncounted[0]] = answer.total - sum(counts.values())
    for status in _FILTERS:
        if (count := counts.get(status, 0)) > 0:
            yield w.t("{count} {state}", count=f"{count:,}", state=filter_word(status, w))
    if counts and len(uncounted) > 1:
        yield w.t("others not counted")
