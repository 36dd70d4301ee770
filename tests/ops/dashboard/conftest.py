"""The real web process on real servers, and a visitor that hides nothing and follows nothing."""

from __future__ import annotations

import http.client
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
import uvicorn
from sqlalchemy import Connection, Engine, delete, insert
from starlette.applications import Starlette

from alerts.store.schema import (
    alerts,
    attempts,
    channels,
    circuits,
    deliveries,
    delivery_articles,
    subscriptions,
)
from ops import access, migrations, servers
from ops.dashboard.app import build
from ops.dashboard.context import Context
from ops.dashboard.live import Watch
from ops.dashboard.metrics import Meter
from ops.dashboard.serving import Server
from ops.health import checks
from ops.places import Urls
from ops.store import accounts
from ops.store.schema import heartbeats, users
from worker.secrets import Secret
from worker.store.engine import open_engine
from worker.store.schema import articles, feeds, matches, metadata, topics


def the_time() -> datetime:
    return datetime.now(UTC)


NAME, PASSWORD = "ratna", "a long enough password"
DEAD = Secret("postgresql://nobody@127.0.0.1:9/nothing")


@dataclass(frozen=True)
class Got:
    status: int
    headers: Mapping[str, str]
    cookies: tuple[str, ...]
    text: str

    @property
    def csrf(self) -> str:
        found = re.search(r'name="csrf" value="([^"]+)"', self.text)
        assert found, self.text
        return found[1]


@dataclass
class Visitor:
    """A browser without opinions: keeps cookies, sends what it is told."""

    address: str
    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, **headers: str) -> Got:
        return self.ask("GET", path, None, headers)

    def post(self, path: str, fields: Mapping[str, str], **headers: str) -> Got:
        return self.ask("POST", path, urlencode(fields).encode(), headers)

    def ask(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Got:
        parts = urlsplit(self.address)
        with closing(http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=30)) as connection:
            sent = {name.replace("_", "-"): value for name, value in headers.items()}
            if self.cookies:
                sent["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
            if body is not None:
                sent.setdefault("content-type", "application/x-www-form-urlencoded")
            connection.request(method, path, body, sent)
            answer = connection.getresponse()
            told = tuple(answer.headers.get_all("set-cookie") or ())
            self._keep(told)
            named = {name.lower(): value for name, value in answer.headers.items()}
            return Got(answer.status, named, told, answer.read().decode())

    def _keep(self, told: tuple[str, ...]) -> None:
        for cookie in told:
            name, value = cookie.split(";")[0].split("=", 1)
            if value in ("", '""'):
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value

    def log_in(self, name: str = NAME, password: str = PASSWORD, to: str = "/", **headers: str) -> Got:
        form = self.get("/login")
        fields = {"csrf": form.csrf, "next": to, "name": name, "password": password}
        return self.post("/login", fields, **headers)


class Steady:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@dataclass
class Site:
    """A running web process."""

    address: str
    context: Context
    steady: Steady
    meter: Meter
    watch: Watch
    known: Any = None
    """What a browser keeps of somebody who has logged in."""

    def visitor(self) -> Visitor:
        return Visitor(self.address)

    def known_visitor(self) -> Visitor:
        visitor = self.visitor()
        assert visitor.log_in().status == 303
        return visitor


@contextmanager
def serving(context: Context, app: Starlette | None = None) -> Iterator[str]:
    config = uvicorn.Config(
        app or build(context),
        host="127.0.0.1",
        port=0,
        log_config=None,
        ws="none",
        server_header=False,
        proxy_headers=False,
    )
    server = Server(config)
    pool = context.engine.pool
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        # A process that ends waits for nothing. Here it goes on, and what a thread gives back later to a pool that was
        # put away would be left to the collector, which complains in somebody else's test.
        for working in (context._pages, context._log_ins, context._errands):
            working.shutdown()
        pool.dispose()


MakeSite = Callable[..., Site]


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages wait for their figures: on a busy machine a moment is too short, and no test is about that."""
    for patience in ("_WORTH_WAITING_S", "_A_MOMENT_S"):
        monkeypatch.setattr(f"ops.dashboard.remembered.{patience}", 30.0)


@pytest.fixture
def make_site() -> Iterator[MakeSite]:
    """Starts web processes: on a database that is not there, unless an engine is given."""
    with ExitStack() as stack:

        def make(
            database: Secret = DEAD,
            redis: Secret | None = None,
            *,
            public_url: str | None = None,
            patience_s: float = 8,
            **facts: Any,
        ) -> Site:
            engine, alone = open_engine(database), open_engine(database, pooled=False)
            stack.callback(engine.dispose)
            steady = Steady()
            context = Context(
                engine=engine,
                checks=checks(alone, redis),
                clock=the_time,
                version="7.8.9",
                public_url=public_url,
                steady=steady,
                patience_s=patience_s,
                **facts,
            )
            app = build(context)
            address = stack.enter_context(serving(context, app))
            # what is looked up beside pages ends before the pool does, or its connection would be left to the collector
            stack.callback(context._errands.shutdown)
            return Site(address, context, steady, app.state.meter, app.state.watch)

        yield make


@pytest.fixture
def silent_server() -> Iterator[int]:
    """The port of a server that lets everybody in and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.fixture(scope="session")
def urls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Urls]:
    """Real PostgreSQL and Valkey, for all tests of this folder."""
    quiet = lambda *_args, **_facts: None  # noqa: E731
    with servers.bundled(tmp_path_factory.mktemp("web"), log=quiet, forget=True) as running:
        engine = open_engine(Secret(running.database))
        migrations.upgrade(engine)
        with engine.begin() as connection:
            accounts.add_user(connection, NAME, access.hash_password(PASSWORD), "admin")
        engine.dispose()
        yield running


_numbers = count(1)


@pytest.fixture
def database(urls: Urls) -> Secret:
    """A migrated database that is empty but for one account."""
    url = Secret(urls.database)
    engine = open_engine(url, pooled=False)
    with engine.begin() as connection:
        for table in reversed(metadata.sorted_tables):
            if table is not users:
                connection.execute(delete(table))
    return url


@pytest.fixture
def engine(database: Secret) -> Iterator[Engine]:
    """The test's own way into the database."""
    engine = open_engine(database)
    yield engine
    engine.dispose()


@pytest.fixture
def site(make_site: MakeSite, database: Secret, urls: Urls) -> Site:
    """The web process on a migrated, empty database."""
    return make_site(database, Secret(urls.redis))


@dataclass(frozen=True)
class World:
    """Puts news into the database, as the desks would."""

    connection: Connection
    now: datetime

    def put(self, table, **values: object) -> int:  # type: ignore[no-untyped-def]
        return self.connection.execute(insert(table).values(**values).returning(table.c.id)).scalar_one()

    def tick(self, *, age_s: float = -3600.0) -> None:
        """The beat's last tick: in an hour, so that it stays fresh as long as a test takes."""
        at = self.now - timedelta(seconds=age_s)
        self.connection.execute(insert(heartbeats).values(part="tick", at=at))

    def feed(self, name: str = "Kabar Selatan", state: str = "ok", **facts: object) -> int:
        later = self.now + timedelta(minutes=5)
        url = f"https://{len(name)}.example/{next(_numbers)}"
        return self.put(feeds, **{"url": url, "name": name, "state": state, "next_poll_at": later, **facts})

    def article(
        self,
        feed: int,
        title: str,
        *,
        url: str = "https://kabar.example/1",
        body: str = "",
        age_s: float = 60,
    ) -> int:
        seen = self.now - timedelta(seconds=age_s)
        return self.put(
            articles,
            identity=f"{url} {next(_numbers)}",
            url=url,
            feed_id=feed,
            source="Kabar Selatan",
            title=title,
            body=body,
            language="id",
            authors=[],
            tags=[],
            published_at=seen - timedelta(seconds=40),
            seen_at=seen,
            read_at=seen + timedelta(seconds=1),
            backlog=False,
            method="fast",
            summary_only=False,
        )

    def match(self, article: int, hits: list[list[object]], quote: Mapping[str, object]) -> int:
        topic = self.put(topics, name=f"NATO {next(_numbers)}", query="NATO")
        return self.put(
            matches, topic_id=topic, article_id=article, hits=hits, quote=dict(quote), state="planned"
        )

    def channel(self, name: str = "desk", **facts: object) -> int:
        sealed = {"target": "sealed", "target_ref": "env:HOOK", "fingerprint": name}
        return self.put(channels, name=name, kind="slack_webhook", **sealed, **facts)

    def delivery(self, article: int, match: int, channel: int, state: str = "sent", **facts: object) -> int:
        name = f"desk {next(_numbers)}"
        subscription = self.put(subscriptions, name=name, topics=["none"], channels=["none"])
        ended = self.now - timedelta(seconds=50) if state in ("sent", "failed", "unknown") else None
        values = {
            "channel_id": channel,
            "subscription_id": subscription,
            "kind": "article",
            "bundle": f"article:{article}",
            "state": state,
            "due_at": self.now - timedelta(seconds=55),
            "on_doubt": "resend",
            "expires_at": self.now + timedelta(days=1),
            "ended_at": ended,
        }
        delivery = self.put(deliveries, **{**values, **facts})
        self.connection.execute(
            insert(delivery_articles).values(delivery_id=delivery, article_id=article, channel_id=channel)
        )
        told = {"match_id": match, "subscription_id": subscription, "channel_id": channel}
        self.put(alerts, **told, delivery_id=delivery, reason="at_once")
        return delivery

    def attempt(self, delivery: int, n: int, verdict: str, answer: str) -> None:
        facts = {"ended_at": self.now, "verdict": verdict, "answer": answer, "elapsed_s": 0.2}
        self.put(attempts, delivery_id=delivery, n=n, **facts)

    def circuit(self, name: str, reason: str) -> None:
        probe = self.now + timedelta(minutes=4)
        self.connection.execute(insert(circuits).values(name=name, reason=reason, probe_at=probe))

    def story(self, title: str = "Rusia gempur Kiev", **facts: object) -> int:
        """One article that was told to one channel; returns the delivery."""
        article = self.article(self.feed(), title, **facts)  # type: ignore[arg-type]
        quote = {"field": "body", "text": "Kata sekretaris NATO kemarin.", "marks": [[16, 20]]}
        match = self.match(article, [["title", 0, 5, title[:5]], ["body", 16, 20, "NATO"]], quote)
        delivery = self.delivery(article, match, self.channel(f"desk {next(_numbers)}"))
        self.attempt(delivery, 1, "sent", "200 ok")
        return delivery


@pytest.fixture
def world(engine: Engine) -> Callable[[], object]:
    """Opens a transaction in which a test puts its news."""

    @contextmanager
    def open_world() -> Iterator[World]:
        with engine.begin() as connection:
            yield World(connection, the_time())

    return open_world
