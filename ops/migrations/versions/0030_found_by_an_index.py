"""What a walk through all feeds or sites found is found by an index: paused sites, feeds by where they moved to.

Revision: 0030, after 0029
"""

from __future__ import annotations

from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

CHANGES = """
CREATE INDEX ix_hosts_paused_until ON hosts (paused_until) WHERE paused_until > 'epoch';
CREATE INDEX ix_feeds_found_url ON feeds (found_url) WHERE found_url IS NOT NULL AND removed_at IS NULL;
"""


def upgrade() -> None:
    """Forward only. The version before goes on without them."""
    op.get_bind().exec_driver_sql(CHANGES)
