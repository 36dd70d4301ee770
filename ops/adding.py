"""Adding one feed by hand: held to the same rules as a watchlist's."""

from __future__ import annotations

from urllib.parse import urlsplit

from ops import kit
from ops.store import audit_log
from ops.store.declared import Shelf, alone
from ops.watchlist import DeclaredFeed, Watchlist, parse_watchlist, write_watchlist
from ops.watchlist.values import every as read_every
from ops.watchlist.values import every_text
from ops.watchlist.words import Fault
from worker.errors import BadInput
from worker.secrets import KeyRing
from worker.settings import Settings
from worker.store.engine import Connection


def add_feed(settings: Settings, *, url: str, name: str, every: str, tags: tuple[str, ...], by: str) -> bool:
    """Adds the feed and writes down who did (`by`); False if it is watched already, in which case nothing changes.
    Raises BadInput."""
    feed = checked(url, name, every, tags)
    with kit.connected(settings) as connection:
        return add(connection, kit.keyring(settings), feed, by)


def add(connection: Connection, keys: KeyRing, feed: DeclaredFeed, who: str) -> bool:
    """Adds a feed that was found sound, and writes down who did; False if it is watched already, in which case nothing
    changes."""
    alone(connection)
    added = Shelf(connection, keys).add_feed(feed)
    if added:
        audit_log.note(connection, who, "added", "feed", name_of(feed), None, facts_of(feed))
    return added


def name_of(feed: DeclaredFeed) -> str:
    """What the audit log calls it: its name, or its host alone, since the rest of an address may be a key."""
    return feed.name or urlsplit(feed.url).hostname or ""


def facts_of(feed: DeclaredFeed) -> dict[str, object]:
    """What the audit log says of it: everything but addresses and secrets."""
    return {
        "name": feed.name,
        "site": urlsplit(feed.url).hostname or "",
        "every": _every(feed),
        "tags": list(feed.tags),
        "language": feed.language or "",
        "full_text": feed.full_text,
        "pace": dict(feed.pace),
        "log-in": bool(feed.user),
    }


def _every(feed: DeclaredFeed) -> str:
    return every_text(feed.every_s, feed.within_s) if feed.every_s or feed.within_s else ""


def checked(url: str, name: str, every: str, tags: tuple[str, ...]) -> DeclaredFeed:
    """The feed as a watchlist would declare it, with a watchlist's complaints."""
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
