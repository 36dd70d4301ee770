"""A story's articles are found in their order: a page of a large story reads what it shows, and not all of them.

Revision: 0026, after 0025
"""

from __future__ import annotations

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

CHANGES = """
CREATE INDEX ix_articles_story_id_id ON articles (story_id, id) WHERE story_id IS NOT NULL;
DROP INDEX ix_articles_story_id;
"""


def upgrade() -> None:
    """Forward only. The version before goes on: the new index serves what the old one did."""
    op.get_bind().exec_driver_sql(CHANGES)
