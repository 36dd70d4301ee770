"""Alerts that were suppressed as told already, by a message that then told nobody, share what became of it.

Revision: 0019, after 0018
"""

from __future__ import annotations

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

# From now on the settling itself takes them back. Of an article that ended untold in several messages the last counts.
CHANGES = """
UPDATE alerts SET delivery_id = untold.delivery_id, suppressed = NULL, told_in = NULL, reason = 'joined'
FROM (
  SELECT DISTINCT ON (a.id) a.id, d.id AS delivery_id
  FROM alerts a
  JOIN matches m ON m.id = a.match_id
  JOIN delivery_articles da ON da.article_id = m.article_id AND da.channel_id = a.channel_id
  JOIN deliveries d ON d.id = da.delivery_id AND d.channel_id = a.channel_id
  WHERE a.suppressed = 'already_told' AND d.kind NOT IN ('update', 'notice') AND d.reason IS DISTINCT FROM 'emptied'
    AND NOT EXISTS (
      SELECT FROM delivery_articles heard JOIN deliveries told ON told.id = heard.delivery_id
      WHERE heard.article_id = m.article_id AND heard.channel_id = a.channel_id
        AND told.state IN ('sending', 'sent', 'unknown'))
  ORDER BY a.id, d.id DESC
) AS untold
WHERE alerts.id = untold.id
"""


def upgrade() -> None:
    """Forward only. What runs with the version before goes on; it may leave more of them."""
    op.get_bind().exec_driver_sql(CHANGES)
