"""Which of Slack's requests were taken, for several processes to know."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """From each process knowing its own."""
    op.create_table(
        "requests_seen",
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("requests_seen_at", "requests_seen", ["seen_at"])
