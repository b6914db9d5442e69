"""A reply as it came: either JSON that says that all went well, or an error."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import TYPE_CHECKING, Any, NamedTuple, TypedDict

import msgspec

from bot.live.refusals import error_of

if TYPE_CHECKING:
    from collections.abc import Mapping

_IN_XML = re.compile(r"<(Code|Message|RequestId)>([^<]*)</\1>")
_IN_CUT_JSON = re.compile(r'"(Code|Message|RequestId)"\s*:\s*"([^"\\]*)"')
_CLIENT_ERROR = 400
_READ_CHARS = 10_000


class TaskRow(msgspec.Struct, frozen=True, gc=False, rename="pascal"):
    """A task as it stands in a reply: text, "" where there is none."""

    task_id: str = ""
    domain_name: str = ""
    play_url: str = ""
    create_time: str = ""
    area: str = ""
    preloaded_start_time: str = ""
    preloaded_end_time: str = ""
    process: str = ""
    status: str = ""
    description: str = ""


class _Tasks(TypedDict):
    PreloadTask: list[TaskRow]


class _Fields(TypedDict, total=False):
    """What is read of a reply; its tasks are rows at once where they are as documented."""

    Code: Any
    Message: Any
    RequestId: Any
    PageNum: Any
    PageSize: Any
    TotalNum: Any
    TotalPage: Any
    PreloadTasks: _Tasks | list[TaskRow] | None
    Domains: Any
    TotalCount: Any


_READERS = (
    msgspec.json.Decoder(_Fields).decode,
    msgspec.json.decode,  # whatever else stands where the tasks should
    json.loads,  # more patient, with half a surrogate pair for one
)


class Reply(NamedTuple):
    """An HTTP reply: its status, headers (in a case-insensitive mapping) and body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def request_id(self) -> str:
        """The API's request ID as the headers have it, or ""."""
        return self.headers.get("x-acs-request-id", "")


def fields_of(reply: Reply) -> dict[str, Any]:
    """The JSON of a reply that says that all went well; its tasks may be `TaskRow`s already.

    Raises:
        LiveError: it says something else, or nothing that can be read.
    """
    fields = _json(reply.body)
    if reply.status < _CLIENT_ERROR and isinstance(fields, dict) and not fields.get("Code"):
        return fields
    said = fields if isinstance(fields, dict) else _left_in(reply.body)
    raise error_of(reply.status, reply.headers, said)


def _json(body: bytes) -> object:
    """What the body says in JSON; None if nothing."""
    for read in _READERS:
        try:
            return read(body)
        except (msgspec.DecodeError, ValueError, RecursionError):
            continue
    return None


def _left_in(body: bytes) -> dict[str, str]:
    """The parts of an XML error or of JSON that was cut off; HTML and the like have none."""
    text = body.decode(errors="replace")
    xml = {name: unescape(value) for name, value in _IN_XML.findall(text[:_READ_CHARS])}
    return xml or dict(_IN_CUT_JSON.findall(text[:_READ_CHARS] + text[-_READ_CHARS:]))
