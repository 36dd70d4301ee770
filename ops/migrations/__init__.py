"""One chain of migrations over all tables. Each must work with the version that is still running:
add first, use later, remove in a later version.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

_LOCK = 0x50414E54  # "PANT": one migration at a time, however many processes start at once


def upgrade(engine: Engine) -> tuple[str | None, str]:
    """Brings the database to this version's tables; returns the revisions before and after. Tables of a newer version
    stay as they are: while an upgrade goes through, and after it was taken back, this version works with them."""
    with engine.connect() as connection:
        # to index a million articles takes minutes, more than any other statement of ours may
        connection.execute(text("SET statement_timeout = 0"))
        connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": _LOCK})
        connection.commit()
        try:
            before = current(connection)
            if before is not None and is_newer(before):
                return before, before
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()
        finally:
            connection.rollback()
            connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": _LOCK})
            connection.execute(text("RESET statement_timeout"))
            connection.commit()
        return before, head()


def current(connection: Connection) -> str | None:
    """The revision that the database is at; None for an empty one."""
    return MigrationContext.configure(connection).get_current_revision()


def head() -> str:
    """The revision that this version of the code needs."""
    revision = ScriptDirectory.from_config(_config()).get_current_head()
    if revision is None:
        raise RuntimeError("the chain of migrations is empty")
    return revision


def knows(revision: str) -> bool:
    """Whether the revision is one of this version's chain, so that tables at it can be brought up to it."""
    return revision in {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}


def is_newer(revision: str) -> bool:
    """Whether the revision is of a version after ours: revisions are numbers of four digits."""
    return not knows(revision) and revision > head()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
