"""What the self-test keeps: the rows that its article goes by, which the desks alone see, and its rounds.

The article's own rows (entry, article, match, alert, delivery) stand like anybody's while it is under way, and go when
it is through.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from alerts.store.schema import channels, subscriptions
from alerts.store.tidying import tidy_alone
from ops.self_test import Round, SelfTest, Traces, follow
from ops.store.schema import self_tests
from ops.store.topics import NEXT_CHANGE
from worker.secrets import KeyRing, Secret
from worker.self_test import FEED, HOOK, HOST, OURS, WORD, feed_at
from worker.store.schema import feeds, topics

NAME = "Self-test"
_POLLED_AGAIN_S = 300.0  # a round has the feed polled at once; this is for a poll that failed
_KEPT = timedelta(days=1)
_NOBODYS = text("'epoch'")
_LOCK = 0x53454C46  # "SELF"

_TRACES = text("""
    SELECT f.last_error AS feed_error, e.seen_at, e.state AS entry_state, e.reason AS entry_reason,
           r.read_at, r.page_problem, a.created_at AS planned_at, m.id IS NOT NULL AS matched,
           a.suppressed, d.state AS delivery_state, d.reason AS delivery_reason, d.ended_at AS sent_at
    FROM feeds f LEFT JOIN entries e ON e.feed_id = f.id LEFT JOIN articles r ON r.id = e.article_id
    LEFT JOIN matches m ON m.article_id = r.id LEFT JOIN alerts a ON a.match_id = m.id
    LEFT JOIN deliveries d ON d.id = a.delivery_id
    WHERE f.id = :ours ORDER BY e.id DESC LIMIT 1
""")

_LATEST = text("SELECT * FROM self_tests ORDER BY published_at DESC LIMIT 1")
_THROUGH = text("SELECT * FROM self_tests WHERE sent_at IS NOT NULL ORDER BY published_at DESC LIMIT 1")

_GONE = tuple(
    text(statement)
    for statement in (
        "DELETE FROM attempts WHERE delivery_id IN (SELECT id FROM deliveries WHERE channel_id = :ours)",
        "DELETE FROM alerts WHERE subscription_id = :ours",
        "DELETE FROM delivery_articles WHERE delivery_id IN (SELECT id FROM deliveries WHERE channel_id = :ours)",
        "DELETE FROM deliveries WHERE channel_id = :ours",
        "DELETE FROM matches WHERE article_id IN (SELECT id FROM articles WHERE feed_id = :ours)",
        "DELETE FROM entries WHERE feed_id = :ours",
        """WITH gone AS (DELETE FROM articles WHERE feed_id = :ours RETURNING story_id)
           UPDATE stories SET articles = articles - 1 WHERE id IN (SELECT story_id FROM gone)""",
        "DELETE FROM stories WHERE id = ANY(:stories) AND articles <= 0",
        "DELETE FROM blocks WHERE site = :host",
        "DELETE FROM entry_keys WHERE feed_id = :ours AND seen < CURRENT_DATE - 1",
        "DELETE FROM circuits WHERE name = 'channel:' || CAST(:ours AS text)",
    )
)
_STORIES = text("SELECT DISTINCT story_id FROM articles WHERE feed_id = :ours AND story_id IS NOT NULL")

_REMOVED = tuple(
    text(statement)
    for statement in (
        "DELETE FROM entry_keys WHERE feed_id = :ours",
        "DELETE FROM gaps WHERE feed_id = :ours",
        "DELETE FROM habits WHERE feed_id = :ours",
        "DELETE FROM websub WHERE feed_id = :ours",
        "DELETE FROM subscriptions WHERE id = :ours",
        "DELETE FROM channels WHERE id = :ours",
        "DELETE FROM topics WHERE id = :ours",
        "DELETE FROM feeds WHERE id = :ours",
        "DELETE FROM hosts WHERE split_part(site, ':', 1) = :host",
        "DELETE FROM self_tests",
    )
)


def alone(connection: Connection) -> bool:
    """Whether the caller, until its transaction ends, is the only one who moves the self-test."""
    taken = text("SELECT pg_try_advisory_xact_lock(:lock)")
    return bool(connection.execute(taken, {"lock": _LOCK}).scalar_one())


def standing(connection: Connection, now: datetime) -> SelfTest | None:
    """How the self-test stands, the round that is under way followed to this moment; None where it is off."""
    newest = latest(connection)
    if newest is None:
        return None
    if newest.ended_at is None:
        newest = follow(newest, traces(connection), now)
    through = connection.execute(_THROUGH).mappings().one_or_none()
    return SelfTest(newest, None if through is None else Round(**through))


def latest(connection: Connection) -> Round | None:
    """The newest round, as it is written down."""
    row = connection.execute(_LATEST).mappings().one_or_none()
    return None if row is None else Round(**row)


def traces(connection: Connection) -> Traces:
    """How far the round under way has come."""
    row = connection.execute(_TRACES, {"ours": OURS}).mappings().one_or_none()
    return Traces() if row is None else Traces(**row)


def begin(connection: Connection, keys: KeyRing, every_s: float, now: datetime) -> None:
    """Publishes an article: the feed has it from now on, and is due."""
    before = connection.execute(_LATEST).mappings().one_or_none()
    _watch(connection, keys, every_s, now)
    earlier = None if before is None else before["published_at"]
    published = {"found_url": feed_at(now, earlier), "next_poll_at": func.statement_timestamp()}
    afresh = {"state": "ok", "last_error": None, "failures": 0}
    connection.execute(update(feeds).where(feeds.c.id == OURS).values(**published, **afresh))
    connection.execute(upsert(self_tests).values(published_at=now, every_s=every_s))
    connection.execute(self_tests.delete().where(self_tests.c.published_at < now - _KEPT))


def end(connection: Connection, ended: Round) -> bool:
    """Writes down how a round ended, and takes its article's rows away; False where senders or planners are just at
    it, so that the caller tries again."""
    if not clear(connection):
        return False
    facts = {name: value for name, value in asdict(ended).items() if name != "published_at"}
    connection.execute(
        update(self_tests).where(self_tests.c.published_at == ended.published_at).values(**facts)
    )
    return True


def clear(connection: Connection) -> bool:
    """Takes away the rows of the self-test's articles, wherever they have come to."""
    if not tidy_alone(connection):
        return False
    stories = list(connection.execute(_STORIES, {"ours": OURS}).scalars())
    for statement in _GONE:
        asked = {"ours": OURS, "stories": stories, "host": HOST}
        connection.execute(statement, {name: asked[name] for name in statement.compile().params})
    return True


def stands(connection: Connection) -> bool:
    """Whether there is anything of the self-test."""
    return connection.execute(select(feeds.c.id).where(feeds.c.id == OURS)).scalar() is not None


def remove(connection: Connection) -> bool:
    """Nothing is left of the self-test; False where it has to be tried again."""
    if not clear(connection):
        return False
    for statement in _REMOVED:
        asked = {"ours": OURS, "host": HOST}
        connection.execute(statement, {name: asked[name] for name in statement.compile().params})
    return True


def _watch(connection: Connection, keys: KeyRing, every_s: float, now: datetime) -> None:
    """The rows that the desks go by, as they are to be: whatever was done to them, the next round finds them whole,
    and sealed with the key of today."""
    target = Secret(HOOK)
    nobodys: dict[str, Any] = {"id": OURS, "removed_at": _NOBODYS}
    feed = {"url": FEED, "name": NAME, "every_s": max(every_s, _POLLED_AGAIN_S)}
    _put(connection, feeds, nobodys | feed, {"last_ok_at": now, "state": "ok"})
    if connection.execute(select(topics.c.query).where(topics.c.id == OURS)).scalar() != WORD:
        connection.execute(text("LOCK TABLE topics IN SHARE ROW EXCLUSIVE MODE"))
        _put(connection, topics, nobodys | {"name": NAME, "query": WORD, "change": NEXT_CHANGE})
    sealed = {"target": keys.seal(target, f"channel:{NAME}:target"), "fingerprint": keys.fingerprint(target)}
    # what one round's receiver was to be spared must not keep the next one
    at_ease = {"pause_until": _NOBODYS, "unclear": 0, "nothing_since": None}
    channel = {"name": NAME, "kind": "webhook", "target_ref": "stored:self-test", **sealed, **at_ease}
    _put(connection, channels, nobodys | channel)
    heard = {"name": NAME, "topics": [""], "channels": [""], "group": "off", "cap_per_hour": 100_000}
    _put(connection, subscriptions, nobodys | heard)


def _put(connection: Connection, table: Any, row: dict[str, Any], new: dict[str, Any] | None = None) -> None:
    made = upsert(table).values(**row, **(new or {}))
    connection.execute(made.on_conflict_do_update(index_elements=["id"], set_=row))
