"""The tables as they are now. How older ones become these is in `bot.store.migrations`.

Columns are called as the fields of the values that stand in them (`bot.watch.model`,
`bot.watch.notices`).
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from bot.live.model import PreloadTask, StatusFilter
from bot.reader import Language
from bot.record import Deed, Outcome
from bot.store.columns import AskJson, Packed, Seconds, UtcDateTime, Word, Words
from bot.watch.model import ChangeKind, Ending
from bot.watch.notices import NoticeKind, NoticeState

metadata = MetaData()

asks = Table(
    "asks",
    metadata,
    Column("key", String(16), primary_key=True),
    Column("body", Text, nullable=False),
    Column("used_at", UtcDateTime, nullable=False),
    Index("asks_used_at", "used_at"),
)
"""Questions too long for a button: `Ask.key` → `Ask.to_json()`, and when it was last used."""

channel_defaults = Table(
    "channel_defaults",
    metadata,
    Column("team_id", String(32), primary_key=True),
    Column("channel_id", String(32), primary_key=True),
    Column("domain", String(253), nullable=False),
    Column("set_by", String(32), nullable=False),
    Column("set_at", UtcDateTime, nullable=False),
    Column("account", String(64)),
)
"""The domain that `/preload` means in a channel (of which account, if it was said), who set it (a
Slack user ID) and when."""

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("team_id", String(32), nullable=False),
    Column("channel_id", String(32), nullable=False),
    Column("account", String(64), nullable=False),
    Column("domain", String(253), nullable=False),
    Column("owner", String(32), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("statuses", Words(StatusFilter), nullable=False),
    Column("group", Seconds, nullable=False),
    Column("repeat", Seconds, nullable=False),
    Column("muted_until", UtcDateTime),
    UniqueConstraint(
        "team_id", "channel_id", "account", "domain", name="subscriptions_one_a_domain"
    ),
    Index("subscriptions_domain", "account", "domain"),
)
"""`Subscription`s."""

watches = Table(
    "watches",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("team_id", String(32), nullable=False),
    Column("channel_id", String(32), nullable=False),
    Column("owner", String(32), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("until", UtcDateTime, nullable=False),
    Column("is_read", Boolean, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("ending", Word(Ending)),
    Column("stopped_by", String(32)),
    Column("ts", String(32)),
    Column("boards_lost", Integer, nullable=False),
    Column("wanted", Integer, nullable=False),
    Column("drawn", Integer, nullable=False),
    Column("drawn_at", UtcDateTime, nullable=False),
    Column("name", Text, nullable=False),
    Column("ask", AskJson, nullable=False),
    Column("streams", Packed[dict[str, str]](dict[str, str]), nullable=False),
    Index("watches_active", "ended_at", "team_id", "channel_id"),
    Index("watches_drawn", "drawn_at", "wanted", "drawn"),
)
"""`Watch`es, and of each: its message's `ts` (NULL until there is one, and while it is posted anew
because it was lost, `boards_lost` times), which version of it is wanted, which is drawn (when)."""

sightings = Table(
    "sightings",
    metadata,
    Column("account", String(64), primary_key=True),
    Column("domain", String(253), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("stream", Text, nullable=False),
    Column("created_at", UtcDateTime),
    Column("is_finished", Boolean, nullable=False),
    Column("observed_at", UtcDateTime, nullable=False),
    Column("progressed_at", UtcDateTime, nullable=False),
    Column("said", Words(ChangeKind), nullable=False),
    Column("task", Packed[PreloadTask](PreloadTask), nullable=False),
    Index("sightings_stream", "account", "domain", "stream", "created_at"),
    Index("sightings_observed_at", "observed_at"),
)
"""`Seen`s: the last that was seen of each task."""

follows = Table(
    "follows",
    metadata,
    Column("account", String(64), primary_key=True),
    Column("domain", String(253), primary_key=True),
    Column("baseline_at", UtcDateTime),
    Column("created_until", UtcDateTime),
    Column("read_at", UtcDateTime),
    Column("failing_since", UtcDateTime),
    Column("failure", Text, nullable=False),
    Column("is_blind", Boolean, nullable=False),
)
"""`Followed` domains."""

alarms = Table(
    "alarms",
    metadata,
    Column("subscription_id", String(16), primary_key=True),
    Column("stream", Text, primary_key=True),
    Column("task_key", Text, nullable=False),
    Column("task", Packed[PreloadTask](PreloadTask), nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("repeat_at", UtcDateTime),
    Column("count", Integer, nullable=False),
    Column("seen_by", String(32)),
)
"""`Alarm`s, each with its task's key."""

notices = Table(
    "notices",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", String(64), nullable=False, unique=True),
    Column("kind", Word(NoticeKind), nullable=False),
    Column("source", String(320), nullable=False),
    Column("team_id", String(32), nullable=False),
    Column("channel_id", String(32), nullable=False),
    Column("state", Word(NoticeState), nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
    Column("queued_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("thread", String(64)),
    Column("thread_ts", String(32)),
    Column("changes_of", Integer),
    Column("facts", Packed[dict[str, str]](dict[str, str]), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("lookups", Integer, nullable=False),
    Column("first_sent_at", UtcDateTime),
    Column("last_sent_at", UtcDateTime),
    Column("retry_at", UtcDateTime),
    Column("error", Text, nullable=False),
    Column("is_uncertain", Boolean, nullable=False),
    Column("ts", String(32)),
    Column("posted_at", UtcDateTime),
    Index("notices_state", "state", "source"),
    Index("notices_channel", "team_id", "channel_id", "id"),
    Index("notices_queued_at", "queued_at"),
    sqlite_autoincrement=True,  # an ID is a place in the queue: none comes twice
)
"""`Notice`s: the outbox. `changes_of`: the ID of the notice whose changes it shows, not its own."""

told = Table(
    "told",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", String(32), nullable=False, unique=True),
    Column("notice_id", Integer, ForeignKey("notices.id", ondelete="CASCADE"), nullable=False),
    Column("change", Word(ChangeKind)),
    Column("task_key", Text),
    Column("task", Packed[PreloadTask](PreloadTask)),
    Column("at", UtcDateTime),
    Column("count", Integer),
    Index("told_notice_id", "notice_id"),
    sqlite_autoincrement=True,
)
"""What was told (`bot.store.queueing.name_of`), in which notice, and the change, if it is one."""

parking = Table(
    "parking",
    metadata,
    Column("team_id", String(32), primary_key=True),
    Column("channel_id", String(32), primary_key=True),
    Column("code", Text, nullable=False),
    Column("parked_at", UtcDateTime, nullable=False),
)
"""`Parked` channels."""

preferences = Table(
    "preferences",
    metadata,
    Column("team_id", String(32), primary_key=True),
    Column("user_id", String(32), primary_key=True),
    Column("language", Word(Language)),
    Column("zone", String(64)),
    Column("rows", Integer),
)
"""How a person wants answers; NULL is as Slack or the settings say."""

drafts = Table(
    "drafts",
    metadata,
    Column("key", String(16), primary_key=True),
    Column("fields", Packed[dict[str, str]](dict[str, str]), nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Index("drafts_made_at", "made_at"),
)
"""What a form is to be filled in with: what a person had typed, by field."""

exports = Table(
    "exports",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("team_id", String(32), nullable=False),
    Column("user_id", String(32), nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("cancelled_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    Index("exports_started_at", "started_at"),
)
"""Exports, so that any process takes a click on Cancel."""

leases = Table(
    "leases",
    metadata,
    Column("name", String(400), primary_key=True),
    Column("holder", String(32), nullable=False),
    Column("token", Integer, nullable=False),
    Column("until", UtcDateTime, nullable=False),
)
"""Which process does which work (`bot.store.leases`): nobody where `holder` is empty. `token` grows
with each that takes it."""

workers = Table(
    "workers",
    metadata,
    Column("holder", String(32), primary_key=True),
    Column("seen_at", UtcDateTime, nullable=False),
)
"""The processes among which work is shared out, and when each was last seen."""

record = Table(
    "record",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("team_id", String(32), nullable=False),
    Column("channel_id", String(32), nullable=False),
    Column("user_id", String(32), nullable=False),
    Column("deed", Word(Deed), nullable=False),
    Column("about", Packed[dict[str, str]](dict[str, str]), nullable=False),
    Column("outcome", Word(Outcome), nullable=False),
    Index("record_team", "team_id", "id"),
    Index("record_at", "at"),
    sqlite_autoincrement=True,
)
"""The audit record (`bot.record.Entry`)."""

requests_seen = Table(
    "requests_seen",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("seen_at", UtcDateTime, nullable=False),
    Index("requests_seen_at", "seen_at"),
)
"""What of Slack's requests (`bot.slack.repeats.identity`) a process has taken, and when."""
