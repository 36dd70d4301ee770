"""An alert that was not told because its article had been remembers the delivery that told it.

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
"""


def upgrade() -> None:
    """Forward only. What runs with the version before goes on: it leaves the new column empty."""
    op.get_bind().exec_driver_sql(CHANGES)
