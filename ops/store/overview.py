"""Reads that span the world and the people: how everything does, in figures and in one sentence's facts."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from alerts.store.waiting import has_its_turn
from ops.disks import Disk, disks_of
from ops.fallen import LEAST, Fallen
from ops.self_test import SelfTest
from ops.store import remarks, self_test
from ops.store.balking import IN_VAIN
from ops.store.day import Day, Lag, day
from ops.store.fallen import fallen
from ops.store.listing import Wanted, list_deliveries
from ops.store.ticking import DEAD_AFTER_S
from worker.store import hosts

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Queue:
    """Work at a desk: how many rows are due, the age of the oldest in seconds, and how many were done in
    the last hour (feeds polled, articles read, matches planned, messages sent) and in the last ten seconds."""

    waiting: int
    oldest_s: float
    done_1h: int = 0
    done_10s: int = 0


@dataclass(frozen=True, slots=True)
class Pause:
    """A channel whose receiver asked us to wait: until when, and how many messages do."""

    until: datetime
    waiting: int


@dataclass(frozen=True, slots=True)
class Balk:
    """A channel that has taken nothing since then, without having asked for a pause: the latest reason, and how many
    messages are tried again."""

    since: datetime
    reason: str
    waiting: int


@dataclass(frozen=True, slots=True)
class Overview:
    """The state of an installation at one instant.

    `circuits` tells why a channel (by its name) or what channels share ("smtp") lets nothing through;
    `cooling` are sites that are left alone for a while (`worker.store.hosts.cooling`).
    `failed` and `in_doubt` count all that the ledger remembers, `failed_24h` and `in_doubt_24h` what is new; what is
    still looked for at its receiver is no doubt for a person yet.
    `silent`, `gapped`, `missed`, `recovered`, `pushed`: see `ops.store.remarks.in_all`.
    `signs` are the workers that showed a sign of life within the last day: seconds since the last one, and which
    queues they serve. `asked_s` is how long the database took to say all this. `unwell` is the feed that has begun to
    fail last: its name, address and error. `self_test` is None where it is off. `disks` are those of
    living workers, the fullest first; `fallen` are feeds that fail in unusual numbers.
    """

    at: datetime
    feeds: Mapping[str, int]
    desks: Mapping[str, Queue]
    seen_to_sent: Lag
    published_to_sent: Lag
    articles_24h: int
    matched_24h: int
    sent_24h: int
    held: int
    failed: int
    in_doubt: int
    circuits: Mapping[str, str]
    tick_age_s: float | None
    failed_24h: int = 0
    in_doubt_24h: int = 0
    pauses: Mapping[str, Pause] = field(default_factory=dict)
    silent: int = 0
    gapped: int = 0
    missed: int = 0
    recovered: int = 0
    pushed: int = 0
    cooling: Sequence[Row] = ()
    set_aside: int = 0
    pages_due_again: int = 0
    signs: Sequence[Row] = ()
    balking: Mapping[str, Balk] = field(default_factory=dict)
    asked_s: float = 0.0
    unwell: Row | None = None
    self_test: SelfTest | None = None
    disks: Sequence[Disk] = ()
    fallen: Fallen | None = None


# What a paused channel or site holds back is not late: the desk does what its receiver asked for. Nor is a message
# behind one that its receiver put off.
# statement_timestamp(), since an index is not looked up by clock_timestamp(), which may differ from row to row: with a
# million articles that was 2 s for the whole overview. The open states are asked for as their indexes divide them.
_DESKS = text(f"""
    SELECT 'poll' AS desk, due.waiting, due.since, asked.done, asked.lately
      FROM (SELECT count(*) AS waiting,
                   min(greatest(f.next_poll_at, nullif(f.lease_until, 'epoch'), h.paused_until)) AS since
            FROM feeds f LEFT JOIN hosts h ON h.site = f.site
            WHERE f.removed_at IS NULL AND f.state <> 'gone' AND f.state <> 'paused'
              AND f.next_poll_at <= statement_timestamp()
              AND coalesce(h.paused_until, 'epoch') <= statement_timestamp()) AS due,
           (SELECT count(*) FILTER (WHERE last_polled_at > statement_timestamp() - interval '1 hour') AS done,
                   count(*) FILTER (WHERE last_polled_at > statement_timestamp() - interval '10 s') AS lately
            FROM feeds WHERE removed_at IS NULL) AS asked
    UNION ALL
    SELECT 'read', count(*), min(seen_at),
           (SELECT count(*) FROM articles WHERE read_at > statement_timestamp() - interval '1 hour'),
           (SELECT count(*) FROM articles WHERE read_at > statement_timestamp() - interval '10 s')
      FROM entries WHERE state = 'new'
    UNION ALL
    SELECT 'plan', count(*), min(created_at),
           (SELECT count(*) FROM matches m JOIN articles r ON r.id = m.article_id
             WHERE m.state = 'planned' AND r.read_at > statement_timestamp() - interval '1 hour'),
           (SELECT count(*) FROM matches m JOIN articles r ON r.id = m.article_id
             WHERE m.state = 'planned' AND r.read_at > statement_timestamp() - interval '10 s')
      FROM matches WHERE state = 'new'
    UNION ALL
    SELECT 'send', count(*), min(greatest(d.due_at, c.pause_until)),
           (SELECT count(*) FROM deliveries
             WHERE state = 'sent' AND ended_at > statement_timestamp() - interval '1 hour'),
           (SELECT count(*) FROM deliveries
             WHERE state = 'sent' AND ended_at > statement_timestamp() - interval '10 s')
      FROM (SELECT id, channel_id, due_at, thread_of FROM deliveries
             WHERE state IN ('collecting', 'ready', 'waiting')
            UNION ALL SELECT id, channel_id, due_at, thread_of FROM deliveries WHERE state = 'sending') AS d
      JOIN channels c ON c.id = d.channel_id
      WHERE greatest(d.due_at, c.pause_until) <= statement_timestamp() AND {has_its_turn("d")}
""")  # noqa: S608  no foreign text

_FEEDS = text("""
    SELECT state, count(*) AS n FROM feeds WHERE removed_at IS NULL GROUP BY state
""")

_UNWELL = text("""
    SELECT coalesce(name, title) AS name, url, last_error FROM feeds
    WHERE removed_at IS NULL AND state IN ('failing', 'gone')
    ORDER BY failures, last_polled_at DESC NULLS LAST LIMIT 1
""")

_COUNTS = text("""
    SELECT clock_timestamp() AS at,
      (SELECT count(*) FROM deliveries WHERE state = 'held') AS held,
      (SELECT count(*) FROM deliveries WHERE state = 'failed') AS failed,
      (SELECT count(*) FROM deliveries WHERE state = 'unknown' AND ended_at IS NOT NULL) AS in_doubt,
      (SELECT count(*) FROM deliveries
        WHERE state = 'failed' AND ended_at > statement_timestamp() - interval '24 hours') AS failed_24h,
      (SELECT count(*) FROM deliveries
        WHERE state = 'unknown' AND ended_at > statement_timestamp() - interval '24 hours') AS in_doubt_24h,
      (SELECT extract(epoch FROM statement_timestamp() - at)::float FROM heartbeats
        WHERE part = 'tick') AS tick_age_s,
      (SELECT count(*) FROM entries WHERE state = 'failed') AS set_aside,
      (SELECT count(*) FROM entries WHERE page_due_at IS NOT NULL) AS pages_due_again
""")

_SIGNS = text("""
    SELECT part, extract(epoch FROM statement_timestamp() - at)::float AS age_s, says->'queues' AS queues,
           says->>'name' AS worker, says->>'host' AS host, says->'disk' AS disk
    FROM heartbeats WHERE part LIKE 'worker:%' AND at > statement_timestamp() - interval '1 day'
    ORDER BY at DESC LIMIT 500
""")

_CIRCUITS = text("""
    SELECT k.name, coalesce(c.name, regexp_replace(k.name, '^sender:', '')) AS stops, c.kind, k.reason,
           k.opened_at, nullif(k.probe_at, 'infinity') AS probe_at, k.probes,
           (SELECT count(*) FROM deliveries d WHERE d.held_by = k.name AND d.state = 'held') AS held
    FROM circuits k LEFT JOIN channels c ON 'channel:' || c.id = k.name
    ORDER BY k.opened_at, k.name
""")

# What waits for a channel whose circuit is open is held; a channel that nobody writes to any more troubles nobody.
_BALKING = text(f"""
    SELECT c.name, b.* FROM channels c CROSS JOIN LATERAL {IN_VAIN} AS b
    WHERE c.nothing_since IS NOT NULL AND c.removed_at IS NULL ORDER BY c.name LIMIT 50
""")  # noqa: S608  every word is ours

_PAUSES = text("""
    SELECT c.name, c.pause_until, count(d.id) AS waiting
    FROM channels c JOIN deliveries d ON d.channel_id = c.id AND d.due_at <= c.pause_until
         AND d.state IN ('collecting', 'ready', 'waiting')
    WHERE c.pause_until > statement_timestamp() AND c.asked_from IS NOT NULL AND c.removed_at IS NULL
    GROUP BY c.id ORDER BY c.name
""")


_ONE_MOMENT = text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
# To start processes that help takes longer than what a page asks for, and where all processors are busy much longer.
_BY_ITSELF = text("SET LOCAL max_parallel_workers_per_gather = 0")


def at_one_moment(connection: Connection) -> None:
    """Has everything that is read in this transaction be of one moment; it must be the first thing asked in it."""
    connection.execute(_ONE_MOMENT)
    connection.execute(_BY_ITSELF)


def overview(connection: Connection) -> Overview:
    """How the installation does right now, and how it did in the last 24 hours."""
    now = standing(connection)
    whole = with_day(now, day(connection))
    return replace(whole, asked_s=_since(connection, now.at))


def with_day(now: Overview, day: Day) -> Overview:
    """This moment with the day before it."""
    return replace(
        now,
        articles_24h=day.articles,
        matched_24h=day.matched,
        sent_24h=day.sent,
        seen_to_sent=day.seen_to_sent,
        published_to_sent=day.published_to_sent,
    )


def standing(connection: Connection) -> Overview:
    """How the installation does right now, without the figures of the day: what a verdict needs, and cheap."""
    counts = dict(connection.execute(_COUNTS).mappings().one()) | remarks.in_all(connection)
    feeds = {row.state: row.n for row in connection.execute(_FEEDS)}
    signs = _rows(connection, _SIGNS)
    now = Overview(
        **counts,
        feeds=feeds,
        unwell=next(iter(_rows(connection, _UNWELL)), None) if feeds.keys() & {"failing", "gone"} else None,
        desks=desks(connection, counts["at"]),
        seen_to_sent=Lag(None, None, 0),
        published_to_sent=Lag(None, None, 0),
        articles_24h=0,
        matched_24h=0,
        sent_24h=0,
        circuits={row["stops"]: row["reason"] for row in circuit_list(connection)},
        pauses={row.name: Pause(row.pause_until, row.waiting) for row in connection.execute(_PAUSES)},
        balking={
            row.name: Balk(row.takes_nothing_since, row.takes_nothing_why, row.in_vain)
            for row in connection.execute(_BALKING)
        },
        cooling=hosts.cooling(connection),
        signs=signs,
        disks=disks_of(sign for sign in signs if sign["age_s"] <= DEAD_AFTER_S),
        fallen=fallen(connection) if feeds.get("failing", 0) >= LEAST else None,
        self_test=self_test.standing(connection, counts["at"]),
    )
    return replace(now, asked_s=_since(connection, now.at))


def _since(connection: Connection, at: datetime) -> float:
    """Seconds since a moment, by the clock that said it."""
    now: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
    return (now - at).total_seconds()


def desks(connection: Connection, at: datetime) -> Mapping[str, Queue]:
    """What waits at each desk at this instant, for how long, and what it did in the last hour."""
    return {row.desk: _queue(row, at) for row in connection.execute(_DESKS)}


def _queue(row: Any, at: datetime) -> Queue:
    age = (at - row.since).total_seconds() if row.since is not None else 0.0
    return Queue(row.waiting, round(max(0.0, age), 3), row.done, row.lately)


_FEED_LIST = text("""
    SELECT f.id, f.url, f.found_url, coalesce(f.name, f.title) AS name, f.state, f.every_s,
           greatest(f.next_poll_at, h.paused_until) AS next_poll_at, f.next_poll_why, f.notice, f.site,
           CASE WHEN h.paused_until > statement_timestamp() THEN h.paused_until END AS cooling_until,
           CASE WHEN h.paused_until > statement_timestamp() THEN h.paused_why END AS cooling_why,
           f.last_polled_at, f.last_ok_at, f.last_status, f.last_error, f.failures,
           f.tags, f.language, f.declared, f.paused_at, f.paused_by,
           (SELECT count(*) FROM entries e WHERE e.feed_id = f.id) AS entries,
           (SELECT max(e.seen_at) FROM entries e WHERE e.feed_id = f.id) AS last_entry_at,
           (SELECT count(*) FROM entries e WHERE e.feed_id = f.id AND e.state = 'failed') AS set_aside
    FROM feeds f LEFT JOIN hosts h ON h.site = f.site WHERE f.removed_at IS NULL
    ORDER BY array_position(ARRAY['failing', 'gone'], f.state) NULLS LAST,
             f.id IN (SELECT feed_id FROM habits WHERE silent_since IS NOT NULL) DESC,
             f.id IN (SELECT feed_id FROM gaps
                      WHERE state <> 'filled' AND until > statement_timestamp() - interval '24 hours') DESC,
             f.state = 'new' DESC, coalesce(f.name, f.title, f.url)
    LIMIT :limit
""")

_ATTEMPTS = text("""
    SELECT delivery_id, n, started_at, ended_at, verdict, reason, answer, elapsed_s FROM attempts
    WHERE delivery_id = ANY(:deliveries) ORDER BY delivery_id, n
""")

# The newest deliveries are enough to find the newest articles, and an index gives them at any size.
_TOLD = text("""
    WITH newest AS (SELECT id FROM deliveries WHERE state <> 'suppressed' AND channel_id <> -1
                    ORDER BY id DESC LIMIT 10 * :limit),
    told AS (SELECT da.article_id, max(da.delivery_id) AS newest FROM delivery_articles da
             JOIN newest ON newest.id = da.delivery_id GROUP BY da.article_id ORDER BY 2 DESC LIMIT :limit)
    SELECT r.id, r.title, r.url, r.source, r.language, r.published_at, r.seen_at, r.summary_only, r.backlog
    FROM told JOIN articles r ON r.id = told.article_id ORDER BY told.newest DESC
""")

_EVIDENCE = text("""
    SELECT DISTINCT m.id, m.article_id, t.name AS topic, m.hits, m.quote
    FROM matches m JOIN topics t ON t.id = m.topic_id JOIN alerts a ON a.match_id = m.id
    WHERE m.article_id = ANY(:articles) AND a.delivery_id IS NOT NULL
    ORDER BY m.id
""")

_SENDINGS = text("""
    SELECT da.article_id, d.id, d.kind, d.state, d.reason, d.due_at, d.ended_at, d.possible_repeat,
           d.waited_s, c.name AS channel
    FROM delivery_articles da
    JOIN deliveries d ON d.id = da.delivery_id JOIN channels c ON c.id = d.channel_id
    WHERE da.article_id = ANY(:articles) AND d.state <> 'suppressed'
    ORDER BY d.id
""")


def feed_list(connection: Connection, limit: int = 10_000) -> Sequence[Row]:
    """All feeds with their state, those that need a look first, and with what is remarkable about them (`gap`,
    `silence`, `websub`; None where nothing is)."""
    rows = _rows(connection, _FEED_LIST, limit=limit)
    said = remarks.of_feeds(connection, [row["id"] for row in rows])
    nothing = {"gap": None, "silence": None, "websub": None}
    return [{**row, **nothing, **said[row["id"]]} for row in rows]


def latest_deliveries(connection: Connection, limit: int = 50, state: str = "") -> Sequence[Row]:
    """The newest deliveries (of one state) with the article they tell of (the newest one, for a bundle) and
    their topics."""
    return list_deliveries(connection, Wanted(state=state), limit)


def attempts_of(connection: Connection, delivery: int) -> Sequence[Row]:
    """Every attempt at a delivery, in order."""
    return _rows(connection, _ATTEMPTS, deliveries=[delivery])


def attempts_among(connection: Connection, deliveries: Collection[int]) -> Mapping[int, Sequence[Row]]:
    """Every attempt at each of these deliveries, in order."""
    return _grouped(_rows(connection, _ATTEMPTS, deliveries=list(deliveries)), "delivery_id")


def circuit_list(connection: Connection) -> Sequence[Row]:
    """What lets nothing through, since when and why, the next probe, and how many messages it holds."""
    return _rows(connection, _CIRCUITS)


def latest_alerts(connection: Connection, limit: int = 12) -> Sequence[Row]:
    """The articles that people heard of or will hear of, newest first: each with `evidence` (topic, hits and
    quote of each match) and `sendings` (what became of it on each channel)."""
    articles = _rows(connection, _TOLD, limit=limit)
    ids = [article["id"] for article in articles]
    evidence = _grouped(_rows(connection, _EVIDENCE, articles=ids), "article_id")
    sendings = _grouped(_rows(connection, _SENDINGS, articles=ids), "article_id")
    return [
        {**article, "evidence": evidence.get(article["id"], []), "sendings": sendings.get(article["id"], [])}
        for article in articles
    ]


def _rows(connection: Connection, query: Any, **values: Any) -> list[Row]:
    return [dict(row) for row in connection.execute(query, values).mappings()]


def _grouped(rows: Sequence[Row], key: str) -> dict[Any, list[Row]]:
    groups: dict[Any, list[Row]] = {}
    for row in rows:
        groups.setdefault(row[key], []).append(row)
    return groups
