"""What went wrong, in sentences: what it is, what to do, and what to quote to whoever helps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot import errors
from bot.views import blocks, refs, usage
from bot.views.commands import command
from bot.views.limits import Message, fitted
from bot.views.mrkdwn import NOTHING, code, escaped, owned, unsigned
from bot.words import marked, words

if TYPE_CHECKING:
    from bot.asks import Ask
    from bot.errors import BotError
    from bot.reader import Reader
    from bot.views.refs import FormRef
    from bot.words import Words

_REASONS: dict[type, tuple[str, str]] = {
    errors.Throttled: (
        marked("The account's quota for this API is used up."),
        marked("Other tools of the account share it. Try again in a few seconds."),
    ),
    errors.TimedOut: (
        marked("The Live API did not answer in time."),
        marked("Try again in a minute."),
    ),
    errors.MalformedReply: (
        marked("The Live API's reply could not be read."),
        marked("Try again in a minute. If it goes on, check the endpoint and any proxy before it."),
    ),
    errors.Unavailable: (
        marked("The Live API is not available."),
        marked("Try again in a minute."),
    ),
    errors.TooManyWait: (
        marked("The bot is busy: as many questions as it takes are waiting for the Live API."),
        marked("Try again in a few seconds."),
    ),
    errors.AccountGone: (
        marked("The settings no longer have the account {account}: nothing is read of it."),
        marked(
            "Ask about the domain anew, or ask the bot's operator to name the account so again."
        ),
    ),
    errors.NonceUsed: (
        marked("The Live API took the request for a repeated one."),
        marked("Try again."),
    ),
    errors.ClockSkewed: (
        marked("The bot's clock is more than 15 minutes off."),
        marked("Ask the bot's operator to set the machine's clock (NTP)."),
    ),
    errors.TokenExpired: (
        marked("The account's security token has expired."),
        marked("Ask the bot's operator to renew {setting}."),
    ),
    errors.CredentialsRefused: (
        marked("The Live API refuses the account's credentials."),
        marked("Ask the bot's operator to check {setting}."),
    ),
    errors.PermissionRefused: (
        marked("The account's key may not read these tasks."),
        marked("Ask its administrator to allow {action} on {resource} in RAM."),
    ),
    errors.ArgumentRefused: (
        marked("{argument} is refused."),
        marked("Correct it and ask again."),
    ),
    errors.LiveError: (
        marked("The Live API refused the call."),
        marked("If it goes on, give the code and the request ID to the bot's operator."),
    ),
    errors.WhichAccount: (
        marked("{domain} is of several accounts: {accounts}."),
        marked("Say which one with account=, as in {example}."),
    ),
    errors.StaleReference: (
        marked("This control is from an older answer and no longer works."),
        marked("Run it again: {command}"),
    ),
    errors.Busy: (
        marked("The bot is busy: it is answering as many questions as it can."),
        marked("Try again in a few seconds."),
    ),
    errors.StoreUnavailable: (
        marked("The bot's store cannot be reached."),
        marked("Try again in a minute. Questions with domain= work without it."),
    ),
    errors.SettingsError: (
        marked("The bot's setting {name} is missing or wrong."),
        marked("Ask the bot's operator to set it: {allowed}"),
    ),
    errors.BotError: (
        marked("That did not work."),
        marked("Try again."),
    ),
}

_UNKNOWN_DOMAIN = marked("{argument} is refused: the account has no play domain {domain}.")

_RULES = {marked("URLs without a comma in them"), marked("within the last 3 days")}
"""What the bot itself holds a question to before it is sent, and a person's words may break."""

_SETTINGS = {
    "InvalidAccessKeyId": "ALIBABA_CLOUD_ACCESS_KEY_ID",
    "SignatureDoesNotMatch": "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
    "IncompleteSignature": "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
    "InvalidSecurityToken": "ALIBABA_CLOUD_SECURITY_TOKEN",
    "MissingSecurityToken": "ALIBABA_CLOUD_SECURITY_TOKEN",
}
_ANY_KEY = ("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET")
_READ_ACTION = "live:DescribeLiveStreamPreloadTasks"


def message(
    error: BotError,
    reader: Reader,
    *,
    ask: Ask | None = None,
    suffix: str = "",
    suggestion: str | None = None,
    log_id: str = "",
    form: FormRef | None = None,
) -> Message:
    """The whole explanation.

    Args:
        error: what went wrong.
        reader: for whom.
        ask: what was asked, if that is known: names the domain and the command.
        suffix: what stands after the names of its account's variables
            (`bot.settings.suffix_of`).
        suggestion: the nearest valid value for a refused argument, if one is near.
        log_id: under which the log has the rest.
        form: the form that mends what was typed, if one does.
    """
    w = words(reader.language)
    if isinstance(error, errors.UsageError):
        return usage.message(error, w, form)
    said, advice = _said(error, w, ask, suffix)
    detail = w.t("Did you mean {value}?", value=code(suggestion, 300)) if suggestion else ""
    lines = [f"*{said}*", *_allowed(error, w), detail, advice]
    body = [blocks.section("\n".join(filter(None, lines)))]
    quoted = _to_quote(error, w)
    if log_id:
        quoted.append(w.t("log ID {log_id}", log_id=code(log_id, 100)))
    if quoted:
        body.append(blocks.context(" · ".join(quoted)))
    asks: tuple[Ask, ...] = ()
    if form is not None:
        body.append(usage.form_button(form, w))
    elif ask is not None and isinstance(error, errors.LiveError):
        body.append(usage.form_button(refs.PageRef.to(ask), w))
        asks = (ask,)
    return fitted(Message(w.paragraph([said, detail or advice]), tuple(body), asks))


def crashed(reader: Reader, log_id: str) -> Message:
    """Something that nobody foresaw; the log has the rest under `log_id`."""
    w = words(reader.language)
    said = w.t("Something went wrong in the bot.")
    advice = w.t(
        "Try again. If it goes on, give this to its operator: {log_id}", log_id=code(log_id, 100)
    )
    text = f"*{said}*\n{advice}"
    return fitted(Message(said, (blocks.section(text),)))


def reason(error: BotError, w: Words, ask: Ask | None = None) -> str:
    """The error in one sentence of mrkdwn."""
    return usage.said(error, w) if isinstance(error, errors.UsageError) else _said(error, w, ask)[0]


def advised(error: BotError, w: Words) -> str:
    """The same, and what to do."""
    return w.paragraph(list(_said(error, w)))


def _said(error: BotError, w: Words, ask: Ask | None = None, suffix: str = "") -> tuple[str, str]:
    """What it is, and what to do."""
    said, advice = next(_REASONS[kind] for kind in type(error).__mro__ if kind in _REASONS)
    if ask is not None and ask.domain and _is_unknown_domain(error):
        said = _UNKNOWN_DOMAIN
    fields = _fields(error, ask, suffix)
    return w.t(said, **fields), w.t(advice, **fields)


def _is_unknown_domain(error: BotError) -> bool:
    """Whether the API says that the account has no such domain."""
    return (
        isinstance(error, errors.ArgumentRefused)
        and error.argument == "DomainName"
        and "NotFound" in error.code
    )


def _fields(error: BotError, ask: Ask | None, suffix: str) -> dict[str, str]:
    domain = getattr(error, "domain", "") or (ask.domain if ask else "") or "*"
    return {
        "setting": owned(code(_setting(error, suffix)), escaped(ask.account) if ask else ""),
        "action": code(_READ_ACTION),
        "resource": code(f"acs:cdn:*:*:domain/{domain}", 400),
        "domain": code(domain, 300),
        "argument": code(getattr(error, "argument", "") or NOTHING, 100),
        "command": code(command(ask) if ask is not None else "/preload", 800),
        "name": code(getattr(error, "name", ""), 100),
        "account": code(getattr(error, "account", ""), 100),
        "accounts": ", ".join(code(one, 100) for one in getattr(error, "accounts", ())),
        "example": code(_with_account(error), 400),
        "allowed": escaped(getattr(error, "allowed", ""), 300),
    }


def _with_account(error: BotError) -> str:
    """A whole command that names an account, where that is what was missing."""
    if not isinstance(error, errors.WhichAccount):
        return ""
    return f"/preload domain={error.domain} account={error.accounts[0]}"


def _setting(error: BotError, suffix: str) -> str:
    """The variables to look at; `suffix` is as in `message`."""
    given = getattr(error, "code", "").partition(".")[0]
    expired = isinstance(error, errors.TokenExpired)
    one = _SETTINGS.get("InvalidSecurityToken" if expired else given)
    return ", ".join(f"{name}{suffix}" for name in ((one,) if one else _ANY_KEY))


def _allowed(error: BotError, w: Words) -> list[str]:
    """What would be right, and what the API itself said, where that helps."""
    if not isinstance(error, errors.LiveError):
        return []
    lines = []
    if isinstance(error, errors.ArgumentRefused) and error.allowed:
        allowed = w.t(error.allowed) if error.allowed in _RULES else error.allowed
        lines.append(w.t("Allowed: {allowed}", allowed=escaped(allowed, 300)))
    passes = isinstance(error, errors.Unavailable | errors.Throttled)
    if error.code and error.message and not passes:  # without a code they are our own words
        lines.append(f"> {escaped(unsigned(error.message), 300)}")
    return lines


def _to_quote(error: BotError, w: Words) -> list[str]:
    if not isinstance(error, errors.LiveError):
        return []
    parts = []
    if error.code:
        parts.append(w.t("code {code}", code=code(error.code, 100)))
    if error.http_status is not None:
        parts.append(f"HTTP {error.http_status}")
    if error.request_id:
        parts.append(w.t("request ID {request_id}", request_id=code(error.request_id, 100)))
    return parts
