"""What told of an article is found by the article, whether it went out or failed, and not by a walk through the ledger.

Revision: 0027, after 0026
"""

from __future__ import annotations

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

CHANGES = """
CREATE INDEX ix_delivery_articles_article_id ON delivery_articles (article_id);
"""


def upgrade() -> None:
    """Forward only. The version before goes on with it."""
    op.get_bind().exec_driver_sql(CHANGES)
