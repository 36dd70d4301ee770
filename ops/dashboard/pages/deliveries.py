"""The ledger: every message to a channel, what became of it, and the way back for one that ended untold."""

from __future__ import annotations

from datetime import datetime

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alerts.model import DeliveryId
from alerts.times import UNTIL_RESUMED
from ops.access import Session
from ops.dashboard.context import context_of
from ops.dashboard.login import for_people
from ops.dashboard.shell import gone_on, show, taken
from ops.dashboard.views.deliveries import (
    PAGE,
    SHEET,
    SHOWN_ARTICLES,
    Asked,
    Delivery,
    Ledger,
    asked_of,
    compose,
    compose_one,
)
from ops.retrying import Refused, retry, retry_failed
from ops.said import said
from ops.sheets import sheet
from ops.slips import slip_of
from ops.store import ledger
from ops.store.listing import COLUMNS, list_deliveries
from ops.store.pages.deliveries import failed_by_channel, names_of, open_counts
from worker.store.engine import Connection

PATH = "/deliveries"
DEEDS = {
    "retried": said("It is due again and goes out within seconds."),
    "all-retried": said(
        "What failed on this channel is due again. What may not be sent again stays failed; its page says why."
    ),
    "some-retried": said("The oldest hundred that failed on this channel are due again. Then send the rest."),
    "none-retried": said("Nothing that failed on this channel may be sent again; the page of each says why."),
}


async def deliveries(request: Request, session: Session) -> Response:
    """The list, of what the address asks for."""
    context, asked = context_of(request), asked_of(request.query_params)
    now = context.clock()
    view = await context.ask(lambda connection: _read(connection, asked, now))
    return await show(request, session, "deliveries.html", here="deliveries", deeds=DEEDS, view=view)


def _read(connection: Connection, asked: Asked, now: datetime) -> Ledger:
    found = list_deliveries(connection, asked.wanted(now), PAGE + 1)
    failed = failed_by_channel(connection) if asked.tab == "failed" else ()
    slip = "" if found else _slip(connection, asked)
    return compose(asked, found, open_counts(connection), failed, names_of(connection), slip, now)


def _slip(connection: Connection, asked: Asked) -> str:
    named = {"channel": asked.channel, "subscription": asked.subscription, "topic": asked.topic}
    slips = (slip_of(connection, noun, name) for noun, name in named.items() if name)
    return next((slip for slip in slips if slip), "")


async def as_sheet(request: Request, _session: Session) -> Response:
    """The same list for a spreadsheet, its newest thousands."""
    context, asked = context_of(request), asked_of(request.query_params)
    wanted = asked.wanted(context.clock())

    def written(connection: Connection) -> str:
        rows = list_deliveries(connection, wanted, SHEET)
        kept = ({**row, "due_at": None} if row["due_at"] == UNTIL_RESUMED else row for row in rows)
        return "".join(sheet(kept, COLUMNS))

    headers = {"content-disposition": 'attachment; filename="pantau-deliveries.csv"'}
    return Response(await context.ask(written), media_type="text/csv; charset=utf-8", headers=headers)


async def delivery(request: Request, session: Session) -> Response:
    """One delivery, with all that is known of it."""
    return await _shown(request, session)


async def take_retry(request: Request, session: Session) -> Response:
    """Sends a delivery again, or says why not."""
    await taken(request, session)
    found = await _found(request)
    outcome = await context_of(request).ask(lambda connection: retry(connection, found, session.user))
    if isinstance(outcome, Refused):
        return await _shown(request, session, status=409, wrong=outcome.why)
    return gone_on(f"{PATH}/{request.path_params['key']}", did="retried")


async def take_retry_failed(request: Request, session: Session) -> Response:
    """Sends again what failed on a channel."""
    channel = (await taken(request, session)).get("channel", "").replace("\0", "")
    put_back = await context_of(request).ask(
        lambda connection: retry_failed(connection, channel, session.user)
    )
    if put_back.more:
        return gone_on(PATH, did="some-retried", state="failed", channel=channel)
    return gone_on(PATH, did="all-retried" if put_back.due else "none-retried", channel=channel)


async def _shown(request: Request, session: Session, status: int = 200, wrong: str = "") -> Response:
    context, found = context_of(request), await _found(request)
    now = context.clock()
    articles_at = "/articles/" if "/articles" in context.offered else ""

    def read(connection: Connection) -> Delivery:
        whole = ledger.whole_delivery(connection, found, SHOWN_ARTICLES)
        return compose_one(whole, ledger.glance(connection, found), articles_at, now)

    view = await context.ask(read)
    return await show(
        request,
        session,
        "delivery.html",
        here="deliveries",
        status=status,
        deeds=DEEDS,
        view=view,
        wrong=wrong,
    )


async def _found(request: Request) -> DeliveryId:
    """The delivery that the address names. Raises HTTPException 404."""
    called = ledger.number_or_key(request.path_params["key"])
    if called is None:
        raise HTTPException(404)
    found = await context_of(request).ask(lambda connection: ledger.find_delivery(connection, called))
    if found is None:
        raise HTTPException(404, "There is no such delivery: it was forgotten with its time, or never was.")
    return found


ROUTES = (
    Route(PATH, for_people(deliveries), methods=["GET"]),
    Route(f"{PATH}.csv", for_people(as_sheet), methods=["GET"]),
    Route(f"{PATH}/retry-failed", for_people(take_retry_failed), methods=["POST"]),
    Route(f"{PATH}/{{key}}", for_people(delivery), methods=["GET"]),
    Route(f"{PATH}/{{key}}/retry", for_people(take_retry), methods=["POST"]),
)
