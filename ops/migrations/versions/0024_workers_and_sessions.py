"""Workers say what they are with each sign of life; sessions know when they were last used, and by what.

Revision: 0024, after 0023
"""

from __future__ import annotations

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

CHANGES = """
ALTER TABLE heartbeats ADD COLUMN says jsonb NOT NULL DEFAULT '{}';

ALTER TABLE sessions ADD COLUMN key uuid NOT NULL DEFAULT gen_random_uuid(),
    ADD COLUMN used_at timestamptz NOT NULL DEFAULT now(), ADD COLUMN browser text NOT NULL DEFAULT '',
    ADD CONSTRAINT uq_sessions_key UNIQUE (key);
CREATE INDEX ix_sessions_user_id ON sessions (user_id);

CREATE INDEX ix_audit_log_who ON audit_log (who, id);
"""


def upgrade() -> None:
    """Forward only. The version before goes on: it names its columns, and the new ones have defaults."""
    op.get_bind().exec_driver_sql(CHANGES)
