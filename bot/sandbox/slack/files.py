"""Files: what people attach, and what the app uploads and shares.

Source: https://docs.slack.dev/messaging/working-with-files. A download without the token, or
without the scope, gets a login page with status 200, as Slack's does; one of a file that stands
where the bot is not gets a redirect to it.
"""

from __future__ import annotations

import mimetypes
import secrets
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from aiohttp import web

from bot.sandbox.slack.shared import Refused
from bot.sandbox.slack.workspace import TEAM_ID

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bot.sandbox.slack.shared import Shared

PREVIEW_CHARS = 500
_LOGIN = "<!DOCTYPE html><title>Slack</title><h1>Sign in to your workspace</h1>"


@dataclass(frozen=True, slots=True)
class File:
    """A file as it stands.

    Attributes:
        id, name: as Slack has them.
        user: who brought it.
        content: its bytes; None until they are uploaded.
        length: how many bytes were announced.
        channel: where it was shared; "" while it was not.
        comment: what was said with it.
        title: what it is called where it stands; its name, if nothing.
    """

    id: str
    name: str
    user: str
    content: bytes | None = None
    length: int = 0
    channel: str = ""
    comment: str = ""
    title: str = ""

    @property
    def mimetype(self) -> str:
        """What kind of file it is, by its name."""
        kind = mimetypes.guess_type(self.name)[0] or "application/octet-stream"
        return "application/json" if self.name.endswith(".jsonl") else kind

    def described(self, base_url: str) -> dict[str, Any]:
        """As `files.info` describes it."""
        content = self.content or b""
        is_text = self.mimetype.startswith(("text/", "application/json"))
        # room for a mark of the encoding and one character more than is shown
        begins = content[: 4 * PREVIEW_CHARS + 7].decode("utf-8-sig", errors="replace")
        place, name = f"{base_url}/files-pri/{TEAM_ID}-{self.id}", quote(self.name, safe="")
        return {
            "id": self.id,
            "name": self.name,
            "title": self.title or self.name,
            "mimetype": self.mimetype,
            "filetype": self.name.rpartition(".")[2] or "text",
            "size": len(content),
            "mode": "hosted",
            "preview": begins[:PREVIEW_CHARS] if is_text else "",
            "preview_is_truncated": is_text and len(begins) > PREVIEW_CHARS,
            "user": self.user,
            "url_private": f"{place}/{name}",
            "url_private_download": f"{place}/download/{name}",
        }


class Files:
    """Every file of the workspace; those that are shared, by ID, are `shared`.

    Args:
        slack: the workspace.
        bot_token: the token of downloads.
    """

    def __init__(self, slack: Shared, *, bot_token: str) -> None:
        self._slack = slack
        self._bot_token = bot_token
        self._known: dict[str, File] = {}

    @property
    def shared(self) -> Mapping[str, File]:
        """Those that stand in a channel."""
        return {one.id: one for one in self._known.values() if one.channel}

    def add(self, user: str, name: str, content: bytes | None, *, length: int = 0) -> File:
        """A new file, which stands nowhere yet."""
        file = File(f"F{secrets.token_hex(4).upper()}", name, user, content, length)
        self._known[file.id] = file
        return file

    def place(self, file: File) -> str:
        """Where its bytes are to be put."""
        return f"{self._slack.base_url}/upload/{file.id}"

    def uploaded(self, file_ids: Iterable[str]) -> None:
        """Make sure that the bytes of these are here.

        Raises:
            Refused: there is one that is not known, or whose bytes are not.
        """
        for file_id in file_ids:
            if file_id not in self._known or self._known[file_id].content is None:
                raise Refused("file_not_found")

    def share(self, file_id: str, channel: str, comment: str, *, title: str = "") -> File:
        """Have an uploaded one stand in a channel."""
        file = self._known[file_id]
        named = replace(file, channel=channel, comment=comment, title=title or file.name)
        self._known[file_id] = named
        return named

    def described(self, file: File) -> dict[str, Any]:
        """As `files.info` describes it."""
        return file.described(self._slack.base_url)

    def is_seen(self, file: File) -> bool:
        """Whether the bot is where it stands."""
        return file.channel in self._slack.joined

    async def take(self, request: web.Request) -> web.Response:
        """The bytes of a file, put where `place` says."""
        file = self._known.get(request.match_info["file"])
        content = await request.read()
        if fault := self._slack.faults.next("upload", None):
            return web.Response(status=fault.status)
        if file is None or file.content is not None or len(content) != file.length:
            return web.Response(status=web.HTTPBadRequest.status_code, text="not as announced")
        self._known[file.id] = replace(file, content=content)
        return web.Response(text=f"OK - {len(content)}")

    async def give(self, request: web.Request) -> web.Response:
        """The bytes of a file, for the app."""
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if fault := self._slack.faults.next("download", None):
            return web.Response(status=fault.status)
        if token != self._bot_token or "files:read" not in self._slack.scopes:
            return web.Response(text=_LOGIN, content_type="text/html")
        file = self.shared.get(request.match_info["file"])
        if file is not None and not self.is_seen(file):
            to = {"Location": f"{self._slack.base_url}/?redir={quote(request.path, safe='')}"}
            return web.Response(status=web.HTTPFound.status_code, headers=to)
        return self._whole(request.match_info["file"])

    async def show(self, request: web.Request) -> web.Response:
        """The bytes of a file, for the page."""
        return self._whole(request.match_info["file"])

    def _whole(self, file_id: str) -> web.Response:
        file = self.shared.get(file_id)
        if file is None or file.content is None:
            return web.Response(status=web.HTTPNotFound.status_code)
        headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(file.name)}"}
        return web.Response(body=file.content, content_type=file.mimetype, headers=headers)
