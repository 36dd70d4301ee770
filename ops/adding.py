"""Adding one feed by hand: held to the same rules as a watchlist's."""

from __future__ import annotations

from ops import kit
from ops.store.declared import Shelf, alone
from ops.watchlist import DeclaredFeed, Watchlist, parse_watchlist, write_watchlist
from ops.watchlist.values import every as read_every
from ops.watchlist.words import Fault
from worker.errors import BadInput
from worker.secrets import KeyRing
from worker.settings import Settings
from worker.store.engine import Connection


def add_feed(settings: Settings, *, url: str, name: str, every: str, tags: tuple[str, ...]) -> bool:
    """Adds the feed; False if it is watched already, in which case nothing changes. Raises BadInput."""
    feed = checked(url, name, every, tags)
    with kit.connected(settings) as connection:
        return place(connection, kit.keyring(settings), feed)


def place(connection: Connection, keys: KeyRing, feed: DeclaredFeed) -> bool:
    """Adds a feed that was checked; False if it is watched already."""
    alone(connection)
    return Shelf(connection, keys).add_feed(feed)


def checked(url: str, name: str, every: str, tags: tuple[str, ...]) -> DeclaredFeed:
    """The feed as a watchlist would declare it. Raises BadInput with a watchlist's complaints."""
    interval = read_every("5s", "30d")(every) if every else (0.0, 0.0)
    if isinstance(interval, Fault):
        raise BadInput(f"--every: {interval.problem}; expected {interval.expected}")
    shortest, longest = interval
    feed = DeclaredFeed(
        url,
        name,
        every_s=(shortest or None) if shortest == longest else None,
        within_s=interval if shortest != longest else None,
        tags=tags,
    )
    written = write_watchlist(Watchlist(feeds=(feed,)))
    found, complaints, _ = parse_watchlist(written, "feed")
    if found is None:
        raise BadInput(
            "; ".join(
                f"{each.problem}" + (f", expected {each.expected}" if each.expected else "")
                for each in complaints
            )
        )
    return found.feeds[0]
