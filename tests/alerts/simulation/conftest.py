"""A day of trouble in a few seconds: a database whose clock a test moves, and receivers that misbehave by dice.

In the simulated database `clock_timestamp()` and `now()` are functions of ours, found before PostgreSQL's own, that
show a time that stands still until the test moves it: leases, waits and looks pass without anybody sleeping. A
trigger refuses every step between states that the table of states does not have.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import logging
import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import structlog
from aiohttp import web
from sqlalchemy import make_url, text

from alerts.channels import channels
from alerts.desks import send as send_desk
from alerts.desks.send import Outbox, send
from alerts.post import MailDoor, parse_smtp_url
from alerts.states import TRANSITIONS
from ops.newsroom import MailSink, SlackSink, running
from ops.newsroom.script import Accept, Answer, Complain, Garble, HangUp, Refuse, Script
from ops.newsroom.slack_api import SlackApi
from worker.http import Web
from worker.kit import Kit
from worker.pace import Pace
from worker.secrets import KeyRing, Secret
from worker.store.engine import Engine, open_engine

BEGIN = datetime(2026, 11, 23, 7, 3, tzinfo=UTC)
LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)

_OWN_CLOCK = """
    CREATE SCHEMA simulated;
    CREATE TABLE simulated.time (at timestamptz NOT NULL);
    INSERT INTO simulated.time VALUES ('2026-11-23 07:03Z');
    CREATE FUNCTION simulated.clock_timestamp() RETURNS timestamptz STABLE LANGUAGE sql
        AS 'SELECT at FROM simulated.time';
    CREATE FUNCTION simulated.now() RETURNS timestamptz STABLE LANGUAGE sql AS 'SELECT at FROM simulated.time';
    CREATE TABLE simulated.steps (step jsonb);
    INSERT INTO simulated.steps VALUES ('{steps}');
    CREATE FUNCTION simulated.known_step() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF NEW.state <> OLD.state AND NOT (SELECT step -> OLD.state ? NEW.state FROM simulated.steps) THEN
            RAISE EXCEPTION 'no step from % to % (delivery %)', OLD.state, NEW.state, OLD.id;
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER known_step BEFORE UPDATE ON deliveries FOR EACH ROW EXECUTE FUNCTION simulated.known_step();
"""


class Killed(BaseException):
    """A sender is gone: nothing that it would have done happens."""


@dataclass
class Time:
    """The one clock of a simulated world: the database's, ours and the receivers'."""

    engine: Engine
    at: datetime = BEGIN

    def __call__(self) -> datetime:
        return self.at

    def move_to(self, at: datetime) -> None:
        self.at = at
        with self.engine.begin() as connection:
            connection.execute(text("UPDATE simulated.time SET at = :at"), {"at": at})


@pytest.fixture(scope="session")
def _simulated(new_database: Callable[..., Secret], template: str) -> Secret:
    url = new_database("pantau_simulated", template)
    engine = open_engine(url, pooled=False)
    steps = json.dumps({state: sorted(to) for state, to in TRANSITIONS.items()})
    with engine.begin() as connection:
        connection.exec_driver_sql(_OWN_CLOCK.replace("{steps}", steps).replace("%", "%%"))
        name = make_url(url.reveal()).database
        connection.exec_driver_sql(f'ALTER DATABASE "{name}" SET search_path = simulated, pg_catalog, public')
    engine.dispose()
    return url


@pytest.fixture
def _copy(_simulated: Secret) -> Secret:
    """What the shared fixtures work on: the simulated database instead of the ordinary one."""
    return _simulated


@dataclass
class Dice:
    """What goes wrong with a request, in the shares of a bad day (of 100 posts: 8 kept though their answer is lost, 4
    kept with `fatal_error`, 5 answered 429, 5 with 500, 3 broken off; 5 senders die before and 5 after the post)."""

    seed: int
    calm: bool = False
    thrown: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)

    def trouble(self, shares: dict[str, float]) -> str:
        if self.calm:
            return ""
        left = self.random.random() * 100
        for name, share in shares.items():
            left -= share
            if left < 0:
                self.thrown[name] += 1
                return name
        return ""

    def answers(self, said: dict[str, Answer]) -> Iterator[Answer]:
        shares = {"lost": 8.0, "fatal": 4.0, "429": 5.0, "500": 5.0, "reset": 3.0}
        while True:
            trouble = self.trouble(shares)
            answer = said.get(trouble, Accept())
            if trouble == "429":
                answer = Refuse(429, "ratelimited", self.random.randint(1, 30))
            yield answer

    def looks(self) -> Iterator[Answer]:
        while True:
            match self.trouble({"looks 429": 5.0, "looks 500": 5.0, "looks reset": 5.0}):
                case "looks 429":
                    yield Refuse(429, "ratelimited", 20)
                case "looks 500":
                    yield Complain("fatal_error")
                case "looks reset":
                    yield HangUp(accepted=False)
                case _:
                    yield Accept()

    def kills(self) -> bool:
        return bool(self.trouble({"killed": 5.0}))


HTTP_TROUBLE: dict[str, Answer] = {
    "lost": HangUp(accepted=True),
    "fatal": Garble(500, "fatal_error", stored=True),
    "500": Refuse(500, "server_error"),
    "reset": HangUp(accepted=False),
}
API_TROUBLE = HTTP_TROUBLE | {"fatal": Complain("fatal_error", stored=True)}
MAIL_TROUBLE: dict[str, Answer] = {
    "lost": HangUp(accepted=True),
    "fatal": HangUp(accepted=True),
    "429": Refuse(450, "4.2.0 not now"),
    "500": Refuse(451, "4.3.0 local error"),
    "reset": HangUp(accepted=False),
}


class Hook:
    """A program that hears signed webhooks, and drops what it has heard under the same id."""

    def __init__(self, dice: Dice) -> None:
        self.heard: Counter[str] = Counter()
        self.asked = 0
        self._answers = dice.answers(HTTP_TROUBLE)

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/{name}", self._hear)
        return app

    async def _hear(self, request: web.Request) -> web.StreamResponse:
        await request.read()
        self.asked += 1
        answer = next(self._answers)
        kept = isinstance(answer, Accept) or getattr(answer, "stored", getattr(answer, "accepted", False))
        if kept:
            self.heard[request.headers["webhook-id"]] = 1
        match answer:
            case HangUp():
                if request.transport is not None:
                    request.transport.abort()
                return web.Response()
            case Refuse(code, words, after):
                headers = {"Retry-After": str(after)} if after else {}
                return web.Response(status=code, text=words, headers=headers)
            case Garble(status, body):
                return web.Response(status=status, text=body)
        return web.Response(status=204)


class Addresses(dict[str, str]):
    """Where the receivers are; one starts when it is first asked for."""

    def __init__(self, **starts: Callable[[], str]) -> None:
        super().__init__()
        self._starts = starts

    def __missing__(self, name: str) -> str:
        self[name] = self._starts[name]()
        return self[name]


class Mortal:
    """A door whose user may die before or after a message went through it."""

    def __init__(self, door: Any, world: World) -> None:
        self._door, self._world = door, world

    def _may_die(self) -> None:
        if self._world.dice.kills():
            raise Killed

    async def ask(self, request: Any) -> Any:
        self._may_die()
        answer = await self._door.ask(request)
        self._world.interlude()
        self._may_die()
        return answer

    def send(self, mail: Any) -> Any:
        self._may_die()
        answer = self._door.send(mail)
        self._may_die()
        return answer

    def close(self) -> None:
        self._door.close()


_NEXT = text("""
    WITH now AS (SELECT clock_timestamp() AS at)
    SELECT min(moment) FROM (
        SELECT greatest(d.due_at, c.pause_until, c.pace_at - interval '3 seconds') AS moment
          FROM deliveries d JOIN channels c ON c.id = d.channel_id
          WHERE d.state IN ('collecting', 'ready', 'waiting')
        UNION ALL SELECT greatest(due_at, lease_until) FROM deliveries
          WHERE state = 'unknown' AND ended_at IS NULL
        UNION ALL SELECT lease_until FROM deliveries WHERE state = 'sending'
        UNION ALL SELECT greatest(k.probe_at, c.pause_until) FROM deliveries d
          JOIN circuits k ON k.name = d.held_by JOIN channels c ON c.id = d.channel_id WHERE d.state = 'held'
    ) AS moments, now WHERE moment > now.at
""")

UNFINISHED = text("""
    SELECT count(*) FROM deliveries WHERE state IN ('collecting', 'ready', 'waiting', 'sending', 'held')
    OR state = 'unknown' AND ended_at IS NULL
""")


@dataclass
class World:
    """Receivers of every kind, senders that die, and time that moves from one event to the next."""

    kit: Kit
    time: Time
    dice: Dice
    slack: SlackApi
    hooks: SlackSink
    webhook: Hook
    post: MailSink
    urls: dict[str, str] = field(default_factory=dict)
    token: str = ""
    mail_seconds: float = 20.0
    registry: dict[str, Any] = field(default_factory=lambda: dict(channels()))
    interlude: Callable[[], object] = lambda: None  # what happens when a receiver has just been asked

    def live(self, seconds: float = 10 * 86400, *, senders: int = 2) -> None:
        """Lets senders work until nothing is left to do, or so many seconds have passed."""
        asyncio.run(self._live(senders, self.time.at + timedelta(seconds=seconds)))

    async def _live(self, senders: int, until: datetime) -> None:
        door = Web(allow=LOOPBACK, pace=Pace(100, 1e6, 10**6), vouched=(f"{self.urls['slack']}/api",))
        told_by_mail = "mail" in self.urls
        mail = (
            MailDoor(parse_smtp_url(self.urls["mail"]), timeout_s=self.mail_seconds) if told_by_mail else None
        )
        async with door:
            self.kit.web = Mortal(door, self)  # type: ignore[assignment]
            sender = {"from": "pantau@example.org", "slack_api": f"{self.urls['slack']}/api"}
            tokens = {"slack": Secret(self.token or self.slack.token)}
            outbox = Outbox(self.kit, Mortal(mail, self) if mail else None, sender, self.registry, tokens)  # type: ignore[arg-type]
            while True:
                await asyncio.gather(*(send(outbox, seconds=5.0) for _ in range(senders)))
                if self.time.at >= until or not self._move_on(until):
                    break
        if mail is not None:
            mail.close()

    def _move_on(self, until: datetime) -> bool:
        """To the next event, and to what lies within two seconds of it."""
        with self.kit.engine.connect() as connection:
            left = connection.execute(UNFINISHED).scalar_one()
            following = connection.execute(_NEXT).scalar()
        if left:
            self.time.move_to(min((following or self.time.at) + timedelta(seconds=2), until))
        return bool(left)


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """A bad day has ten thousand lines of log."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.configure(**before)


@pytest.fixture
def world(database: Engine, keys: KeyRing, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., World]]:
    """Makes a world whose troubles follow from a seed. A sender that dies leaves its row as it is, lease and all."""
    work_on = send_desk._work_on

    async def until_death(outbox: Outbox, row: Any) -> None:
        with suppress(Killed):
            await work_on(outbox, row)

    monkeypatch.setattr(send_desk, "_work_on", until_death)
    with ExitStack() as stack:

        def make(
            seed: int = 0,
            *,
            calm: bool = False,
            slack: Iterable[Answer] | None = None,
            looks: Iterable[Answer] | None = None,
            hooks: Iterable[Answer] | None = None,
            mail: Iterable[Answer] | None = None,
            lag_s: float = 2.0,
        ) -> World:
            time, dice = Time(database), Dice(seed, calm)
            time.move_to(BEGIN)
            kit = Kit(engine=database, web=None, keys=keys, clock=time, settled=lambda _: None)  # type: ignore[arg-type]
            api = SlackApi(
                Script(slack or dice.answers(API_TROUBLE)),
                time,
                looks=Script(looks or dice.looks()),
                lag_s=lag_s,
            )
            sink = SlackSink(Script(hooks or dice.answers(HTTP_TROUBLE)), time)
            webhook = Hook(dice)
            post = MailSink(Script(mail or dice.answers(MAIL_TROUBLE)), time)
            made = World(kit, time, dice, api, sink, webhook, post)
            made.urls = Addresses(
                slack=lambda: stack.enter_context(running(api.app())),
                hooks=lambda: stack.enter_context(running(sink.app())),
                webhook=lambda: stack.enter_context(running(webhook.app())),
                mail=lambda: stack.enter_context(post.listening()).url,
            )
            return made

        yield make


# Three topics in every article, so three alerts; with threads every fifth article begins a story that the next four
# follow.
_FILL = text("""
    WITH places AS (SELECT id, kind, row_number() OVER (ORDER BY id) AS place FROM channels),
    said AS (
        INSERT INTO articles (feed_id, identity, url, source, title, body, language, authors, tags, seen_at, read_at,
                              backlog, method, summary_only)
        SELECT :feed, 'https://feed.example/' || n, 'https://feed.example/' || n, 'Feed', 'Article ' || n,
               'NATO met.', 'id', '{}', '{}', now(), now(), false, 'fast', false
        FROM generate_series(1, :articles) n RETURNING id),
    matched AS (
        INSERT INTO matches (topic_id, article_id, hits, quote, state)
        SELECT t.id, said.id, '[["body", 0, 4, "NATO"]]',
               '{"field": "body", "text": "NATO met.", "marks": [[0, 4]]}', 'planned'
        FROM said, topics t RETURNING id, article_id),
    due AS (
        INSERT INTO deliveries (channel_id, subscription_id, kind, bundle, state, due_at, on_doubt, expires_at)
        SELECT places.id, :subscription, 'article', 'article:' || said.id, 'ready', now(), :on_doubt,
               now() + interval '2 days'
        FROM said, places ORDER BY said.id RETURNING id, channel_id, bundle),
    slots AS (
        INSERT INTO delivery_articles (delivery_id, article_id, channel_id)
        SELECT due.id, said.id, due.channel_id FROM due JOIN said ON due.bundle = 'article:' || said.id)
    INSERT INTO alerts (match_id, subscription_id, channel_id, delivery_id, created_at)
    SELECT matched.id, :subscription, due.channel_id, due.id, now()
    FROM due JOIN matched ON due.bundle = 'article:' || matched.article_id
""")

_THREADS = text("""
    WITH numbered AS (
        SELECT d.id, d.channel_id, (row_number() OVER (PARTITION BY channel_id ORDER BY d.id) - 1) AS n
        FROM deliveries d JOIN channels c ON c.id = d.channel_id WHERE c.kind = 'slack_bot')
    UPDATE deliveries SET thread_of = roots.id
    FROM numbered
    JOIN numbered roots ON roots.channel_id = numbered.channel_id AND roots.n = numbered.n - numbered.n % 5
    WHERE deliveries.id = numbered.id AND numbered.n % 5 > 0
""")


@pytest.fixture
def fill(rows: Any) -> Callable[..., int]:
    """Writes announced articles for channels of one kind, three alerts each."""

    def write(kind: str, targets: list[str], articles: int, on_doubt: str = "resend", **facts: Any) -> int:
        topics = [rows.topic(name) for name in ("NATO", "Kyiv", "Kherson")]
        for n, target in enumerate(targets):
            rows.channel(f"{kind} {n}", to=target, kind=kind, **facts)
        values = {
            "feed": rows.feed(),
            "subscription": rows.subscription(["NATO", "Kyiv", "Kherson"]),
            "articles": articles,
        }
        with rows.engine.begin() as connection:
            connection.execute(_FILL, {**values, "on_doubt": on_doubt})
            connection.execute(_THREADS)
        return len(targets) * articles * len(topics)

    return write
