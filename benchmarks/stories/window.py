"""What it costs to put an article into a story among very many recent ones, on the bundled PostgreSQL.

The articles are made from a seed: words by Zipf's law, things and numbers, six articles to a story on average.
"""

from __future__ import annotations

import random
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import insert, text

from ops import migrations
from ops.servers import bundled
from worker.model import ArticleId
from worker.secrets import Secret
from worker.store.engine import Connection, Engine, open_engine
from worker.store.schema import articles, feeds
from worker.store.sketches import EDITION, keep_sketch
from worker.store.stories import assign
from worker.story import LANGUAGE, Sketch, TextPrint, keys_of
from worker.story.gazetteer import kinds
from worker.story.sketch import PLACES

NOW = datetime(2026, 3, 4, tzinfo=UTC)
HOURS = 72
PER_STORY = 6
AT_ONCE = 500
NEW = 100


class Newsroom:
    """Sketches as a newsroom with broad topics would leave them."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.places = np.random.default_rng(seed)
        self.things = sorted(kinds())
        self.dice.shuffle(self.things)
        self.events: list[list[str]] = []
        self.firsts: dict[int, int] = {}

    def sketch(self) -> tuple[int, Sketch]:
        """One article with the number of its event: a new one, or another text about one of the last events."""
        if not self.events or self.dice.random() < 1 / PER_STORY:
            self.events.append(self._event())
            number = len(self.events) - 1
        else:
            number = self.dice.randrange(max(len(self.events) - 2_000, 0), len(self.events))
        terms = self.events[number]
        told = self.dice.sample(terms, k=min(len(terms), 24)) + [self._word() for _ in range(30)]
        weights = {term: round(1 + 2 * self.dice.random(), 2) for term in dict.fromkeys(told)}
        places = self.places.integers(0, 2**32, PLACES, dtype=np.uint32).astype("<u4").tobytes()
        return number, Sketch(TextPrint(places, 500), weights, "en")

    def is_first(self, event: int, article: int) -> bool:
        """Whether the event was told of by no article before this one."""
        return self.firsts.setdefault(event, article) == article

    def _event(self) -> list[str]:
        things = {f"@{self._zipf(self.things)}" for _ in range(6)}
        numbers = {
            f"#{self.dice.choice((self.dice.randrange(10, 100), self.dice.randrange(100, 90_000)))}"
            for _ in range(5)
        }
        return [*sorted(things), *sorted(numbers), *(self._word() for _ in range(25))]

    def _zipf(self, things: Sequence[str]) -> str:
        return things[int(len(things) ** self.dice.random()) - 1]

    def _word(self) -> str:
        return f"w{int(40_000 ** self.dice.random())}"


@contextmanager
def database() -> Iterator[Engine]:
    """The bundled server with its own settings and our tables, thrown away afterwards."""
    place = Path(tempfile.mkdtemp(prefix="pantau-benchmark-"))
    place.chmod(0o711)
    try:
        with bundled(place / "data", log=lambda _name, _line: None, forget=True) as running:
            engine = open_engine(Secret(running.database))
            migrations.upgrade(engine)
            yield engine
            engine.dispose()
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _article_rows(feed: int, first: int, count: int, seen: datetime) -> list[dict[str, Any]]:
    usual: dict[str, Any] = {
        "url": "",
        "source": "s",
        "title": "t",
        "body": "",
        "language": "en",
        "authors": [],
        "tags": [],
    }
    usual |= {"feed_id": feed, "seen_at": seen, "read_at": seen, "backlog": False, "method": "fast"}
    return [{**usual, "identity": f"new{first + n}", "summary_only": False} for n in range(count)]


def _stored(
    connection: Connection, room: Newsroom, rows: list[dict[str, Any]]
) -> list[tuple[ArticleId, int]]:
    """The new articles, with their sketches, and the number of the event that each tells of."""
    made = connection.execute(insert(articles).returning(articles.c.id), rows).scalars().all()
    told = []
    for article in made:
        event, sketch = room.sketch()
        keep_sketch(connection, ArticleId(article), sketch)
        told.append((ArticleId(article), event))
    return told


# Made at the end, since row by row takes longer.
_INDEXES = {
    "ix_sketches_at": "(at)",
    "ix_sketches_bands": "USING gin (bands) WITH (fastupdate = off)",
    "ix_sketches_keys": "USING gin (keys) WITH (fastupdate = off)",
}


def _fill(engine: Engine, room: Newsroom, feed: int, size: int) -> None:
    """Articles that have their stories already, spread over the window."""
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        for name in _INDEXES:
            connection.execute(text(f"DROP INDEX {name}"))
        first_at: dict[int, datetime] = {}
        last_at: dict[int, datetime] = {}
        told: list[tuple[int, datetime, int, Sketch]] = []
        for number in range(1, size + 1):
            at = NOW - timedelta(hours=HOURS * (1 - number / size))
            event, sketch = room.sketch()
            first_at.setdefault(event + 1, at)
            last_at[event + 1] = at
            told.append((number, at, event + 1, sketch))
        _copy(
            connection,
            "stories (id, title, first_at, last_at)",
            ((story, "t", at, last_at[story]) for story, at in first_at.items()),
        )
        _copy(
            connection,
            "articles (id, feed_id, identity, url, source, title, body, language, authors, tags, seen_at, read_at, "
            "backlog, method, summary_only, story_id)",
            (
                (
                    number,
                    feed,
                    f"a{number}",
                    "",
                    "s",
                    "t",
                    "",
                    "en",
                    "{}",
                    "{}",
                    at,
                    at,
                    False,
                    "fast",
                    False,
                    story,
                )
                for number, at, story, _ in told
            ),
        )
        begun: set[int] = set()
        _copy(
            connection,
            "sketches (article_id, edition, at, language, places, runs, bands, terms, weights, keys, founding)",
            (_sketch_row(*each, begun) for each in told),
        )
        for name, what in _INDEXES.items():
            connection.execute(text(f"CREATE INDEX {name} ON sketches {what}"))
        connection.execute(
            text("SELECT setval(pg_get_serial_sequence('stories', 'id'), max(id)) FROM stories")
        )
        connection.execute(
            text("SELECT setval(pg_get_serial_sequence('articles', 'id'), max(id)) FROM articles")
        )


def _sketch_row(number: int, at: datetime, story: int, sketch: Sketch, begun: set[int]) -> tuple[Any, ...]:
    """As `keep_sketch` and `count_as_founder` would have written it."""
    founding = None if story in begun else _array([*sketch.terms, f"{LANGUAGE}en"])
    begun.add(story)
    arrays = (sketch.text.bands(), sketch.terms, sketch.terms.values(), keys_of(sketch.terms))
    return (number, EDITION, at, "en", sketch.text.places, 500, *map(_array, arrays), founding)


def _array(values: Iterable[Any]) -> str:
    """As PostgreSQL reads it, which the driver takes as it is."""
    return "{" + ",".join(f'"{value}"' for value in values) + "}"


def _copy(connection: Connection, target: str, rows: Iterable[tuple[Any, ...]]) -> None:
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f"COPY {target} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def measure(size: int, seed: int = 1) -> Iterator[str]:
    """Fills the window and says what the next articles cost."""
    room = Newsroom(seed)
    with database() as engine:
        with engine.begin() as connection:
            feed = connection.execute(
                insert(feeds).values(url="f", name="f").returning(feeds.c.id)
            ).scalar_one()
        _fill(engine, room, feed, size)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(
                text("SELECT setval(pg_get_serial_sequence('stories', 'id'), max(id)) FROM stories")
            )
            for table in ("sketches", "articles", "stories"):
                connection.execute(text(f"VACUUM ANALYZE {table}"))
            bytes_ = connection.execute(text("SELECT pg_total_relation_size('sketches')")).scalar_one()
        yield f"{size:,} articles in the window, {len(room.events):,} stories; {bytes_ / size:,.0f} bytes an article"
        with engine.begin() as connection:
            told = _stored(connection, room, _article_rows(feed, size, 2 * NEW, NOW))
        together, alone = [article for article, _ in told[:NEW]], [article for article, _ in told[NEW:]]
        batch = _timed(engine, together)
        singles = sorted(_timed(engine, [article]) for article in alone)
        yield (
            f"to place one: {batch[0] / NEW * 1e3:.2f} ms in a batch of {NEW} "
            f"({batch[1] / NEW * 1e3:.2f} ms CPU of ours); "
            f"by itself "
            f"{singles[NEW // 2][0] * 1e3:.2f} ms in the middle, {singles[0][0] * 1e3:.2f} ms at least"
        )


def _timed(engine: Engine, wanted: list[ArticleId]) -> tuple[float, float]:
    """Seconds, and seconds of CPU in this process, to put these into stories."""
    with engine.begin() as connection:
        start, cpu = time.perf_counter(), time.process_time()
        assign(connection, wanted, NOW)
        return time.perf_counter() - start, time.process_time() - cpu
