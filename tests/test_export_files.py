"""The files that exports come as."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.asks import Row
from bot.errors import Throttled
from bot.export import Export, Format, Found, Step
from bot.live.model import StatusFilter, TaskState
from bot.reader import Language, Reader
from bot.sandbox.slack.limits import check
from bot.views import export as views
from bot.views.export_csv import as_csv
from bot.views.export_json import as_json
from bot.views.limits import MESSAGE_TEXT_CHARS
from bot.views.refs import FormRef
from bot.words import words
from tests.test_views import ASK, CHINESE, FAILED, HOUR, NOW, READER, Anything, a_task, alone
from tests.test_views import mrkdwn as read_markup
from tests.test_views_any import asks as any_asks
from tests.test_views_any import live_errors, readers
from tests.test_views_any import rows as any_rows
from tests.test_views_told import controls

if TYPE_CHECKING:
    from bot.errors import LiveError
    from bot.views.limits import Message

UTC_READER = replace(READER, zone=type(READER.zone)("UTC"))
FORMULA = tuple("=+-@\t\r\n＝＋－＠")
WISH = views.Wish(ASK, Format.CSV)


def an_export(*rows: Row, **fields: Anything) -> Export:
    export = Export(
        question=ASK,
        start=NOW - timedelta(days=3),
        end=NOW,
        cut=False,
        total=len(rows),
        found=tuple(Found(row, NOW) for row in rows),
        is_sure=True,
        is_newest_first=True,
        observed_from=NOW,
        observed_at=NOW,
        calls=4,
        request_ids=("R1", "R2"),
    )
    return replace(export, **fields)


def table(content: bytes) -> list[dict[str, str]]:
    """The rows as a spreadsheet reads them, by the head's names."""
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def rows(export: Export, reader: Reader = READER) -> list[dict[str, str]]:
    return table(as_csv(export, reader, now=NOW))


def begins_like_a_formula(cell: str) -> bool:
    """A tab before a digit only keeps a number as it is written."""
    return cell.startswith(FORMULA) and not (cell.startswith("\t") and cell[1:2].isdigit())


# --- CSV ---


def test_a_spreadsheet_knows_the_encoding_and_the_line_ends() -> None:
    content = as_csv(an_export(alone(a_task())), CHINESE, now=NOW)
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.endswith(b"\r\n")
    assert content.count(b"\n") == content.count(b"\r\n") == 2


def test_times_stand_in_utc_and_in_the_reader_s_zone_which_the_head_names() -> None:
    [row] = rows(an_export(alone(a_task(created=datetime(2026, 11, 22, 19, 0, tzinfo=NOW.tzinfo)))))
    assert row["Created (UTC)"] == "2026-11-22 19:00:00"
    assert row["Created (Asia/Shanghai)"] == "2026-11-23 03:00:00"
    assert row["Window until (UTC)"] == "2026-11-22 15:00:00"
    assert row["Observed (Asia/Shanghai)"] == "2026-11-22 19:42:10"


def test_who_lives_in_utc_has_each_time_once() -> None:
    [row] = rows(an_export(alone(a_task())), UTC_READER)
    assert [name for name in row if name.startswith("Created")] == ["Created (UTC)"]


def test_states_are_in_our_words_and_beside_them_in_the_api_s() -> None:
    failed, newer = a_task(1, status="Failed", process=63.0), a_task(2)
    retried, unknown, other = rows(
        an_export(Row(failed, newer), alone(a_task(3, status="Warming")), Row(newer, None))
    )
    assert (retried["Status"], retried["Stream now"]) == ("failed, retried: ready", "ready")
    assert (retried["Status in the API's words"], retried["Progress in %"]) == ("Failed", "63")
    assert retried["Newer task"] == newer.task_id
    assert (unknown["Status"], unknown["Newer task"]) == ("Warming", "none")
    assert (other["Status"], other["Stream now"]) == (
        "complete, newer tasks not checked",
        "not checked",
    )


def test_the_head_and_the_words_are_in_the_reader_s_language() -> None:
    [row] = rows(an_export(alone(a_task(status="failed"))), CHINESE)
    assert row["状态"] == "预热失败"
    assert row[words(Language.CHINESE).t("Area")]


def test_no_signature_and_no_login_is_in_any_file() -> None:
    task = a_task(url="rtmp://me:pass@live.example.com/app/cup?auth_key=1-0-0-5ecre7")
    export = an_export(alone(task), question=replace(ASK, urls=(task.url,)))
    for content in (as_csv(export, READER, now=NOW), as_json(export, now=NOW)):
        assert b"5ecre7" not in content
        assert b"pass" not in content
        assert "rtmp://live.example.com/app/cup?…".encode() in content


@pytest.mark.parametrize(
    "url", ['=HYPERLINK("http://x")', "＝1+1", "@SUM(A1)", "-2+3", "\t=1", "+1", " =1", "\u200b=1"]
)
def test_what_looks_like_a_formula_is_text(url: str) -> None:
    [row] = rows(an_export(alone(a_task(url=url, status=url, description=url))))
    assert row["Play URL"].startswith("'")
    assert not [cell for cell in row.values() if cell.startswith(FORMULA)]


@pytest.mark.parametrize(
    "text",
    ["5401626311530724", "007", "2/11", "1e5", "2026-11-22", "19:30", "may/1", "1-Sept", "MAR1"],
)
def test_what_a_spreadsheet_would_round_or_take_for_a_date_is_text(text: str) -> None:
    [row] = rows(an_export(alone(a_task(task_id=text, description=text, process=62.5))))
    assert (row["Task ID"], row["Description"]) == (f"\t{text}", f"\t{text}")
    assert row["Progress in %"] == "62.5"
    assert row["Observed (UTC)"] == "2026-11-22 11:42:10"


@pytest.mark.parametrize("text", ["mayor/1", "dec/cam_2", "march/cup", "app/1"])
def test_what_only_begins_like_a_month_stays_as_it_is(text: str) -> None:
    [row] = rows(an_export(alone(a_task(description=text))))
    assert row["Description"] == text


@given(st.lists(any_rows, max_size=5))
def test_any_tasks_make_a_table_of_which_no_cell_begins_like_a_formula(found: list[Row]) -> None:
    content = as_csv(an_export(*found), READER, now=NOW)
    head, *body = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
    assert len(body) == len(found)
    assert {len(row) for row in body} <= {len(head)}
    assert not [cell for row in (head, *body) for cell in row if begins_like_a_formula(cell)]
    cells = [cell for row in body for cell in row]
    assert not [cell for cell in cells if "✅" in cell or len(cell.splitlines()) > 1]


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=40))
def test_what_is_plain_text_comes_back_as_it_was(text: str) -> None:
    [row] = rows(an_export(alone(a_task(description=text))))
    told = " ".join(text.split()).replace("✅", "✓")
    if text.isprintable():
        assert row["Description"].lstrip("\t") == (f"'{told}" if told.startswith(FORMULA) else told)


# --- JSON ---


def parsed(export: Export) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(as_json(export, now=NOW))
    return content


def test_the_object_says_what_was_asked_when_it_was_seen_and_what_it_cost() -> None:
    said = parsed(an_export(alone(a_task()), question=FAILED, total=2))
    assert said["question"]["status"] == "failed"
    assert said["question"]["command"] == "/preload domain=live.example.com status=failed"
    assert said["window"] == {
        "start": "2026-11-19T11:42:10Z",
        "end": "2026-11-22T11:42:10Z",
        "cut": False,
    }
    assert said["observed_at"] == "2026-11-22T11:42:10Z"
    assert said["counts"]["matching"] == 2
    assert said["counts"]["exported"] == 1
    assert (said["calls"], said["request_ids"]) == (4, ["R1", "R2"])


def test_a_task_has_both_vocabularies_and_its_stream_s_state() -> None:
    failed, newer = a_task(1, status="Failed"), a_task(2)
    [said] = parsed(an_export(Row(failed, newer)))["tasks"]
    assert (said["state"], said["status"], said["stream_state"]) == ("failed", "Failed", "ready")
    assert (said["has_newer_task"], said["newest_task_id"]) == (True, newer.task_id)
    assert said["created"] == "2026-11-22T10:52:10Z"


@pytest.mark.parametrize(
    ("newest", "state"),
    [
        (a_task(1), "ready"),
        (a_task(2), "ready"),
        (a_task(2, window_start=NOW + HOUR), "ready"),
        (a_task(2, status="failed"), "complete_superseded"),
        (None, "complete_unchecked"),
    ],
)
def test_ready_is_only_what_may_be_green(newest: Any, state: str) -> None:  # noqa: ANN401 - a task or none
    said = parsed(an_export(Row(a_task(1), newest)))
    assert said["tasks"][0]["state"] == state
    assert said["counts"]["tasks"] == {state: 1}


@given(st.lists(any_rows, max_size=5))
def test_any_tasks_make_an_object(found: list[Row]) -> None:
    said = parsed(an_export(*found))
    assert [one["state"] == "ready" for one in said["tasks"]] == [
        row.task.state(NOW) is TaskState.READY
        and row.newest is not None
        and row.newest.state(NOW).is_ready
        for row in found
    ]


# --- what is said of it ---


def mrkdwn(message: Message) -> str:
    return str(message.blocks)


def test_a_file_s_name_says_what_is_in_it_and_is_plain() -> None:
    wish = views.Wish(replace(FAILED, domain="live/../例.example.com"), Format.JSON)
    file = views.file(an_export(alone(a_task())), wish, READER, now=NOW)
    assert file.name == "preload_live...example.com_failed_20261122T114210Z.json"
    assert "1 task exported" in file.comment
    assert "4 calls of the Live API" in file.comment


def test_the_command_that_exports_it_again_is_told() -> None:
    assert views.Wish(FAILED, Format.JSON, "C1").command == (
        "/preload export domain=live.example.com status=failed json public"
    )
    assert WISH.command == "/preload export domain=live.example.com"


def test_what_is_not_sure_is_said() -> None:
    export = an_export(
        Row(a_task(), None),
        is_sure=False,
        cut=True,
        total=20_001,
        unchecked=Throttled(code="Throttling.User"),
    )
    said = mrkdwn(views.done(export, WISH, "a.csv", READER, now=NOW))
    assert "some may be missing" in said
    assert "20,001 tasks match, and a file holds the first 20,000" in said
    assert "These are the newest" in said
    assert "cut to the 3 days" in said
    assert "could not be checked: The account's quota" in said
    quiet = mrkdwn(views.done(an_export(alone(a_task())), WISH, "a.csv", READER, now=NOW))
    assert "⚠️" not in quiet
    assert "❔" not in quiet


def test_streams_not_looked_up_are_counted() -> None:
    export = an_export(Row(a_task(1), None), Row(a_task(2), None))
    said = mrkdwn(views.done(export, WISH, "a.csv", READER, now=NOW))
    assert "Of 1 stream it was not checked" in said


def test_urls_that_have_no_line_in_the_file_are_named_without_their_signatures() -> None:
    task = a_task()
    nobody = "rtmp://live.example.com/app/nobody?auth_key=1-0-0-5ecre7"
    question = replace(ASK, urls=(task.url, nobody))
    export = an_export(alone(task), question=question)
    said = mrkdwn(views.done(export, WISH, "a.csv", READER, now=NOW))
    assert "1 URL matches no task: `app/nobody`" in said
    assert "5ecre7" not in said
    assert "`app/nobody`" in views.file(export, WISH, READER, now=NOW).comment
    assert parsed(export)["urls_without_match"] == ["rtmp://live.example.com/app/nobody?…"]
    none = an_export(question=question)
    assert "2 URLs match no task" in mrkdwn(views.nothing(none, WISH, None, READER, now=NOW))
    unsure = replace(export, is_sure=False)
    assert "match" not in mrkdwn(views.done(unsure, WISH, "a.csv", READER, now=NOW))


def test_an_export_of_nothing_repeats_what_was_asked_and_opens_the_form_with_it() -> None:
    ask = replace(
        ASK,
        status=StatusFilter.FAILED,
        since=timedelta(hours=2),
        urls=("rtmp://live.example.com/app/cup?auth_key=1-0-0-5ecre7",),
    )
    wish = views.Wish(ask, Format.JSON)
    form = FormRef("0123456789abcdef")
    message = views.nothing(an_export(question=ask), wish, form, READER, now=NOW)
    assert (
        "`/preload export domain=live.example.com url=rtmp://live.example.com/app/cup?… "
        "status=failed since=2h json`"
    ) in mrkdwn(message)
    assert FormRef.unpack(controls(message)["form.open"]["value"]) == form
    assert "5ecre7" not in str(message.blocks)


wishes = st.builds(
    views.Wish, any_asks, st.sampled_from(Format), st.sampled_from([None, "C0001", "<!channel>"])
)
steps = st.builds(Step, st.integers(0, 10**6), st.integers(0, 10**4), st.integers(0, 999))


@given(wishes, steps, st.lists(any_rows, max_size=3), readers, live_errors)
def test_whatever_is_asked_slack_takes_what_is_said_and_nothing_signed_is(
    wish: views.Wish, step: Step, found: list[Row], reader: Reader, error: type[LiveError]
) -> None:
    export = an_export(*found, question=wish.ask, is_sure=False, unchecked=error())
    name = views.file(export, wish, reader, now=NOW).name
    messages = [
        views.under_way(None, wish, "0" * 12, reader),
        views.under_way(step, wish, "0" * 12, reader),
        views.done(export, wish, name, reader, now=NOW),
        views.nothing(export, wish, FormRef(), reader, now=NOW),
        views.cancelled(wish, step, reader),
        views.stopped(error(code="C", message="auth_key=5ecre7"), wish, step, reader, log_id="log"),
        views.cut_off(wish, None, reader),
        views.took_too_long(1_500.0, wish, step, reader, calls=15),
        views.without_scope("files:write", wish, reader),
        views.refused("some_code", wish, reader),
        views.not_taken("timeout", wish, reader, delivered=True),
    ]
    for message in messages:
        payload = {"text": message.text, "blocks": list(message.blocks)}
        assert check(payload, text_chars=MESSAGE_TEXT_CHARS) == []
        assert "5ecre7" not in str(payload)
        assert "<!channel>" not in message.text + read_markup(message)
