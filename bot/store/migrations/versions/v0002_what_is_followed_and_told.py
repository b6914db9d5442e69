"""What is followed, seen and told: subscriptions, watches, the outbox."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """From questions and default domains only."""
    op.create_table(
        "subscriptions",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("team_id", sa.String(32), nullable=False),
        sa.Column("channel_id", sa.String(32), nullable=False),
        sa.Column("account", sa.String(64), nullable=False),
        sa.Column("domain", sa.String(253), nullable=False),
        sa.Column("owner", sa.String(32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("statuses", sa.String(64), nullable=False),
        sa.Column("group", sa.Float, nullable=False),
        sa.Column("repeat", sa.Float, nullable=False),
        sa.Column("muted_until", sa.DateTime(timezone=True)),
        sa.UniqueConstraint("team_id", "channel_id", "domain", name="subscriptions_one_a_domain"),
    )
    op.create_index("subscriptions_domain", "subscriptions", ["account", "domain"])
    op.create_table(
        "watches",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("team_id", sa.String(32), nullable=False),
        sa.Column("channel_id", sa.String(32), nullable=False),
        sa.Column("owner", sa.String(32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_read", sa.Boolean, nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("ending", sa.String(16)),
        sa.Column("stopped_by", sa.String(32)),
        sa.Column("ts", sa.String(32)),
        sa.Column("boards_lost", sa.Integer, nullable=False),
        sa.Column("wanted", sa.Integer, nullable=False),
        sa.Column("drawn", sa.Integer, nullable=False),
        sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("ask", sa.Text, nullable=False),
        sa.Column("streams", sa.Text, nullable=False),
    )
    op.create_index("watches_active", "watches", ["ended_at", "team_id", "channel_id"])
    op.create_index("watches_drawn", "watches", ["drawn_at", "wanted", "drawn"])
    op.create_table(
        "sightings",
        sa.Column("account", sa.String(64), primary_key=True),
        sa.Column("domain", sa.String(253), primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("stream", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True)),
        sa.Column("is_finished", sa.Boolean, nullable=False),
        sa.Column("observed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("progressed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("said", sa.String(64), nullable=False),
        sa.Column("task", sa.Text, nullable=False),
    )
    op.create_index("sightings_stream", "sightings", ["account", "domain", "stream", "created_at"])
    op.create_index("sightings_observed_at", "sightings", ["observed_at"])
    op.create_table(
        "follows",
        sa.Column("account", sa.String(64), primary_key=True),
        sa.Column("domain", sa.String(253), primary_key=True),
        sa.Column("baseline_at", sa.DateTime(timezone=True)),
        sa.Column("created_until", sa.DateTime(timezone=True)),
        sa.Column("read_at", sa.DateTime(timezone=True)),
        sa.Column("failing_since", sa.DateTime(timezone=True)),
        sa.Column("failure", sa.Text, nullable=False),
        sa.Column("is_blind", sa.Boolean, nullable=False),
    )
    op.create_table(
        "alarms",
        sa.Column("subscription_id", sa.String(16), primary_key=True),
        sa.Column("stream", sa.Text, primary_key=True),
        sa.Column("task_key", sa.Text, nullable=False),
        sa.Column("task", sa.Text, nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("repeat_at", sa.DateTime(timezone=True)),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("seen_by", sa.String(32)),
    )
    op.create_table(
        "notices",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("key", sa.String(64), nullable=False, unique=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("source", sa.String(320), nullable=False),
        sa.Column("team_id", sa.String(32), nullable=False),
        sa.Column("channel_id", sa.String(32), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("thread", sa.String(64)),
        sa.Column("thread_ts", sa.String(32)),
        sa.Column("changes_of", sa.Integer),
        sa.Column("facts", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("lookups", sa.Integer, nullable=False),
        sa.Column("first_sent_at", sa.DateTime(timezone=True)),
        sa.Column("last_sent_at", sa.DateTime(timezone=True)),
        sa.Column("retry_at", sa.DateTime(timezone=True)),
        sa.Column("error", sa.Text, nullable=False),
        sa.Column("is_uncertain", sa.Boolean, nullable=False),
        sa.Column("ts", sa.String(32)),
        sa.Column("posted_at", sa.DateTime(timezone=True)),
        sqlite_autoincrement=True,
    )
    op.create_index("notices_state", "notices", ["state", "source"])
    op.create_index("notices_channel", "notices", ["team_id", "channel_id", "id"])
    op.create_index("notices_queued_at", "notices", ["queued_at"])
    op.create_table(
        "told",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("key", sa.String(32), nullable=False, unique=True),
        sa.Column(
            "notice_id", sa.Integer, sa.ForeignKey("notices.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("change", sa.String(16)),
        sa.Column("task_key", sa.Text),
        sa.Column("task", sa.Text),
        sa.Column("at", sa.DateTime(timezone=True)),
        sa.Column("count", sa.Integer),
        sqlite_autoincrement=True,
    )
    op.create_index("told_notice_id", "told", ["notice_id"])
    op.create_table(
        "parking",
        sa.Column("team_id", sa.String(32), primary_key=True),
        sa.Column("channel_id", sa.String(32), primary_key=True),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("parked_at", sa.DateTime(timezone=True), nullable=False),
    )
