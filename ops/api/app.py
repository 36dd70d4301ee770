"""The API as one application, to be mounted where the web process has it."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from ops.api.description import describe
from ops.api.frame import Frame
from ops.api.house import House
from ops.api.problems import Problem, answer, of_http, of_validation
from ops.api.routes import articles, feeds, hearing, machine, telling, topics

ROOT = "/api/v1"
_PARTS = (feeds, articles, topics, telling, hearing, machine)


def build(house: House) -> tuple[ASGIApp, dict[str, Any]]:
    """The application that works with this house, and its description."""
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
        app.include_router(part.router)
    description = describe(app, ROOT)

    async def openapi(_: Request) -> Response:
        return JSONResponse(description)

    app.router.routes.append(Route("/openapi.json", openapi, methods=["GET"]))
    app.state.house = house
    return Frame(app, house), description


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    problem = error if isinstance(error, Problem) else of_http(error)
    return answer(problem, request.state.request_id)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return answer(of_validation(error), request.state.request_id)
