"""A lost answer is looked for at the receiver; a channel has a pace, and remembers how it has answered lately.

Revision: 0009, after 0008
"""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

CHANGES = """
ALTER TABLE channels ADD COLUMN pace_at TIMESTAMP WITH TIME ZONE DEFAULT 'epoch' NOT NULL;

ALTER TABLE channels ADD COLUMN unclear INTEGER DEFAULT 0 NOT NULL;

ALTER TABLE channels ADD COLUMN nothing_since TIMESTAMP WITH TIME ZONE;

ALTER TABLE deliveries ADD COLUMN looks INTEGER DEFAULT 0 NOT NULL;

ALTER TABLE deliveries ADD COLUMN look_pages INTEGER DEFAULT 0 NOT NULL;

ALTER TABLE deliveries ADD COLUMN look_cursor TEXT DEFAULT '' NOT NULL;

CREATE INDEX ix_deliveries_doubts ON deliveries (due_at) WHERE state = 'unknown' AND ended_at IS NULL;
"""


def upgrade() -> None:
    """Forward only. What runs with the version before goes on: every new column has a default."""
    op.get_bind().exec_driver_sql(CHANGES)
