"""The workers: who is alive, whether they keep up, and what went wrong and why."""

from __future__ import annotations

import asyncio

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


async def workers(request: Request, session: Session) -> Response:
    """The page, made anew for each view."""
    context = context_of(request)
    machine, now = await asyncio.gather(asyncio.to_thread(_machine, context), context.ask(running))
    return await show(
        request, session, "workers.html", here="workers", view=compose(now, machine, context.offered)
    )


def _machine(context: Context) -> Machine:
    return Machine(this_process(context.began), broker_version(context.settings))


ROUTES = (Route("/workers", for_people(workers), methods=["GET"]),)
