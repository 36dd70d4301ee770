"""Channels of the Slack bot share the bot's token.

Revision: 0010, after 0009
"""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

# Declared before this kind was served, a channel knew of no credential, and would be stopped alone by a token that
# stops them all.
CHANGES = "UPDATE channels SET credential = 'slack' WHERE kind = 'slack_bot' AND credential IS NULL"


def upgrade() -> None:
    """Forward only. What runs with the version before does not serve the kind, and goes on holding its messages."""
    op.get_bind().exec_driver_sql(CHANGES)
