"""What was read of the Live API, as it is written for other processes: MessagePack.

Of a listing the question is left out: whoever reads it has asked the same.
"""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - msgspec resolves the fields below
from typing import TYPE_CHECKING, Any

import msgspec

from bot.asking import Kind
from bot.listing import Listing
from bot.live.model import PreloadTask, StatusFilter, TaskPage
from bot.streams import Streams

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.asks import Ask

Read = tuple[Listing, TaskPage]
"""A listing, and the API's page that was read first."""


class _Listing(msgspec.Struct, array_like=True, frozen=True):
    start: datetime
    end: datetime
    cut: bool
    total: int
    whole: bool
    tasks: tuple[PreloadTask, ...]
    domain_total: int | None
    counts: dict[StatusFilter, int]
    observed_at: datetime
    request_id: str
    moved: bool
    is_partial: bool
    as_typed: bool
    confirmed: bool


class _Streams(msgspec.Struct, array_like=True, frozen=True):
    newest: dict[str, PreloadTask | None]
    observed_at: datetime
    ordered: tuple[PreloadTask, ...]


_write = msgspec.msgpack.Encoder().encode
_READ = msgspec.msgpack.Decoder(tuple[_Listing, TaskPage])
_PAGE = msgspec.msgpack.Decoder(TaskPage)
_STREAMS = msgspec.msgpack.Decoder(_Streams)


def listings(question: Ask, kept_s: Callable[[Read], float]) -> Kind[Read]:
    """The listings of a question."""

    def read(written: bytes) -> Read:
        listing, page = _READ.decode(written)
        return Listing(question=question, **_fields(listing)), page

    def written(found: Read) -> bytes:
        listing, page = found
        return _write((_as(_Listing, listing), page))

    return Kind("listing.3", written, read, kept_s)


def pages(kept_s: float) -> Kind[TaskPage]:
    """The API's pages of a listing."""
    return Kind("page.2", _write, _PAGE.decode, lambda _: kept_s)


def streams(kept_s: float) -> Kind[Streams]:
    """What was looked up of streams."""
    return Kind(
        "streams.1",
        lambda known: _write(_as(_Streams, known)),
        lambda written: Streams(**_fields(_STREAMS.decode(written))),
        lambda _: kept_s,
    )


def _as(kind: type[msgspec.Struct], value: object) -> msgspec.Struct:
    return kind(**{name: getattr(value, name) for name in kind.__struct_fields__})


def _fields(value: msgspec.Struct) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__struct_fields__}
