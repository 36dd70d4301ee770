"""Looking after one feed by hand: polled now, paused, changed, removed. What a watchlist declares is changed there."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ops.adding import NameTaken, facts_of, given_secrets, name_of
from ops.store import audit_log
from ops.store.declared import Shelf, alone
from ops.watchlist import DeclaredFeed, Given, Reference
from worker.secrets import KeyRing
from worker.store import pausing
from worker.store.engine import Connection
from worker.store.feeds import watched_at

Headers = tuple[tuple[str, Reference], ...]


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
    connection: Connection,
    keys: KeyRing,
    feed: int,
    wanted: DeclaredFeed,
    who: str,
    *,
    forget: bool = False,
    dropped: Collection[str] = (),
) -> Tended:
    """Gives the feed these settings; its address stays. A password that is not given stays as well, unless the user's
    name goes, or the log-in is to be forgotten; headers stay that are neither given nor `dropped`. Raises NameTaken."""
    alone(connection)
    shelf = Shelf(connection, keys)
    stands = shelf.feed_of(feed)
    if stands is None or stands[1]:
        return Gone() if stands is None else Declared()
    before = stands[0]
    gone = {name.lower() for name in dropped} | ({_LOG_IN} if forget else set())
    given = tuple((name, value) for name, value in wanted.headers if isinstance(value, Given))
    if forget:
        given = ()
    if forget or _LOG_IN in _named(given):
        wanted = replace(wanted, user="", password=None)
    elif wanted.user:
        gone.add(_LOG_IN)
    keep = wanted.password is None and bool(wanted.user)
    wanted = replace(wanted, url=before.url, headers=given)
    secrets = given_secrets(wanted)
    stay = tuple(each for each in before.headers if each[0].lower() not in _named(given) | gone)
    told, tells = _told(before, replace(wanted, headers=(*stay, *given)), new=bool(secrets))
    if told == tells:
        return Done(changed=False)
    if (
        wanted.name
        and wanted.name != before.name
        and shelf.feed_called(wanted.name, besides=feed) is not None
    ):
        raise NameTaken(wanted.name)
    shelf.change_feed(feed, wanted, secrets, keep_password=keep, dropped=gone)
    audit_log.note(connection, who, "changed", "feed", name_of(wanted, feed), told, tells)
    return Done()


_LOG_IN = "authorization"  # the header of a token; a user and a password make the same


def _named(headers: Headers) -> set[str]:
    return {name.lower() for name, _ in headers}


def _told(
    before: DeclaredFeed, after: DeclaredFeed, *, new: bool
) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """What changes, before and after; of secrets only that they do."""
    old, now = facts_of(before), facts_of(after)
    changed = [key for key in {**old, **now} if old.get(key) != now.get(key)]
    told, tells = {key: old.get(key) for key in changed}, {key: now.get(key) for key in changed}
    if new or before.user != after.user:
        told["log-in"] = bool(before.user or before.headers)
        tells["log-in"] = "changed" if after.user or after.headers else False
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
