"""People's preferences, half-typed questions, exports, the record; accounts where a domain was."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """From one account for each domain, and nothing of people."""
    op.add_column("channel_defaults", sa.Column("account", sa.String(64)))
    with op.batch_alter_table("subscriptions") as subscriptions:
        subscriptions.drop_constraint("subscriptions_one_a_domain", type_="unique")
        subscriptions.create_unique_constraint(
            "subscriptions_one_a_domain", ["team_id", "channel_id", "account", "domain"]
        )
    op.create_table(
        "preferences",
        sa.Column("team_id", sa.String(32), primary_key=True),
        sa.Column("user_id", sa.String(32), primary_key=True),
        sa.Column("language", sa.String(16)),
        sa.Column("zone", sa.String(64)),
        sa.Column("rows", sa.Integer),
    )
    op.create_table(
        "drafts",
        sa.Column("key", sa.String(16), primary_key=True),
        sa.Column("fields", sa.Text, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("drafts_made_at", "drafts", ["made_at"])
    op.create_table(
        "exports",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("team_id", sa.String(32), nullable=False),
        sa.Column("user_id", sa.String(32), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cancelled_at", sa.DateTime(timezone=True)),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
    )
    op.create_index("exports_started_at", "exports", ["started_at"])
    op.create_table(
        "record",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("team_id", sa.String(32), nullable=False),
        sa.Column("channel_id", sa.String(32), nullable=False),
        sa.Column("user_id", sa.String(32), nullable=False),
        sa.Column("deed", sa.String(16), nullable=False),
        sa.Column("about", sa.Text, nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("record_team", "record", ["team_id", "id"])
    op.create_index("record_at", "record", ["at"])
