"""The Web API methods of files.

Source: https://docs.slack.dev/reference/methods/files.getUploadURLExternal,
.../files.completeUploadExternal, .../files.info.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.sandbox.slack import workspace
from bot.sandbox.slack.shared import Refused
from bot.sandbox.slack.workspace import BOT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bot.sandbox.slack.files import Files
    from bot.sandbox.slack.shared import Shared

MOST_BYTES = 1 << 30
_COMMENT_CHARS = 4_000


class FileMethods:
    """The methods over one workspace's files; each raises `Refused` where Slack refuses."""

    def __init__(self, slack: Shared, files: Files) -> None:
        self._slack = slack
        self._files = files

    def table(self) -> Mapping[str, tuple[str | None, Callable[[dict[str, Any]], dict[str, Any]]]]:
        """Each method with the scope it needs."""
        return {
            "files.getUploadURLExternal": ("files:write", self._get_upload_url),
            "files.completeUploadExternal": ("files:write", self._complete_upload),
            "files.info": ("files:read", self._info),
        }

    def _info(self, given: dict[str, Any]) -> dict[str, Any]:
        file = self._files.shared.get(str(given.get("file")))
        if file is None or not self._files.is_seen(file):
            raise Refused("file_not_found")
        return {"file": self._files.described(file), "comments": []}

    def _get_upload_url(self, given: dict[str, Any]) -> dict[str, Any]:
        name, length = str(given.get("filename") or ""), str(given.get("length"))
        if not name.strip() or not length.isdecimal() or not 0 < int(length) <= MOST_BYTES:
            raise Refused("invalid_arguments")
        file = self._files.add(BOT.id, name, None, length=int(length))
        return {"upload_url": self._files.place(file), "file_id": file.id}

    def _complete_upload(self, given: dict[str, Any]) -> dict[str, Any]:
        listed = given.get("files")
        if not isinstance(listed, list) or not listed:
            raise Refused("invalid_arguments")
        if not all(isinstance(one, dict) and isinstance(one.get("id"), str) for one in listed):
            raise Refused("invalid_arguments")
        comment = str(given.get("initial_comment") or "")
        if len(comment) > _COMMENT_CHARS:
            raise Refused("invalid_arguments")
        place = workspace.channel(given.get("channel_id"))
        if place is None:
            raise Refused("channel_not_found")
        if place.id not in self._slack.joined:
            raise Refused("not_in_channel")
        if place.id in self._slack.faults.archived:
            raise Refused("is_archived")
        self._files.uploaded(one["id"] for one in listed)
        shared = [
            self._files.share(one["id"], place.id, comment, title=str(one.get("title") or ""))
            for one in listed
        ]
        described = tuple(self._files.described(one) for one in shared)
        thread_ts = given.get("thread_ts")
        self._slack.messages.post(
            BOT, place.id, {"text": comment}, files=described, thread_ts=thread_ts
        )
        return {"files": [{"id": one.id, "title": one.title} for one in shared]}
