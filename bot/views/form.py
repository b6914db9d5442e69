"""The form that asks about tasks, filled in with what a person had typed."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice
from typing import TYPE_CHECKING

from bot.asks import MAX_ROWS, MIN_ROWS
from bot.export import Format
from bot.live.model import StatusFilter
from bot.manifest import FORM
from bot.views import blocks, inputs, usage
from bot.views.limits import INPUT_CHARS, OPTIONS, VIEW_BLOCKS
from bot.views.mrkdwn import NOTHING, code, plain, unsigned
from bot.views.refs import ALL
from bot.views.status import filter_word
from bot.words import marked, words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from bot.errors import UsageError
    from bot.reader import Reader
    from bot.views.limits import Block
    from bot.words import Words

ONLY_ME, EVERYONE = "no", "yes"
"""Of the field `WHO`: the answers to whether it is public."""
ANY_ACCOUNT = "*"
TABLE = "table"
"""Of the field `FORMAT`: an answer in Slack, no file."""


class Field(StrEnum):
    """The fields, by the `block_id` and `action_id` of their inputs: the grammar's keys."""

    DOMAIN = "domain"
    STATUS = "status"
    URLS = "url"
    TASK = "task"
    SINCE = "since"
    UNTIL = "until"
    ROWS = "size"
    FORMAT = "format"
    ACCOUNT = "account"
    WHERE = "in"
    WHO = "public"


_URL_INPUTS = VIEW_BLOCKS - len(Field)
"""As many as there is room for, beside the other fields and a note."""


@dataclass(frozen=True, slots=True)
class Filled:
    """What a form is filled in with.

    Attributes:
        rows: rows a page.
        domain: a domain, or "" for none.
        status: None is all.
        urls: one a line, right or wrong.
        task: a task ID, right or wrong.
        since, until: the window, in UTC; None is left open.
        format: of the file that is asked for, or None for an answer in Slack.
        account: the name of an account, or "" for the one that has the domain.
        is_public: everyone shall see the answer.
        channel_id: where to answer, or "" for the channel that is looked at.
        left_out: what was typed besides and belongs to no field; free of secrets.
        is_unsigned: the URLs had signatures, which are left out.
        wrong: what is wrong, by field.
    """

    rows: int
    domain: str = ""
    status: StatusFilter | None = None
    urls: str = ""
    task: str = ""
    since: datetime | None = None
    until: datetime | None = None
    format: Format | None = None
    account: str = ""
    is_public: bool = False
    channel_id: str = ""
    left_out: str = ""
    is_unsigned: bool = False
    wrong: Mapping[Field, UsageError] = field(default_factory=dict)


UNKNOWN_DOMAIN = "unknown_domain"
"""What is wrong with a domain that is like a known one, beside what the grammar finds."""

_WRONG = {
    UNKNOWN_DOMAIN: marked("{given} is not among the known domains."),
    "bad_time": marked("{given} is not a time that can be read."),
    "bad_size": marked("{given} is not a number of rows from {low} to {high}."),
    "bad_public": marked("{given} is neither yes nor no."),
    "bad_channel": marked("{given} is not a channel: choose one."),
    "mixed_hosts": marked(
        "The URLs are of two domains, {first} and {second}: pick one, or ask for one at a time."
    ),
    "since_in_future": marked("This is still to come."),
    "since_not_before_until": marked("This is not after the beginning."),
    "until_too_old": marked("This is too long ago: the API keeps {days} days."),
}
"""What is said in a form where the sentence for a command would speak of how it is typed."""

_HINTS = {
    Field.DOMAIN: marked("Left empty: the domain of the URLs, else the channel's own."),
    Field.URLS: marked(
        "One a line, with their signatures, if they have any; {most} characters fit in. "
        "Longer lists: “Check these streams” in the menu of a message."
    ),
    Field.SINCE: marked(
        "In the time zone of your Slack. Left empty: 3 days ago, as far as the API keeps."
    ),
    Field.UNTIL: marked("Left empty: now."),
    Field.WHERE: marked("Left empty: in a direct message."),
}


def form(
    filled: Filled, reader: Reader, *, opened_in: str = "", accounts: Sequence[str] = ()
) -> Block:
    """The modal.

    Args:
        filled: what stands in it at first.
        reader: for whom.
        opened_in: the channel it is opened in: what may be asked there, its menus suggest.
        accounts: the names of all accounts, to choose from where there are several.
    """
    w = words(reader.language)
    place = {"private_metadata": opened_in} if opened_in else {}  # Slack takes no empty one
    return {
        "type": "modal",
        "callback_id": FORM,
        **place,
        "title": _plain(w.t("Preload tasks")),
        "submit": _plain(w.t("Ask")),
        "close": _plain(w.t("Cancel")),
        "blocks": [*_notes(filled, w), *_inputs(filled, w, accounts)],
    }


def wrong(error: UsageError, w: Words) -> str:
    """What is wrong with a field, as literal text."""
    values = dict.fromkeys(usage.NAMES, NOTHING)
    values |= {name: plain(unsigned(value), 100) for name, value in error.values.items()}
    sentence = _WRONG.get(error.problem) or usage.SENTENCES[error.problem]
    meant = plain(unsigned(error.suggestion), 300) if error.suggestion else ""
    hint = w.t("Did you mean {value}?", value=meant) if meant else ""
    return w.paragraph([w.t(sentence, **values), hint])


def nowhere(w: Words) -> str:
    """That everybody shall see an answer that has no place."""
    return w.t("Everyone where? Choose a channel.")


def not_there(w: Words) -> str:
    """That they may ask that in other channels only."""
    return w.t("You may not ask this here: choose a channel in which you may.")


def _notes(filled: Filled, w: Words) -> Iterator[Block]:
    notes = []
    if filled.left_out:
        notes.append(w.t("Left out of this form: {text}", text=code(filled.left_out, 500)))
    if filled.is_unsigned:
        notes.append(w.t("The URLs stand here without their signatures: add those you have."))
    if notes:  # in one block, which there is room for
        yield blocks.section("\n".join(f"⚠️ {note}" for note in notes))


def _inputs(filled: Filled, w: Words, accounts: Sequence[str]) -> Iterator[Block]:
    def one(name: Field, label: str, element: Block, *, is_optional: bool = True) -> Block:
        return inputs.field(name, label, element, _hint(name, filled, w), is_optional=is_optional)

    yield one(Field.DOMAIN, w.t("Domain"), inputs.searched("live.example.com", filled.domain))
    if len(accounts) > 1:
        any_one = blocks.option(w.t("the one that has the domain"), ANY_ACCOUNT)
        menu = inputs.menu([any_one, *inputs.choices(accounts)][:OPTIONS], filled.account)
        yield one(Field.ACCOUNT, w.t("Account"), menu, is_optional=False)
    yield one(Field.STATUS, w.t("Status"), _statuses(filled, w), is_optional=False)
    for number, text in enumerate(islice(_portions(filled.urls), _URL_INPUTS), start=1):
        element = inputs.text(text, "rtmp://live.example.com/liveApp/cup_main", is_long=True)
        if number == 1:
            yield one(Field.URLS, w.t("URLs"), element)
        else:
            name, label = f"{Field.URLS}-{number}", w.t("More URLs")
            yield inputs.field(name, label, element, is_optional=True)
    yield one(Field.TASK, w.t("Task ID"), inputs.text(filled.task, "1234567"))
    yield one(Field.SINCE, w.t("Created since"), inputs.moment(filled.since))
    yield one(Field.UNTIL, w.t("Created before"), inputs.moment(filled.until))
    yield one(Field.ROWS, w.t("Rows a page"), _rows(filled), is_optional=False)
    yield one(Field.FORMAT, w.t("Answer as"), _formats(filled, w), is_optional=False)
    yield one(Field.WHERE, w.t("Where to answer"), inputs.conversation(filled.channel_id))
    yield one(Field.WHO, w.t("Who sees the answer"), _who(filled, w), is_optional=False)


def _hint(name: Field, filled: Filled, w: Words) -> str:
    """What is wrong with what was typed there, else what may help."""
    if name in filled.wrong:
        return f"⚠️ {wrong(filled.wrong[name], w)}"
    return w.t(_HINTS[name], most=f"{INPUT_CHARS:,}") if name in _HINTS else ""


def _statuses(filled: Filled, w: Words) -> Block:
    named = {ALL: w.t("all statuses")} | {one: filter_word(one, w) for one in StatusFilter}
    options = [blocks.option(word, value) for value, word in named.items()]
    return inputs.menu(options, filled.status or ALL)


def _rows(filled: Filled) -> Block:
    return inputs.menu(inputs.choices(map(str, range(MIN_ROWS, MAX_ROWS + 1))), str(filled.rows))


def _formats(filled: Filled, w: Words) -> Block:
    named = {TABLE: w.t("a table"), Format.CSV: w.t("a CSV file"), Format.JSON: w.t("a JSON file")}
    options = [blocks.option(word, value) for value, word in named.items()]
    return inputs.radio(options, filled.format or TABLE)


def _who(filled: Filled, w: Words) -> Block:
    options = [
        blocks.option(w.t("only me"), ONLY_ME),
        blocks.option(w.t("everyone there"), EVERYONE),
    ]
    return inputs.radio(options, EVERYONE if filled.is_public else ONLY_ME)


def _portions(urls: str) -> Iterator[str]:
    """The lines, as many at a time as an input takes; at least one portion."""
    portion = ""
    for line in urls.splitlines():
        if portion and len(portion) + 1 + len(line) > INPUT_CHARS:
            yield portion
            portion = ""
        portion = f"{portion}\n{line}" if portion else line
    yield portion


def _plain(text: str) -> Block:
    return {"type": "plain_text", "text": text}
