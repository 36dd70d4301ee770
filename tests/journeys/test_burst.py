"""Two hundred matching articles in a minute: as many messages as the cap lets through, one roll-up, nothing lost.

The plan and the send desk on a real database, through the real door, to a Slack on loopback.
"""

from __future__ import annotations

import asyncio
import ipaddress
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

import worker.store.schema as world
from alerts.channels import channels
from alerts.desks.plan import plan
from alerts.desks.send import Outbox, send
from ops.newsroom import SlackSink, running
from ops.newsroom.tally import Receipt, told_twice
from ops.store.audit import audit
from worker.http import Web
from worker.pace import Pace

pytestmark = pytest.mark.servers

ARTICLES, CAP = 200, 12
HOOK, BOT = "/services/T0/B0/hook", "/services/T0/B0/bot"


class Hasty:
    """A hook that takes as many messages a second as there are."""

    kind, credential, threads = "slack_webhook", None, False

    def __init__(self) -> None:
        self.usual = channels()["slack_webhook"]

    def compose(self, letter: Any, channel: Any) -> Any:
        return self.usual.compose(letter, channel)

    def judge(self, answer: Any) -> Any:
        return replace(self.usual.judge(answer), remote_id="1732600000.000100")


class Threaded(Hasty):
    """A channel with threads, as planning sees it; it posts as the hook does."""

    kind, threads = "threaded", True


REGISTRY: Any = {**channels(), "slack_webhook": Hasty(), "threaded": Threaded()}


@pytest.fixture
def slack() -> Iterator[SlackSink]:
    return SlackSink()


@pytest.fixture
def desk(rows: Any, slack: SlackSink) -> Iterator[Any]:
    """A hook and a channel with threads, and whoever hears of NATO there."""
    with running(slack.app()) as address:
        rows.channel("hook", f"{address}{HOOK}")
        rows.channel("bot", f"{address}{BOT}", kind="threaded")
        rows.subscription(channels=["hook", "bot"], cap_per_hour=CAP)
        yield rows


def send_what_is_due(kit: Any) -> None:
    async def sending() -> None:
        allow = (ipaddress.ip_network("127.0.0.0/8"),)
        async with Web(allow=allow, pace=Pace(50, 10_000, 10_000)) as web:
            kit.web = web
            await send(Outbox(kit, None, registry=REGISTRY), seconds=5)

    asyncio.run(sending())


def articles_in(receipt: Receipt) -> set[str]:
    return {link for link in receipt.links if link.startswith("https://feed.example/")}


def early_in_a_quarter() -> datetime:
    """The first second of this quarter of an hour, so that the burst lies within it; of the next one, once that has
    come, where this one is about to end and the database's clock would have the roll-up go out amid the burst."""
    now = datetime.now(UTC)
    begun = now.replace(minute=now.minute - now.minute % 15, second=1)
    left = (begun + timedelta(minutes=15) - now).total_seconds()
    if left > 30:
        return begun
    time.sleep(left)
    return begun + timedelta(minutes=15)


def test_a_burst_is_a_dozen_messages_and_one_roll_up_with_all_the_others(
    kit: Any, desk: Any, slack: SlackSink
) -> None:
    begun = early_in_a_quarter()
    feed, topic = desk.feed(), desk.topic()
    for quarter_minute in range(4):
        for number in range(ARTICLES // 4):
            title = f"story {quarter_minute}-{number}"
            story = desk.add(world.stories, title=title, first_at=begun, last_at=begun)
            desk.match(topic, desk.article(feed, story_id=story))
        kit.clock = lambda at=begun + timedelta(seconds=15 * quarter_minute): at
        plan(kit, REGISTRY)
        send_what_is_due(kit)
    assert Counter(receipt.to for receipt in slack.receipts) == {HOOK: CAP, BOT: CAP}
    waiting = (
        "SELECT channel_id, kind, count(*) FROM deliveries WHERE state <> 'sent' GROUP BY 1, 2 ORDER BY 1"
    )
    assert desk.all(waiting) == [(1, "rollup", 1), (2, "rollup", 1)]

    desk.change("UPDATE deliveries SET due_at = now() WHERE kind = 'rollup'")
    kit.clock = lambda: begun + timedelta(minutes=15)
    send_what_is_due(kit)
    assert Counter(receipt.to for receipt in slack.receipts) == {HOOK: CAP + 1, BOT: CAP + 1}
    for hook in (HOOK, BOT):
        named = [articles_in(receipt) for receipt in slack.receipts if receipt.to == hook]
        assert [len(links) for links in named] == [*[1] * CAP, ARTICLES - CAP]
        assert len(set().union(*named)) == ARTICLES
    assert not told_twice(slack.receipts, "https://feed.example/")
    in_how_many = """
        SELECT n, count(*) FROM (SELECT a.id, count(d.id) AS n FROM alerts a JOIN matches m ON m.id = a.match_id
            LEFT JOIN delivery_articles s ON s.article_id = m.article_id AND s.channel_id = a.channel_id AND s.taken
            LEFT JOIN deliveries d ON d.id = s.delivery_id AND d.id = a.delivery_id AND d.state = 'sent'
            GROUP BY a.id) AS counted GROUP BY n"""
    assert desk.all(in_how_many) == [(1, 2 * ARTICLES)]
    with kit.engine.begin() as connection:
        found = audit(connection)
        assert (found.sound, found.sent) == (True, 2 * ARTICLES)
        assert connection.execute(text("SELECT count(*) FROM deliveries")).scalar_one() == 2 * (CAP + 1)
