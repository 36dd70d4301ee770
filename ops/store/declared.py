"""What an installation watches, as a watchlist: read as a snapshot, written by applying changes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, Table, case, func, insert, select, text, update

from alerts.channels import channels as registry
from alerts.model import ChannelId
from alerts.store import circuits
from alerts.store.addresses import recognise
from alerts.store.schema import channels, subscriptions
from ops.store import topics as topic_rows
from ops.store.topics import NEXT_CHANGE
from ops.watchlist import (
    Changes,
    DeclaredChannel,
    DeclaredEntity,
    DeclaredFeed,
    DeclaredSubscription,
    DeclaredTopic,
    FromEnv,
    FromFile,
    Given,
    Known,
    Reference,
    SecretAt,
    Snapshot,
    Stored,
    Watchlist,
    known_names,
)
from ops.watchlist.addresses import address_key
from ops.watchlist.model import OPEN_HEADERS, OPEN_KINDS
from worker.errors import BadInput
from worker.secrets import KeyRing, Secret
from worker.store.schema import entities, feeds, topics
from worker.store.spread import spread_new

WATCHLIST, FOLDER = "watchlist", "folder"
"""Where an entity of the users' own comes from."""
_TOGETHER = 500
"""Feeds that are stored in one statement."""
LONGEST_NAME = 2000
"""Bytes; an index of PostgreSQL takes at most 2,704 of a value (nbtree.h, BTMaxItemSize)."""


def alone(connection: Connection) -> None:
    """The caller is the only one who changes what is watched, until its transaction ends."""
    connection.execute(text("LOCK TABLE topics IN SHARE ROW EXCLUSIVE MODE"))


def place_of(at: SecretAt) -> str:
    """The name of a secret's place, which is sealed into it."""
    return ":".join(at)


@dataclass(frozen=True, slots=True)
class Made:
    """A standing channel or subscription; `declared` if a watchlist declares it."""

    id: int
    item: DeclaredChannel | DeclaredSubscription
    declared: bool


@dataclass(frozen=True, slots=True)
class Shelf:
    """What is stored, as values, with the secrets' fingerprints."""

    connection: Connection
    keys: KeyRing

    def snapshot(self) -> Snapshot:
        """Everything that is watched now, apart by who declared it."""
        prints: dict[SecretAt, str] = {}
        parts = {declared: self._watchlist(declared, prints) for declared in (True, False)}
        return Snapshot(parts[True], parts[False], self._entities(FOLDER), prints)

    def known(self, *, sources: bool = False) -> Known:
        """The names that what people make may refer to; those of feeds only where they are asked for, since there may
        be ten thousand."""
        standing = {table: table.c.removed_at.is_(None) for table in (topics, channels, feeds)}
        named = select(topics.c.name, topics.c.tags).where(standing[topics])
        return known_names(
            topics=[(row.name, row.tags) for row in self.connection.execute(named)],
            channels=self.connection.execute(select(channels.c.name).where(standing[channels])).scalars(),
            feeds=self._sources() if sources else (),
        )

    def _sources(self) -> list[tuple[str, str, Sequence[str]]]:
        """What `known_names` is to know of feeds: of many that share a host or tags, each host and each tags once."""
        host = func.substring(feeds.c.url, "^[^/]*//[^/?#]*")
        hosts, names, tags = (
            self.connection.execute(select(column).where(feeds.c.removed_at.is_(None)).distinct()).scalars()
            for column in (host, feeds.c.name, feeds.c.tags)
        )
        return [
            *((each or "", "", ()) for each in hosts),
            *(("", each or "", ()) for each in names),
            *(("", "", each) for each in tags),
        ]

    def made(self, noun: Literal["channel", "subscription"], name: str) -> Made | None:
        """The standing channel or subscription of this name; None where there is none. Its secrets are what they are
        exported as."""
        table = channels if noun == "channel" else subscriptions
        standing = table.c.removed_at.is_(None) & (table.c.name == name)
        row = self.connection.execute(select(table).where(standing)).first()
        if row is None:
            return None
        item = channel_in(row, self._as_exported) if noun == "channel" else _subscription(row)
        return Made(row.id, item, row.declared)

    def _as_exported(self, at: SecretAt, sealed: str, written: str, shown: bool = False) -> Reference:
        return Given(self.keys.open(sealed, place_of(at))) if shown else reference_in(written)

    def secret(self, identity: str) -> Secret | None:
        """The kept secret that `stored:ID` means."""
        found: list[Secret] = []
        prints: dict[SecretAt, str] = {}
        for declared in (True, False):
            self._watchlist(declared, prints, found=found, wanted=identity)
        return found[0] if found else None

    def _watchlist(
        self,
        declared: bool,
        prints: dict[SecretAt, str],
        found: list[Secret] | None = None,
        wanted: str | None = None,
    ) -> Watchlist:
        def reference(at: SecretAt, sealed: str, written: str, shown: bool = False) -> Reference:
            value = self.keys.open(sealed, place_of(at))
            prints[at] = self.keys.fingerprint(value)
            if found is not None and written == f"stored:{wanted}":
                found.append(value)
            return Given(value) if shown and written.startswith("stored:") else reference_in(written)

        return Watchlist(
            feeds=tuple(_feed(row, reference) for row in self._rows(feeds, declared)),
            topics=tuple(_topic(row) for row in self._rows(topics, declared)),
            channels=tuple(channel_in(row, reference) for row in self._rows(channels, declared)),
            subscriptions=tuple(_subscription(row) for row in self._rows(subscriptions, declared)),
            entities=self._entities(WATCHLIST) if declared else (),
        )

    def _entities(self, origin: str) -> tuple[DeclaredEntity, ...]:
        standing = entities.c.removed_at.is_(None) & (entities.c.origin == origin)
        rows = self.connection.execute(select(entities).where(standing).order_by(entities.c.id))
        return tuple(DeclaredEntity(row.key, row.said) for row in rows)

    def _rows(self, table: Table, declared: bool) -> list[Any]:
        standing = table.c.removed_at.is_(None) & (table.c.declared == declared)
        return list(self.connection.execute(select(table).where(standing).order_by(table.c.id)))

    def write(self, declared: Watchlist, found: Changes, secrets: Mapping[SecretAt, Secret]) -> None:
        """Carries out the changes; everything that is written now counts as declared by a file. Raises BadInput
        for a subscription whose name cannot be stored."""
        touched = {(item.noun, item.key) for item in (*found.added, *found.changed, *found.adopted)}
        ids = self._feed_ids()
        for feed in declared.feeds:
            if ("feed", feed.url) in touched:
                known = ids.get(address_key(feed.url))
                self._put(feeds, known, _still_paused(known, self._feed_row(feed, secrets)))
        self.write_entities(declared.entities, found, WATCHLIST)
        for topic in declared.topics:
            if ("topic", topic.name) in touched:
                known = self._id(topics, topic.name)
                topic_rows.put(self.connection, known, topic, declared=True, by=topic_rows.WATCHLIST)
        self.wait_for_the_desks()
        for channel in declared.channels:
            if ("channel", channel.name) in touched:
                self._put_channel(channel, secrets)
        for subscription in declared.subscriptions:
            if ("subscription", subscription.name) in touched:
                row = _subscription_row(subscription)
                self._put(subscriptions, self._id(subscriptions, subscription.name), row)
        for item in found.removed:
            if item.noun != "entity":
                self._remove(item.noun, item.key, ids)
        recognise(self.connection, self.keys)
        spread_new(self.connection)

    def put_made_here(self, made: Watchlist, secrets: Mapping[SecretAt, Secret]) -> None:
        """Adds or changes channels and subscriptions by hand: no file declares them from then on. The caller is alone
        (`alone`). Raises BadInput for a subscription whose name cannot be stored."""
        ours = {"declared": False}
        self.wait_for_the_desks()
        for channel in made.channels:
            self._put_channel(channel, secrets, ours)
        for subscription in made.subscriptions:
            known = self._id(subscriptions, subscription.name)
            self._put(subscriptions, known, {**_subscription_row(subscription), **ours})
        recognise(self.connection, self.keys)

    def remove_made_here(self, noun: Literal["channel", "subscription"], name: str) -> None:
        """Removes what people made; what waits for it ends as suppressed."""
        self.wait_for_the_desks()
        self._remove(noun, name, {})

    def wait_for_the_desks(self) -> None:
        """Planners, who keep subscriptions as they are, before any channel; and channels in the order in which senders
        take them. Otherwise each could wait for the other."""
        self.connection.execute(text("LOCK TABLE subscriptions IN ROW EXCLUSIVE MODE"))
        in_order = select(channels.c.id).where(channels.c.removed_at.is_(None)).order_by(channels.c.id)
        self.connection.execute(in_order.with_for_update(key_share=True))

    def write_entities(self, declared: Iterable[DeclaredEntity], found: Changes, origin: str) -> None:
        """Carries out the changes of the entities that come from a watchlist, or from the folder."""
        touched = {item.key for item in (*found.added, *found.changed) if item.noun == "entity"}
        for entity in declared:
            if entity.key in touched:
                row = {"key": entity.key, "origin": origin, "said": dict(entity.said), "change": NEXT_CHANGE}
                self._put(entities, self._entity_id(entity.key, origin), row)
        for item in found.removed:
            if item.noun == "entity":
                gone = {"removed_at": func.now(), "change": NEXT_CHANGE}
                known = self._entity_id(item.key, origin)
                self.connection.execute(update(entities).where(entities.c.id == known).values(**gone))

    def _entity_id(self, key: str, origin: str) -> int | None:
        here = entities.c.removed_at.is_(None) & (entities.c.key == key) & (entities.c.origin == origin)
        return self.connection.execute(select(entities.c.id).where(here)).scalar()

    def add_feed(self, feed: DeclaredFeed, secrets: Mapping[SecretAt, Secret] | None = None) -> int | None:
        """Adds a feed by hand, and gives its number; None if it is watched already. One that was given up, because it
        said that it is gone, is taken up again as it was declared."""
        known = self._feed_ids().get(address_key(feed.url))
        if known is not None:
            return known if self._take_up_again(known) else None
        self.add_feeds([feed], secrets)
        placed = feeds.c.removed_at.is_(None) & (feeds.c.url == feed.url)
        return int(self.connection.execute(select(feeds.c.id).where(placed)).scalar_one())

    def feed_called(self, name: str, besides: int) -> int | None:
        """Another feed with this name."""
        called = feeds.c.removed_at.is_(None) & (feeds.c.name == name) & (feeds.c.id != besides)
        return self.connection.execute(select(feeds.c.id).where(called).limit(1)).scalar()

    def _take_up_again(self, feed: int) -> bool:
        afresh = {
            "state": "new",
            "rhythm": {},
            "failures": 0,
            "next_poll_at": func.now(),
            "next_poll_why": None,
        }
        given_up = (feeds.c.id == feed) & (feeds.c.state == "gone")
        return self.connection.execute(update(feeds).where(given_up).values(**afresh)).rowcount == 1

    def add_feeds(
        self, found: Iterable[DeclaredFeed], secrets: Mapping[SecretAt, Secret] | None = None
    ) -> None:
        """Adds feeds by hand, none of which is watched; `secrets` are those that they have."""
        together: list[dict[str, Any]] = []
        for feed in found:
            # what is the same for all is written once, beside their rows
            facts = {**self._feed_row(feed, secrets or {}), "declared": False}
            together.append({key: value for key, value in facts.items() if key != "next_poll_at"})
            if len(together) == _TOGETHER:
                self._insert_feeds(together)
                together = []
        self._insert_feeds(together)
        spread_new(self.connection)

    def _insert_feeds(self, rows: list[dict[str, Any]]) -> None:
        if rows:
            self.connection.execute(insert(feeds).values(created_at=func.clock_timestamp()), rows)

    def watched_feeds(self) -> tuple[DeclaredFeed, ...]:
        """All feeds, those that a watchlist declares first, with references for secrets."""

        def reference(at: SecretAt, sealed: str, written: str, shown: bool = False) -> Reference:
            stored = shown and written.startswith("stored:")
            return Given(self.keys.open(sealed, place_of(at))) if stored else reference_in(written)

        return tuple(
            _feed(row, reference) for declared in (True, False) for row in self._rows(feeds, declared)
        )

    def feed_of(self, feed: int) -> tuple[DeclaredFeed, bool] | None:
        """The feed as a watchlist would declare it, with references for secrets, and whether one does; None where there
        is no such feed. It stays as it is until the caller's transaction ends."""
        standing = (feeds.c.id == feed) & feeds.c.removed_at.is_(None)
        row = self.connection.execute(select(feeds).where(standing).with_for_update()).one_or_none()
        if row is None:
            return None
        return _feed(row, lambda _at, _sealed, written, _shown=False: reference_in(written)), row.declared

    def change_feed(
        self,
        feed: int,
        wanted: DeclaredFeed,
        secrets: Mapping[SecretAt, Secret],
        *,
        keep_password: bool,
        dropped: Collection[str] = (),
    ) -> None:
        """Gives a feed that was added by hand other settings. Its password stays where that is said, and its headers
        but for those that are given anew or `dropped` (by their names in small letters)."""
        row = {**_still_paused(feed, self._feed_row(wanted, secrets)), "declared": False}
        stood = self.connection.execute(select(feeds.c.headers).where(feeds.c.id == feed)).scalar_one()
        other = {*dropped, *(name.lower() for name, _ in wanted.headers)}
        row["headers"] = {k: v for k, v in stood.items() if k.lower() not in other} | row["headers"]
        kept = {"url"} | ({"password", "password_ref"} if keep_password else set())
        changed = {key: value for key, value in row.items() if key not in kept}
        self.connection.execute(update(feeds).where(feeds.c.id == feed).values(**changed))

    def remove_feed(self, feed: int) -> None:
        """It is not watched any more; what it brought stays."""
        self.connection.execute(update(feeds).where(feeds.c.id == feed).values(removed_at=func.now()))

    def poll_now(self, feed: int) -> None:
        """The feed is due; one that was given up, because it said that it is gone, is taken up again."""
        if not self._take_up_again(feed):
            standing = (feeds.c.id == feed) & feeds.c.removed_at.is_(None)
            due = {"next_poll_at": func.statement_timestamp(), "next_poll_why": "asked_for"}
            self.connection.execute(update(feeds).where(standing).values(**due))

    def feed_addresses(self) -> set[str]:
        """The keys of all addresses that are watched."""
        return set(self._feed_ids())

    def feed_names(self) -> set[str]:
        """The names that users gave to feeds."""
        named = feeds.c.removed_at.is_(None) & feeds.c.name.is_not(None)
        return set(self.connection.execute(select(feeds.c.name).where(named)).scalars())

    def _put(self, table: Table, known: int | None, row: Mapping[str, Any]) -> int:
        if known is None:
            # by the clock and not by the start of the transaction, which may have waited for a planner's end
            made = insert(table).values(created_at=func.clock_timestamp(), **row).returning(table.c.id)
            return int(self.connection.execute(made).scalar_one())
        self.connection.execute(update(table).where(table.c.id == known).values(**row))
        return known

    def _put_channel(
        self,
        channel: DeclaredChannel,
        secrets: Mapping[SecretAt, Secret],
        otherwise: Mapping[str, Any] | None = None,
    ) -> None:
        known = self._id(channels, channel.name)
        row = {**self._channel_row(channel, secrets), **(otherwise or {})}
        stored = self._put(channels, known, {**row, "options": self._options(known, channel)})
        circuits.mended(self.connection, ChannelId(stored))

    def _options(self, known: int | None, channel: DeclaredChannel) -> dict[str, str]:
        """What else the channel's kind needs stays as it is; the language that is the usual one is not kept."""
        before = self.connection.execute(select(channels.c.options).where(channels.c.id == known)).scalar()
        kept = {key: value for key, value in (before or {}).items() if key != "language"}
        return kept if channel.language == "en" else {**kept, "language": channel.language}

    def _remove(self, noun: str, key: str, ids: Mapping[str, int]) -> None:
        table = {"feed": feeds, "topic": topics, "channel": channels, "subscription": subscriptions}[noun]
        known = ids.get(address_key(key)) if noun == "feed" else self._id(table, key)
        if noun == "topic" and known is not None:
            topic_rows.remove(self.connection, known)
        else:
            gone = {"removed_at": func.now()}
            self.connection.execute(update(table).where(table.c.id == known).values(**gone))

    def _id(self, table: Table, name: str) -> int | None:
        standing = table.c.removed_at.is_(None) & (table.c.name == name)
        return self.connection.execute(select(table.c.id).where(standing)).scalar()

    def _feed_ids(self) -> dict[str, int]:
        rows = self.connection.execute(select(feeds.c.url, feeds.c.id).where(feeds.c.removed_at.is_(None)))
        return {address_key(url): number for url, number in rows}

    def _sealed(self, at: SecretAt, reference: Reference, value: Secret) -> tuple[str, str]:
        """The sealed value, and how the export writes its reference."""
        written = f"stored:{self.keys.fingerprint(value)}" if isinstance(reference, Given) else str(reference)
        return self.keys.seal(value, place_of(at)), written

    def _feed_row(self, feed: DeclaredFeed, secrets: Mapping[SecretAt, Secret]) -> dict[str, Any]:
        row: dict[str, Any] = {
            "url": feed.url,
            "name": feed.name or None,
            "every_s": feed.every_s,
            "every_least_s": feed.within_s[0] if feed.within_s else None,
            "every_most_s": feed.within_s[1] if feed.within_s else None,
            "pace": dict(feed.pace) or None,
            "full_text": feed.full_text,
            "tags": list(feed.tags),
            "language": feed.language,
            "username": feed.user or None,
            "password": None,
            "password_ref": None,
            "headers": {},
            "declared": True,
            "state": "new",  # what was given up is tried again once it is declared otherwise
            "notice": None,
            "next_poll_at": func.now(),
        }
        if feed.password is not None:
            at = ("feed", feed.url, "password")
            row["password"], row["password_ref"] = self._sealed(at, feed.password, secrets[at])
        for name, value in feed.headers:
            at = ("feed", feed.url, f"header {name}")
            sealed, written = self._sealed(at, value, secrets[at])
            row["headers"][name] = {"sealed": sealed, "ref": written}
        return row

    def _channel_row(self, channel: DeclaredChannel, secrets: Mapping[SecretAt, Secret]) -> dict[str, Any]:
        at = ("channel", channel.name, "target")
        target, target_ref = self._sealed(at, channel.target, secrets[at])
        row = {
            "name": channel.name,
            "kind": channel.kind,
            "target": target,
            "target_ref": target_ref,
            "fingerprint": self.keys.fingerprint(secrets[at]),
            "secret": None,
            "secret_ref": None,
            "credential": _credential(channel.kind),
            "declared": True,
            "address": None,  # known anew below, and another mailbox has refused nothing yet
            "bounces": 0,
            "bounced_on": None,
        }
        if channel.secret is not None:
            at = ("channel", channel.name, "secret")
            row["secret"], row["secret_ref"] = self._sealed(at, channel.secret, secrets[at])
        return row


def _still_paused(known: int | None, row: Mapping[str, Any]) -> dict[str, Any]:
    """A feed that somebody paused stays so, whatever else is changed about it."""
    pause = {} if known is None else {"state": case((feeds.c.state == "paused", "paused"), else_="new")}
    return {**row, **pause}


def _credential(kind: str) -> str | None:
    served = registry().get(kind)
    return served.credential if served else None


ReferenceOf = Callable[..., Reference]


def reference_in(written: str) -> Reference:
    """What an export's reference means."""
    scheme, _, rest = written.partition(":")
    match scheme:
        case "env":
            return FromEnv(rest)
        case "file":
            return FromFile(rest)
        case _:
            return Stored(rest)


def _feed(row: Any, reference: ReferenceOf) -> DeclaredFeed:
    at = ("feed", row.url, "password")
    return DeclaredFeed(
        url=row.url,
        name=row.name or "",
        every_s=row.every_s,
        within_s=(row.every_least_s, row.every_most_s) if row.every_least_s else None,
        pace=_pace(row.pace or {}),
        full_text=row.full_text,
        tags=tuple(row.tags),
        language=row.language,
        user=row.username or "",
        password=reference(at, row.password, row.password_ref) if row.password else None,
        headers=tuple(
            (
                name,
                reference(
                    ("feed", row.url, f"header {name}"),
                    kept["sealed"],
                    kept["ref"],
                    name.lower() in OPEN_HEADERS,
                ),
            )
            for name, kept in row.headers.items()
        ),
    )


def _pace(kept: Mapping[str, Any]) -> tuple[tuple[str, float], ...]:
    """In the order of the reference; a JSON object keeps none."""
    return tuple((key, kept[key]) for key in ("connections", "per_second", "burst") if key in kept)


def _topic(row: Any) -> DeclaredTopic:
    return DeclaredTopic(row.name, row.query, tuple(row.tags))


def channel_in(row: Any, reference: ReferenceOf) -> DeclaredChannel:
    """The channel of this row as a watchlist would declare it."""
    at = ("channel", row.name, "target")
    secret_at = ("channel", row.name, "secret")
    return DeclaredChannel(
        name=row.name,
        kind=row.kind,
        target=reference(at, row.target, row.target_ref, row.kind in OPEN_KINDS),
        secret=reference(secret_at, row.secret, row.secret_ref) if row.secret else None,
        language=row.options.get("language", "en"),
    )


_VALUES = ("timezone", "quiet", "wait_s", "group", "cap_per_hour", "on_doubt")
_LISTS = ("topics", "channels", "when", "sources", "languages", "urgent")


def _subscription(row: Any) -> DeclaredSubscription:
    stored = row._mapping
    facts: dict[str, Any] = {key: stored[key] for key in _VALUES}
    facts |= {key: tuple(stored[key]) for key in _LISTS}
    return DeclaredSubscription(name=row.name, **facts)


def _subscription_row(subscription: DeclaredSubscription) -> dict[str, Any]:
    if len(subscription.name.encode()) > LONGEST_NAME:
        raise BadInput(
            f"[[subscription]] {subscription.name[:60]}…: its default name is longer than {LONGEST_NAME:,} bytes; "
            "give it a `name`"
        )
    return {
        "name": subscription.name,
        **{key: getattr(subscription, key) for key in _VALUES},
        **{key: list(getattr(subscription, key)) for key in _LISTS},
        "declared": True,
        "changed_at": func.clock_timestamp(),
    }
