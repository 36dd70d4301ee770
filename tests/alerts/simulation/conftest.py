"""A day of trouble in a few seconds: a database whose clock a test moves, and receivers that misbehave by dice.

In the simulated database `clock_timestamp()`, `statement_timestamp()` and `now()` are functions of ours, found before
PostgreSQL's own, that show a time that stands still until the test moves it: leases, waits and looks pass without
anybody sleeping. A trigger refuses every step between states that the table of states does not have.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, suppress
from typing import Any

import pytest
import structlog
from sqlalchemy import make_url, text

from alerts.desks import send as send_desk
from alerts.desks.outbox import Outbox
from alerts.states import TRANSITIONS
from ops.newsroom import MailSink, SlackSink, running
from ops.newsroom.script import Answer, Script
from ops.newsroom.slack_api import SlackApi
from tests.alerts.simulation.receivers import API_TROUBLE, HTTP_TROUBLE, MAIL_TROUBLE, Dice, Hook
from tests.alerts.simulation.world import BEGIN, Addresses, Killed, Time, World
from worker.kit import Kit
from worker.secrets import KeyRing, Secret
from worker.store.engine import Engine, open_engine

_OWN_CLOCK = """
    CREATE SCHEMA simulated;
    CREATE TABLE simulated.time (at timestamptz NOT NULL);
    INSERT INTO simulated.time VALUES ('2026-11-23 07:03Z');
    CREATE FUNCTION simulated.clock_timestamp() RETURNS timestamptz STABLE LANGUAGE sql
        AS 'SELECT at FROM simulated.time';
    CREATE FUNCTION simulated.statement_timestamp() RETURNS timestamptz STABLE LANGUAGE sql
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
