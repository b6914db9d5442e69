from __future__ import annotations

import io
import json
import logging
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
import structlog
from structlog.contextvars import bound_contextvars

from bot.logs import Redactor, configure, new_request_id, request_id

if TYPE_CHECKING:
    from collections.abc import Iterator

SECRET = 'the"secret/of\\the+house'


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for package in ("bot", "handlers"):
        logging.getLogger(package).setLevel(logging.NOTSET)
    structlog.reset_defaults()


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def redactor(stream: io.StringIO) -> Redactor:
    redactor = Redactor()
    configure(stream, redactor=redactor)
    return redactor


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


@pytest.mark.usefixtures("redactor")
def test_an_event_is_one_line_of_json_with_its_request(stream: io.StringIO) -> None:
    with bound_contextvars(request_id="aaaa"):
        structlog.get_logger("bot.jobs").info("状态 read\nagain", rows=3)
    (line,) = lines(stream)
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "状态 read\nagain",
        "rows": 3,
        "request_id": "aaaa",
        "level": "info",
        "logger": "bot.jobs",
    }


@pytest.mark.usefixtures("redactor")
def test_the_libraries_lines_look_the_same_and_begin_at_warning(stream: io.StringIO) -> None:
    library = logging.getLogger("slack_bolt.AsyncApp")
    with bound_contextvars(request_id="aaaa"):
        library.warning("took %s", "long")
        library.info("chatter")
    (line,) = lines(stream)
    assert (line["event"], line["level"]) == ("took long", "warning")
    assert (line["logger"], line["request_id"]) == ("slack_bolt.AsyncApp", "aaaa")


@pytest.mark.usefixtures("redactor")
def test_a_traceback_stays_on_the_line_of_its_event(stream: io.StringIO) -> None:
    try:
        json.loads("lost")
    except ValueError:
        structlog.get_logger("bot.jobs").exception("job crashed")
        logging.getLogger("aiohttp.server").exception("request failed")
    assert ["JSONDecodeError: " in line["exception"] for line in lines(stream)] == [True, True]


@pytest.mark.usefixtures("redactor")
def test_below_the_level_nothing_is_written(stream: io.StringIO) -> None:
    structlog.get_logger("bot.jobs").debug("detail")
    assert stream.getvalue() == ""


def test_configured_twice_each_event_is_still_one_line(
    stream: io.StringIO, redactor: Redactor
) -> None:
    configure(stream, redactor=redactor)
    structlog.get_logger("bot.jobs").info("once")
    assert len(lines(stream)) == 1


def test_on_a_terminal_lines_are_for_people() -> None:
    terminal = Terminal()
    configure(terminal, redactor=Redactor())
    structlog.get_logger("bot.jobs").info("read", rows=3)
    assert "read" in terminal.getvalue()
    assert not terminal.getvalue().startswith("{")


def test_on_a_terminal_a_traceback_shows_no_local_variables() -> None:
    terminal = Terminal()
    configure(terminal, redactor=Redactor())

    def fail(token: str) -> None:
        raise LookupError(len(token))

    try:
        fail("a-token-of-no-known-form")
    except LookupError:
        structlog.get_logger("bot.jobs").exception("job crashed")
    assert "LookupError" in terminal.getvalue()
    assert "no-known-form" not in terminal.getvalue().replace(
        'fail("a-token-of-no-known-form")', ""
    )


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("token xoxb-17653672481-19874698323-pdFZKVeTuE8sk7oO", "token xoxb[hidden]"),
        ("xoxe.xoxp-1-Mi0yLTE3 and xapp-1-A0-17-f83b", "xoxe[hidden] and xapp[hidden]"),
        (
            "to https://hooks.slack.com/commands/T1/397700885554/96rGlfm now",
            "to https://hooks.slack.com/[hidden] now",
        ),
        (
            "rtmp://live.example.com/a/cup?auth_key=1795-0-0-9f2c&x=1",
            "rtmp://live.example.com/a/cup?auth_key=[hidden]&x=1",
        ),
        (
            "GET /?PlayUrl=rtmp%3A%2F%2Fa%2Fcup%3Fauth_key%3D1795-0-0-9f2c%26x%3D1&PageSize=1",
            "GET /?PlayUrl=rtmp%3A%2F%2Fa%2Fcup%3Fauth_key%3D[hidden]%26x%3D1&PageSize=1",
        ),
        (
            "ACS3-HMAC-SHA256 Credential=LTAI5tAbCdEfGhIjKl,SignedHeaders=host,Signature=06563a",
            "ACS3-HMAC-SHA256 Credential=LTAI[hidden],SignedHeaders=host,Signature=[hidden]",
        ),
        ("STS.NUxyzAbC123 expired", "STS.[hidden] expired"),
        ("live.example.com: 3 of 137, LTAI", "live.example.com: 3 of 137, LTAI"),
    ],
)
def test_what_looks_like_a_secret_is_hidden(said: str, written: str) -> None:
    assert Redactor().redacted(said) == written


def test_a_secret_that_was_told_is_hidden_wherever_it_stands(
    stream: io.StringIO, redactor: Redactor
) -> None:
    redactor.hide(SECRET)
    log = structlog.get_logger("bot.live")
    log.warning("with %s in it", SECRET)
    log.warning(
        "fields", plain=SECRET, nested={"deep": [SECRET]}, url=f"?s={quote(SECRET, safe='')}"
    )
    logging.getLogger("aiohttp").warning("refused: %r", SECRET)
    try:
        int(SECRET)
    except ValueError:
        log.exception("failed")
    assert len(lines(stream)) == 4
    for spelling in (SECRET, json.dumps(SECRET)[1:-1], quote(SECRET, safe=""), "of\\\\the"):
        assert spelling not in stream.getvalue()
    assert stream.getvalue().count("[hidden]") >= 6


def test_of_two_secrets_that_begin_alike_both_are_hidden_whole() -> None:
    redactor = Redactor()
    redactor.hide("testsecret", "testsecret-and-more")
    assert redactor.redacted("testsecret-and-more testsecret") == "[hidden] [hidden]"


def test_a_setting_that_is_empty_or_tiny_hides_nothing() -> None:
    redactor = Redactor()
    redactor.hide("", "a")
    assert redactor.redacted("all that matters") == "all that matters"


def test_a_request_id_is_short_and_no_two_are_the_same() -> None:
    assert re.fullmatch(r"[0-9a-f]{8}", new_request_id())
    assert new_request_id() != new_request_id()


def test_outside_of_a_request_there_is_no_id() -> None:
    assert request_id() == ""
    with bound_contextvars(request_id="bbbb"):
        assert request_id() == "bbbb"


def test_that_bolt_takes_the_client_it_was_given_is_not_worth_a_warning() -> None:
    stream = io.StringIO()
    configure(stream, redactor=Redactor())
    bolt = logging.getLogger("slack_bolt.AsyncApp")
    bolt.warning("As you gave `client` as well, `token` will be unused.")
    bolt.warning("something else")
    assert "unused" not in stream.getvalue()
    assert "something else" in stream.getvalue()
