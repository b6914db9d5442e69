import html
import re
from dataclasses import replace
from typing import Any

import pytest

from bot import errors, manifest
from bot.asks import Ask
from bot.reader import Reader
from bot.roles import Right
from bot.views import help as help_view
from bot.views import notices
from bot.views.commands import command
from bot.views.errors import crashed, message
from bot.views.limits import Message
from bot.views.usage import SENTENCES
from handlers.grammar import parse
from handlers.requests import TasksRequest
from handlers.vocabulary import SUBCOMMANDS, Key, Problem, Subcommand
from tests.test_views import (
    ASK,
    CHINESE,
    FAILED,
    HOUR,
    MAY_ALL,
    NOW,
    READER,
    SHANGHAI,
    a_task,
    alone,
    an_answer,
    may,
    mrkdwn,
    page,
)

TOPICS = [*Key, *Subcommand]
"""What the grammar takes as a topic."""
REFUSED: dict[str, Any] = {"http_status": 400, "request_id": "REQUEST-1"}


def test_every_problem_of_the_grammar_has_its_sentence_and_no_sentence_is_left_over() -> None:
    assert set(SENTENCES) == set(Problem)


def test_a_usage_error_says_what_is_wrong_where_the_nearest_value_and_an_example() -> None:
    error = errors.UsageError(
        "unknown_status", "status=faild", 7, 12, {"given": "faild"}, suggestion="failed"
    )
    said = message(error, READER)
    assert said.text == (
        "There is no status faild: it is complete, pending, preloading or failed. "
        "Did you mean `failed`?"
    )
    body = mrkdwn(said)
    assert "```/preload status=faild\n                ^^^^^```" in body
    assert "Did you mean `failed`?" in body
    assert "For example: `/preload status=failed`" in body


def test_a_usage_error_without_a_near_value_gives_its_example() -> None:
    said = message(errors.UsageError("unknown_word", "zzz", 0, 3, {"given": "zzz"}), READER)
    assert "Did you mean" not in mrkdwn(said)
    assert "For example: `/preload status=failed`" in said.text


def test_a_usage_error_never_shows_a_signature() -> None:
    text = "url=http://d/a?auth_key=5ecre7 x=1"
    error = errors.UsageError("unknown_key", text, 31, 32, {"given": "auth_key=5ecre7"})
    assert "5ecre7" not in str(message(error, READER))


def test_a_problem_without_a_sentence_still_gets_an_example() -> None:
    said = message(errors.UsageError("new_problem"), READER)
    assert said.text.startswith("The command cannot be understood. For example:")


def test_what_does_not_go_with_a_command_is_followed_by_what_does() -> None:
    values = {"given": "size", "subcommand": "watch", "keys": "domain, url, until"}
    said = message(errors.UsageError("not_here", "watch size=9", 6, 10, values), READER).text
    assert said.startswith("size does not go with watch. These do: domain, url, until. For")


def test_a_key_is_named_as_it_was_written() -> None:
    values = {"key": "size", "written": "每页", "given": "4", "low": "5", "high": "30"}
    error = errors.UsageError("bad_size", "每页=4", 3, 4, values)
    assert message(error, CHINESE).text.startswith("每页= 是每页行数，取 5 到 30，不能是“4”。")


def test_a_chinese_reader_is_given_the_example_in_chinese() -> None:
    error = errors.UsageError("bad_page", example="/preload status=failed page=2")
    assert "例如：`/preload 状态=预热失败 页=2`" in mrkdwn(message(error, CHINESE))
    other = errors.UsageError("bad_page", example="/preload url=rtmp://{a}/b")
    assert "例如：`/preload url=rtmp://{a}/b`" in mrkdwn(message(other, CHINESE))


def test_names_that_a_sentence_misses_do_not_break_it() -> None:
    assert message(errors.UsageError("bad_page"), READER).text.startswith(
        "–= takes a number from 1"
    )


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        (errors.Throttled("Throttling.User", **REFUSED), "Other tools of the account share it"),
        (errors.TimedOut("", **REFUSED), "did not answer in time"),
        (errors.MalformedReply("", **REFUSED), "could not be read"),
        (errors.Unavailable("ServiceUnavailable", **REFUSED), "is not available"),
        (errors.NonceUsed("SignatureNonceUsed", **REFUSED), "for a repeated one"),
        (errors.ClockSkewed("InvalidTimeStamp.Expired", **REFUSED), "clock (NTP)"),
        (
            errors.TokenExpired("InvalidSecurityToken.Expired", **REFUSED),
            "renew `ALIBABA_CLOUD_SECURITY_TOKEN`",
        ),
        (
            errors.CredentialsRefused("InvalidAccessKeyId.NotFound", **REFUSED),
            "check `ALIBABA_CLOUD_ACCESS_KEY_ID`",
        ),
        (
            errors.CredentialsRefused("SignatureDoesNotMatch", **REFUSED),
            "check `ALIBABA_CLOUD_ACCESS_KEY_SECRET`",
        ),
        (
            errors.CredentialsRefused("MissingSecurityToken", **REFUSED),
            "check `ALIBABA_CLOUD_SECURITY_TOKEN`",
        ),
        (
            errors.PermissionRefused("Forbidden.RAM", **REFUSED),
            "`live:DescribeLiveStreamPreloadTasks` on `acs:cdn:*:*:domain/live.example.com`",
        ),
        (errors.ArgumentRefused("InvalidDomain", **REFUSED, argument="DomainName"), "`DomainName`"),
        (errors.LiveError("Odd.Code", **REFUSED), "the code and the request ID"),
    ],
)
def test_every_refusal_says_what_to_do_the_code_and_the_request_id(
    error: errors.LiveError, advice: str
) -> None:
    body = mrkdwn(message(error, READER, ask=ASK))
    assert advice in body
    assert f"`{error.code}`" in body if error.code else True
    assert "HTTP 400" in body
    assert "request ID `REQUEST-1`" in body


def test_a_refused_argument_gets_what_is_allowed_and_the_nearest_value() -> None:
    error = errors.ArgumentRefused(
        "InvalidDomain.NotFound",
        "no such <domain>",
        404,
        "R",
        argument="DomainName",
        allowed="yours",
    )
    said = message(error, READER, suggestion="live.example.com")
    assert said.text == "`DomainName` is refused. Did you mean `live.example.com`?"
    assert "Allowed: yours" in mrkdwn(said)
    assert "> no such &lt;domain&gt;" in mrkdwn(said)


def test_a_topic_and_its_sentence_are_parted_as_the_language_does() -> None:
    english, chinese = (help_view.message("page", one, MAY_ALL).text for one in (READER, CHINESE))
    assert english == "page: The page to begin with, from 1."
    assert chinese == "page：从第几页开始，第一页为 1。"


def test_a_domain_that_the_account_lacks_is_named() -> None:
    error = errors.ArgumentRefused("InvalidDomain.NotFound", **REFUSED, argument="DomainName")
    said = message(error, READER, ask=ASK).text
    assert "the account has no play domain `live.example.com`" in said


def test_a_signature_in_the_apis_own_message_is_hidden() -> None:
    error = errors.LiveError("Invalid", "PlayUrl http://d/a?auth_key=5ecre7 is bad")
    assert "5ecre7" not in str(message(error, READER))


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (errors.StaleReference(), "Run it again: `/preload domain=live.example.com status=failed`"),
        (errors.Busy(), "The bot is busy"),
        (errors.StoreUnavailable(), "store cannot be reached"),
        (errors.SettingsError("slack.token", "a token"), "set it: a token"),
        (errors.BotError(), "That did not work."),
    ],
)
def test_the_bots_own_troubles_say_what_to_do(error: errors.BotError, said: str) -> None:
    assert said in mrkdwn(message(error, READER, ask=FAILED))


def test_an_old_control_without_its_question_still_names_a_command() -> None:
    assert "Run it again: `/preload`" in message(errors.StaleReference(), READER).text


def test_a_crash_names_its_log_entry() -> None:
    assert "`abc123`" in mrkdwn(crashed(READER, "abc123"))
    assert crashed(CHINESE, "abc123").text == "机器人内部出错了。"


def test_why_an_answer_is_old_is_told_in_one_sentence() -> None:
    stale = errors.UsageError("bad_url", "x", 0, 1, {"given": "x"})
    said = mrkdwn(page(an_answer(alone(a_task()), stale=stale)))
    assert "x is not a play URL." in said


# Help and notices.


def test_help_names_every_key_and_every_icon() -> None:
    everything = help_view.message(None, READER, MAY_ALL)
    body = mrkdwn(everything)
    for word in (
        "`domain`",
        "`task`",
        "`url`",
        "`status`",
        "`since`",
        "`until`",
        "`size`",
        "✅",
        "❔",
    ):
        assert word in body
    assert help_view.message("nonsense", READER, MAY_ALL) == everything


@pytest.mark.parametrize("reader", [READER, CHINESE])
def test_help_names_what_there_is_without_typing(reader: Reader) -> None:
    shortcuts = manifest.manifest()["features"]["shortcuts"]  # type: ignore[index] # of plain JSON
    body = mrkdwn(help_view.message(None, reader, MAY_ALL))
    for shortcut in shortcuts:
        assert f"“{shortcut['name']}”" in body
    assert {READER: "the app's Home", CHINESE: "应用主页"}[reader] in body


def test_help_is_about_what_the_reader_may_do() -> None:
    asking = mrkdwn(help_view.message(None, READER, may(Right.QUERY)))
    for topic in ("`list`", "`export`", "`ask`", "`since`", "`in`", "“Check these streams”"):
        assert topic in asking
    for topic in ("watch", "name", "subscribe", "unsubscribe", "group", "repeat", "audit"):
        assert f"`{topic}`" not in asking
    subscribing = mrkdwn(help_view.message(None, READER, may(Right.SUBSCRIBE)))
    for topic in ("`watch`", "`ask`", "`export`", "“Check these streams”"):
        assert topic not in subscribing
    for topic in ("`subscribe`", "`unsubscribe`", "`repeat`", "`status`"):
        assert topic in subscribing
    assert "`audit`" in mrkdwn(help_view.message(None, READER, may(Right.ADMINISTER)))


def test_whoever_asks_about_a_topic_is_told_whatever_they_may() -> None:
    assert "Keeps one message" in help_view.message("watch", READER, may(Right.QUERY)).text


def test_help_on_a_topic_leads_back_to_all_of_it() -> None:
    assert "All topics: `/preload help`" in mrkdwn(help_view.message("watch", READER, MAY_ALL))


def test_chinese_help_names_the_commands_in_chinese() -> None:
    body = mrkdwn(help_view.message(None, CHINESE, MAY_ALL))
    for name in ("关注", "订阅", "取消订阅", "列表", "通知记录", "默认"):
        assert f"也可写“{name}”" in body
        assert name in SUBCOMMANDS


@pytest.mark.parametrize("topic", TOPICS)
def test_every_topic_has_its_own_help_with_an_example(topic: str) -> None:
    said = help_view.message(topic, READER, MAY_ALL)
    assert said != help_view.message(None, READER, MAY_ALL)
    assert "`/preload" in mrkdwn(said)
    assert help_view.message(topic, CHINESE, MAY_ALL).text != said.text


@pytest.mark.parametrize("topic", [None, *TOPICS])
def test_every_example_that_help_gives_is_understood(topic: str | None) -> None:
    examples = re.findall(r"`/preload ?([^`]*)`", mrkdwn(help_view.message(topic, READER, MAY_ALL)))
    assert examples
    for example in examples:
        sent = html.unescape(example).replace("#live-ops", "<#C0001|live-ops>")  # by Slack
        accounts = ("default", "main")
        parse(sent, now=NOW, zone=SHANGHAI, domains=["live.example.com"], accounts=accounts)


@pytest.mark.parametrize(
    "ask",
    [ASK, FAILED, replace(FAILED, since=HOUR, rows=20), replace(ASK, since=NOW - HOUR, until=NOW)],
)
def test_a_question_told_as_a_command_is_understood_as_that_question(ask: Ask) -> None:
    words = command(ask).removeprefix("/preload ")
    request = parse(words, now=NOW, zone=SHANGHAI, domains=["live.example.com"])
    assert isinstance(request, TasksRequest)
    assert request.domain == ask.domain
    assert request.status == ask.status
    assert request.since == ask.since
    assert request.until == ask.until
    assert (request.rows or 10) == ask.rows


def test_a_channels_default_domain_is_set_shown_and_cleared_in_words() -> None:
    assert notices.default_set("d.example.com", None, READER).text == (
        "This channel's default domain is now d.example.com."
    )
    assert "is d.example.com" in notices.default_shown("d.example.com", None, READER).text
    assert "has no default domain." in notices.default_shown(None, None, READER).text
    assert "any more" in notices.default_cleared(READER).text


def test_a_late_answer_says_why_it_comes_by_direct_message() -> None:
    answer = Message("the answer", (), (Ask("default", "d"),))
    late = notices.by_direct_message(answer, "C1", READER)
    assert late.text == "The answer came too late for <#C1>, so here it is. the answer"
    assert late.asks == answer.asks
    assert "its place" in notices.by_direct_message(replace(answer), "D1", READER).text


def test_refused_credentials_say_whose_they_are_where_there_are_several_accounts() -> None:
    refused = errors.CredentialsRefused("SignatureDoesNotMatch", **REFUSED)
    ours = mrkdwn(message(refused, READER, ask=ASK))
    theirs = mrkdwn(message(refused, READER, ask=replace(ASK, account="backup")))
    assert "`ALIBABA_CLOUD_ACCESS_KEY_SECRET` (backup)" in theirs
    assert "`ALIBABA_CLOUD_ACCESS_KEY_SECRET`" in ours
    assert "(backup)" not in ours


def test_an_account_s_name_beside_refused_credentials_calls_nobody() -> None:
    refused = errors.TokenExpired("InvalidSecurityToken.Expired", **REFUSED)
    theirs = message(refused, READER, ask=replace(ASK, account="<!channel>"))
    assert "<!channel>" not in theirs.text + mrkdwn(theirs)
    assert "(&lt;!channel&gt;)" in mrkdwn(theirs)


@pytest.mark.parametrize(
    ("error", "variables"),
    [
        (errors.CredentialsRefused("SignatureDoesNotMatch"), "ALIBABA_CLOUD_ACCESS_KEY_SECRET_B"),
        (errors.TokenExpired("InvalidSecurityToken.Expired"), "ALIBABA_CLOUD_SECURITY_TOKEN_B"),
        (
            errors.CredentialsRefused("Odd"),
            "ALIBABA_CLOUD_ACCESS_KEY_ID_B, ALIBABA_CLOUD_ACCESS_KEY_SECRET_B",
        ),
    ],
)
def test_refused_credentials_name_the_variables_as_they_are_called_for_the_account(
    error: errors.LiveError, variables: str
) -> None:
    said = mrkdwn(message(error, READER, ask=replace(ASK, account="b"), suffix="_B"))
    assert f"`{variables}` (b)" in said
