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
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import structlog
from aiohttp import web
from sqlalchemy import make_url, text

from alerts.channels import channels
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
    """The sender's process is gone: nothing that it would have done happens."""


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
    kept with `fatal_error`, 5 answered 429, 5 with 500, 3 broken off; 8 senders die before and 8 after the post)."""

    seed: int
    thrown: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)

    def trouble(self, shares: dict[str, float]) -> str:
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
        return bool(self.trouble({"killed": 8.0}))


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


class Mortal:
    """A door whose user may die before or after a message went through it."""

    def __init__(self, door: Any, dice: Dice) -> None:
        self._door, self._dice = door, dice

    async def ask(self, request: Any) -> Any:
        if self._dice.kills():
            raise Killed
        answer = await self._door.ask(request)
        if self._dice.kills():
            raise Killed
        return answer

    def send(self, mail: Any) -> Any:
        if self._dice.kills():
            raise Killed
        answer = self._door.send(mail)
        if self._dice.kills():
            raise Killed
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
    runs: int = 0

    def live(self, *, senders: int = 2, most_runs: int = 3000) -> None:
        """Lets senders work until nothing is left to do."""
        asyncio.run(self._live(senders, most_runs))

    async def _live(self, senders: int, most_runs: int) -> None:
        door = Web(allow=LOOPBACK, pace=Pace(100, 1e6, 10**6), vouched=(f"{self.urls['slack']}/api",))
        mail = MailDoor(parse_smtp_url(self.urls["mail"]))
        async with door:
            self.kit.web = Mortal(door, self.dice)  # type: ignore[assignment]
            sender = {"from": "pantau@example.org", "slack_api": f"{self.urls['slack']}/api"}
            tokens = {"slack": Secret(self.slack.token)}
            outbox = Outbox(self.kit, Mortal(mail, self.dice), sender, channels(), tokens)  # type: ignore[arg-type]
            while self.runs < most_runs:
                self.runs += 1
                ended = await asyncio.gather(
                    *(send(outbox, seconds=0.5) for _ in range(senders)), return_exceptions=True
                )
                for trouble in ended:
                    if isinstance(trouble, BaseException) and not isinstance(trouble, Killed):
                        raise trouble
                if not self._move_on(again=any(isinstance(trouble, Killed) for trouble in ended)):
                    break
        mail.close()

    def _move_on(self, *, again: bool) -> bool:
        """To the next event; at once where a sender died, for another takes its place."""
        with self.kit.engine.connect() as connection:
            left = connection.execute(UNFINISHED).scalar_one()
            following = connection.execute(_NEXT).scalar()
        if again or not left:
            return bool(left)
        self.time.move_to(following or self.time.at + timedelta(seconds=1))
        return True


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """A bad day has ten thousand lines of log."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.configure(**before)


@pytest.fixture
def world(database: Engine, keys: KeyRing) -> Iterator[Callable[[int], World]]:
    """Makes a world whose troubles follow from a seed."""
    with ExitStack() as stack:

        def make(seed: int) -> World:
            time, dice = Time(database), Dice(seed)
            time.move_to(BEGIN)
            kit = Kit(engine=database, web=None, keys=keys, clock=time, settled=lambda _: None)  # type: ignore[arg-type]
            slack = SlackApi(Script(dice.answers(API_TROUBLE)), time, looks=Script(dice.looks()), lag_s=2.0)
            hooks = SlackSink(Script(dice.answers(HTTP_TROUBLE)), time)
            webhook = Hook(dice)
            post = MailSink(Script(dice.answers(MAIL_TROUBLE)), time)
            made = World(kit, time, dice, slack, hooks, webhook, post)
            made.urls = {
                "slack": stack.enter_context(running(slack.app())),
                "hooks": stack.enter_context(running(hooks.app())),
                "webhook": stack.enter_context(running(webhook.app())),
                "mail": stack.enter_context(post.listening()).url,
            }
            return made

        yield make
