"""Everything that is sealed, in one list: which column, and the place that is sealed into each value."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, and_, delete, func, select, text, tuple_, update

from alerts.store.schema import channels, kept_secrets
from worker.model import FeedId
from worker.secrets import KeyRing, Secret
from worker.store import websub as hubs
from worker.store.schema import feeds, websub

_PAGE = 200
_LOCK = 0x4B455953  # "KEYS": one rotation at a time


@dataclass(frozen=True, slots=True)
class Kept:
    """One sealed value where it lies: `name` within a column of many (a header's), else ""."""

    table: Table
    column: str
    key: tuple[Any, ...]
    place: str
    sealed: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of sealed values. `place` makes a row's place; `many` if it holds several by name, each `{sealed, …}`,
    whose place has the name besides."""

    table: Table
    column: str
    place: Callable[[Any], str]
    many: bool = False

    def values_in(self, row: Any) -> Iterator[Kept]:
        """The row's sealed values."""
        held = row._mapping[self.column]
        key = tuple(row._mapping[each.name] for each in self.table.primary_key.columns)
        if self.many:
            for name, kept in held.items():
                yield Kept(self.table, self.column, key, f"{self.place(row)} {name}", kept["sealed"], name)
        elif held is not None:
            yield Kept(self.table, self.column, key, self.place(row), held)


SEALED = (
    Column(kept_secrets, "sealed", lambda row: f"kept:{row.name}"),
    Column(channels, "target", lambda row: f"channel:{row.name}:target"),
    Column(channels, "secret", lambda row: f"channel:{row.name}:secret"),
    Column(feeds, "password", lambda row: f"feed:{row.url}:password"),
    Column(feeds, "headers", lambda row: f"feed:{row.url}:header", many=True),
    Column(websub, "token", lambda row: hubs.place(FeedId(row.feed_id), "token")),
    Column(websub, "secret", lambda row: hubs.place(FeedId(row.feed_id), "secret")),
)


def alone(connection: Connection) -> bool:
    """Whether the caller is the only one who rotates keys, until its transaction ends."""
    return bool(connection.execute(select(func.pg_try_advisory_xact_lock(_LOCK))).scalar_one())


def every_value(connection: Connection) -> Iterator[Kept]:
    """All sealed values, of removed rows too, in pieces."""
    for column in SEALED:
        yield from _values(connection, column)


def _values(connection: Connection, column: Column) -> Iterator[Kept]:
    keys = tuple(column.table.primary_key.columns)
    last: tuple[Any, ...] | None = None
    while True:
        page = select(column.table).order_by(*keys).limit(_PAGE)
        if last is not None:
            page = page.where(tuple_(*keys) > tuple_(*last))
        rows = connection.execute(page).all()
        for row in rows:
            yield from column.values_in(row)
        if len(rows) < _PAGE:
            return
        last = tuple(rows[-1]._mapping[key.name] for key in keys)


def sample(connection: Connection, most: int = 5) -> list[Kept]:
    """A few sealed values of each column, the newest."""
    found: list[Kept] = []
    for column in SEALED:
        newest = select(column.table).order_by(*(key.desc() for key in column.table.primary_key.columns))
        held = column.table.c[column.column]
        there = held.is_not(None) if not column.many else held != text("'{}'::jsonb")
        rows = connection.execute(newest.where(there).limit(most))
        found += [kept for row in rows for kept in column.values_in(row)]
    return found


def reseal(connection: Connection, kept: Kept, keys: KeyRing) -> bool:
    """Seals the value with the first key; False if somebody has changed it meanwhile, who sealed it anew."""
    column = kept.table.c[kept.column]
    fresh = keys.seal(keys.open(kept.sealed, kept.place), kept.place)
    if kept.name:
        path = [kept.name, "sealed"]
        same = column[kept.name]["sealed"].astext == kept.sealed
        change: Any = func.jsonb_set(column, path, func.to_jsonb(fresh))
    else:
        same, change = column == kept.sealed, fresh
    changed = update(kept.table).where(_here(kept), same).values({kept.column: change})
    return connection.execute(changed).rowcount == 1


def _here(kept: Kept) -> Any:
    pairs = zip(kept.table.primary_key.columns, kept.key, strict=True)
    return and_(*(column == value for column, value in pairs))


def fingerprint_anew(connection: Connection, keys: KeyRing) -> int:
    """The fingerprints of channels' targets under the first key, where they are of another; returns how many."""
    count = 0
    rows = connection.execute(
        select(channels.c.id, channels.c.name, channels.c.target, channels.c.fingerprint)
    )
    for row in rows.all():
        place = f"channel:{row.name}:target"
        if keys.opener(row.target, place) is None:
            continue
        now = keys.fingerprint(keys.open(row.target, place))
        if now != row.fingerprint:
            same = (channels.c.id == row.id) & (channels.c.target == row.target)
            connection.execute(update(channels).where(same).values(fingerprint=now))
            count += 1
    return count


def give_up(connection: Connection, kept: Kept, keys: KeyRing) -> None:
    """Lets go of a value that no key opens: the channel counts as removed and leads nowhere, the feed goes on without
    it, the hub is asked anew."""
    here = _here(kept)
    if kept.table is channels and kept.column == "target":
        gone = func.coalesce(channels.c.removed_at, func.now())
        nowhere = keys.seal(Secret(""), kept.place)
        connection.execute(update(channels).where(here).values(removed_at=gone, target=nowhere))
    elif kept.table is channels:
        gone = func.coalesce(channels.c.removed_at, func.now())
        connection.execute(update(channels).where(here).values(removed_at=gone, secret=None))
    elif kept.table is websub:
        connection.execute(delete(websub).where(here))
    elif kept.name:
        connection.execute(update(feeds).where(here).values(headers=feeds.c.headers.op("-")(kept.name)))
    else:
        connection.execute(update(feeds).where(here).values(password=None, password_ref=None))


def opened_by(keys: KeyRing, values: Iterator[Kept]) -> tuple[Mapping[int, int], list[str]]:
    """How many values each key of the ring opens (0: the one that seals now), and the places of those that none
    does."""
    counts: dict[int, int] = {}
    lost: list[str] = []
    for kept in values:
        number = keys.opener(kept.sealed, kept.place)
        if number is None:
            lost.append(kept.place)
        else:
            counts[number] = counts.get(number, 0) + 1
    return counts, lost
