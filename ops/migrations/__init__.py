"""One chain of migrations over all tables. Each must work with the version that is still running:
add first, use later, remove in a later version.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, text

if TYPE_CHECKING:
    from alembic.config import Config

_HERE = Path(__file__).parent
_LOCK = 0x50414E54  # "PANT": one migration at a time, however many processes start at once


def upgrade(engine: Engine) -> tuple[str | None, str]:
    """Brings the database to this version's tables; returns the revisions before and after. Tables of a newer version
    stay as they are: while an upgrade goes through, and after it was taken back, this version works with them."""
    from alembic import command  # noqa: PLC0415  a third of a second, which only who upgrades needs to wait

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
    if connection.execute(text("SELECT to_regclass('alembic_version')")).scalar() is None:
        return None
    revision: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return revision


def head() -> str:
    """The revision that this version of the code needs."""
    return max(_chain())


def knows(revision: str) -> bool:
    """Whether the revision is one of this version's chain, so that tables at it can be brought up to it."""
    return revision in _chain()


def is_newer(revision: str) -> bool:
    """Whether the revision is of a version after ours: revisions are numbers of four digits."""
    return not knows(revision) and revision > head()


@cache
def _chain() -> frozenset[str]:
    """Every revision, by the names of its files: who only asks how far we are does not load Alembic for it."""
    revisions = frozenset(file.name[:4] for file in (_HERE / "versions").glob("[0-9]*_*.py"))
    if not revisions:
        raise RuntimeError("the chain of migrations is empty")
    return revisions


def _config() -> Config:
    from alembic.config import Config  # noqa: PLC0415  as above

    config = Config()
    config.set_main_option("script_location", str(_HERE).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
