"""Looking after one feed by hand: polled now, changed, removed. What a watchlist declares is changed there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ops.adding import NameTaken, facts_of, name_of
from ops.store import audit_log
from ops.store.declared import Shelf, alone
from ops.watchlist import DeclaredFeed, Given
from worker.secrets import KeyRing
from worker.store.engine import Connection


@dataclass(frozen=True, slots=True)
class Declared:
    """It stays as it is: a watchlist declares it."""


@dataclass(frozen=True, slots=True)
class Gone:
    """There is no such feed (any more)."""


@dataclass(frozen=True, slots=True)
class Done:
    """It is as was wanted; `changed` says whether it was not so before."""

    changed: bool = True


Tended = Done | Declared | Gone


def poll_now(connection: Connection, keys: KeyRing, feed: int, who: str) -> Done | Gone:
    """The feed is polled as soon as its site may be asked, whoever declared it."""
    shelf = Shelf(connection, keys)
    stands = shelf.feed_of(feed)
    if stands is None:
        return Gone()
    shelf.poll_now(feed)
    audit_log.note(connection, who, "polled", "feed", name_of(stands[0], feed))
    return Done()


def change(
    connection: Connection, keys: KeyRing, feed: int, wanted: DeclaredFeed, who: str, *, forget: bool = False
) -> Tended:
    """Gives the feed these settings; its address stays. A password that is not given stays as well, unless the user's
    name goes, or it is to be forgotten. Raises NameTaken."""
    alone(connection)
    shelf = Shelf(connection, keys)
    stands = shelf.feed_of(feed)
    if stands is None or stands[1]:
        return Gone() if stands is None else Declared()
    before = stands[0]
    if forget:
        wanted = replace(wanted, user="", password=None)
    keep = wanted.password is None and bool(wanted.user)
    wanted = replace(wanted, url=before.url, headers=(), password=wanted.password)
    secrets = (
        {("feed", before.url, "password"): wanted.password.value}
        if isinstance(wanted.password, Given)
        else {}
    )
    told, tells = _told(before, wanted, new_password=bool(secrets))
    if told == tells:
        return Done(changed=False)
    if (
        wanted.name
        and wanted.name != before.name
        and shelf.feed_called(wanted.name, besides=feed) is not None
    ):
        raise NameTaken(wanted.name)
    shelf.change_feed(feed, wanted, secrets, keep_password=keep)
    audit_log.note(connection, who, "changed", "feed", name_of(wanted, feed), told, tells)
    return Done()


def _told(
    before: DeclaredFeed, after: DeclaredFeed, *, new_password: bool
) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """What changes, before and after; of secrets only that they do."""
    old, new = facts_of(before), facts_of(after)
    changed = [key for key in new if old[key] != new[key]]
    told, tells = {key: old[key] for key in changed}, {key: new[key] for key in changed}
    if new_password or before.user != after.user:
        told["log-in"], tells["log-in"] = bool(before.user), "changed" if after.user else False
    return told, tells


def remove(connection: Connection, keys: KeyRing, feed: int, who: str) -> Tended:
    """It is polled no more; the articles that it brought, and what was told of them, stay."""
    alone(connection)
    shelf = Shelf(connection, keys)
    stands = shelf.feed_of(feed)
    if stands is None or stands[1]:
        return Gone() if stands is None else Declared()
    shelf.remove_feed(feed)
    audit_log.note(connection, who, "removed", "feed", name_of(stands[0], feed), facts_of(stands[0]))
    return Done()
