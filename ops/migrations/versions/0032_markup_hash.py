"""Of an entry whose markup is as it was no text is made again at each poll.

Revision: 0032, after 0031
"""

from __future__ import annotations

from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward only. The version before leaves it empty and goes on."""
    op.get_bind().exec_driver_sql("ALTER TABLE entries ADD COLUMN markup_hash BYTEA")
