"""Channels as a person reads them; of metadata only the one key.

The key must be unique in its channel, and the word before its first colon says what the message
is. Streams are named like `s00123x`, which nothing else is.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from bot.sandbox.slack import Message

EVENT_TYPE = "preload_bot_notice"
STREAM = re.compile(r"(?<![0-9A-Za-z_])s\d{5}x(?![0-9A-Za-z_])")
SOME_READY = re.compile(r"\b(\d+) of (\d+) ready\b")
ALL_READY = re.compile(r"\ball (\d+) streams ready\b")
MORE = re.compile(r"\b(\d[\d,]*) more\b")


@dataclass(frozen=True, slots=True)
class Said:
    """One notice as it stands: a message, and the replies that carry what it had no room for.

    Attributes:
        key: of its metadata.
        message: the message itself.
        named: the streams it names, and when it first did.
        more: how many streams its last reply says there are besides.
    """

    key: str
    message: Message
    named: Mapping[str, datetime]
    more: int = 0

    @property
    def kind(self) -> str:
        """What it is."""
        return self.key.partition(":")[0]


def name_of(url: str) -> str:
    """The stream's name: the part of its URL that nothing else is called."""
    found = STREAM.search(url)
    if found is None:
        raise ValueError(f"no stream that the judge could recognise: {url}")
    return found[0]


def key_of(message: Message) -> str | None:
    """The key that the bot gave the message; None where it is no notice."""
    if message.metadata is None or message.metadata.get("event_type") != EVENT_TYPE:
        return None
    return str(message.metadata["event_payload"]["key"])


def kind_of(message: Message) -> str:
    """What sort of notice it is; "" where it is none."""
    return (key_of(message) or "").partition(":")[0]


def moment_of(message: Message) -> datetime:
    """When it was posted."""
    return datetime.fromtimestamp(float(message.ts), UTC)


def words_of(message: Message) -> str:
    """All that stands in it, summary, blocks and attachments."""
    return json.dumps(message.payload, ensure_ascii=False)


def is_root(message: Message) -> bool:
    """Whether it stands in the channel itself, not in a thread."""
    return message.thread_ts in {None, message.ts}


def is_part(message: Message, key: str) -> bool:
    """Whether it carries what the message of that key had no room for."""
    return (key_of(message) or "").startswith(f"{key}:")


def ready_of(message: Message) -> tuple[int, int] | None:
    """How many streams of how many it says are ready; None where it does not say."""
    for text in (message.text, words_of(message)):
        if found := SOME_READY.search(text):
            return int(found[1]), int(found[2])
        if found := ALL_READY.search(text):
            return int(found[1]), int(found[1])
    return None


def said(messages: Iterable[Message], channel: str) -> list[Said]:
    """The channel's notices, oldest first; of several posts of one key the first."""
    roots: dict[str, Message] = {}
    replies: defaultdict[str | None, list[Message]] = defaultdict(list)
    for message in messages:
        key = key_of(message)
        if message.channel != channel or key is None:
            continue
        if is_root(message):
            roots.setdefault(key, message)
        else:
            replies[message.thread_ts].append(message)
    return [
        _said(key, root, [one for one in replies[root.ts] if is_part(one, key)])
        for key, root in roots.items()
    ]


def _said(key: str, root: Message, replies: Sequence[Message]) -> Said:
    named: dict[str, datetime] = {}
    parts = [root, *replies]
    for part in parts:
        for name in STREAM.findall(words_of(part)):
            named.setdefault(name, moment_of(part))
    more = MORE.search(replies[-1].text) if replies else None
    return Said(key, root, named, int(more[1].replace(",", "")) if more else 0)
