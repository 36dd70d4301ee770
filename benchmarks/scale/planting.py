"""A database that has been in use for weeks: stored articles, topics, who hears of them, and feeds polled often."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice

from sqlalchemy import Connection, Engine, text

from benchmarks import stored
from benchmarks.matching.topics import topics
from benchmarks.reading.hosts import address
from benchmarks.scale import paper
from benchmarks.scale.setting import Setting, Size
from worker.feeds.identity import entry_keys
from worker.model import Entry
from worker.secrets import KeyRing, Secret

LATER = timedelta(days=1)
"""So far away are feeds planted; `fall_due` brings them near."""
_DAYS = 90
_TOPICS_HEARD = 10


def hosts_of(setting: Setting, feeds: int) -> int:
    """On how many hosts so many feeds are."""
    return max(1, -(-feeds // setting.feeds_per_host))


def plant_house(engine: Engine, url: str, setting: Setting, hook: str, keys: KeyRing, now: datetime) -> None:
    """What is there whatever the number of feeds: topics, who hears of them, and, of the first feeds, articles."""
    with engine.begin() as connection:
        _plant_topics(connection, setting, now)
        for n in range(1, setting.channels + 1):
            target = keys.seal(Secret(f"{hook}/{n}"), f"channel:channel {n}:target")
            connection.execute(text(_CHANNEL), {"n": n, "target": target, "now": now})
        told = {"n": setting.subscriptions, "channels": setting.channels, "topics": setting.topics}
        connection.execute(text(_SUBSCRIPTIONS), {**told, "heard": _TOPICS_HEARD, "now": now})
        stored.drop_index_of_words(connection)
    if setting.articles:
        rows = stored.made_up(
            setting.articles, setting.sizes[0].feeds, _DAYS, now, random.Random(setting.seed), paragraphs=2
        )
        stored.copy_articles(url, rows)
    with engine.begin() as connection:
        stored.build_index_of_words(connection)
        connection.execute(text("SET LOCAL session_replication_role = replica"))  # as in `plant_feeds`
        connection.execute(text(_ENTRIES))


def plant_feeds(url: str, setting: Setting, size: Size, port: int, already: int, now: datetime) -> None:
    """The feeds from `already` on, each known with what stands in it, and its habit; none is due before `fall_due`."""
    hosts = hosts_of(setting, setting.sizes[-1].feeds)
    with stored.straight(url) as direct, direct.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute(
            "SET session_replication_role = replica"
        )  # no look at each key whether there is its feed
        with cursor.copy(f"COPY feeds ({_FEED_COLUMNS}) FROM STDIN") as out:
            for feed in range(already, size.feeds):
                out.write_row(_feed(feed, setting, size, f"{_base(feed, hosts, port)}/feed/{feed}", now))
        with cursor.copy("COPY entry_keys (feed_id, key) FROM STDIN") as out:
            for feed in range(already, size.feeds):
                for key in _keys(setting, feed, _base(feed, hosts, port)):
                    out.write_row((feed + 1, key))
        cursor.execute(f"ALTER TABLE feeds ALTER id RESTART WITH {size.feeds + 1}")
        cursor.execute(_HOSTS)
        cursor.execute(_HABITS, {"now": now, "already": already})


def fall_due(url: str, size: Size, begin: datetime) -> None:
    """From `begin` on the feeds fall due evenly over their interval; and their table is as a fresh one."""
    with stored.straight(url, autocommit=True) as direct:
        direct.execute("SET statement_timeout = 0")
        direct.execute(_FALL_DUE, {"begin": begin, "every": size.every_s, "feeds": size.feeds})
        direct.execute("VACUUM FULL feeds")
        direct.execute("VACUUM ANALYZE feeds")
        direct.execute(
            "CHECKPOINT"
        )  # else whole pages would go to the log later than they do in the long run


def put_off(url: str, now: datetime) -> None:
    """No feed is due before tomorrow."""
    with stored.straight(url, autocommit=True) as direct:
        direct.execute("SET statement_timeout = 0")
        direct.execute("UPDATE feeds SET next_poll_at = %s", (now + LATER,))


def vacuum(url: str) -> None:
    """What a database that has been in use for weeks has behind it."""
    with stored.straight(url, autocommit=True) as direct:
        direct.execute("SET statement_timeout = 0")
        direct.execute("VACUUM ANALYZE")
        direct.execute("CHECKPOINT")


def _plant_topics(connection: Connection, setting: Setting, now: datetime) -> None:
    raw = connection.connection.driver_connection
    assert raw is not None
    with raw.cursor() as cursor, cursor.copy("COPY topics (name, query, created_at) FROM STDIN") as out:
        for topic in islice(topics(setting.seed), setting.topics):
            out.write_row((topic.name, topic.query, now - timedelta(days=100)))


def _base(feed: int, hosts: int, port: int) -> str:
    return f"http://{address(feed % hosts)}:{port}"


_FEED_COLUMNS = (
    "id, url, title, tags, every_s, full_text, state, etag, last_modified, rhythm, polls, last_status, last_polled_at, "
    "last_ok_at, created_at, next_poll_at, next_poll_why"
)


def _feed(feed: int, setting: Setting, size: Size, url: str, now: datetime) -> tuple[object, ...]:
    seen = now.timestamp()
    rhythm = {"interval_s": size.every_s, "gap_s": 7200.0, "full_at": seen, "news_at": seen, "read_at": seen}
    modified = "Thu, 01 Jan 2026 10:00:00 GMT"
    return (
        feed + 1, url, f"Feed {feed}", [f"tag{feed % 20}"], size.every_s, setting.pages, "ok",
        f'"{paper.ENTRIES}"', modified, json.dumps(rhythm), "u" * 30, 304, now, now, now - timedelta(days=60),
        now + LATER, "every",
    )  # fmt: skip


def _keys(setting: Setting, feed: int, base: str) -> Iterator[str]:
    store = paper.words(setting.seed)
    for n in range(1, paper.ENTRIES + 1):
        address = paper.link(base, feed, n)
        entry = Entry(address, address, paper.title(store, feed, n), published=paper.published(n))
        yield from entry_keys(entry, f"{base}/feed/{feed}")


_CHANNEL = """
INSERT INTO channels (name, kind, target, target_ref, fingerprint, created_at)
VALUES ('channel ' || CAST(:n AS text), 'webhook', :target, 'env:HOOK', 'print ' || CAST(:n AS text),
        CAST(:now AS timestamptz) - interval '100 days')"""

_SUBSCRIPTIONS = """
INSERT INTO subscriptions (name, topics, channels, cap_per_hour, created_at, changed_at)
SELECT 'desk ' || n, ARRAY(SELECT 'topic ' || 1 + (n * 7919 + k * 104729) % :topics FROM generate_series(1, :heard) k),
       ARRAY['channel ' || 1 + n % :channels], 100000,
       CAST(:now AS timestamptz) - interval '100 days', CAST(:now AS timestamptz) - interval '100 days'
FROM generate_series(1, :n) n"""

_ENTRIES = """
INSERT INTO entries (feed_id, guid, link, title, summary, content, authors, tags, published_at, seen_at, backlog, state,
                     article_id)
SELECT feed_id, url, url, title, '', '', '{}', '{}', published_at, seen_at, false, 'read', id FROM articles"""

_HOSTS = """
INSERT INTO hosts (site, ok_at) SELECT DISTINCT site, now() FROM feeds ON CONFLICT DO NOTHING"""

# Each was learned within the last week, and is learned anew within the next.
_HABITS = """
INSERT INTO habits (feed_id, began_at, learned_at, look_at)
SELECT id, %(now)s - interval '60 days', %(now)s - interval '7 days' + id * 7919 %% 604800 * interval '1 second',
       %(now)s + id * 7919 %% 604800 * interval '1 second'
FROM feeds WHERE id > %(already)s"""

_FALL_DUE = """
UPDATE feeds SET every_s = %(every)s, lease_until = 'epoch', next_poll_at = CAST(%(begin)s AS timestamptz)
    + (id * 7919 %% %(feeds)s) * CAST(%(every)s AS float) / %(feeds)s * interval '1 second'"""
