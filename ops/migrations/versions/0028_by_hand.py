"""What people do by hand: stories put right, feeds paused, jobs that programs ask for.

Revision: 0028, after 0026
"""

from __future__ import annotations

from alembic import op

revision = "0028"
down_revision = "0026"
branch_labels = None
depends_on = None

CHANGES = """
ALTER TABLE stories ADD COLUMN merged_into BIGINT;

ALTER TABLE stories ADD CONSTRAINT fk_stories_merged_into FOREIGN KEY(merged_into) REFERENCES stories (id);

CREATE INDEX ix_stories_merged_into ON stories (merged_into) WHERE merged_into IS NOT NULL;

CREATE TABLE kept_apart (
  article_id BIGINT NOT NULL,
  story_id BIGINT NOT NULL,
  CONSTRAINT pk_kept_apart PRIMARY KEY (article_id, story_id),
  CONSTRAINT fk_kept_apart_article_id FOREIGN KEY(article_id) REFERENCES articles (id) ON DELETE CASCADE,
  CONSTRAINT fk_kept_apart_story_id FOREIGN KEY(story_id) REFERENCES stories (id) ON DELETE CASCADE
);

CREATE INDEX ix_kept_apart_story_id ON kept_apart (story_id);

ALTER TABLE feeds ADD COLUMN paused_at TIMESTAMP WITH TIME ZONE;
ALTER TABLE feeds ADD COLUMN paused_by TEXT;

DROP INDEX ix_feeds_due;
CREATE INDEX ix_feeds_due ON feeds (next_poll_at)
  WHERE removed_at IS NULL AND state <> 'gone' AND state <> 'paused';
"""


def upgrade() -> None:
    """Forward only. The version before goes on: every new column is empty or has a default. The index of due feeds
    serves only what asks for none that is paused: until that version ends, it looks through all feeds."""
    op.get_bind().exec_driver_sql(CHANGES)
