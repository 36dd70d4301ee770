"""The plan desk: every new match is decided about, and the decisions leave rows for the send desk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import structlog

from alerts.channel import Channel
from alerts.channels import channels
from alerts.decision import MOST_ARTICLES
from alerts.model import News
from alerts.plan import decide, updates
from alerts.store import people, planning, silences, stories
from alerts.store.decisions import Ledger
from worker import spans
from worker.crashpoint import crashpoint
from worker.kit import Kit

log = structlog.get_logger("alerts")


def warm_up() -> None:
    """Loads what the first planning would otherwise wait a second for: what the things are that have a name."""
    stories.warm_up()


def plan(kit: Kit, registry: Mapping[str, Channel] | None = None) -> int:
    """Decides everything that is new, in batches; returns how many matches were planned. `registry` are the kinds of
    channel that there are."""
    known = channels() if registry is None else registry
    total = 0
    while news := _plan_batch(kit, known):
        total += len(news)
        kit.settled("plan")
        if len({item.article for item in news}) < MOST_ARTICLES:
            break  # that was all; what came meanwhile has rung by itself
    return total


def _plan_batch(kit: Kit, registry: Mapping[str, Channel]) -> Sequence[News]:
    with kit.engine.begin() as connection:
        news = planning.take_news(connection, MOST_ARTICLES)
        if not news:
            return ()
        crashpoint("plan_after_claim")
        now = kit.clock()
        news = stories.in_stories(connection, news, now)
        subscriptions = people.load_subscriptions(connection, {item.topic for item in news})
        places = {channel for subscription in subscriptions for channel in subscription.channels}
        kinds = planning.kinds_of(connection, places)
        threaded = frozenset(c for c, kind in kinds.items() if kind in registry and registry[kind].threads)
        told = planning.told_of(connection, places, {item.article for item in news})
        recent = planning.recent_times(connection, places, now)
        running = planning.running(connection, places, threaded, news, now)
        silent = silences.in_force(connection, now)
        decisions = decide(news, subscriptions, told, recent, now, silences=silent, running=running)
        changed = updates(decisions, threaded, now)
        ledger = Ledger(connection, {s.id: s for s in subscriptions}, now)
        ledger.write(decisions, {item.match for item in news}, changed)
        crashpoint("plan_before_commit")
    crashpoint("plan_after_commit")
    log.info(
        "planned",
        matches=len(news),
        decisions=len(decisions),
        articles=len({article for _, article in ledger.placed}),
        updates=len(changed),
    )
    if spans.recording():
        _draw(news, ledger, (kit.clock() - now).total_seconds())
    return news


def _draw(news: Sequence[News], ledger: Ledger, took_s: float) -> None:
    """The step that each article took here, and the deliveries that it led to."""
    seen = {item.article: item.seen_at for item in news}
    for article, seen_at in seen.items():
        deliveries = sorted({delivery for (_, each), delivery in ledger.placed.items() if each == article})
        spans.step(
            "plan",
            spans.Way("article", article, seen_at),
            took_s,
            {
                "article": article,
                "matches": sum(item.article == article for item in news),
                "deliveries": deliveries,
            },
        )
