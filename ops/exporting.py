"""The feeds that are watched as a list for other readers, or as part of a watchlist."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ops.apply import everything
from ops.store.declared import Shelf
from ops.watchlist import DeclaredFeed, Watchlist, write_watchlist
from worker.feeds.opml import Outline, write_opml
from worker.secrets import KeyRing
from worker.store.engine import Connection


def as_opml(feeds: Sequence[DeclaredFeed], now: datetime) -> str:
    """An OPML list. It holds no passwords and headers, nor how often a feed is polled."""
    outlines = [Outline(0, feed.url, feed.name, feed.tags, feed.language or "") for feed in feeds]
    return write_opml("Pantau", outlines, now)


def whole_watchlist(connection: Connection, keys: KeyRing) -> str:
    """Everything that is watched, to be kept or applied elsewhere, with secrets as references."""
    return write_watchlist(everything(Shelf(connection, keys).snapshot()))


def as_toml(feeds: Sequence[DeclaredFeed]) -> str:
    """Part of a watchlist, with secrets as references."""
    return write_watchlist(Watchlist(feeds=tuple(feeds)))
