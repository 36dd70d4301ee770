"""What commands work with: all that an installation is (`ops.installation`), and its database."""

from __future__ import annotations

from ops.installation import broker, clock, database, keyring, our_version, settings_of
from worker.settings import Settings
from worker.store.engine import Engine, open_engine

__all__ = ["broker", "clock", "database", "engine", "keyring", "our_version", "settings_of"]


def engine(settings: Settings, *, pool_size: int = 4) -> Engine:
    """An engine on the installation's database."""
    return open_engine(database(settings), pool_size=pool_size)
