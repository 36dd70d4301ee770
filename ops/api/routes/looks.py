"""How things do, closely, as their pages show it: a feed, a subscription's messages, the machine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter

from ops.api.callers import Here, Reader
from ops.api.problems import not_found
from ops.api.shapes.looks import FeedHealth, Machine, Preview
from ops.api.shapes.values import NumberInPath
from ops.plain_json import plain
from ops.previews import examples
from ops.remarks import beats, gap_in_words, silence_in_words
from ops.store.pages import subscriptions
from ops.store.pages.feeds import one_feed
from ops.store.pages.workers import Running, running
from worker.store.engine import Connection

router = APIRouter()


@router.get("/feeds/{number}/health", operation_id="getFeedHealth", response_model=FeedHealth, tags=["feeds"])
async def feed_health(house: Here, _: Reader, number: NumberInPath) -> Any:
    """How a feed does: its last polls and entries, its rhythm, what may have been missed."""
    row = await house.ask(lambda connection: one_feed(connection, int(number)))
    if row is None:
        raise not_found("feed", number)
    now, (in_full, latest) = house.clock(), row["quality"] or (0, 0)
    return {
        **row,
        "polls": beats(row["polls"]),
        "silence": silence_in_words(row, now) if row["silence"] else None,
        "missed": [gap_in_words(gap, now) for gap in row["gaps"]],
        "per_day": row["days"],
        "read_in_full": in_full,
        "latest": latest,
    }


@router.get(
    "/subscriptions/{number}/preview",
    operation_id="previewSubscription",
    response_model=list[Preview],
    tags=["subscriptions"],
)
async def preview_subscription(house: Here, _: Reader, number: NumberInPath) -> Any:
    """Show what the newest article of its topics looks like on its channels, each kind once; none: nothing matched."""

    def read(connection: Connection) -> list[dict[str, Any]]:
        rows = subscriptions.subscription_rows(connection, only=int(number))
        if not rows:
            raise not_found("subscription", number)
        article = subscriptions.recent_article(connection, rows[0]["topics"])
        there = subscriptions.channels_named(connection, rows[0]["channels"])
        shown = examples(article, rows[0], there, house.sender, house.clock()) if article else ()
        return [dict(plain(each)) for each in shown]

    return await house.ask(read)


@router.get("/machine", operation_id="getMachine", response_model=Machine, tags=["machine"])
async def get_machine(house: Here, _: Reader) -> Any:
    """How the machine does: desks, workers, what went wrong and why, and how much room everything takes."""
    now = await house.ask(running)
    return {
        "at": now.at,
        "tick_at": now.tick_at,
        "desks": {name: _desk(now, name) for name in now.desks},
        "workers": now.signs,
        "failures": [{**row, "count": row["n"]} for row in now.failures],
        "database_version": now.database_version,
        "database_bytes": now.database_bytes,
        "tables": now.tables,
    }


def _desk(now: Running, name: str) -> Mapping[str, Any]:
    queue, lease = now.desks[name], now.leases.get(name)
    return {
        "waiting": queue.waiting,
        "oldest_s": queue.oldest_s,
        "done_1h": queue.done_1h,
        "held": lease.held if lease else 0,
        "held_oldest_s": lease.oldest_s if lease else None,
        "p95_s": now.p95.get(name),
    }
