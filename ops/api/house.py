"""What the API works with. The web process gives it: it knows the database, the clock and who is logged in."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, TypeVar

from starlette.requests import Request

from alerts.model import Channel
from ops.access import Attempts
from ops.api.listening import Streams
from ops.api.paces import Pace
from ops.doctor import Examined
from ops.health import Readiness
from ops.looking import Looked
from ops.made_here import Ways
from ops.store.accounts import Session
from ops.store.audit import Audit
from ops.trial import Trial
from worker.addresses import Network
from worker.kit import TopicWatch
from worker.model import Article, Match
from worker.secrets import KeyRing, Secret
from worker.settings import Settings
from worker.store.engine import Connection, Engine

Answer = TypeVar("Answer")


class Ask(Protocol):
    """Does work on the database in one transaction, in a thread. Raises Unavailable when that takes too long."""

    async def __call__(self, work: Callable[[Connection], Answer], /) -> Answer:
        """What the work finds."""


Rereads = Callable[[int, str], Awaitable[tuple[datetime, Mapping[str, Any]] | None]]
"""Reads the page of an article of this number at its link now; None where that took too long, or another one is
being read."""


@dataclass(slots=True)
class Watched:
    """All topics, ready to be held against a text; one reader at a time."""

    topics: TopicWatch = field(default_factory=TopicWatch)
    alone: threading.Lock = field(default_factory=threading.Lock)

    def match(self, connection: Connection, article: Article) -> Sequence[Match]:
        """The topics of this moment that match, and where."""
        with self.alone:
            self.topics.follow(connection)
            return self.topics.index.match(article)


@dataclass(frozen=True, slots=True)
class House:
    """The web process as the API sees it. `session` tells who is logged in, `visitor` under which address somebody
    counts, `proof` the newest audit, `ready` whether all parts work, and `examines` why not; `tries` sends a test
    message, where this process can; `looks` at an address for feeds; `rereads` an article's page, for it to be looked
    at; `errand` has work done beside the answers, with the database as a whole; `allow` are private networks that feeds
    may be in; `ways` are those of asking the owner of an address; `sender` is as whom messages are sent; `hashes` does
    work on the database that hashes passwords, apart from all other, and `passwords` counts how often somebody tries a
    present one; `closing` says that the process is about to end."""

    ask: Ask
    clock: Callable[[], datetime]
    steady: Callable[[], float]
    session: Callable[[Request], Awaitable[Session | None]]
    visitor: Callable[[Request], str]
    proof: Callable[[], Awaitable[Audit | None]]
    ready: Callable[[], Awaitable[Readiness]]
    examines: Callable[[], Awaitable[Examined]]
    hashes: Ask
    passwords: Attempts
    settings: Settings | None = None
    answers_slack: bool = False
    sender: Mapping[str, str] = field(default_factory=dict)
    keys: KeyRing | None = None
    looks: Callable[[str], Awaitable[Looked]] | None = None
    rereads: Rereads | None = None
    errand: Callable[[Callable[[Engine], None]], object] | None = None
    allow: Sequence[Network] = ()
    ways: Ways = field(default_factory=Ways)
    api_token: Secret | None = None
    tries: Callable[[Channel], Awaitable[Trial]] | None = None
    pace: Pace = field(default_factory=Pace)
    strangers: Attempts = field(default_factory=lambda: Attempts(most=30, window_s=60))
    watched: Watched = field(default_factory=Watched)
    streams: Streams = field(default_factory=Streams)
    closing: Callable[[], bool] = lambda: False
