from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.errors import UsageError
from bot.live.model import StatusFilter
from bot.reader import Language, Reader
from bot.views.form import ANY_ACCOUNT, Field, Filled, form, nowhere, wrong
from bot.views.limits import INPUT_CHARS
from bot.views.refs import FormRef
from bot.words import words
from handlers.vocabulary import KEYS, Problem

ENGLISH = Reader("U1", Language.ENGLISH, ZoneInfo("Europe/London"))
CHINESE = Reader("U2", Language.CHINESE, ZoneInfo("Asia/Shanghai"))
EIGHT = datetime(2026, 11, 22, 8, tzinfo=UTC)
UNKNOWN = (
    "⚠️ There is no status faild: it is complete, pending, preloading or failed. "
    "Did you mean failed?"
)
URL = "rtmp://live.example.com/liveApp/cup_{}?auth_key=1-0-0-5ecre7"
ACCOUNTS = ("default", "main")


def inputs(view: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["block_id"]: one for one in view["blocks"] if one["type"] == "input"}


def initial(filled: Filled, field: str, name: str) -> Any:  # noqa: ANN401 - of any element
    found = inputs(form(filled, ENGLISH, accounts=ACCOUNTS))[field]["element"].get(name)
    return found["value"] if isinstance(found, dict) else found


def hint(filled: Filled, field: str, reader: Reader = ENGLISH) -> str:
    return str(inputs(form(filled, reader))[field].get("hint", {}).get("text", ""))


def test_an_empty_form_asks_for_all_there_is_and_answers_where_one_is() -> None:
    view = form(Filled(rows=10), ENGLISH)
    found = inputs(view)
    assert (view["type"], view["callback_id"]) == ("modal", "form")
    assert [view[part]["text"] for part in ("title", "submit", "close")] == [
        "Preload tasks",
        "Ask",
        "Cancel",
    ]
    assert list(found) == [
        *("domain", "status", "url", "task", "since", "until", "size", "format", "in", "public"),
    ]
    assert found["status"]["element"]["initial_option"]["value"] == "all"
    assert found["size"]["element"]["initial_option"]["value"] == "10"
    assert found["public"]["element"]["initial_option"]["value"] == "no"
    assert found["format"]["element"]["initial_option"]["value"] == "table"
    assert "private_metadata" not in view
    assert found["domain"]["element"]["min_query_length"] == 0
    assert found["in"]["element"]["default_to_current_conversation"] is True
    assert found["in"]["element"]["response_url_enabled"] is True
    for empty in ("initial_option", "initial_value", "initial_date_time"):
        assert all(empty not in found[name]["element"] for name in ("domain", "url", "since"))


def test_a_channel_that_was_typed_is_chosen_before_the_one_that_is_looked_at() -> None:
    assert initial(Filled(rows=10, channel_id="C0002"), "in", "initial_conversation") == "C0002"
    assert initial(Filled(rows=10), "in", "initial_conversation") is None


def test_every_field_may_be_left_as_it_is() -> None:
    for name, block in inputs(form(Filled(rows=10), ENGLISH, accounts=ACCOUNTS)).items():
        assert block["optional"] or "initial_option" in block["element"], name
        assert block["element"]["action_id"] == name


def test_a_form_stands_filled_in_with_what_was_typed() -> None:
    filled = Filled(
        rows=20,
        domain="live.example.com",
        status=StatusFilter.FAILED,
        urls=URL.format(1),
        task="77",
        since=EIGHT,
        until=datetime(2026, 11, 22, 9, tzinfo=UTC),
        account="main",
        is_public=True,
    )
    assert initial(filled, "domain", "initial_option") == "live.example.com"
    assert initial(filled, "status", "initial_option") == "failed"
    assert initial(filled, "url", "initial_value") == URL.format(1)
    assert initial(filled, "task", "initial_value") == "77"
    assert initial(filled, "since", "initial_date_time") == EIGHT.timestamp()
    assert initial(filled, "until", "initial_date_time") == EIGHT.timestamp() + 3600
    assert initial(filled, "size", "initial_option") == "20"
    assert initial(filled, "account", "initial_option") == "main"
    assert initial(filled, "public", "initial_option") == "yes"


def test_the_account_is_asked_for_only_where_there_are_several() -> None:
    assert "account" not in inputs(form(Filled(rows=10), ENGLISH, accounts=("default",)))
    assert initial(Filled(rows=10), "account", "initial_option") == ANY_ACCOUNT


def test_urls_that_one_input_does_not_take_stand_in_several_none_of_them_cut() -> None:
    urls = [URL.format(f"{number:060}") for number in range(100)]
    blocks = inputs(form(Filled(rows=10, urls="\n".join(urls)), CHINESE))
    values = [one["element"]["initial_value"] for name, one in blocks.items() if "url" in name]
    assert [name for name in blocks if "url" in name][:3] == ["url", "url-2", "url-3"]
    assert "\n".join(values).split("\n") == urls
    assert max(map(len, values)) <= INPUT_CHARS


def test_a_picker_is_set_to_a_whole_minute() -> None:
    filled = Filled(rows=10, since=EIGHT.replace(second=59, microsecond=1))
    assert initial(filled, "since", "initial_date_time") == EIGHT.timestamp()


def test_a_moment_that_a_picker_cannot_show_is_left_out() -> None:
    filled = Filled(rows=10, since=datetime(2001, 9, 9, tzinfo=UTC), until=EIGHT)
    assert initial(filled, "since", "initial_date_time") is None


@pytest.mark.parametrize(
    ("field", "error", "said"),
    [
        (
            Field.STATUS,
            UsageError("unknown_status", values={"given": "faild"}, suggestion="failed"),
            UNKNOWN,
        ),
        (
            Field.SINCE,
            UsageError("bad_time", values={"key": "since", "given": "<!here>"}),
            "⚠️ <!here> is not a time that can be read.",
        ),
        (
            Field.ROWS,
            UsageError("bad_size", values={"given": "99", "low": "5", "high": "30"}),
            "⚠️ 99 is not a number of rows from 5 to 30.",
        ),
        (
            Field.WHERE,
            UsageError("bad_channel", values={"key": "in", "given": "#nowhere"}),
            "⚠️ #nowhere is not a channel: choose one.",
        ),
    ],
)
def test_what_is_wrong_with_a_field_stands_beneath_it(
    field: Field, error: UsageError, said: str
) -> None:
    assert hint(Filled(rows=10, wrong={field: error}), field) == said


def test_what_is_wrong_is_said_in_the_readers_language() -> None:
    error = UsageError("until_too_old", values={"key": "until", "days": "3"})
    assert wrong(error, words(Language.CHINESE)) == "这个时间太早：接口只保留 3 天。"
    assert "频道" in nowhere(words(Language.CHINESE))
    assert hint(Filled(rows=10), "until", CHINESE) == "留空则到现在。"


def test_how_much_fits_where_urls_are_typed_is_said_there() -> None:
    most = inputs(form(Filled(rows=10), ENGLISH))["url"]["element"]["max_length"]
    said = hint(Filled(rows=10), "url")
    assert f"{most:,} characters fit in" in said
    assert "Check these streams" in said


def test_no_sentence_of_a_field_speaks_of_how_a_command_is_typed() -> None:
    values = {"given": "x", "low": "5", "high": "30", "days": "3", "first": "a", "second": "b"}
    found = [
        wrong(UsageError(problem, values={**values, "most": "100"}), words(Language.ENGLISH))
        for problem in (
            Problem.BAD_DOMAIN,
            Problem.UNKNOWN_STATUS,
            Problem.BAD_URL,
            Problem.NO_PROTOCOL,
            Problem.TOO_MANY_URLS,
            Problem.MIXED_HOSTS,
            Problem.BAD_TASK,
            Problem.BAD_TIME,
            Problem.SINCE_IN_FUTURE,
            Problem.SINCE_NOT_BEFORE_UNTIL,
            Problem.UNTIL_TOO_OLD,
            Problem.BAD_SIZE,
            Problem.BAD_ACCOUNT,
            Problem.BAD_PUBLIC,
        )
    ]
    assert not [said for said in found if "=" in said]


def test_a_signature_is_not_repeated_in_what_is_wrong() -> None:
    error = UsageError("bad_url", values={"given": "x?auth_key=5ecre7"})
    assert "5ecre7" not in wrong(error, words(Language.ENGLISH))


def test_what_was_left_out_is_named_above_the_fields() -> None:
    view = form(Filled(rows=10, left_out="colour=<blue>"), ENGLISH)
    assert view["blocks"][0]["text"]["text"] == ("⚠️ Left out of this form: `colour=&lt;blue&gt;`")


def test_the_fields_are_called_as_they_are_typed() -> None:
    assert {field.value for field in Field} <= {key.value for key in KEYS.values()}


def test_a_reference_to_a_form_comes_back_whole() -> None:
    for ref in (FormRef(), FormRef("0123456789abcdef")):
        assert FormRef.unpack(ref.pack()) == ref
        assert ref.pack().strip()
