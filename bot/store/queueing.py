"""Into the outbox: each thing to be told in exactly one notice, however often it is handed in."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import and_, bindparam, insert, select, update

from bot.store.database import portions
from bot.store.schema import notices, told
from bot.watch.model import key_of
from bot.watch.notices import NoticeKind, NoticeState

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.watch.notices import Told


class _Place(NamedTuple):
    """Where changes meet: those of one place share a notice."""

    team_id: str
    channel_id: str
    source: str
    kind: NoticeKind
    thread: str | None
    alone: str = ""
    """The name of what stays alone: only changes share."""


def name_of(one: Told) -> str:
    """What is told once: a short name for its source, channel and key."""
    whole = f"{one.source}\n{one.channel_id}\n{one.key}"
    return hashlib.sha256(whole.encode(errors="replace")).hexdigest()[:32]


async def queue(connection: AsyncConnection, all_: Iterable[Told], *, queued_at: datetime) -> None:
    """Write down what is to be told, in the transaction of `Database.writing` that is open.

    What was told before is ignored. A change joins the notice of its place (channel, source, kind,
    thread) that is open and was never sent, or makes one; the notice is then due when the first of
    its changes is. Only a notice that was never sent is joined: a sent one may still arrive as it
    was, and would be taken for told with what it had not in it. What is no change (that a domain
    cannot be read, say) makes a notice of its own, so that the order of such things stays.

    The key of a `BOARD` is as told; of another it is made of its kind and its first thing told.
    """
    new = await _untold(connection, all_)
    if not new:
        return
    gathered: defaultdict[_Place, dict[str, Told]] = defaultdict(dict)
    for name, one in new.items():
        gathered[_place_of(one, name)][name] = one
    ids = await _joined(connection, gathered)
    ids |= await _made(
        connection,
        {place: group for place, group in gathered.items() if place not in ids},
        queued_at=queued_at,
    )
    await connection.execute(
        insert(told),
        [
            _row(name, one, notice_id=ids[place])
            for place, group in gathered.items()
            for name, one in group.items()
        ],
    )


def new_notice(key: str, of: Told, *, queued_at: datetime) -> dict[str, Any]:
    """The row of a notice that is open and was never sent."""
    return {
        "key": key,
        "kind": of.kind,
        "source": of.source,
        "team_id": of.team_id,
        "channel_id": of.channel_id,
        "state": NoticeState.OPEN,
        "seen_at": of.seen_at,
        "queued_at": queued_at,
        "due_at": of.due_at,
        "thread": of.thread,
        "changes_of": None,
        "facts": dict(of.facts),
        "attempts": 0,
        "lookups": 0,
        "error": "",
        "is_uncertain": False,
    }


async def _untold(connection: AsyncConnection, all_: Iterable[Told]) -> dict[str, Told]:
    by_name: dict[str, Told] = {}
    for one in all_:
        by_name.setdefault(name_of(one), one)
    for names in portions(list(by_name)):
        for known in await connection.scalars(select(told.c.key).where(told.c.key.in_(names))):
            del by_name[known]
    return by_name


def _place_of(one: Told, name: str) -> _Place:
    alone = name if one.change is None else ""
    return _Place(one.team_id, one.channel_id, one.source, one.kind, one.thread, alone)


async def _joined(
    connection: AsyncConnection, gathered: Mapping[_Place, Mapping[str, Told]]
) -> dict[_Place, int]:
    """The IDs of the notices that are there to be joined, brought forward where need be."""
    ids: dict[_Place, int] = {}
    changed = []
    for sources in portions({place.source for place in gathered if not place.alone}):
        query = (
            select(notices)
            .where(
                and_(
                    notices.c.state == NoticeState.OPEN,
                    notices.c.attempts == 0,
                    notices.c.source.in_(sources),
                )
            )
            .with_for_update()
        )
        for row in await connection.execute(query):
            place = _Place(row.team_id, row.channel_id, row.source, row.kind, row.thread)
            if place in gathered:
                ids[place] = row.id
                changed.append(_brought_forward(row, gathered[place].values()))
    if changed:
        statement = update(notices).where(notices.c.id == bindparam("notice_id"))
        await connection.execute(
            statement.values({name: bindparam(name) for name in ("seen_at", "due_at", "facts")}),
            changed,
        )
    return ids


def _brought_forward(row: Row[Any], group: Iterable[Told]) -> dict[str, Any]:
    facts = chain.from_iterable(one.facts.items() for one in group)
    return {
        "notice_id": row.id,
        "seen_at": min(row.seen_at, *(one.seen_at for one in group)),
        "due_at": min(row.due_at, *(one.due_at for one in group)),
        "facts": dict(facts) | row.facts,
    }


async def _made(
    connection: AsyncConnection,
    gathered: Mapping[_Place, Mapping[str, Told]],
    *,
    queued_at: datetime,
) -> dict[_Place, int]:
    """The IDs of the notices made for what can join none."""
    if not gathered:
        return {}
    places: dict[str, _Place] = {}
    rows = []
    for place, group in gathered.items():
        name, first = next(iter(group.items()))
        key = first.key if first.kind is NoticeKind.BOARD else f"{first.kind}:{name[:20]}"
        places[key] = place
        rows.append(
            new_notice(key, first, queued_at=queued_at)
            | {
                "seen_at": min(one.seen_at for one in group.values()),
                "due_at": min(one.due_at for one in group.values()),
            }
        )
    await connection.execute(insert(notices), rows)
    ids: dict[_Place, int] = {}
    for keys in portions(places):
        found = await connection.execute(
            select(notices.c.key, notices.c.id).where(notices.c.key.in_(keys))
        )
        ids |= {places[key]: id_ for key, id_ in found}
    return ids


def _row(name: str, one: Told, *, notice_id: int) -> dict[str, Any]:
    change = one.change
    return {
        "key": name,
        "notice_id": notice_id,
        "change": change and change.kind,
        "task_key": change and key_of(change.task),
        "task": change and change.task,
        "at": change and change.at,
        "count": change and change.count,
    }
