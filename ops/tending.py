"""Looking after one feed by hand: polled now, paused, changed, removed. What a watchlist declares is changed there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ops.adding import NameTaken, facts_of, name_of
from ops.store import audit_log
from ops.store.declared import Shelf, alone
from ops.watchlist import DeclaredFeed, Given
from worker.secrets import KeyRing
from worker.store import pausing
from worker.store.engine import Connection
from worker.store.feeds import watched_at


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


@dataclass(frozen=True, slots=True)
class Paused:
    """It is paused, and polled when it is resumed."""


Tended = Done | Declared | Gone | Paused


def poll_now(connection: Connection, keys: KeyRing, feed: int, who: str) -> Done | Gone | Paused:
    """The feed is polled as soon as its site may be asked, whoever declared it."""
    shelf = Shelf(connection, keys)
    stands = shelf.feed_of(feed)
    if stands is None:
        return Gone()
    if pausing.is_paused(connection, feed):
        return Paused()
    shelf.poll_now(feed)
    audit_log.note(connection, who, "polled", "feed", name_of(stands[0], feed))
    return Done()


def feed_meant(connection: Connection, keys: KeyRing, written: str) -> int | None:
    """The feed that somebody means by its address or by the name that it was given; None where there is none."""
    known = watched_at(connection, [written]).get(written)
    return known if known is not None else Shelf(connection, keys).feed_called(written, besides=0)


def pause(connection: Connection, keys: KeyRing, feed: int, who: str) -> Done | Gone:
    """The feed is polled no more until somebody resumes it, whoever declared it. One that said that it is gone is not
    polled anyway."""
    return _switch(connection, keys, feed, who, "paused", lambda: pausing.pause(connection, feed, who))


def resume(connection: Connection, keys: KeyRing, feed: int, who: str) -> Done | Gone:
    """The feed is polled again. What appeared meanwhile is told together, in one summary for each subscription."""
    return _switch(connection, keys, feed, who, "resumed", lambda: pausing.resume(connection, feed))


def _switch(
    connection: Connection, keys: KeyRing, feed: int, who: str, what: str, switch: Callable[[], bool]
) -> Done | Gone:
    stands = Shelf(connection, keys).feed_of(feed)
    if stands is None:
        return Gone()
    changed = switch()
    if changed:
        audit_log.note(connection, who, what, "feed", name_of(stands[0], feed))
    return Done(changed)


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
