"""The rounds of the self-test; and due feeds, of which its own is one, although nobody sees it.

Revision: 0029, after 0028
"""

from __future__ import annotations

from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

CHANGES = """
CREATE TABLE self_tests (
  published_at TIMESTAMP WITH TIME ZONE NOT NULL,
  every_s FLOAT NOT NULL,
  seen_at TIMESTAMP WITH TIME ZONE,
  read_at TIMESTAMP WITH TIME ZONE,
  planned_at TIMESTAMP WITH TIME ZONE,
  sent_at TIMESTAMP WITH TIME ZONE,
  ended_at TIMESTAMP WITH TIME ZONE,
  stopped_at TEXT,
  reason TEXT,
  CONSTRAINT pk_self_tests PRIMARY KEY (published_at)
);

CREATE INDEX ix_self_tests_through ON self_tests (published_at) WHERE sent_at IS NOT NULL;

DROP INDEX ix_feeds_due;
CREATE INDEX ix_feeds_due ON feeds (next_poll_at)
  WHERE (removed_at IS NULL OR removed_at = 'epoch') AND state <> 'gone' AND state <> 'paused';
"""


def upgrade() -> None:
    """Forward only. The version before goes on: it asks for due feeds in words that the new index answers, too, and
    takes what the self-test watches for removed."""
    op.get_bind().exec_driver_sql(CHANGES)
