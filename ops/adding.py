"""Adding one feed by hand: held to the same rules as a watchlist's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from ops import kit
from ops.said import said
from ops.store import audit_log
from ops.store.declared import Shelf, alone
from ops.watchlist import DeclaredFeed, Given, SecretAt, Watchlist, read_items, secrets_of
from ops.watchlist.values import every_text
from ops.watchlist.words import shown
from worker.errors import BadInput
from worker.secrets import KeyRing, Secret
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
    changes. Raises NameTaken."""
    alone(connection)
    shelf = Shelf(connection, keys)
    number = shelf.add_feed(feed, given_secrets(feed))
    if number is None:
        return False
    if feed.name and shelf.feed_called(feed.name, besides=number) is not None:
        raise NameTaken(feed.name)
    audit_log.note(connection, who, "added", "feed", name_of(feed, number), None, facts_of(feed))
    return True


class NameTaken(BadInput):
    """Another feed is called so: subscriptions, and watchlists, tell feeds apart by their names."""

    def __init__(self, name: str) -> None:
        super().__init__(f"a feed is called {shown(name)} already; give this one another name")


def name_of(feed: DeclaredFeed, number: int | None = None) -> str:
    """What the audit log calls it: its name, or its host with its number where it has one yet, since the rest of an
    address may be a key."""
    host = urlsplit(feed.url).hostname or ""
    return feed.name or (host if number is None else f"{host} (feed {number})")


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
        **({"headers": sorted(name for name, _ in feed.headers)} if feed.headers else {}),
    }


def _every(feed: DeclaredFeed) -> str:
    return every_text(feed.every_s, feed.within_s) if feed.every_s or feed.within_s else ""


def read_feed(given: Mapping[str, Any]) -> DeclaredFeed | Mapping[str, str]:
    """The feed that a form or a program describes by a watchlist's keys; or what is wrong, by key ("every",
    "pace.burst")."""
    found, complaints, _ = read_items({"feed": [given]})
    if found is not None:
        return _without_references(found.feeds[0])
    wrong: dict[str, str] = {}
    for each in complaints:
        wrong.setdefault(each.place or "url", each.sentence)
    return wrong


def _without_references(feed: DeclaredFeed) -> DeclaredFeed | Mapping[str, str]:
    """The feed, unless it names a reference as a secret: that would be looked up on the server, whose variables and
    files are not for everybody who may edit a feed."""
    named = {f"headers.{name}": value for name, value in feed.headers}
    if feed.password is not None:
        named["password"] = feed.password
    wrong = {key: _NO_REFERENCE for key, value in named.items() if not isinstance(value, Given)}
    return wrong or feed


_NO_REFERENCE = said(
    "env:, file: and stored: are for watchlist files, which the operator applies; give the secret itself"
)


def given_secrets(feed: DeclaredFeed) -> dict[SecretAt, Secret]:
    """What is to be sealed of a feed that somebody described: its password and its headers."""
    told = secrets_of(Watchlist(feeds=(feed,)))
    return {at: value.value for at, value in told.items() if isinstance(value, Given)}


def checked(url: str, name: str, every: str, tags: tuple[str, ...]) -> DeclaredFeed:
    """The feed as a watchlist would declare it; what is empty is not said. Raises BadInput with its complaints."""
    said = {"name": name, "every": every, "tags": list(tags)}
    found = read_feed({"url": url, **{key: value for key, value in said.items() if value}})
    if not isinstance(found, DeclaredFeed):
        raise BadInput("; ".join(f"{key}: {sentence}" for key, sentence in found.items()))
    return found
