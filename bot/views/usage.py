"""What is wrong with a command, and where in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.views import blocks
from bot.views.limits import Message, fitted
from bot.views.mrkdwn import NOTHING, code, escaped, unsigned
from bot.views.underline import underlined
from bot.words import marked

if TYPE_CHECKING:
    from bot.errors import UsageError
    from bot.views.limits import Block
    from bot.views.refs import FormRef, PageRef
    from bot.words import Words

SENTENCES = {
    "unknown_subcommand": marked("There is no subcommand {given}."),
    "unknown_topic": marked("There is no help on {given}."),
    "unknown_key": marked("There is no filter named {given}."),
    "unknown_word": marked("{given} is neither a filter nor a domain, URL, status or time."),
    "unknown_status": marked(
        "There is no status {given}: it is complete, pending, preloading or failed."
    ),
    "not_here": marked("{given} does not go with {subcommand}."),
    "missing_value": marked("{key}= needs a value."),
    "repeated_key": marked("{key}= is given twice: {first} and {second}."),
    "one_at_a_time": marked("{key}= takes one value at a time, not both {first} and {second}."),
    "bad_size": marked("{key}= takes a number of rows from {low} to {high}, not {given}."),
    "bad_page": marked("{key}= takes a number from 1, not {given}."),
    "bad_public": marked("{key}= takes yes or no, not {given}."),
    "bad_time": marked(
        "{key}= takes a time such as 2h, 90m, yesterday, today 18:00 or 2026-11-20T19:00Z, "
        "not {given}."
    ),
    "bad_end": marked(
        "{key}= takes when the watch ends, such as 2h, 20:00 or tomorrow 18:00, not {given}."
    ),
    "bad_span": marked("{key}= takes a duration from {low} to {high}, or off, not {given}."),
    "bad_count": marked("The number is from {low} to {high}, not {given}."),
    "bad_channel": marked("{given} is not a channel: write it as #live-ops and pick it."),
    "bad_domain": marked("{given} is not a domain name."),
    "bad_url": marked("{given} is not a play URL."),
    "no_protocol": marked(
        "{given} has no protocol: a play URL begins with rtmp:// or http://, which belongs to the "
        "stream's name."
    ),
    "bad_task": marked("{given} is not a task ID."),
    "bad_account": marked("{given} is none of the accounts: {accounts}."),
    "bad_format": marked("{given} is neither csv nor json."),
    "too_many_urls": marked("{given} URLs are too many: at most {most} at once."),
    "mixed_hosts": marked(
        "The URLs are of two domains, {first} and {second}: ask for one at a time, or add domain=."
    ),
    "since_in_future": marked("{key}={given} is not in the past."),
    "since_not_before_until": marked("{since} is not before {until}."),
    "until_too_old": marked(
        "{key}={given} is too long ago: the API keeps {days} days, and the bot stays {minutes} "
        "minutes inside them."
    ),
    "until_in_past": marked("{key}={given} is past: a watch ends in the time to come."),
    "until_too_far": marked("{key}={given} is too far: a watch lasts at most {days} days."),
    "name_too_long": marked("{key}= has {given} characters; at most {most} are shown."),
    "too_many_watches": marked(
        "{most} messages are kept up to date in this channel already: stop one first."
    ),
    "too_long": marked("The command has {given} characters; at most {most} are read."),
    "which_domain": marked("Which domain? Known ones are {given}."),
    "no_domain": marked("Which domain? No play domain is set up or listed by the account."),
}
"""A sentence for each problem that `handlers.grammar` finds."""

NAMES = [
    "given",
    "subcommand",
    "key",
    "first",
    "second",
    "low",
    "high",
    "most",
    "since",
    "until",
    "days",
    "minutes",
    "accounts",
]
"""What stands in braces in them."""


def message(error: UsageError, w: Words, form: FormRef | None) -> Message:
    """The whole explanation; `form` is the form that mends what was typed, if one does."""
    sentence = said(error, w)
    lines = [f"*{sentence}*"]
    if error.text.strip():
        lines.append(f"```{underlined(unsigned(error.text), error.start, error.end)}```")
    hint = ""
    if error.suggestion:
        hint = w.t("Did you mean {value}?", value=code(unsigned(error.suggestion), 300))
        lines.append(hint)
    example = w.t("For example: {command}", command=code(w.as_it_is(error.example), 300))
    rest = w.t("Everything else: {command}", command=code("/preload help"))
    lines.append(f"{example} · {rest}")
    text = w.paragraph([sentence, hint or example])
    body = [blocks.section("\n".join(lines))]
    if form is not None:
        body.append(form_button(form, w))
    return fitted(Message(text, tuple(body)))


def said(error: UsageError, w: Words) -> str:
    """The problem in a sentence or two of mrkdwn."""
    values = dict.fromkeys(NAMES, NOTHING)
    values |= {name: escaped(unsigned(value), 100) for name, value in error.values.items()}
    values["key"] = values.get("written", values["key"])
    sentence = SENTENCES.get(error.problem)
    if sentence is None:
        return w.t("The command cannot be understood.")
    problem = w.t(sentence, **values)
    if keys := error.values.get("keys"):
        return w.paragraph([problem, w.t("These do: {keys}.", keys=escaped(keys, 200))])
    return problem


def form_button(filled_in: FormRef | PageRef, w: Words) -> Block:
    """What opens the form, filled in with what was typed or asked."""
    button = blocks.button("form.open", w.t("Open the form"), filled_in.pack())
    return blocks.actions([button])
