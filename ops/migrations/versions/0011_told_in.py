"""An alert that was not told because its article had been remembers the delivery that told it; and planning finds what
channels have heard by index.

Revision: 0011, after 0010
"""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

CHANGES = """
ALTER TABLE alerts ADD COLUMN told_in BIGINT;

ALTER TABLE alerts ADD CONSTRAINT fk_alerts_told_in FOREIGN KEY(told_in) REFERENCES deliveries (id);

CREATE INDEX ix_alerts_told_in ON alerts (told_in) WHERE told_in IS NOT NULL;

DROP INDEX uq_delivery_articles_slot;

CREATE UNIQUE INDEX uq_delivery_articles_slot ON delivery_articles (article_id, channel_id) WHERE taken;

CREATE INDEX ix_deliveries_first_messages ON deliveries (channel_id, ended_at)
  WHERE kind = 'article' AND state NOT IN ('failed', 'expired', 'suppressed');
"""


def upgrade() -> None:
    """Forward only. What runs with the version before goes on: it leaves the new column empty."""
    op.get_bind().exec_driver_sql(CHANGES)
