"""The form's fields: from what was typed, and to what is asked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import UsageError
from bot.live.model import StatusFilter
from bot.views.form import Field
from handlers import fields, grammar
from handlers.canonical import canonical
from handlers.drafting import LEFT_OUT, drafted
from handlers.form import completed
from handlers.requests import AskRequest, TasksRequest
from tests.test_grammar_properties import FRAGMENTS

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 22, 11, 42, 10, tzinfo=UTC)
LIVE, CUP = "live.example.com", "cup.example.com"
ONE, TWO = f"rtmp://{LIVE}/liveApp/cup_main", f"http://{LIVE}/liveApp/cup.flv?auth_key=1-0-0-5ecre7"
THERE = {"now": NOW, "zone": SHANGHAI, "domains": (LIVE, CUP), "accounts": ("default", "main")}


def draft(text: str) -> dict[str, str]:
    found = drafted(text, **THERE)  # type: ignore[arg-type] # a dict of different things
    assert found is not None
    return found


def read(typed: dict[str, str]) -> fields.Fields:
    return fields.read(typed, **THERE)  # type: ignore[arg-type] # a dict of different things


def problems(typed: dict[str, str]) -> dict[str, str]:
    return {field.value: error.problem for field, error in read(typed).wrong.items()}


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("", {}),
        ("ask", {}),
        (
            f"ask {LIVE} status=failed since=2h until=today 18:00 size=20 public",
            {
                "domain": LIVE,
                "status": "failed",
                "since": "2h",
                "until": "today 18:00",
                "size": "20",
                "public": "yes",
            },
        ),
        (f"{ONE} url={TWO} task=77", {"url": f"{ONE}\n{TWO}", "task": "77"}),
        ("预热失败 最近2小时", {"status": "预热失败", "since": "2小时"}),
        (
            "export in progress excel account=main",
            {"status": "in progress", "format": "excel", "account": "main"},
        ),
        ("export failed", {"status": "failed", "format": "csv"}),
        ("ask failed json", {"status": "failed", "format": "json"}),
        ("ask failed in=<#C0002|general>", {"status": "failed", "in": "#C0002"}),
        ("ask <#C0002|general>", {"in": "#C0002"}),
        ("faild in=#C0002", {"status": "faild", "in": "#C0002"}),
    ],
)
def test_what_can_be_understood_stands_in_its_field(text: str, typed: dict[str, str]) -> None:
    assert draft(text) == typed


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("status=faild since=2h", {"status": "faild", "since": "2h"}),
        ("faild", {"status": "faild"}),
        ("domain=nonsense failed", {"domain": "nonsense", "status": "failed"}),
        ("liveexample", {"domain": "liveexample"}),
        ("liv.example.com", {"domain": "liv.example.com"}),
        ("livexample.com,failed", {"domain": "livexample.com", "status": "failed"}),
        (f"url=nonsense {ONE}", {"url": f"{ONE}\nnonsense"}),
        ("rtmp://bad_host/app/x", {"url": "rtmp://bad_host/app/x"}),
        ("task=a/b", {"task": "a/b"}),
        ("since=whenever size=99", {"since": "whenever", "size": "99"}),
        ("since=tomorrow 18:00 failed", {"since": "tomorrow 18:00", "status": "failed"}),
        ("since= status=failed", {"status": "failed"}),
        ("public=perhaps", {"public": "perhaps"}),
        ("ask in=#nowhere", {"in": "#nowhere"}),
        ("export failed format=pdf", {"status": "failed", "format": "pdf"}),
        ("sicne=2h utnil=1h", {"since": "2h", "until": "1h"}),
    ],
)
def test_what_is_wrong_stands_in_the_field_it_was_meant_for(
    text: str, typed: dict[str, str]
) -> None:
    assert draft(text) == typed


@pytest.mark.parametrize(
    ("text", "left_out"),
    [
        ("blue failed", "blue"),
        ("colour=blue failed", "colour=blue"),
        ("failed page=3", "page=3"),
        ('name="Cup final" failed', 'name="Cup final'),
        ("failed status=pending", "status=pending"),
        ("status=faild status=pendng failed", "faild pendng"),
        ("blue?auth_key=5ecre7 failed", "blue?auth_key…"),
    ],
)
def test_what_belongs_to_no_field_is_left_out_and_named(text: str, left_out: str) -> None:
    assert draft(text) == {"status": "failed", LEFT_OUT: left_out}


@pytest.mark.parametrize("accounts", [(), ("default",)])
def test_where_there_is_no_choice_of_accounts_another_is_left_out_and_named(
    accounts: tuple[str, ...],
) -> None:
    few = {**THERE, "accounts": accounts}
    found = drafted("status=failed account=foo", **few)  # type: ignore[arg-type] # as in `draft`
    assert found == {"status": "failed", LEFT_OUT: "account=foo"}


@pytest.mark.parametrize(
    "text", ["watch failed", "subscribe", "subscrbe live.example.com", "help since", "列表"]
)
def test_what_asks_for_something_but_tasks_has_no_form(text: str) -> None:
    assert drafted(text, **THERE) is None  # type: ignore[arg-type] # a dict of different things


def test_a_mistyped_subcommand_that_asks_for_tasks_has_one() -> None:
    assert draft("exprot status=faild") == {"status": "faild", "format": "csv"}


def test_a_file_has_no_place_of_its_own_to_be_typed_in() -> None:
    found = {"status": "failed", "format": "csv", LEFT_OUT: "in=#C0001"}
    assert draft("export in=#C0001 failed") == found


def test_of_a_text_that_is_too_long_the_beginning_is_read() -> None:
    typed = draft(" ".join(f"{ONE}_{number}" for number in range(900)))
    urls = typed["url"].split("\n")
    assert 100 < len(urls) < 900
    assert urls == [f"{ONE}_{number}" for number in range(len(urls))]


def test_ask_is_understood_whatever_follows_it() -> None:
    asked = grammar.parse("/preload ask stauts=faild“x”", now=NOW, zone=SHANGHAI)
    assert asked == AskRequest('stauts=faild"x"')
    assert grammar.parse(canonical(asked, SHANGHAI), now=NOW, zone=SHANGHAI) == asked
    assert grammar.parse("form", now=NOW, zone=SHANGHAI) == AskRequest()


def test_fields_that_are_right_make_a_question() -> None:
    found = read(
        {
            "domain": LIVE,
            "status": "failed",
            "url": f"{ONE}\n\n {TWO},\n",
            "task": " 77 ",
            "since": "2026-11-22T09:00:00+00:00",
            "until": "2026-11-22T10:00:00+00:00",
            "size": "20",
            "public": "yes",
            "account": "main",
        }
    )
    assert found.wrong == {}
    assert found.request == TasksRequest(
        domain=LIVE,
        status=StatusFilter.FAILED,
        task_id="77",
        urls=(ONE, TWO),
        since=datetime(2026, 11, 22, 9, tzinfo=UTC),
        until=datetime(2026, 11, 22, 10, tzinfo=UTC),
        rows=20,
        public=True,
        account="main",
    )


def test_empty_fields_ask_for_everything() -> None:
    assert read({}) == fields.Fields(TasksRequest(), {})
    assert read({"status": "all", "url": "\n", "public": "no"}).request == TasksRequest()


def test_urls_of_one_host_name_the_domain() -> None:
    assert read({"url": f"{ONE} {TWO}"}).request.domain == LIVE


def test_every_wrong_field_is_named_at_once() -> None:
    typed = {"url": f"{ONE} nonsense", "task": "7 8", "status": "failed", "size": "99"}
    found = read(typed)
    assert problems(typed) == {"url": "bad_url", "task": "bad_task", "size": "bad_size"}
    assert found.wrong[Field.URLS].values["given"] == "nonsense"
    assert found.wrong[Field.TASK].values["given"] == "7 8"
    assert found.request == TasksRequest(LIVE, StatusFilter.FAILED, urls=(ONE,))


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ({"url": f"{ONE} rtmp://{CUP}/a/b"}, {"url": "mixed_hosts"}),
        ({"url": f"{ONE} rtmp://{CUP}/a/b", "domain": LIVE}, {}),
        ({"url": " ".join(f"{ONE}_{n}" for n in range(101))}, {"url": "too_many_urls"}),
        ({"url": " ".join(f"{ONE}_{n}" for n in range(100))}, {}),
        ({"since": "2026-11-22T13:00Z"}, {"since": "since_in_future"}),
        ({"since": "18:00", "until": "2026-11-22T09:00Z"}, {"until": "since_not_before_until"}),
        ({"until": "2026-11-19T11:42Z"}, {"until": "until_too_old"}),
        ({"until": "2026-11-19T11:44Z"}, {"until": "until_too_old"}),
        ({"until": "2026-11-19T11:45Z"}, {}),
        ({"since": "2026-11-22T11:42:10Z"}, {"since": "since_in_future"}),
        ({"url": f"{ONE} {CUP}/liveApp/cup"}, {"url": "no_protocol"}),
        ({"account": "mian"}, {"account": "bad_account"}),
        ({"domain": "nonsense"}, {"domain": "bad_domain"}),
        ({"in": "#C0002"}, {}),
        ({"in": "#nowhere"}, {"in": "bad_channel"}),
        ({"since": "whenever", "until": "whenever"}, {"since": "bad_time", "until": "bad_time"}),
    ],
)
def test_what_does_not_go_together_is_named_at_one_field(
    typed: dict[str, str], wrong: dict[str, str]
) -> None:
    assert problems(typed) == wrong


def test_a_window_that_is_the_wrong_way_round_is_kept_to_be_mended() -> None:
    typed = {"since": "2026-11-22T10:00Z", "until": "2026-11-22T09:00Z"}
    assert read(typed).request.until == datetime(2026, 11, 22, 9, tzinfo=UTC)


def test_a_channel_is_no_part_of_the_question() -> None:
    assert read({"in": "#C0002"}) == fields.Fields(TasksRequest(), {}, channel_id="C0002")


def test_a_key_before_urls_is_no_url() -> None:
    assert read({"url": f"url={ONE}"}).request.urls == (ONE,)


def test_no_signature_stands_in_what_is_said_of_a_field() -> None:
    found = read({"url": f"{TWO} rtmp://{CUP}/a/b?auth_key=5ecre7", "task": "x?auth_key=5ecre7"})
    assert set(found.wrong) == {Field.URLS, Field.TASK}
    assert "5ecre7" not in str([error.values for error in found.wrong.values()])


@given(st.text() | st.lists(st.sampled_from(FRAGMENTS), max_size=12).map("".join))
def test_any_text_that_the_grammar_takes_asks_the_same_by_the_form(text: str) -> None:
    try:
        asked = grammar.parse(text, **THERE)  # type: ignore[arg-type] # a dict of different things
    except UsageError:
        asked = None
    typed = drafted(text, **THERE)  # type: ignore[arg-type] # a dict of different things
    if typed is None:
        return
    found = read(typed)
    if isinstance(asked, TasksRequest):
        assert LEFT_OUT not in typed
        assert found.wrong == {}
        pages = TasksRequest(
            **{name: getattr(asked, name) for name in asked.__slots__ if name != "page"}
        )
        assert found.request == pages


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("", [LIVE, CUP]),
        ("li", [LIVE]),
        ("EXAMPLE", [CUP, LIVE]),
        ("cup", [CUP]),
        (LIVE, [LIVE]),
        (f"{ONE}", [LIVE]),
        ("zz.test", ["zz.test"]),
        ("live.exampel.com", [LIVE, "live.exampel.com"]),
        ("nothing like it", []),
        ("直播.中国", ["xn--z6ut02b.xn--fiqs8s"]),
    ],
)
def test_a_menu_offers_what_goes_with_what_is_typed(typed: str, offered: list[str]) -> None:
    assert completed(typed, (LIVE, CUP)) == offered


def test_a_typed_domain_is_offered_however_many_go_with_it() -> None:
    known = [f"{number}.live.example.com" for number in range(300)]
    offered = completed("live.example.com", known)
    assert len(offered) == 100
    assert offered[-1] == "live.example.com"


def test_a_duration_is_read_back_from_now_whatever_the_end_of_the_window() -> None:
    found = read({"since": "4h", "until": "2026-11-22T10:00Z"})
    assert found.request.since == NOW - timedelta(hours=4)
