"""The pace of a site, shared by all workers: one row per host and port, locked while turns are taken.

Who locks several sites does it in the order of their names, so that two never wait for each other.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.dialects.postgresql import insert as upsert

from worker.hosts import CRAWL_DELAY_MOST_S, Host, open_at
from worker.pace import Pace
from worker.store.many import update_many
from worker.store.schema import hosts

USUAL = Pace()

_MEET = text("""
    INSERT INTO hosts (site)
    SELECT site FROM unnest(CAST(:sites AS text[])) AS wanted (site)
    WHERE NOT EXISTS (SELECT FROM hosts WHERE hosts.site = wanted.site) ORDER BY site
    ON CONFLICT DO NOTHING
""")

# The clock is read outside of the locking part: a moment from before the wait for a lock would be an old one.
_LOCK = text("""
    WITH locked AS MATERIALIZED (
        SELECT * FROM hosts WHERE site = ANY(:sites) ORDER BY site FOR UPDATE)
    SELECT locked.*, clock_timestamp() AS now, own.connections, own.per_second, own.burst
    FROM locked LEFT JOIN LATERAL (
        SELECT min((pace->>'connections')::int) AS connections, min((pace->>'per_second')::float) AS per_second,
               min((pace->>'burst')::int) AS burst
        FROM feeds WHERE feeds.site = locked.site AND pace IS NOT NULL AND removed_at IS NULL) own ON true
""")

# The feeds are counted for all sites in one pass, and in none where no site is paused.
_COOLING = text("""
    WITH paused AS MATERIALIZED (
        SELECT site, paused_until, paused_why FROM hosts
        WHERE paused_until > 'epoch' AND paused_until > statement_timestamp())
    SELECT paused.site, paused.paused_until AS until, paused.paused_why AS why, count(f.id) AS feeds
    FROM paused LEFT JOIN feeds f ON f.site = paused.site AND f.removed_at IS NULL
    GROUP BY 1, 2, 3 ORDER BY 2, 1
""")


@dataclass(frozen=True, slots=True)
class Sites:
    """The locked rows of some sites, and the database's time."""

    hosts: dict[str, Host]
    now: datetime


def meet(connection: Connection, sites: Collection[str]) -> None:
    """Makes the rows of sites that were never asked. Before anything is locked, or two could wait for each other."""
    if sites:
        connection.execute(_MEET, {"sites": sorted(sites)})


def lock(connection: Connection, sites: Collection[str]) -> Sites:
    """The rows of these sites, held until the transaction ends; a site that has none is missing in the answer."""
    rows = connection.execute(_LOCK, {"sites": sorted(sites)}).mappings().all()
    found = {row["site"]: _host(row) for row in rows}
    now = max((row["now"] for row in rows), default=None) or connection.execute(_NOW).scalar_one()
    return Sites(found, now)


_NOW = text("SELECT clock_timestamp()")


def save(connection: Connection, changed: Iterable[Host], now: datetime) -> None:
    """Writes what became of locked rows."""
    update_many(connection, hosts, ("site",), [_row(host, now) for host in changed])


def slow_down(connection: Connection, site: str, seconds: float | None) -> None:
    """From now on the site is asked one request at a time, so many seconds apart: its robots.txt's Crawl-delay, at
    most a minute. None or 0: it names none (any more)."""
    delay = min(seconds, CRAWL_DELAY_MOST_S) if seconds and seconds > 0 else None
    connection.execute(
        upsert(hosts)
        .values(site=site, delay_s=delay)
        .on_conflict_do_update(index_elements=["site"], set_={"delay_s": delay})
    )


def cooling(connection: Connection) -> Sequence[Mapping[str, Any]]:
    """The sites that are left alone for a while: until when, why, and how many feeds wait with them."""
    return [dict(row) for row in connection.execute(_COOLING).mappings()]


def forget_idle(connection: Connection) -> None:
    """Drops the rows of sites that were not asked for a month; what their robots.txt says is asked again first."""
    connection.execute(_FORGET)


_FORGET = text("""
    DELETE FROM hosts
    WHERE greatest(due_at, paused_until) < statement_timestamp() - interval '30 days' AND delay_s IS NULL
""")


def _host(row: Mapping[Any, Any]) -> Host:
    return Host(
        site=row["site"],
        due_at=row["due_at"],
        leases=tuple(row["leases"]),
        delay_s=row["delay_s"],
        paused_until=row["paused_until"],
        paused_why=row["paused_why"],
        ok_at=row["ok_at"],
        refusals=row["refusals"],
        pace=_pace(row),
    )


def _pace(row: Mapping[Any, Any]) -> Pace:
    """The gentlest of what the users set for feeds of the site; what none of them sets is as usual."""
    if row["connections"] is None and row["per_second"] is None and row["burst"] is None:
        return USUAL
    return Pace(
        connections=row["connections"] or USUAL.connections,
        per_second=row["per_second"] or USUAL.per_second,
        burst=row["burst"] or USUAL.burst,
    )


def _row(host: Host, now: datetime) -> dict[str, Any]:
    return {
        "site": host.site,
        "due_at": host.due_at,
        "leases": host.leases,
        "open_at": open_at(host, now),
        "paused_until": host.paused_until,
        "paused_why": host.paused_why,
        "ok_at": host.ok_at,
        "refusals": host.refusals,
    }
