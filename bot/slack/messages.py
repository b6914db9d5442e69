"""What stands in a message that somebody points at: what is read in it, and its files.

Source: Slack's reference of messages and of rich text; of files
https://docs.slack.dev/reference/objects/file-object. A message that is forwarded, or whose link
Slack unfolds, comes as an attachment (`is_share`, `is_msg_unfurl`) with its text, its blocks in
`message_blocks`, and its files.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_READ: Final = frozenset({"text", "url", "value", "pretext", "title", "title_link"})
"""Which strings of blocks and attachments people read, or are led to."""
_RUNNING: Final = frozenset({"rich_text_section", "rich_text_preformatted", "rich_text_quote"})
"""Rich text whose elements are one text: a word in bold begins no new one."""


@dataclass(frozen=True, slots=True)
class Attached:
    """A file of a message.

    Attributes:
        id, name, mimetype: as Slack says.
        size: in bytes.
        url: where it can be downloaded with the bot's token (`url_private_download`); "" where
            Slack says no more than that there is a file (`check_file_info`, in Slack Connect).
    """

    id: str
    name: str
    mimetype: str
    size: int
    url: str

    @classmethod
    def of(cls, file: Mapping[str, Any]) -> Attached:
        """Parse a file object."""
        size = file.get("size")
        return cls(
            id=str(file.get("id", "")),
            name=str(file.get("name") or ""),
            mimetype=str(file.get("mimetype") or ""),
            size=size if isinstance(size, int) else 0,
            url=str(file.get("url_private_download") or file.get("url_private") or ""),
        )


def texts_of(message: Mapping[str, Any]) -> Iterator[str]:
    """What is read in a message, formatted by Slack: its text, and what is forwarded in it.

    Of an app's message also its blocks and attachments: that people's are in the text.
    """
    yield str(message.get("text") or "")
    if message.get("bot_id"):
        yield from _texts_in(message.get("blocks"))
    for attachment in _attachments(message):
        yield from _texts_in(attachment)


def files_of(message: Mapping[str, Any]) -> Iterator[Attached]:
    """What is attached to a message, and to those that are forwarded in it."""
    yield from map(Attached.of, _objects(message.get("files")))
    for attachment in _attachments(message):
        yield from files_of(attachment)


def _attachments(message: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Those of an app, and messages; not what Slack shows of a page that a person links to."""
    for one in _objects(message.get("attachments")):
        if message.get("bot_id") or one.get("is_share") or one.get("is_msg_unfurl"):
            yield one


def _texts_in(part: object) -> Iterator[str]:
    """What is read in blocks or attachments, and where their links lead; not what controls hold."""
    if isinstance(part, list):
        for one in part:
            yield from _texts_in(one)
    elif isinstance(part, dict) and part.get("type") in _RUNNING:
        yield "".join(map(_run, _objects(part.get("elements"))))
    elif isinstance(part, dict):
        for name, value in part.items():
            if not isinstance(value, str):
                yield from _texts_in(value) if name != "files" else ()
            elif name in _READ and "action_id" not in part:
                yield value


def _run(element: Mapping[str, Any]) -> str:
    """A piece of rich text; of a link what is read there, if that is an address."""
    text, url = str(element.get("text") or ""), str(element.get("url") or "")
    return url if url and "://" not in text else text or " "


def _objects(part: object) -> Iterator[Mapping[str, Any]]:
    for one in part if isinstance(part, list) else ():
        if isinstance(one, dict):
            yield one
