"""Articles that a topic touches leave a sketch, by which copies and stories are found.

Revision: 0013, after 0012
"""

from __future__ import annotations

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

CHANGES = """
ALTER TABLE articles ADD COLUMN story_reason JSONB;

CREATE TABLE sketches (
  article_id BIGINT NOT NULL,
  edition INTEGER NOT NULL,
  at TIMESTAMP WITH TIME ZONE NOT NULL,
  language TEXT,
  places BYTEA NOT NULL,
  runs INTEGER NOT NULL,
  bands BIGINT[] NOT NULL,
  terms TEXT[] NOT NULL,
  weights REAL[] NOT NULL,
  keys TEXT[] NOT NULL,
  founding TEXT[],
  CONSTRAINT pk_sketches PRIMARY KEY (article_id),
  CONSTRAINT fk_sketches_article_id FOREIGN KEY(article_id) REFERENCES articles (id) ON DELETE CASCADE
) WITH (fillfactor = 80);

CREATE INDEX ix_sketches_at ON sketches (at);

CREATE INDEX ix_sketches_bands ON sketches USING gin (bands);

CREATE INDEX ix_sketches_keys ON sketches USING gin (keys);

ALTER TABLE sketches ALTER COLUMN founding SET STATISTICS 500;
"""


def upgrade() -> None:
    """Forward only. What runs with the version before goes on: nothing of it knows the new table."""
    op.get_bind().exec_driver_sql(CHANGES)
