"""What can be typed, as a whole and by topic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from bot.roles import Right
from bot.views import blocks
from bot.views.limits import Message, fitted
from bot.views.mrkdwn import code
from bot.words import marked, words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.reader import Reader
    from bot.roles import Rights
    from bot.views.limits import Block
    from bot.words import Words

Topics: TypeAlias = dict[str, tuple[str, tuple[str, ...]]]
"""By its name: a sentence, and examples."""

_TASKS = (
    marked("Shows the preload tasks of a domain, as of now. It starts nothing."),
    ("/preload", "/preload status=failed", "/preload live.example.com failed 2h"),
)
_KEYS: Topics = {
    "domain": (
        marked(
            "A play domain. Without it: the channel's default domain, else the only configured "
            "one, else you pick one."
        ),
        ("/preload domain=live.example.com", "/preload live.example.com"),
    ),
    "task": (
        marked("One task, by its ID."),
        ("/preload task=0a1b2c3d-0000-4000-8000-000000000000",),
    ),
    "url": (
        marked(
            "One or more play URLs, up to 100, separated by commas. URLs without a task are named."
        ),
        ("/preload url=rtmp://live.example.com/liveApp/cup_main",),
    ),
    "status": (
        marked(
            "complete, pending, preloading or failed. Everyday words (done, waiting, running, "
            "error) and the vendor's Chinese words work too."
        ),
        ("/preload status=failed", "/preload 预热失败"),
    ),
    "since": (
        marked(
            "Only tasks created since then: a duration ago or a time, in your Slack time zone "
            "unless it says otherwise. The API keeps 3 days."
        ),
        ("/preload since=2h", "/preload since=yesterday", "/preload since=2026-11-20T19:00Z"),
    ),
    "until": (
        marked(
            "Only tasks created before then: a duration ago or a time. Of watch: when it ends, "
            "6 hours from now unless you say otherwise, at most 7 days."
        ),
        (
            '/preload since=yesterday until="today 18:00"',
            "/preload watch status=preloading until=20:00",
        ),
    ),
    "size": (
        marked("Rows a page, from 5 to 30; 10 unless you say otherwise."),
        ("/preload size=20",),
    ),
    "page": (
        marked("The page to begin with, from 1."),
        ("/preload page=3",),
    ),
    "public": (
        marked("Posts the answer for everyone in the channel; otherwise only you see it."),
        ("/preload status=failed public",),
    ),
    "in": (
        marked("Of watch, subscribe, unsubscribe and ask: the channel; otherwise it is this one."),
        (
            "/preload subscribe live.example.com in=#live-ops",
            "/preload ask status=failed in=#live-ops",
        ),
    ),
    "name": (
        marked("Of watch: what the message is called."),
        ('/preload watch status=preloading name="Cup final"',),
    ),
    "group": (
        marked(
            "Of subscribe: how long changes other than failures are gathered into one message; "
            "10s unless you say otherwise, off for each at once."
        ),
        ("/preload subscribe live.example.com group=1m",),
    ),
    "repeat": (
        marked(
            "Of subscribe: how often a failure is told again while it lasts; 30m unless you say "
            "otherwise, off for never."
        ),
        ("/preload subscribe live.example.com repeat=off",),
    ),
    "account": (
        marked("Which of several accounts has the domain; needed only where two have it."),
        ("/preload domain=live.example.com account=main",),
    ),
    "format": (
        marked("Of export: csv or json."),
        ("/preload export status=failed format=json",),
    ),
}
_COMMANDS: Topics = {
    "tasks": _TASKS,
    "watch": (
        marked(
            "Keeps one message up to date on the streams of URLs, of a task or of filters: how "
            "many are ready, and which are not. You are called when one fails, is stuck, its "
            "window ends, and with the verdict."
        ),
        (
            '/preload watch status=preloading until=20:00 name="Cup final"',
            "/preload watch url=rtmp://live.example.com/liveApp/cup_main",
        ),
    ),
    "subscribe": (
        marked(
            "Tells a channel each change of a domain from now on: failures at once and again "
            "while they last, other changes gathered. failed and complete unless you say "
            "otherwise."
        ),
        (
            "/preload subscribe domain=live.example.com",
            "/preload subscribe live.example.com status=failed,complete group=10s repeat=30m",
        ),
    ),
    "unsubscribe": (
        marked("Tells a channel no more of a domain."),
        ("/preload unsubscribe domain=live.example.com",),
    ),
    "list": (
        marked(
            "What is watched and subscribed to in this channel, or everywhere: mute it, end it."
        ),
        ("/preload list", "/preload list all"),
    ),
    "deliveries": (
        marked("This channel's latest notices: what was seen, queued and posted when."),
        ("/preload deliveries", "/preload deliveries 20"),
    ),
    "ask": (
        marked("Opens a form that asks the same, filled in with what you typed."),
        ("/preload ask", "/preload ask status=failed since=2h"),
    ),
    "export": (
        marked(
            "All tasks that the filters find as a file, sent to you alone; with public, to the "
            "channel. csv opens in a spreadsheet, json is for programs."
        ),
        ("/preload export status=failed", "/preload export since=2h json"),
    ),
    "audit": (
        marked(
            "Who changed what lately, for those who administer the bot; all of it as JSON lines "
            "with json."
        ),
        ("/preload audit", "/preload audit 50", "/preload audit json"),
    ),
    "default": (
        marked("The domain that this channel asks about when a command names none."),
        (
            "/preload default domain=live.example.com",
            "/preload default",
            "/preload default clear",
        ),
    ),
    "help": (
        marked("This, or more on one topic."),
        ("/preload help", "/preload help since"),
    ),
}
_TOPICS = _KEYS | _COMMANDS
_NEEDS: Final[Mapping[str, Right]] = {
    **dict.fromkeys(("list", "deliveries", "ask", "export", "default"), Right.QUERY),
    **dict.fromkeys(("watch", "name"), Right.WATCH),
    **dict.fromkeys(("subscribe", "unsubscribe", "group", "repeat"), Right.SUBSCRIBE),
    "audit": Right.ADMINISTER,
}
"""The right without which a topic is of no use."""
_UNTYPED = marked(
    "Without typing: “Check these streams” in the menu of a message, “Ask about preload tasks” "
    "among the shortcuts, and the app's Home."
)
_ICONS = marked(
    "✅ ready: complete, and its window is now or still to come\n"
    "⚠️ complete, but its window has ended, or a newer task is not complete\n"
    "🔄 preloading　⏳ pending　❌ failed\n"
    "↻ there is a newer task\n"
    "❔ unknown, not checked, or no task"
)


def message(topic: str | None, reader: Reader, rights: Rights) -> Message:
    """The help on a topic, whatever the reader may do.

    Without one, or with none of that name, it is on everything that they may.
    """
    w = words(reader.language)
    if topic is None or topic not in _TOPICS:
        return _of_everything(w, rights)
    return _of_topic(topic, w)


def _of_topic(topic: str, w: Words) -> Message:
    sentence, examples = _TOPICS[topic]
    said = w.t(sentence)
    text = "\n".join((f"*{topic}*", said, *map(code, examples)))
    summary = w.t("{said}: {names}", said=topic, names=said)
    return fitted(Message(summary, (blocks.section(text), _all(w))))


def _of_everything(w: Words, rights: Rights) -> Message:
    said, examples = w.t(_TASKS[0]), "\n".join(map(code, _TASKS[1]))
    untyped = [blocks.section(w.t(_UNTYPED))] if rights.allow(Right.QUERY) else []
    body = (
        blocks.section(f"*/preload*\n{said}\n{examples}"),
        *blocks.sections(_topics(_COMMANDS, w, rights)),
        *blocks.sections(_topics(_KEYS, w, rights)),
        *untyped,
        blocks.section(w.t(_ICONS)),
        _more(w),
    )
    return fitted(Message(said, body))


def _topics(topics: Topics, w: Words, rights: Rights) -> list[str]:
    """A line for each topic of use to the reader, but for those that all of this is about."""
    return [
        f"{code(topic)} {w.t(sentence)}"
        for topic, (sentence, _) in topics.items()
        if topic not in {"tasks", "help"} and (topic not in _NEEDS or rights.allow(_NEEDS[topic]))
    ]


def _more(w: Words) -> Block:
    return blocks.context(
        w.t("More on one of them: {command}", command=code("/preload help status"))
    )


def _all(w: Words) -> Block:
    return blocks.context(w.t("All topics: {command}", command=code("/preload help")))
