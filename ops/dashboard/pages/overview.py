"""The overview: the first page, and the only one that an operator on call must know."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ops.access import Session
from ops.dashboard.context import context_of
from ops.dashboard.login import for_people
from ops.dashboard.shell import show
from ops.dashboard.views.overview import Facts, compose
from ops.store import overview as reads
from ops.store.audit import Audit, audit
from worker.store.engine import Connection

ALERTS, DELIVERIES, FEEDS, UNSENT = 12, 20, 40, 3


async def overview(request: Request, session: Session) -> Response:
    """The page, made anew for each view."""
    context = context_of(request)
    ledger = await context.proof.latest(lambda: context.ask(audit), context.steady)
    facts = await context.ask(lambda connection: read_facts(connection, ledger))
    return await show(request, session, "overview.html", here="overview", view=compose(facts))


def read_facts(connection: Connection, ledger: Audit | None) -> Facts:
    """What the page tells, read in one go."""
    now = reads.overview(connection)
    deliveries = reads.latest_deliveries(connection, DELIVERIES)
    # where there are none, looking for the newest would read the whole ledger
    failed = reads.latest_deliveries(connection, UNSENT, "failed") if now.failed else ()
    doubtful = reads.latest_deliveries(connection, UNSENT, "unknown") if now.in_doubt else ()
    return Facts(
        overview=now,
        ledger=ledger,
        hours=reads.hours(connection),
        alerts=reads.latest_alerts(connection, ALERTS),
        deliveries=deliveries,
        attempts=reads.attempts_among(connection, [row["id"] for row in deliveries]),
        feeds=reads.feed_list(connection, FEEDS),
        circuits=reads.circuit_list(connection),
        unsent=[*failed, *doubtful],
    )


ROUTES = (Route("/", for_people(overview)),)
