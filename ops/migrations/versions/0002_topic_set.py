"""Which topics an article was held against: the last change that its reader had taken in.

Revision: 0002, after 0001
"""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward only. A reader of the version before leaves the column empty, and so do articles read by it."""
    op.get_bind().exec_driver_sql("ALTER TABLE articles ADD COLUMN topic_set BIGINT")
