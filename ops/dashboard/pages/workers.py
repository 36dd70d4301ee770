"""The workers: who is alive, whether they keep up, and what went wrong and why."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ops.access import Session
from ops.alive import this_process
from ops.dashboard.context import Context, context_of
from ops.dashboard.login import for_people
from ops.dashboard.shell import show
from ops.dashboard.views.workers import Machine, compose
from ops.health import broker_version
from ops.store.pages.workers import running

_MEMORY_S = 20.0  # to count the memory of a process takes some hundredths of a second


async def workers(request: Request, session: Session) -> Response:
    """The page, made anew for each view."""
    context = context_of(request)
    machine, now = await asyncio.gather(asyncio.to_thread(_machine, context), context.ask(running))
    return await show(
        request, session, "workers.html", here="workers", view=compose(now, machine, context.offered)
    )


def _machine(context: Context) -> Machine:
    web = _process(context.began, int(context.steady() // _MEMORY_S))
    return Machine(web, broker_version(context.settings))


@lru_cache(maxsize=1)
def _process(began: datetime, _while: int) -> Mapping[str, object]:
    """This process, looked at once in a while."""
    return this_process(began)


ROUTES = (Route("/workers", for_people(workers), methods=["GET"]),)
