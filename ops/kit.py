"""What commands work with: all that an installation is (`ops.installation`), and its database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ops.installation import broker, clock, database, key_file, keyring, our_version, settings_of
from worker.settings import Settings
from worker.store.engine import Connection, Engine, open_engine, reaching_database

__all__ = [
    "broker",
    "clock",
    "connected",
    "database",
    "engine",
    "key_file",
    "keyring",
    "our_version",
    "settings_of",
]


def engine(settings: Settings, *, pool_size: int = 4) -> Engine:
    """An engine on the installation's database."""
    return open_engine(database(settings), pool_size=pool_size)


@contextmanager
def connected(settings: Settings) -> Iterator[Connection]:
    """One transaction on the installation's database, for a process that asks it once. Raises Unavailable where
    it does not answer."""
    once = engine(settings, pool_size=1)
    try:
        with reaching_database(), once.begin() as connection:
            yield connection
    finally:
        once.dispose()
