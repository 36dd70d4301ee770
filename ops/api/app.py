"""The API as one application, to be mounted where the web process has it."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from anyio.to_thread import run_sync
from fastapi import Depends, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from ops.api.asked import only_what_is_known
from ops.api.description import describe
from ops.api.frame import Frame
from ops.api.house import House
from ops.api.place import ROOT
from ops.api.problems import Problem, answer, of_http, of_validation
from ops.api.routes import (
    articles,
    channels,
    entities,
    events,
    explaining,
    feeds,
    installation,
    jobs,
    looks,
    machine,
    me,
    sharing,
    silences,
    subscriptions,
    telling,
    texts,
    tokens,
    topics,
    users,
)

_PARTS = (
    *(jobs, feeds, articles, topics, telling, events, subscriptions, channels, silences, sharing, machine),
    *(explaining, texts, looks, entities, installation, me, tokens, users),
)


def build(house: House) -> ASGIApp:
    """The application that works with this house."""
    app = _routes()
    app.router.routes.append(Route("/openapi.json", openapi, methods=["GET"]))
    app.state.house = house
    return Frame(app, house)


async def openapi(_: Request) -> Response:
    """The description."""
    return Response(await run_sync(_written), media_type="application/json")


@cache
def _written() -> bytes:
    return json.dumps(description(), ensure_ascii=False, separators=(",", ":")).encode()


@cache
def description() -> dict[str, Any]:
    """The description of every route (OpenAPI 3.1). It takes a third of a second to make, once."""
    return describe(_routes(), ROOT)


def _routes() -> FastAPI:
    app = FastAPI(
        title="Pantau",
        version="1",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        exception_handlers={HTTPException: _refused, RequestValidationError: _invalid},
    )
    for part in _PARTS:
        app.include_router(part.router, dependencies=[Depends(only_what_is_known)])
    return app


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    problem = error if isinstance(error, Problem) else of_http(error)
    return answer(problem, request.state.request_id)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return answer(of_validation(error), request.state.request_id)
