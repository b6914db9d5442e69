"""One line an event: for people on a terminal, JSON elsewhere; and no secret on any of them."""

from __future__ import annotations

import json
import logging
import re
import secrets
from typing import TYPE_CHECKING, TextIO
from urllib.parse import quote

import structlog
from structlog.contextvars import get_contextvars, merge_contextvars
from structlog.processors import JSONRenderer
from structlog.stdlib import ProcessorFormatter

if TYPE_CHECKING:
    from structlog.typing import EventDict, Processor, WrappedLogger

_HIDDEN = "[hidden]"
_MIN_SECRET_LENGTH = 6
_REQUEST_ID_BYTES = 4

_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(xox[a-z]|xapp)[-.][\w.-]+",  # Slack's tokens
        r"(hooks\.slack\.com/)[^\s\"'<>\\]+",  # response URLs: who has one can post
        r"((?:auth_key|signature)(?:=|%3D|%253D))(?:(?!%26|%2526)[^\s\"'<>\\&,)])+",
        r"((?-i:LTAI))[a-z0-9]{8,}",  # access key IDs
        r"((?-i:STS)\.)[a-z0-9]{8,}",  # temporary ones
    )
)
"""What is hidden wherever it stands; the group stays, to say what was there."""


class Redactor:
    """The last line of defence: takes secrets out of finished log lines.

    Nothing should be on a line for it to find. It knows the look of tokens, `response_url`s and
    signatures, and the secrets it was told.
    """

    def __init__(self) -> None:
        self._told: set[str] = set()
        self._pattern: re.Pattern[str] | None = None

    def hide(self, *told: str) -> None:
        """Hide these secrets from now on, however a line spells them.

        What is shorter than 6 characters is ignored: it would black out half of the log.
        """
        for secret in told:
            if len(secret) >= _MIN_SECRET_LENGTH:
                spelled = {secret, repr(secret)[1:-1], quote(secret, safe="")}
                in_json = {json.dumps(text, ensure_ascii=False)[1:-1] for text in spelled}
                self._told |= spelled | in_json
        if self._told:
            # Longest first: a secret may begin with another.
            longest_first = sorted(self._told, key=len, reverse=True)
            self._pattern = re.compile("|".join(map(re.escape, longest_first)))

    def redacted(self, line: str) -> str:
        """The line without secrets."""
        if self._pattern is not None:
            line = self._pattern.sub(_HIDDEN, line)
        for pattern in _PATTERNS:
            line = pattern.sub(rf"\g<1>{_HIDDEN}", line)
        return line


def configure(
    stream: TextIO,
    *,
    redactor: Redactor,
    level: int = logging.INFO,
    as_json: bool | None = None,
) -> None:
    """Send every log of this process, the libraries' too, to `stream`.

    Args:
        stream: where lines go.
        redactor: what keeps secrets out of them.
        level: from which level on; the libraries speak from WARNING on.
        as_json: None is as the stream is: words and colours on a terminal, JSON elsewhere.
    """
    first: list[Processor] = [
        merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.StackInfoRenderer(),
    ]
    renderers: list[Processor]
    if as_json if as_json is not None else not stream.isatty():
        renderers = [
            structlog.processors.format_exc_info,
            JSONRenderer(ensure_ascii=False, default=str),
        ]
    else:
        # Not the rich traceback: it prints local variables, and they hold secrets.
        renderers = [
            structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        ]

    def finished(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
        return redactor.redacted(str(event))

    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        ProcessorFormatter(
            foreign_pre_chain=first,
            processors=[ProcessorFormatter.remove_processors_meta, *renderers, finished],
        )
    )
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(max(level, logging.WARNING))
    for package in ("bot", "handlers"):
        logging.getLogger(package).setLevel(level)
    logging.getLogger("slack_bolt.AsyncApp").addFilter(_is_news)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *first,
            ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )


def _is_news(record: logging.LogRecord) -> bool:
    """Whether Bolt's line is news: that it takes our client and no token is not."""
    return "`token` will be unused" not in record.getMessage()


def new_request_id() -> str:
    """A name for one request, short enough to be read out: 8 hexadecimal digits."""
    return secrets.token_hex(_REQUEST_ID_BYTES)


def request_id() -> str:
    """The ID of the request this runs for, or "" outside of any."""
    return str(get_contextvars().get("request_id", ""))
