"""The plan desk: every new match is decided about, and the decisions leave rows for the send desk."""

from __future__ import annotations

import structlog

from alerts.plan import decide
from alerts.store import people, planning, silences
from alerts.store.decisions import Ledger
from worker.kit import Kit

log = structlog.get_logger("alerts")

PLAN_ARTICLES = 200


def plan(kit: Kit) -> int:
    """Decides everything that is new, in batches; returns how many matches were planned."""
    total = 0
    while planned := _plan_batch(kit):
        total += planned
        kit.settled("plan")
    return total


def _plan_batch(kit: Kit) -> int:
    with kit.engine.begin() as connection:
        news = planning.take_news(connection, PLAN_ARTICLES)
        if not news:
            return 0
        now = kit.clock()
        subscriptions = people.load_subscriptions(connection)
        places = {channel for subscription in subscriptions for channel in subscription.channels}
        told = planning.told_of(connection, places, {item.article for item in news})
        recent = planning.recent_times(connection, places, now)
        decisions = decide(
            news, subscriptions, told, recent, now, silences=silences.in_force(connection, now)
        )
        ledger = Ledger(connection, {s.id: s for s in subscriptions}, now)
        ledger.write(decisions, {item.match for item in news})
    log.info(
        "planned",
        matches=len(news),
        decisions=len(decisions),
        articles=len({article for _, article in ledger.placed}),
    )
    return len(news)
