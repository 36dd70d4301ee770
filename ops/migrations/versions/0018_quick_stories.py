"""Stories are found among recent articles without walking through what the indexes have put off.

Revision: 0018, after 0017
"""

from __future__ import annotations

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

CHANGES = """
ALTER INDEX ix_sketches_bands SET (fastupdate = off);

ALTER INDEX ix_sketches_keys SET (fastupdate = off);

SELECT gin_clean_pending_list('ix_sketches_bands'), gin_clean_pending_list('ix_sketches_keys');
"""


def upgrade() -> None:
    """Forward only. What runs with the version before goes on: an index answers as before."""
    op.get_bind().exec_driver_sql(CHANGES)
