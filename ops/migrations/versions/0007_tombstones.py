"""Keys outlive their entries, and feeds have habits.

Revision: 0007, after 0003
"""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0003"
branch_labels = None
depends_on = None

CHANGES = """
ALTER TABLE feeds ADD COLUMN habits JSONB DEFAULT '{}' NOT NULL;

ALTER TABLE entry_keys ALTER COLUMN entry_id DROP NOT NULL;

ALTER TABLE entry_keys ADD COLUMN seen DATE DEFAULT CURRENT_DATE NOT NULL;

ALTER TABLE entry_keys DROP CONSTRAINT fk_entry_keys_entry_id;

ALTER TABLE entry_keys ADD CONSTRAINT fk_entry_keys_entry_id
  FOREIGN KEY(entry_id) REFERENCES entries (id) ON DELETE SET NULL;

CREATE INDEX ix_entry_keys_entry_id ON entry_keys (entry_id) WHERE entry_id IS NOT NULL;
"""


def upgrade() -> None:
    """Forward only. A poller of the version before writes keys as ever; nothing deletes entries while it runs."""
    op.get_bind().exec_driver_sql(CHANGES)
