"""A feed knows since when it goes on after a restore.

Revision: 0017, after 0016
"""

from __future__ import annotations

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

CHANGES = """
ALTER TABLE feeds ADD COLUMN resumed_at TIMESTAMP WITH TIME ZONE;
"""


def upgrade() -> None:
    """Forward only. The version before takes no notice of it."""
    op.get_bind().exec_driver_sql(CHANGES)
