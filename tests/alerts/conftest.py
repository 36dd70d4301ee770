"""Builders for the values of this folder's tests."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from alerts.model import Channel, ChannelId, Item, Letter, News, Subscription, SubscriptionId
from worker.model import ArticleId, MatchId, TopicId
from worker.secrets import Secret

NOW = datetime(2026, 11, 23, 7, 3, tzinfo=UTC)
TARGETS = {
    "email": "rina@example.org",
    "slack_webhook": "https://hooks.slack.com/services/T0/B0/hush",
    "slack_bot": "C0123456789",
    "apprise": "ntfys://ntfy.example/hush",
}


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture(scope="session")
def item_of() -> Callable[..., Item]:
    def build(**facts: Any) -> Item:
        usual: dict[str, Any] = {
            "article": ArticleId(1),
            "title": "Perundingan pakta pertahanan",
            "url": "https://news.example.id/a?b=1&c=2",
            "source": "Harian Contoh",
            "topics": ("NATO",),
            "quote": "Sekjen NATO-nya tiba di Kyiv.",
            "marks": ((7, 11),),
            "published_at": NOW - timedelta(minutes=2),
            "seen_at": NOW - timedelta(minutes=1),
            "language": "id",
        }
        return Item(**{**usual, **facts})

    return build


@pytest.fixture(scope="session")
def letter_of(item_of: Callable[..., Item]) -> Callable[..., Letter]:
    def build(*items: Item, **facts: Any) -> Letter:
        usual: dict[str, Any] = {
            "key": "0b7c-4d1e",
            "kind": "article",
            "items": items or (item_of(),),
            "now": NOW,
            "subscriptions": ("desk, at once",),
            "topics": ("NATO",),
            "timezone": "Asia/Jakarta",
        }
        return Letter(**{**usual, **facts})

    return build


@pytest.fixture(scope="session")
def row_of() -> Callable[..., Channel]:
    def build(kind: str, **facts: Any) -> Channel:
        to = Secret(facts.pop("to", TARGETS.get(kind, "https://risk.example/hook/hush")))
        secret = Secret(facts.pop("secret", ""))
        return Channel(id=ChannelId(3), name="desk", kind=kind, to=to, secret=secret, **facts)

    return build


@pytest.fixture(scope="session")
def news_of() -> Callable[..., News]:
    def build(match: int = 1, article: int = 1, topic: int = 1, **facts: Any) -> News:
        usual: dict[str, Any] = {
            "source": "Harian Contoh",
            "tags": ("indonesia",),
            "language": "id",
            "published_at": NOW - timedelta(minutes=2),
            "seen_at": NOW - timedelta(minutes=1),
            "read_at": NOW,
        }
        return News(MatchId(match), TopicId(topic), ArticleId(article), **{**usual, **facts})

    return build


@pytest.fixture(scope="session")
def subscription_of() -> Callable[..., Subscription]:
    def build(
        number: int = 1, topics: tuple[int, ...] = (1,), channels: tuple[int, ...] = (1,), **facts: Any
    ) -> Subscription:
        usual: dict[str, Any] = {"created_at": NOW - timedelta(days=30)}
        return Subscription(
            id=SubscriptionId(number),
            name=f"subscription {number}",
            topics=frozenset(TopicId(topic) for topic in topics),
            channels=tuple(ChannelId(channel) for channel in channels),
            **{**usual, **facts},
        )

    return build
