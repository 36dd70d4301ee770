"""A stretch of time on the overview: its parts, the whole, the time before; and topics against a usual day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ops.dashboard.views.overview import STRETCHES, stretch_of
from ops.store.pages import overview as store

pytestmark = pytest.mark.servers


@pytest.fixture
def told(rows):
    """One article that was told so long ago, so many seconds after its publication."""
    feed, topic, channel, subscription = rows.feed(), rows.topic(), rows.channel(), rows.subscription()

    def make(ago: timedelta, after_s: float) -> None:
        ended = datetime.now(UTC) - ago
        delivery = rows.announced(channel, subscription, topic, feed, state="sent", ended_at=ended)
        rows.change(
            "UPDATE articles SET seen_at = :seen, read_at = :seen, published_at = :published"
            " WHERE id = (SELECT article_id FROM delivery_articles WHERE delivery_id = :d)",
            seen=ended - timedelta(seconds=2),
            published=ended - timedelta(seconds=after_s),
            d=delivery,
        )
        rows.change(
            "UPDATE matches SET created_at = :at WHERE article_id ="
            " (SELECT article_id FROM delivery_articles WHERE delivery_id = :d)",
            at=ended,
            d=delivery,
        )

    return make


@pytest.mark.parametrize("stretch", STRETCHES, ids=[each.key for each in STRETCHES])
def test_a_stretch_has_all_its_parts_however_little_happened(database, told, stretch):
    told(timedelta(seconds=5), 40)
    told(stretch.length / 2, 400)
    told(stretch.length * 1.2 + stretch.step, 9)
    with database.connect() as connection:
        found = store.trend(connection, stretch.length, stretch.step, stretch.shift)
    assert len(found.bins) == round(stretch.length / stretch.step) + 1
    assert (found.alerts, found.sent, found.articles, found.within) == (2, 2, 2, 0.5)
    assert sorted(part.p50 for part in found.bins if part.p50 is not None) == pytest.approx([40, 400])
    assert found.p50 == pytest.approx(220)
    assert found.seen_p50 == pytest.approx(2, abs=0.1)
    assert sum(part.articles for part in found.bins) == sum(part.sent for part in found.bins) == 2


def test_it_is_compared_only_with_what_the_archive_remembers(database, told):
    day = stretch_of("24h")
    told(timedelta(hours=1), 5)
    with database.connect() as connection:
        assert store.trend(connection, day.length, day.step, day.shift).sent_before is None
    told(timedelta(days=7, hours=2), 5)
    told(timedelta(days=9), 5)
    with database.connect() as connection:
        found = store.trend(connection, day.length, day.step, day.shift)
    assert (found.sent, found.sent_before, found.articles_before) == (1, 1, 1)


def test_nothing_told_is_no_figure(database):
    with database.connect() as connection:
        found = store.trend(
            connection, *(getattr(stretch_of(""), name) for name in ("length", "step", "shift"))
        )
    assert (found.p50, found.within, found.alerts, found.sent) == (None, None, 0, 0)


def test_topics_are_held_against_a_usual_day_once_there_are_days_enough(database, told, rows):
    told(timedelta(hours=1), 5)
    rows.change("UPDATE topics SET created_at = now() - interval '1 day'")
    with database.connect() as connection:
        (topic,) = store.panels(connection, 6).topics
    assert (topic["today"], topic["usual"]) == (1, None)
    for days in (2, 3, 4, 6):
        told(timedelta(days=days), 5)
    rows.change("UPDATE topics SET created_at = now() - interval '90 days'")
    with database.connect() as connection:
        found, channels = store.panels(connection, 6), store.busiest_channels(connection, 6)
    (topic,) = found.topics
    assert (topic["today"], topic["before"]) == (1, 4)
    assert topic["usual"] == pytest.approx(4 / 5, rel=0.01)
    assert [(row["word"], row["articles"]) for row in found.together] == [("NATO", 1)]
    assert [(row["name"], row["sent"]) for row in channels] == [("desk", 1)]
