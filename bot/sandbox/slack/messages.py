"""What stands in the channels, and what changed when."""

from __future__ import annotations

import asyncio
import re
from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from bot.sandbox.slack import workspace
from bot.sandbox.slack.workspace import BOT, BOT_ID, TEAM_ID

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from bot.sandbox.slack.workspace import User

SLACKBOT = workspace.User("USLACKBOT", "slackbot", "Slackbot", "en-US", "UTC", is_bot=True)
CHANGES_KEPT = 10_000
_MENTION = re.compile(r"<!(channel|here|everyone|subteam\^[^|>]*)[^>]*>|<@([UW][A-Z0-9]+)[^>]*>")
_BARE_MENTION = re.compile(r"(?<!\w)@(channel|here|everyone)\b")


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it stands; every change makes a new one with the same `id`.

    Attributes:
        id: unique in the workspace, also for what only one person sees.
        ts: Slack's timestamp and, with the channel, its name for the message.
        only_visible_to: the person an ephemeral message is for.
        error: Slackbot's red notice, where this is one.
        metadata: `{"event_type", "event_payload"}` as it was posted.
        files: what is attached to it, as `files.info` describes it.
    """

    id: str
    channel: str
    ts: str
    user: str
    text: str
    blocks: tuple[dict[str, Any], ...] = ()
    attachments: tuple[dict[str, Any], ...] = ()
    only_visible_to: str | None = None
    thread_ts: str | None = None
    edited: bool = False
    error: str | None = None
    metadata: Mapping[str, Any] | None = None
    files: tuple[dict[str, Any], ...] = ()

    @property
    def all_blocks(self) -> tuple[dict[str, Any], ...]:
        """The blocks, those inside attachments included."""
        inside = (block for one in self.attachments for block in one.get("blocks", ()))
        return (*self.blocks, *inside)

    @property
    def mentions(self) -> tuple[str, ...]:
        """Who would be called by it: `channel`, `here`, `everyone`, `subteam^…`, user IDs."""
        found = list(_called({"type": "mrkdwn", "text": self.text, "verbatim": True}))
        for block in self.all_blocks:
            found += _called(block)
        return tuple(dict.fromkeys(found))

    @property
    def payload(self) -> dict[str, Any]:
        """What an app would send to make it: `{"text", "blocks"}`, and attachments if any."""
        attached = {"attachments": list(self.attachments)} if self.attachments else {}
        return {"text": self.text, "blocks": list(self.blocks), **attached}

    def is_for(self, user: str) -> bool:
        """Whether the person sees it."""
        place = workspace.channel(self.channel)
        return self.only_visible_to in {None, user} and place is not None and place.admits(user)

    def for_page(self) -> dict[str, Any]:
        """As the local page is told."""
        author = SLACKBOT if self.user == SLACKBOT.id else workspace.user(self.user)
        return {
            "id": self.id,
            "channel": self.channel,
            "ts": self.ts,
            "user": self.user,
            "username": author.real_name if author else self.user,
            "is_bot": author is not None and author.is_bot,
            **self.payload,
            "only_visible_to": self.only_visible_to,
            "thread_ts": self.thread_ts,
            "edited": self.edited,
            "error": self.error,
            "files": [
                {name: one[name] for name in ("id", "name", "size", "mimetype", "preview")}
                | {"url": f"/local/file/{one['id']}"}
                for one in self.files
            ],
        }

    def for_apps(self, *, with_metadata: bool = False) -> dict[str, Any]:
        """As the Web API and `block_actions` payloads show it."""
        own = {"bot_id": BOT_ID, "app_id": workspace.APP_ID} if self.user == BOT.id else {}
        edited = {"edited": {"user": self.user, "ts": self.ts}} if self.edited else {}
        thread = {"thread_ts": self.thread_ts} if self.thread_ts else {}
        metadata = {"metadata": self.metadata} if with_metadata and self.metadata else {}
        files = {"files": [_told(one) for one in self.files]} if self.files else {}
        base = {"type": "message", "user": self.user, "ts": self.ts, "team": TEAM_ID}
        return {**base, **own, **self.payload, **edited, **thread, **metadata, **files}

    def forwarded(self) -> dict[str, Any]:
        """As an attachment of the message that it is forwarded with."""
        shown = self.for_apps()
        nested = {"blocks": shown["blocks"]}
        place = {"team": TEAM_ID, "channel": self.channel, "ts": self.ts}
        url = f"https://{workspace.TEAM_DOMAIN}.slack.com/archives/{self.channel}/p"
        return {
            "id": 1,
            "is_share": True,
            "is_msg_unfurl": True,
            "ts": self.ts,
            "channel_id": self.channel,
            "author_id": self.user,
            "from_url": url + self.ts.replace(".", ""),
            "color": "D0D0D0",
            "fallback": self.text,
            "text": self.text,
            "message_blocks": [{**place, "message": nested}],
            **{name: shown[name] for name in ("files", "attachments") if name in shown},
        }


def _told(file: dict[str, Any]) -> dict[str, Any]:
    """A file as a message shows it to apps: of another workspace's only that it is there.

    Source: https://docs.slack.dev/reference/objects/file-object, on Slack Connect.
    """
    owner = workspace.user(file["user"])
    if owner is None or owner.team_id == TEAM_ID:
        return file
    unknown = {"created": 0, "timestamp": 0, "user": ""}
    return {"id": file["id"], "mode": "file_access", "file_access": "check_file_info", **unknown}


def _called(part: object) -> Iterator[str]:
    """The mentions in a block or a part of one; plain text is literal."""
    if isinstance(part, list):
        for one in part:
            yield from _called(one)
    elif isinstance(part, dict):
        kind = part.get("type")
        if kind == "mrkdwn":
            text = str(part.get("text", ""))
            for match in _MENTION.finditer(text):
                yield match[1] or match[2]
            if not part.get("verbatim"):
                yield from _BARE_MENTION.findall(text)
        elif kind in {"user", "broadcast", "usergroup"}:
            yield str(part.get("user_id") or part.get("range") or part.get("usergroup_id"))
        else:
            for one in part.values():
                yield from _called(one)


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that happened: `message`, `message_changed` or `message_deleted`."""

    number: int
    kind: str
    message: Message

    def for_page(self) -> dict[str, Any]:
        """As the local page is told."""
        if self.kind == "message_deleted":
            return {"type": self.kind, "id": self.message.id}
        return {"type": self.kind, "message": self.message.for_page()}


class Messages:
    """Every message of the workspace, oldest first, and a log of the changes.

    Args:
        now: the wall clock the timestamps come from.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._standing: dict[str, Message] = {}
        self._changes: deque[Change] = deque(maxlen=CHANGES_KEPT)
        self._news = asyncio.Event()
        self._last_us = 0
        self._blocks = 0
        self.mark = 0
        """The number of the last change."""

    def __iter__(self) -> Iterator[Message]:
        return iter(list(self._standing.values()))

    def __len__(self) -> int:
        return len(self._standing)

    def get(self, message_id: str) -> Message | None:
        """The message as it stands; None if it was deleted."""
        return self._standing.get(message_id)

    def at(self, channel: str, ts: str) -> Message | None:
        """The message apps call (channel, ts); ephemeral ones have no such name."""
        for message in reversed(self._standing.values()):
            if (message.channel, message.ts) == (channel, ts) and not message.only_visible_to:
                return message
        return None

    def seen_by(self, user: str, channel: str | None = None) -> list[Message]:
        """What a person sees, in one channel or everywhere; what is theirs alone included."""
        return [one for one in self if one.is_for(user) and channel in {None, one.channel}]

    def post(self, author: User, channel: str, payload: Mapping[str, Any], **more: Any) -> Message:  # noqa: ANN401 - Message's own optional fields
        """Add a message; `payload` is `{"text", "blocks", "attachments", "metadata"}`."""
        ts = self.timestamp()
        message = Message(f"{channel}-{ts}", channel, ts, author.id, "", **more)
        return self._stand("message", self._filled(message, payload))

    def change(self, message: Message, payload: Mapping[str, Any]) -> Message:
        """Replace what a message says; metadata stays unless there is new."""
        return self._stand("message_changed", replace(self._filled(message, payload), edited=True))

    def remove(self, message: Message) -> None:
        """Delete a message."""
        del self._standing[message.id]
        self._tell("message_deleted", message)

    async def after(self, mark: int) -> list[Change]:
        """The changes since that number; waits for one."""
        while self.mark <= mark:
            await self._news.wait()
        return [change for change in self._changes if change.number > mark]

    def timestamp(self) -> str:
        """A Slack timestamp never given before."""
        at = self._now()
        self._last_us = max(int(at.timestamp()) * 1_000_000 + at.microsecond, self._last_us + 1)
        seconds, fraction = divmod(self._last_us, 1_000_000)
        return f"{seconds}.{fraction:06d}"

    def _filled(self, message: Message, payload: Mapping[str, Any]) -> Message:
        attachments = [
            {**one, "blocks": [self._named(block) for block in one["blocks"]]}
            if "blocks" in one
            else one
            for one in payload.get("attachments") or ()
        ]
        return replace(
            message,
            text=payload.get("text") or "",
            blocks=tuple(self._named(block) for block in payload.get("blocks") or ()),
            attachments=tuple(attachments),
            metadata=payload.get("metadata", message.metadata) or None,
        )

    def _named(self, block: dict[str, Any]) -> dict[str, Any]:
        """The block with the IDs that Slack gives where the app gave none."""
        self._blocks += 1
        named = {"block_id": f"b{self._blocks}", **block}
        if named["type"] == "actions":
            elements = enumerate(block["elements"])
            named["elements"] = [{"action_id": f"a{place}", **one} for place, one in elements]
        if "accessory" in named:
            named["accessory"] = {"action_id": "a0", **block["accessory"]}
        return named

    def _stand(self, kind: str, message: Message) -> Message:
        self._standing[message.id] = message
        return self._tell(kind, message)

    def _tell(self, kind: str, message: Message) -> Message:
        self.mark += 1
        self._changes.append(Change(self.mark, kind, message))
        news, self._news = self._news, asyncio.Event()
        news.set()
        return message
