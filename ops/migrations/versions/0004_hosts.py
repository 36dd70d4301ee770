"""One row per host and port for the pace that all workers keep; what a feed may be told about it.

Revision: 0004, after 0003
"""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TABLES = r"""
CREATE TABLE hosts (
  site TEXT NOT NULL,
  due_at TIMESTAMP WITH TIME ZONE DEFAULT 'epoch' NOT NULL,
  leases TIMESTAMP WITH TIME ZONE[] DEFAULT '{}' NOT NULL,
  open_at TIMESTAMP WITH TIME ZONE DEFAULT 'epoch' NOT NULL,
  delay_s FLOAT,
  paused_until TIMESTAMP WITH TIME ZONE DEFAULT 'epoch' NOT NULL,
  paused_why TEXT,
  ok_at TIMESTAMP WITH TIME ZONE,
  refusals INTEGER DEFAULT '0' NOT NULL,
  CONSTRAINT pk_hosts PRIMARY KEY (site)
) WITH (fillfactor = 50);

ALTER TABLE feeds
  ADD COLUMN site TEXT GENERATED ALWAYS AS (
    translate(regexp_replace(regexp_replace(regexp_replace(lower(coalesce(found_url, url)),
  '^https?://(\[[^]]*\]|[^/?#:]*):([0-9]+)([/?#].*)?$', '\1:\2'),
  '^http://(\[[^]]*\]|[^/?#:]*):?([/?#].*)?$', '\1:80'),
  '^https://(\[[^]]*\]|[^/?#:]*):?([/?#].*)?$', '\1:443'), '[]', '')) STORED,
  ADD COLUMN every_least_s FLOAT,
  ADD COLUMN every_most_s FLOAT,
  ADD COLUMN pace JSONB,
  ADD COLUMN notice TEXT;

CREATE INDEX ix_feeds_pace ON feeds (site) WHERE pace IS NOT NULL AND removed_at IS NULL;
"""


def upgrade() -> None:
    """Forward only. A worker of the version before keeps its pace for itself, as it did."""
    op.get_bind().exec_driver_sql(TABLES.replace("%", "%%"))
