"""What hangs on an article, a delivery or a story is found by an index when that goes because it is old.

Revision: 0031, after 0030
"""

from __future__ import annotations

from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

CHANGES = """
CREATE INDEX ix_feedback_article_id ON feedback (article_id);
CREATE INDEX ix_feedback_delivery_id ON feedback (delivery_id);
CREATE INDEX ix_deliveries_story_id ON deliveries (story_id) WHERE story_id IS NOT NULL;
"""


def upgrade() -> None:
    """Forward only. The version before goes on without them."""
    op.get_bind().exec_driver_sql(CHANGES)
