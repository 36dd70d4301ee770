"""What came of a feed's last polls; a channel's newest deliveries, and those that were never told, found at once.

Revision: 0023, after 0022
"""

from __future__ import annotations

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

CHANGES = """
ALTER TABLE feeds ADD COLUMN polls text NOT NULL DEFAULT '';

CREATE INDEX ix_deliveries_channel ON deliveries (channel_id, id);
CREATE INDEX ix_deliveries_untold ON deliveries (id) WHERE state IN ('failed', 'expired');
"""


def upgrade() -> None:
    """Forward only. The version before goes on: it names its columns, and the new one has a default."""
    op.get_bind().exec_driver_sql(CHANGES)
