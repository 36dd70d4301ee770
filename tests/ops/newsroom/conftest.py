"""A newsroom that the sample knows nothing of, and a client that hides nothing."""

from __future__ import annotations

import gzip
import http.client
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest

from ops.newsroom import Furniture, Manners, Newsroom, Outlet, Revision, Schedule, Story, running


@dataclass(frozen=True, slots=True)
class Got:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        packed = self.headers.get("content-encoding") == "gzip"
        return (gzip.decompress(self.body) if packed else self.body).decode()


Ask = Callable[..., Got]


@pytest.fixture
def ask() -> Ask:
    """One HTTP exchange, without following, retrying, unpacking or raising."""

    def exchange(url: str, body: bytes | None = None, method: str | None = None, **headers: str) -> Got:
        parts = urlsplit(url)
        connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=20)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            path = parts.path + (f"?{parts.query}" if parts.query else "")
            connection.request(method or ("GET" if body is None else "POST"), path, body, named)
            reply = connection.getresponse()
            return Got(reply.status, {k.lower(): v for k, v in reply.getheaders()}, reply.read())
        finally:
            connection.close()

    return exchange


@pytest.fixture
def schedule() -> Schedule:
    body = tuple(f"Paragraph {n} says something quiet about the harbour." for n in range(1, 8))
    furniture = Furniture("A. Writer", "E. Ditor", "Agency", "A caption", ("READ THIS",), ("BOX HEADLINE",))
    return Schedule(
        outlets=(
            Outlet("alpha", "Alpha & <Sons>", feed="rss", hot_topics=("HOT TOPIC",)),
            Outlet("beta", "Бета", language="uk", feed="atom", layout="agency", full_content=True),
            Outlet("gamma", "Gamma", feed="json", layout="broadsheet"),
            Outlet("frail", "Frail", feed_manners=Manners(failing=2), page_manners=Manners(failing=1)),
            Outlet("slow", "Slow", feed_manners=Manners(delay_s=0.2)),
        ),
        stories=(
            Story("old-news", "alpha", "Old news", body, age=timedelta(hours=2)),
            Story(
                "first",
                "alpha",
                'A <b>bold</b> & "quoted" title',
                body,
                furniture=furniture,
                revision=Revision("A calmer title", ("One new paragraph.",)),
            ),
            Story("second", "beta", "Друга новина", body, tags=("мир",)),
            Story("third", "gamma", "Third", body, summary="In short."),
            Story("fourth", "frail", "Fourth", body),
        ),
    )


@pytest.fixture
def clock() -> Clock:
    return Clock()


class Clock:
    """A clock that moves by ten seconds whenever it is read."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 6, 0, 0, 500_000, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=10)
        return self.now


@pytest.fixture
def newsroom(schedule: Schedule, clock: Clock) -> Newsroom:
    return Newsroom(schedule, clock)


@pytest.fixture
def site(newsroom: Newsroom) -> Iterator[str]:
    with running(newsroom.app()) as url:
        yield url
