"""Short messages about the bot's own doings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.views import blocks
from bot.views.limits import Message, fitted
from bot.views.mrkdwn import code, escaped, owned
from bot.words import words

if TYPE_CHECKING:
    from bot.reader import Reader
    from bot.views.refs import FormRef

_SET_IT = "/preload default domain=live.example.com"


def default_set(
    domain: str,
    account: str | None,
    reader: Reader,
    *,
    is_known: bool = True,
    suggestion: str | None = None,
) -> Message:
    """The channel's default domain is this one from now on.

    Args:
        domain: the domain.
        account: the account it is of, where that was said.
        reader: for whom.
        is_known: it is among the domains that are set up, or that the account lists.
        suggestion: the known domain that is most like it, where it is not.
    """
    w = words(reader.language)
    said = w.t("This channel's default domain is now {domain}.", domain=_named(domain, account))
    if is_known:
        return _notice(said, w.t("{command} asks about it.", command=code("/preload")))
    doubt = w.t("It is not among the known domains.")
    meant = w.t("Did you mean {value}?", value=code(suggestion, 300)) if suggestion else ""
    return _notice(said, "⚠️ " + w.paragraph([doubt, meant]))


def default_shown(domain: str | None, account: str | None, reader: Reader) -> Message:
    """What the channel's default domain is, or that it has none."""
    w = words(reader.language)
    if domain is None:
        said = w.t("This channel has no default domain.")
        return _notice(said, w.t("Set one: {command}", command=code(_SET_IT)))
    said = w.t("This channel's default domain is {domain}.", domain=_named(domain, account))
    clear = code("/preload default clear")
    return _notice(said, w.t("Clear it: {command}", command=clear))


def default_cleared(reader: Reader) -> Message:
    """The channel has no default domain any more."""
    w = words(reader.language)
    said = w.t("This channel has no default domain any more.")
    return _notice(said, w.t("Set one: {command}", command=code(_SET_IT)))


def form_not_opened(form: FormRef, reader: Reader) -> Message:
    """The form did not open; a button opens it as it should have been."""
    w = words(reader.language)
    said = w.t("The form did not open in time.")
    button = blocks.button("form.open", w.t("Open the form"), form.pack())
    return fitted(Message(said, (blocks.section(said), blocks.actions([button]))))


def home_not_shown(reader: Reader, *, is_done: bool) -> Message:
    """Slack does not show the Home as it is now; what was clicked there `is_done` all the same."""
    w = words(reader.language)
    if is_done:
        said = w.t("What you clicked in the Home is done, but Slack does not show it there yet.")
    else:
        said = w.t("Slack does not show the Home as it is now.")
    return _notice(said, w.t("Open the Home again in a minute."))


def by_direct_message(message: Message, channel_id: str, reader: Reader) -> Message:
    """An answer that came too late for its channel, with a line that says so."""
    w = words(reader.language)
    channel = f"<#{escaped(channel_id, 30)}>" if channel_id.startswith(("C", "G")) else ""
    said = (
        w.t("The answer came too late for {channel}, so here it is.", channel=channel)
        if channel
        else w.t("The answer came too late for its place, so here it is.")
    )
    return fitted(
        Message(
            w.paragraph([said, message.text]), (blocks.context(said), *message.blocks), message.asks
        )
    )


def _named(domain: str, account: str | None) -> str:
    return escaped(owned(domain, account or ""), 350)


def _notice(said: str, hint: str) -> Message:
    return fitted(Message(said, (blocks.section(said), blocks.context(hint))))
