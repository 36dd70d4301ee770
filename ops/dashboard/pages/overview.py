"""The overview: the first page, and the only one that an operator on call must know."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial
from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ops.access import Session
from ops.dashboard.context import context_of
from ops.dashboard.login import for_people
from ops.dashboard.shell import gone_on, show, taken
from ops.dashboard.views.agreeing import agreed, refuted_day, refuted_panels, refuted_trend
from ops.dashboard.views.overview import Facts, compose, stretch_of
from ops.retrying import Refused, retry
from ops.said import said
from ops.store import day as days
from ops.store import overview as reads
from ops.store.audit import Audit, audit
from ops.store.day import Day
from ops.store.ledger import find_delivery
from ops.store.pages import overview as looks
from ops.store.pages.rail import Counts, counts
from worker.store.engine import Connection

ALERTS, DELIVERIES, FEEDS, UNSENT, PANEL = 12, 8, 40, 3, 6
DAY_S, PANELS_S = 10.0, 30.0

DEEDS = {
    "retried": said(
        "The message is due again and goes out at once, or as soon as its channel lets it through."
    ),
    "settled": said("That message has settled meanwhile; there is nothing to send again."),
}


async def overview(request: Request, session: Session) -> Response:
    """The page, made anew for each view; what goes through much is remembered for a while."""
    context, stretch = context_of(request), stretch_of(request.query_params.get("range", ""))
    look = partial(looks.trend, length=stretch.length, step=stretch.step, shift=stretch.shift)
    trend_name = f"trend {stretch.key}"
    ledger, day, trend, panels = await asyncio.gather(
        context.proof.latest(lambda: context.ask_at_length(audit), context.steady),
        context.remembered("day", DAY_S, days.day),
        context.remembered(trend_name, stretch.fresh_s, look),
        context.remembered("panels", PANELS_S, partial(looks.panels, limit=PANEL)),
    )

    def read(connection: Connection) -> tuple[Facts, Counts]:
        reads.at_one_moment(connection)
        facts = read_facts(connection, ledger, day or days.day(connection))
        facts = replace(facts, stretch=stretch, trend=trend, panels=panels)
        if refuted_day(facts):
            facts = replace(facts, overview=reads.with_day(facts.overview, days.day(connection)))
        if refuted_trend(facts):
            facts = replace(facts, trend=look(connection))
        if refuted_panels(facts, PANEL):
            facts = replace(facts, panels=looks.panels(connection, PANEL))
        return facts, counts(connection)

    facts, numbers = await context.ask(read)
    context.counted(numbers)
    if facts.trend is not trend:
        context.relearn(trend_name, facts.trend)
    if facts.panels is not panels:
        context.relearn("panels", facts.panels)
    view = compose(agreed(facts), context.offered)
    return await show(request, session, "overview.html", here="overview", view=view, deeds=DEEDS)


def read_facts(connection: Connection, ledger: Audit | None, day: Day) -> Facts:
    """What the page tells of this moment; what goes through much and is remembered comes to it."""
    now = reads.with_day(reads.standing(connection), day)
    deliveries = reads.latest_deliveries(connection, DELIVERIES)
    # where there are none, looking for the newest would read the whole ledger
    failed = reads.latest_deliveries(connection, UNSENT, "failed") if now.failed else ()
    doubtful = reads.latest_deliveries(connection, UNSENT, "unknown") if now.in_doubt else ()
    return Facts(
        overview=now,
        ledger=ledger,
        stages=looks.stages(connection),
        alerts=reads.latest_alerts(connection, ALERTS),
        deliveries=deliveries,
        attempts=reads.attempts_among(connection, [row["id"] for row in deliveries]),
        feeds=reads.feed_list(connection, FEEDS),
        circuits=reads.circuit_list(connection),
        unsent=[*failed, *doubtful],
        channels=looks.busiest_channels(connection, PANEL),
    )


async def take_retry(request: Request, session: Session) -> Response:
    """Sends the newest failed message again, as `pantau deliveries retry` does."""
    fields = await taken(request, session, "editor")
    try:
        key = UUID(fields.get("delivery", ""))
    except ValueError:
        raise HTTPException(404) from None
    return gone_on("/", did=await context_of(request).ask(partial(_retry, key=key, who=session.user)))


def _retry(connection: Connection, key: UUID, who: str) -> str:
    delivery = find_delivery(connection, key)
    refused = delivery is None or isinstance(retry(connection, delivery, who), Refused)
    return "settled" if refused else "retried"


ROUTES = (
    Route("/", for_people(overview)),
    Route("/overview/retry", for_people(take_retry), methods=["POST"]),
)
