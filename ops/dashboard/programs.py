"""The API's place in the web process: what it works with there, and its documentation as a page of ours."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any

from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route

from alerts.model import Channel
from ops.access import Session
from ops.api.app import ROOT, build, description
from ops.api.house import House
from ops.dashboard import gate
from ops.dashboard.context import Context, DatabaseSilent, context_of
from ops.dashboard.login import for_people, session_in
from ops.dashboard.pages.channels import ways_of
from ops.dashboard.pages.feeds import looked_at
from ops.dashboard.shell import show
from ops.dashboard.views.api import Docs, compose
from ops.looking import Looked
from ops.store.audit import Audit, audit
from ops.trial import Trial, try_channel
from worker.errors import Unavailable

API, DOCS = ROOT + "/", ROOT + "/docs"


def api_routes(context: Context, closing: Callable[[], bool]) -> tuple[BaseRoute, ...]:
    """The API, and the page that tells of it."""
    api = Mount(ROOT, app=build(house_of(context, closing)))
    # what has a line's end in its address is asked of the API as well, and refused as the API refuses
    api.path_regex = re.compile(api.path_regex.pattern, re.DOTALL)
    return Route(DOCS, for_people(docs), methods=["GET"]), api


async def docs(request: Request, session: Session) -> Response:
    """The documentation of the API."""
    view = await run_sync(_view)
    base = (context_of(request).public_url or str(request.base_url)).rstrip("/")
    return await show(request, session, "api.html", here="api", view=view, base=base)


@cache
def _view() -> Docs:
    return compose(description())


def house_of(context: Context, closing: Callable[[], bool] = lambda: False) -> House:
    """This process, as the API sees it."""

    async def ask(work: Any, /) -> Any:
        try:
            return await context.ask(work)
        except DatabaseSilent as silent:
            raise Unavailable("the database does not answer in time") from silent

    async def proof() -> Audit | None:
        return await context.proof.latest(lambda: context.ask(audit), context.steady)

    async def tries(channel: Channel) -> Trial:
        assert context.outbox is not None
        return await try_channel(context.outbox, channel, context.clock())

    async def looks(url: str) -> Looked:
        assert context.settings is not None
        try:
            return await looked_at(context, context.settings, url)
        except TimeoutError as error:
            raise Unavailable("others are looking at sites just now") from error

    return House(
        ask=ask,
        clock=context.clock,
        steady=context.steady,
        session=lambda request: session_in(context, request),
        visitor=lambda request: gate.visitor(request.client.host if request.client else None),
        proof=proof,
        ready=context.checks.look,
        keys=context.keys,
        looks=looks if context.settings is not None else None,
        errand=lambda work: context.errand(lambda: work(context.engine)),
        allow=context.settings.allow_nets if context.settings is not None else (),
        ways=ways_of(context),
        api_token=context.api_token,
        closing=closing,
        tries=tries if context.outbox is not None else None,
    )
