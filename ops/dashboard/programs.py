"""The API's place in the web process, and its documentation as a page of ours."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp

from ops.access import Session
from ops.api.place import ROOT, Later
from ops.dashboard.context import Context, context_of
from ops.dashboard.login import for_people
from ops.dashboard.shell import show

if TYPE_CHECKING:
    from ops.dashboard.views.api import Docs

API, DOCS = ROOT + "/", ROOT + "/docs"


def api_routes(context: Context, closing: Callable[[], bool]) -> tuple[BaseRoute, ...]:
    """The API, and the page that tells of it."""

    def make() -> ASGIApp:
        from ops.api.app import build  # noqa: PLC0415  for the first who asks
        from ops.dashboard.house import house_of  # noqa: PLC0415

        return build(house_of(context, closing))

    api = Mount(ROOT, app=Later(make))
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
    from ops.api.app import description  # noqa: PLC0415  for the first who reads it
    from ops.dashboard.views.api import compose  # noqa: PLC0415

    return compose(description())
