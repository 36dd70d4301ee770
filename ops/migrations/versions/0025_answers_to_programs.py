"""What a program asked once under a key of its own is answered the same when it asks again.

Revision: 0025, after 0024
"""

from __future__ import annotations

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

CHANGES = """
CREATE TABLE api_answers (
    caller text NOT NULL,
    key text NOT NULL,
    asked bytea NOT NULL,
    status integer,
    answer json,
    location text,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_api_answers PRIMARY KEY (caller, key)
);
CREATE INDEX ix_api_answers_created_at ON api_answers (created_at);
"""


def upgrade() -> None:
    """Forward only. The version before does not know the table, and goes on without it."""
    op.get_bind().exec_driver_sql(CHANGES)
