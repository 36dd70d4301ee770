"""Real servers for the tests that need them, a fresh database for each, and rows to start from."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from sqlalchemy import Table, insert, make_url, text

import alerts.store.schema as people
import worker.store.schema as world
from ops import migrations
from ops.places import Urls
from ops.servers import bundled
from worker.kit import Kit
from worker.secrets import KeyRing, Secret
from worker.settings import Settings, from_env
from worker.store.engine import Engine, open_engine

# How long an example takes says how busy the machine is. The rest stays: in CI, examples are the same each time.
hypothesis.settings.register_profile(
    "pantau", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("pantau")


def pytest_addoption(parser: pytest.Parser) -> None:
    """The long form of the tests in tests/chaos."""
    group = parser.getgroup("chaos")
    group.addoption(
        "--chaos", action="store_true", help="also the long form of tests/chaos: half an hour of faults"
    )
    group.addoption(
        "--chaos-minutes", type=float, default=10.0, help="of each of its three rounds  [default: 10]"
    )
    group.addoption("--chaos-seed", type=int, help="of the faults  [default: a new one, which is printed]")


KEY = "a-key-for-tests-alone-long-enough"
NOW = datetime.now(UTC)
AGES_AGO = NOW - timedelta(days=30)


@pytest.fixture(scope="session")
def urls() -> Iterator[Urls]:
    """PostgreSQL and Valkey of this test process, started when the first test wants them."""
    # not pytest's own directories: they are closed to the account that the servers run as
    place = Path(tempfile.mkdtemp(prefix="pantau-store-"))
    place.chmod(0o711)
    try:
        with bundled(place / "data", log=lambda _name, _line: None, forget=True) as running:
            with _autocommit(running) as run:
                run("ALTER SYSTEM SET fsync = off")  # nothing here outlives the tests
                run("SELECT pg_reload_conf()")
            yield running
    finally:
        shutil.rmtree(place, ignore_errors=True)


@pytest.fixture(scope="session")
def new_database(urls: Urls) -> Callable[[str, str], Secret]:
    """Makes an empty database, or a copy of `template`; returns its URL."""
    server = make_url(urls.database)

    def make(name: str, template: str = "template0") -> Secret:
        with _autocommit(urls) as run:
            run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            run(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return Secret(server.set(database=name).render_as_string(hide_password=False))

    return make


@contextmanager
def _autocommit(urls: Urls) -> Iterator[Callable[[str], object]]:
    engine = open_engine(Secret(urls.database), pooled=False)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        yield lambda statement: connection.execute(text(statement))
    engine.dispose()


@pytest.fixture(scope="session")
def template(new_database: Callable[..., Secret]) -> str:
    """The name of a migrated database that the others are copied from."""
    engine = open_engine(new_database("pantau_template"), pooled=False)
    migrations.upgrade(engine)
    engine.dispose()
    return "pantau_template"


@pytest.fixture(scope="session")
def _copy(new_database: Callable[..., Secret], template: str) -> Secret:
    return new_database("pantau_test", template)


# A copy of the template takes half a second; deleting some twenty rows takes milliseconds.
_WIPE = """
    DO $$ DECLARE name text; BEGIN
      SET LOCAL session_replication_role = replica;
      FOR name IN SELECT tablename FROM pg_tables
                  WHERE schemaname = 'public' AND tablename <> 'alembic_version' LOOP
        EXECUTE format('DELETE FROM %I', name);
      END LOOP;
      PERFORM setval(format('%I.%I', schemaname, sequencename)::regclass, 1, false) FROM pg_sequences;
    END $$
"""


@pytest.fixture
def database_url(_copy: Secret) -> Secret:
    """A database with all tables and no rows."""
    engine = open_engine(_copy, pooled=False)
    with engine.begin() as connection:
        connection.exec_driver_sql(_WIPE.replace("%", "%%"))
    engine.dispose()
    return _copy


@pytest.fixture
def database(database_url: Secret) -> Iterator[Engine]:
    """An engine on a database with all tables and no rows."""
    engine = open_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def settings(database_url: Secret, urls: Urls, tmp_path: Path) -> Settings:
    """Settings of an installation on that database."""
    return from_env(
        {
            "HOME": os.environ.get("HOME", "/"),
            "PANTAU_DATA_DIR": str(tmp_path / "data"),
            "PANTAU_DATABASE_URL": database_url.reveal(),
            "PANTAU_REDIS_URL": urls.redis,
            "PANTAU_SECRET_KEY": KEY,
        }
    )


@pytest.fixture(scope="session")
def keys() -> KeyRing:
    """The keys that `settings` name."""
    return KeyRing.of((KEY,))


@pytest.fixture
def chromium() -> Iterator[object]:
    """A browser; skips where this machine has none."""
    found = next(
        (path for path in map(Path, ("/usr/bin/chromium", "/usr/bin/google-chrome")) if path.exists()), None
    )
    if found is None:
        pytest.skip("no Chromium at /usr/bin/chromium or /usr/bin/google-chrome")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        quiet = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=str(found), args=quiet)
        yield browser
        browser.close()


@dataclass
class Clock:
    """Shows the time of this machine, moved by `ahead`: the database's leases know no other clock."""

    ahead: timedelta = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@pytest.fixture
def clock() -> Clock:
    """A clock that a test may set forward."""
    return Clock()


@pytest.fixture
def kit(database: Engine, keys: KeyRing, clock: Clock) -> Kit:
    """The desks' tools without a way into the world."""
    nowhere: Any = None
    return Kit(engine=database, web=nowhere, keys=keys, clock=clock, settled=lambda _desk: None)


@pytest.fixture
def rows(database: Engine, keys: KeyRing) -> Rows:
    """Makes rows and looks at them."""
    return Rows(database, keys)


@dataclass
class Rows:
    """Rows of an installation, made with the least that a test must say; each method returns the row's id."""

    engine: Engine
    keys: KeyRing
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def add(self, table: Table, **facts: Any) -> int:
        with self.engine.begin() as connection:
            return int(connection.execute(insert(table).values(**facts).returning(table.c.id)).scalar_one())

    def feed(self, **facts: Any) -> int:
        n = next(self.numbers)
        return self.add(world.feeds, **{"url": f"https://feed{n}.example/rss", "name": f"Feed {n}", **facts})

    def topic(self, name: str = "NATO", query: str = "nato", **facts: Any) -> int:
        return self.add(world.topics, name=name, query=query, created_at=AGES_AGO, **facts)

    def entity(self, said: dict[str, Any], **facts: Any) -> int:
        usual = {"key": said["key"], "origin": "watchlist", "said": said}
        return self.add(world.entities, **{**usual, **facts})

    def entry(self, feed: int, **facts: Any) -> int:
        n = next(self.numbers)
        usual = {"link": f"https://feed.example/{n}", "title": f"Entry {n}", "summary": "", "content": ""}
        usual |= {"authors": [], "tags": [], "seen_at": NOW, "backlog": False}
        return self.add(world.entries, feed_id=feed, **{**usual, **facts})

    def article(self, feed: int, **facts: Any) -> int:
        n = next(self.numbers)
        usual = {
            "identity": f"https://feed.example/{n}",
            "url": f"https://feed.example/{n}",
            "source": "Feed",
        }
        usual |= {"title": f"Article {n}", "body": "NATO met.", "language": "id", "authors": [], "tags": []}
        usual |= {"seen_at": NOW, "read_at": NOW, "backlog": False, "method": "fast", "summary_only": False}
        return self.add(world.articles, feed_id=feed, **{**usual, **facts})

    def match(self, topic: int, article: int, **facts: Any) -> int:
        quote = {"field": "body", "text": "NATO met.", "marks": [[0, 4]]}
        usual = {"hits": [["body", 0, 4, "NATO"]], "quote": quote}
        return self.add(world.matches, topic_id=topic, article_id=article, **{**usual, **facts})

    def channel(self, name: str = "desk", to: str = "https://hooks.example/desk", **facts: Any) -> int:
        usual = {"kind": "slack_webhook", "target": self.keys.seal(Secret(to), f"channel:{name}:target")}
        usual |= {"target_ref": "env:HOOK", "fingerprint": "x", "created_at": AGES_AGO}
        usual |= {"declared": facts.get("kind") == "email"}  # a mailbox that nobody vouches for hears nothing
        return self.add(people.channels, name=name, **{**usual, **facts})

    def subscription(
        self, topics: Sequence[str] = ("NATO",), channels: Sequence[str] = ("desk",), **facts: Any
    ) -> int:
        usual = {"name": f"subscription {next(self.numbers)}", "created_at": AGES_AGO, "changed_at": AGES_AGO}
        usual |= {"topics": list(topics), "channels": list(channels), "cap_per_hour": 500}
        return self.add(people.subscriptions, **{**usual, **facts})

    def delivery(self, channel: int, subscription: int | None, **facts: Any) -> int:
        usual = {"kind": "article", "bundle": f"article:x{next(self.numbers)}", "state": "ready"}
        usual |= {"due_at": NOW, "on_doubt": "resend", "expires_at": NOW + timedelta(days=1)}
        return self.add(
            people.deliveries, channel_id=channel, subscription_id=subscription, **{**usual, **facts}
        )

    def alert(self, match: int, subscription: int, channel: int, delivery: int | None, **facts: Any) -> int:
        return self.add(
            people.alerts,
            match_id=match,
            subscription_id=subscription,
            channel_id=channel,
            delivery_id=delivery,
            **facts,
        )

    def slot(self, delivery: int, article: int, channel: int, taken: bool = True) -> None:
        with self.engine.begin() as connection:
            connection.execute(
                insert(people.delivery_articles).values(
                    delivery_id=delivery, article_id=article, channel_id=channel, taken=taken
                )
            )

    def announced(self, channel: int, subscription: int, topic: int, feed: int, **facts: Any) -> int:
        """A delivery of one new article with its match, alert and slot."""
        article = self.article(feed)
        match = self.match(topic, article, state="planned")
        delivery = self.delivery(channel, subscription, **facts)
        self.slot(delivery, article, channel, facts.get("state") not in ("failed", "expired", "suppressed"))
        self.alert(match, subscription, channel, delivery)
        return delivery

    def change(self, statement: str, **values: Any) -> None:
        with self.engine.begin() as connection:
            connection.execute(text(statement), values)

    def all(self, query: str, **values: Any) -> list[tuple[Any, ...]]:
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(query), values)]

    def one(self, query: str, **values: Any) -> Any:
        """The only row that the query gives; its value, if it is a single one."""
        (row,) = self.all(query, **values)
        return row[0] if len(row) == 1 else row
