"""What the pages of feeds show: those that are asked for, in trouble first, and one with everything that is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, text

from ops.store import remarks
from ops.store.audit_log import noted

Row = Mapping[str, Any]

DAYS, DAYS_OF_ONE = 14, 30
LATEST = 20
"""So many of a feed's latest articles say how well its pages can be read."""
TAGS_OFFERED = 200
_ENTRIES, _GAPS, _NOTES = 25, 10, 10

RANKS = ("failing", "gone", "silent", "gap", "new", "paused", "ok")
"""In which order feeds are listed: the more harmful first."""

_RANK = """
    CASE WHEN f.state = 'failing' THEN 0 WHEN f.state = 'gone' THEN 1
         WHEN f.state = 'paused' THEN 5
         WHEN f.id IN (SELECT feed_id FROM habits WHERE silent_since IS NOT NULL) THEN 2
         WHEN f.id IN (SELECT feed_id FROM gaps WHERE state <> 'filled'
                       AND until > statement_timestamp() - interval '24 hours') THEN 3
         WHEN f.state = 'new' THEN 4 ELSE 6 END
"""

# All feeds are looked at, once and by few columns: in which order they come cannot be read from an index. With
# 10,000 feeds that is some 20 ms.
_CHOSEN = """
    WITH listed AS MATERIALIZED (
        SELECT f.id, {rank} AS rank, lower(coalesce(f.name, f.title, f.site, '')) AS called
        FROM feeds f WHERE f.removed_at IS NULL {narrowed})
    SELECT id, rank FROM listed WHERE {ranks} {behind} ORDER BY rank, called, id LIMIT :limit
"""
_BEHIND = """
    AND (rank, called, id) > (:rank, (SELECT lower(coalesce(name, title, site, '')) FROM feeds WHERE id = :id), :id)
"""

_COUNTS = text(f"""
    SELECT rank, count(*) AS n FROM (SELECT {_RANK} AS rank FROM feeds f WHERE f.removed_at IS NULL) AS ranked
    GROUP BY rank
""")  # noqa: S608  our own words alone

_FACTS = """
    SELECT f.id, f.url, f.found_url, f.site, coalesce(f.name, f.title) AS name, f.state, f.every_s, f.every_least_s,
           f.every_most_s, f.full_text, greatest(f.next_poll_at, h.paused_until) AS next_poll_at, f.next_poll_why,
           f.notice, CASE WHEN h.paused_until > statement_timestamp() THEN h.paused_until END AS cooling_until,
           CASE WHEN h.paused_until > statement_timestamp() THEN h.paused_why END AS cooling_why,
           f.last_polled_at, f.last_ok_at, f.last_status, f.last_error, f.failures, f.polls, f.rhythm, f.tags,
           f.language, f.declared, f.created_at, f.pushed_until, f.paused_at, f.paused_by,
           (SELECT e.seen_at FROM entries e WHERE e.feed_id = f.id ORDER BY e.seen_at DESC LIMIT 1) AS last_entry_at
           {more}
    FROM feeds f LEFT JOIN hosts h ON h.site = f.site
    WHERE f.id = ANY(:ids) AND f.removed_at IS NULL
"""
_OF_ONE = """
    , f.title, f.name AS own_name, f.pace, f.username IS NOT NULL AS logs_in,
      ARRAY(SELECT jsonb_object_keys(f.headers)) AS header_names, h.delay_s AS crawl_delay_s, h.refusals,
      (SELECT count(*) FROM entries e WHERE e.feed_id = f.id AND e.state = 'failed') AS set_aside,
      (SELECT count(*) FROM feeds o WHERE o.site = f.site AND o.removed_at IS NULL) AS on_site
"""
_LISTED, _ONE = text(_FACTS.format(more="")), text(_FACTS.format(more=_OF_ONE))

_PER_DAY = text("""
    SELECT feed_id, (statement_timestamp()::date - seen_at::date) AS ago, count(*) AS n FROM entries
    WHERE feed_id = ANY(:ids) AND seen_at >= statement_timestamp()::date - (:days - 1) * interval '1 day'
    GROUP BY 1, 2
""")

_QUALITY = text("""
    SELECT asked.id, count(*) AS n, count(*) FILTER (WHERE NOT a.summary_only) AS in_full
    FROM unnest(CAST(:ids AS bigint[])) AS asked(id)
    CROSS JOIN LATERAL (SELECT e.article_id FROM entries e WHERE e.feed_id = asked.id
                        ORDER BY e.seen_at DESC LIMIT :latest) AS e
    JOIN articles a ON a.id = e.article_id
    GROUP BY asked.id
""")

# Of ten thousand feeds most have the same few tags together: those are taken apart once.
_TAGS = text("""
    SELECT DISTINCT unnest(tags) AS tag FROM (SELECT DISTINCT tags FROM feeds WHERE removed_at IS NULL) AS together
    ORDER BY tag LIMIT :limit
""")

_LATEST_ENTRIES = text("""
    SELECT e.id, e.title, e.link, e.published_at, e.seen_at, e.backlog, e.state, e.reason, e.page_due_at, e.article_id,
           a.language, a.summary_only, a.page_problem, a.feed_id <> e.feed_id AS known_elsewhere,
           ARRAY(SELECT t.name FROM matches m JOIN topics t ON t.id = m.topic_id WHERE m.article_id = e.article_id
                 ORDER BY t.name LIMIT 6) AS topics
    FROM entries e LEFT JOIN articles a ON a.id = e.article_id
    WHERE e.feed_id = :id ORDER BY e.seen_at DESC, e.id DESC LIMIT :limit
""")

_LATEST_GAPS = text("""
    SELECT since, until, at_most, state, recovered, how, reason FROM gaps WHERE feed_id = :id
    ORDER BY until DESC LIMIT :limit
""")

_NAMED_BY = text("""
    SELECT name FROM subscriptions
    WHERE removed_at IS NULL AND (:name = ANY(sources) OR '-' || :name = ANY(sources)) ORDER BY name LIMIT 20
""")


@dataclass(frozen=True, slots=True)
class FeedsWanted:
    """Which feeds: of these ranks (all where none is named), with this tag, with these words in their name, title or
    site; `after` is the last one that was shown, as its rank and number."""

    ranks: tuple[str, ...] = ()
    tag: str = ""
    words: str = ""
    after: tuple[int, int] | None = None


def list_feeds(connection: Connection, wanted: FeedsWanted, limit: int) -> Sequence[Row]:
    """Those feeds, in trouble first, each with its `rank` among RANKS, its `days` (entries of each of the last 14, the
    newest last), its `quality` (how many of its latest articles were read from their page) and what is remarkable
    (`gap`, `silence`, `websub`)."""
    chosen = _chosen(connection, wanted, limit)
    ids = list(chosen)
    facts = {row["id"]: row for row in _facts(connection, ids, _LISTED, DAYS)}
    return [{**facts[feed], "rank": chosen[feed]} for feed in ids if feed in facts]


def _chosen(connection: Connection, wanted: FeedsWanted, limit: int) -> dict[int, int]:
    """The numbers of the feeds in their order, with their ranks."""
    narrowed, values = "", dict[str, Any](limit=limit)
    if wanted.tag:
        narrowed += " AND :tag = ANY(f.tags)"
        values["tag"] = wanted.tag
    for n, word in enumerate(wanted.words.split()[:8]):
        like = f":word{n}"
        narrowed += f" AND (f.name ILIKE {like} OR f.title ILIKE {like} OR f.site ILIKE {like})"
        values[f"word{n}"] = f"%{_literally(word)}%"
    ranks = "true"
    if wanted.ranks:
        ranks = "rank = ANY(:ranks)"
        values["ranks"] = [RANKS.index(rank) for rank in wanted.ranks]
    behind = ""
    if wanted.after is not None:
        behind = _BEHIND
        values["rank"], values["id"] = wanted.after
    query = _CHOSEN.format(rank=_RANK, narrowed=narrowed, ranks=ranks, behind=behind)
    return {row.id: row.rank for row in connection.execute(text(query), values)}


def _literally(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _facts(connection: Connection, ids: Sequence[int], query: Any, days: int) -> list[dict[str, Any]]:
    if not ids:
        return []
    asked = {"ids": list(ids)}
    nothing = {"gap": None, "silence": None, "websub": None}
    said = remarks.of_feeds(connection, ids)
    per_day: dict[int, list[int]] = {feed: [0] * days for feed in ids}
    for counted in connection.execute(_PER_DAY, {**asked, "days": days}):
        if 0 <= counted.ago < days:
            per_day[counted.feed_id][days - 1 - counted.ago] = counted.n
    latest = {**asked, "latest": LATEST}
    quality = {row.id: (row.in_full, row.n) for row in connection.execute(_QUALITY, latest)}
    found = []
    for row in connection.execute(query, asked).mappings():
        feed = row["id"]
        found.append({**row, **nothing, **said[feed], "days": per_day[feed], "quality": quality.get(feed)})
    return found


def counts_by_rank(connection: Connection) -> Mapping[str, int]:
    """How many feeds there are of each rank."""
    return {RANKS[row.rank]: row.n for row in connection.execute(_COUNTS)}


def tags_of_feeds(connection: Connection) -> Sequence[str]:
    """The tags that feeds have, the first by the alphabet."""
    return list(connection.execute(_TAGS, {"limit": TAGS_OFFERED}).scalars())


def one_feed(connection: Connection, feed: int) -> Row | None:
    """A feed with its latest `entries` and what became of each, its `gaps`, and the `notes` of who changed it."""
    found = _facts(connection, [feed], _ONE, DAYS_OF_ONE)
    if not found:
        return None
    entries = connection.execute(_LATEST_ENTRIES, {"id": feed, "limit": _ENTRIES}).mappings()
    gaps = connection.execute(_LATEST_GAPS, {"id": feed, "limit": _GAPS}).mappings()
    return {
        **found[0],
        "entries": [dict(row) for row in entries],
        "gaps": [dict(row) for row in gaps],
        "notes": _notes_of(connection, found[0]),
    }


def _notes_of(connection: Connection, row: Row) -> Sequence[Row]:
    """Who changed the feed: by hand, where the log calls it as `ops.adding.name_of` does, and by applying a file, where
    it is called by its address."""
    by_hand = row["own_name"] or f"{urlsplit(row['url']).hostname or ''} (feed {row['id']})"
    found = [
        note
        for name in (by_hand, row["url"])
        for note in noted(connection, limit=_NOTES, kind="feed", name=name)
    ]
    return sorted(found, key=lambda note: note["id"], reverse=True)[:_NOTES]


def named_by(connection: Connection, name: str) -> Sequence[str]:
    """The subscriptions whose `sources` name a feed that is called so."""
    return list(connection.execute(_NAMED_BY, {"name": name}).scalars())
