"""Keys outlive their entries, feeds have quirks, and the entries of before are known by the keys of now.

Revision: 0007, after 0006
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from alembic import op
from sqlalchemy import text

from worker.feeds.identity import entry_keys
from worker.model import Entry, Words

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

CHANGES = """
ALTER TABLE feeds ADD COLUMN quirks JSONB DEFAULT '{}' NOT NULL;

ALTER TABLE entry_keys ALTER COLUMN entry_id DROP NOT NULL;

ALTER TABLE entry_keys ADD COLUMN seen DATE DEFAULT CURRENT_DATE NOT NULL;

ALTER TABLE entry_keys DROP CONSTRAINT fk_entry_keys_entry_id;

ALTER TABLE entry_keys ADD CONSTRAINT fk_entry_keys_entry_id
  FOREIGN KEY(entry_id) REFERENCES entries (id) ON DELETE SET NULL;

CREATE INDEX ix_entry_keys_entry_id ON entry_keys (entry_id) WHERE entry_id IS NOT NULL;
"""

ENTRIES = text("""
    SELECT e.id, e.feed_id, e.guid, e.link, e.title, e.summary, e.published_at, coalesce(f.found_url, f.url) AS address
    FROM entries e JOIN feeds f ON f.id = e.feed_id WHERE e.id > :after ORDER BY e.id LIMIT 5000
""")
KEYS = text(
    "INSERT INTO entry_keys (feed_id, key, entry_id) VALUES (:feed, :key, :entry) ON CONFLICT DO NOTHING"
)


def upgrade() -> None:
    """Forward only. A poller of the version before writes keys as ever; nothing deletes entries while it runs.

    The keys are made by the rules of the code that migrates, which are those that it will look for; without them
    every entry whose link has a `www.` or a slash at the end would come once more. 0.1 ms an entry.
    """
    connection = op.get_bind()
    connection.exec_driver_sql(CHANGES)
    last = 0
    while rows := connection.execute(ENTRIES, {"after": last}).all():
        last = rows[-1].id
        connection.execute(KEYS, [found for row in rows for found in _keys(row)])


def _keys(row: Any) -> Iterator[dict[str, Any]]:
    entry = Entry(row.guid, row.link, row.title, (Words(row.summary),), published=row.published_at)
    for key in entry_keys(entry, row.address):
        yield {"feed": row.feed_id, "key": key, "entry": row.id}
