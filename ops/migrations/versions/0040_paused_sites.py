"""The sites that want to be left alone are found without a walk through all.

Revision: 0040, after 0028
"""

from __future__ import annotations

from alembic import op

revision = "0040"
down_revision = "0028"
branch_labels = None
depends_on = None

CHANGES = """
CREATE INDEX ix_hosts_paused_until ON hosts (paused_until) WHERE paused_until > 'epoch';
"""


def upgrade() -> None:
    """Forward only. The version before goes on without it."""
    op.get_bind().exec_driver_sql(CHANGES)
