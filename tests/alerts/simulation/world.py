"""A simulated world: one clock, receivers of every kind, and senders that die at work."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text

from alerts.channels import channels
from alerts.desks.outbox import Outbox
from alerts.desks.send import send
from alerts.post import MailDoor, parse_smtp_url
from ops.newsroom import MailSink, SlackSink
from ops.newsroom.slack_api import SlackApi
from tests.alerts.simulation.receivers import Dice, Hook
from worker.http import Web
from worker.kit import Kit
from worker.pace import Pace
from worker.secrets import Secret
from worker.store.engine import Engine

BEGIN = datetime(2026, 11, 23, 7, 3, tzinfo=UTC)
LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)


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
